//! A seat whose journal has lost what it signed never signs again.

use quorate_core::Height;
use quorate_core::engine::Event;
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::message::{Message, Peer, Statement};

use super::chips::{Action, Chips, Side};
use super::table::Table;

under_both! {
    a_restored_backup_is_a_watcher_for_good,
    a_faithful_journal_is_never_accused,
    a_false_signature_stops_nobody,
}

const SECOND: u64 = 1_000_000;

/// A table at which seat 3 has signed for a height that was not decided: seats 1 and 2 fell silent.
fn stuck(protocol: Protocol) -> (Table<Chips>, Vec<Record>) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(0, Action::Bet(Side::Over, 1));
    table.pass(SECOND);
    let backup = table.records[3].clone();
    table.down = vec![1, 2];
    table.act(3, Action::Bet(Side::Over, 1));
    table.pass(SECOND * 20);
    assert!(table.records[3].len() > backup.len(), "it has signed more");
    (table, backup)
}

fn told(table: &Table<Chips>, index: usize) -> bool {
    let mut events = table.events[index].iter();
    events.any(|event| matches!(event, Event::RolledBack { .. }))
}

fn a_restored_backup_is_a_watcher_for_good(protocol: Protocol) {
    let (mut table, backup) = stuck(protocol);
    let written = backup.len();
    table.records[3] = backup;
    table.restart(3);
    assert!(told(&table, 3), "seat 0 shows what it holds of it");
    assert!(table.engines[3].is_rolled_back() && table.engines[3].seat().is_none());
    table.down.clear();
    table.connect(1);
    table.connect(2);
    table.act(1, Action::Bet(Side::Under, 1));
    table.pass(SECOND * 20);
    table.agreed();
    let signs = |record: &Record| {
        matches!(
            record,
            Record::Prepare { .. } | Record::Commit { .. } | Record::RoundChange { .. }
        )
    };
    let news = &table.records[3][written..];
    let after = news
        .iter()
        .skip_while(|record| !matches!(record, Record::RolledBack(_)));
    assert!(!after.clone().any(signs), "it signs nothing any more");
    assert!(after.count() > 1, "and follows the table");
    table.restart(3);
    assert!(table.engines[3].is_rolled_back(), "also after a restart");
}

fn a_faithful_journal_is_never_accused(protocol: Protocol) {
    let (mut table, _) = stuck(protocol);
    for index in [3, 0] {
        table.restart(index);
    }
    table.down.clear();
    for index in 0..4 {
        table.restart(index);
    }
    table.act(1, Action::Bet(Side::Under, 1));
    table.pass(SECOND * 20);
    assert!((0..4).all(|index| !told(&table, index)));
    assert!(table.engines[3].table().height() > Height(2));
}

fn a_false_signature_stops_nobody(protocol: Protocol) {
    let (mut table, _) = stuck(protocol);
    let signed = table.records[3]
        .iter()
        .rev()
        .find_map(|record| match record {
            Record::Prepare { vote, .. } | Record::Commit { vote, .. } => Some(vote.clone()),
            _ => None,
        });
    let mut vote = signed.unwrap();
    vote.height = Height(vote.height.0 + 1);
    let held = Message::Held(Statement::Vote(vote));
    table.deliver(3, Peer(0), &held);
    assert!(!told(&table, 3));
    let charged = |event: &Event<Chips>| matches!(event, Event::Fault { peer: Peer(0), .. });
    assert!(table.events[3].iter().any(charged));
}
