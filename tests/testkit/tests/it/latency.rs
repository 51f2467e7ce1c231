//! How long a decision takes, in the true time of a simulated table and not of a busy machine.

use std::time::Duration;

use crate::{PROTOCOLS, Table, plain, sound, table};

const HEIGHTS: u64 = 400;

/// How long each height took at seat 0, from when it had something to decide until it had decided.
fn latencies(mut table: Table) -> Vec<Duration> {
    let (mut taken, mut since) = (Vec::new(), None);
    while table.top() < HEIGHTS {
        let before = table.height(0);
        assert!(table.step());
        if table.height(0) > before
            && let Some(since) = since.take()
        {
            taken.push(table.now() - since);
        }
        let engine = table.engine(0);
        if engine.is_some_and(|engine| engine.consensus().next_timeout().is_some()) {
            since = since.or(Some(table.now()));
        }
    }
    sound(&table);
    taken
}

#[test]
fn of_a_hundred_decisions_under_load_ninety_nine_take_less_than_half_a_second() {
    for protocol in PROTOCOLS {
        let mut draw = plain(protocol, 11);
        draw.heights = 2 * HEIGHTS;
        // The disk of a phone, and every player acts again as soon as the last move is decided.
        draw.disks.sync_mean = Duration::from_millis(10);
        draw.players.think = Duration::from_millis(5);
        let mut taken = latencies(table(draw));
        taken.sort_unstable();
        assert!(taken.len() > 300, "{protocol:?} decided {}", taken.len());
        let p99 = taken[taken.len() * 99 / 100];
        assert!(p99 < Duration::from_millis(500), "{protocol:?}: {p99:?}");
    }
}
