//! A seat whose journal has lost what it signed never signs again.

use quorate_core::certificate::{PrepareCertificate, QuorumVotes};
use quorate_core::crypto::Signer;
use quorate_core::engine::Event;
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::message::{Message, Peer, Statement, Unsigned, Vote, VoteKind};
use quorate_core::{Height, Round};

use super::chips::{Action, Chips, Side};
use super::fork;
use super::table::{SECOND, Table, seat};

under_both! {
    a_restored_backup_is_a_watcher_for_good,
    a_faithful_journal_is_never_accused,
    a_false_signature_stops_nobody,
    what_a_journal_holds_of_others_is_shown_to_them_after_a_restart,
}

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

fn what_a_journal_holds_of_others_is_shown_to_them_after_a_restart(protocol: Protocol) {
    let mut table = fork::table(protocol);
    let (block, height) = (fork::another_block(&table, 0), table.height().next());
    table.down = vec![1, 2, 3];
    let unsigned = Unsigned {
        kind: VoteKind::Prepare,
        table: block.table,
        epoch: block.epoch,
        height,
        round: Round(0),
        digest: Some(block.digest()),
    };
    let sign = |index: usize| Vote::sign(unsigned, seat(index), &table.keys[index]).signature;
    let prepared = PrepareCertificate(QuorumVotes {
        epoch: block.epoch,
        height,
        round: Round(0),
        digest: block.digest(),
        signatures: [1, 2, 3]
            .map(|index| (seat(index), sign(index)))
            .into_iter()
            .collect(),
    });
    table.deliver(0, Peer(1), &Message::Prepared(prepared));
    table.deliver(0, Peer(1), &Message::Body(block));
    table.pass(SECOND);
    let committed = |record: &Record| matches!(record, Record::Commit { .. });
    assert!(table.records[0].iter().any(committed));
    table.restart(0); // nobody is there to say it again
    let newest = table.engines[0].newest_of(&table.keys[3].public());
    assert_eq!(
        newest.map(|held| (held.height(), held.seat())),
        Some((height, seat(3)))
    );
}
