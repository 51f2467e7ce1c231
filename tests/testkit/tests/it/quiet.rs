//! An idle table is silent: no consensus timers, no consensus messages.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::Seat;
use quorate_core::state::Play;
use quorate_testkit::games::{Move, Odds};
use quorate_testkit::{Draw, Rng, Script, World};

use crate::{PROTOCOLS, plain};

/// Players who never move.
struct Statues;

impl Script<Odds> for Statues {
    fn act(&self, _: &mut Rng, _: &Play<Odds>, _: Seat) -> Vec<Move> {
        Vec::new()
    }
}

#[test]
fn an_idle_table_sends_statuses_only_and_holds_no_consensus_timer() {
    for protocol in PROTOCOLS {
        is_silent(plain(protocol, 3));
    }
}

#[track_caller]
fn is_silent(draw: Draw) {
    let game = Odds {
        clock_ms: 0,
        ..Odds::default()
    };
    let mut table = World::new(draw, game, Arc::new(Statues));
    table.run_for(Duration::from_secs(5));
    assert_eq!(table.top(), 1, "only the block that begins play");
    let (frames, signatures) = (table.frames(), table.signatures());
    table.run_for(Duration::from_secs(600));
    assert!(table.violation().is_none());
    assert_eq!(
        table.frames(),
        frames,
        "an idle table sends nothing but statuses"
    );
    assert_eq!(
        table.signatures(),
        signatures,
        "and signs and checks nothing"
    );
    for seat in 0..4 {
        let engine = table.engine(seat).expect("up");
        assert_eq!(engine.consensus().next_timeout(), None, "seat {seat}");
    }
}
