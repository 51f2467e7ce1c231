//! The five kinds of conduct that a device detects, each where it happens.

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};
use quorate_core::engine::{Event, Input, Suspect};
use quorate_core::genesis::Protocol;
use quorate_core::message::{Message, Peer, Unsigned, Vote, VoteKind};
use quorate_core::reputation::Detection;
use quorate_core::{Digest, Epoch, Round};

under_both! {
    nothing_is_detected_where_nobody_fails,
    equivocation_is_detected,
    an_invalid_signature_is_detected_and_charged_to_who_brings_it,
    a_malformed_message_is_detected,
    a_leader_that_keeps_the_table_waiting_is_detected,
    a_seat_that_takes_no_part_is_detected_after_many_heights,
}

fn table(protocol: Protocol) -> Table<Chips> {
    let rounds = 100;
    Table::under(
        protocol,
        Chips {
            rounds,
            ..Chips::default()
        },
        4,
    )
}

/// What one engine detected, and about whom.
fn detected(table: &Table<Chips>, index: usize) -> Vec<(Suspect, Detection)> {
    let events = table.events[index].iter();
    events.filter_map(Event::detection).collect()
}

fn commit(table: &Table<Chips>, by: usize, key: usize, byte: u8) -> Message {
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: table.engines[0].table().table(),
        epoch: Epoch(0),
        height: table.height().next(),
        round: Round(0),
        digest: Some(Digest::from_bytes([byte; 32])),
    };
    Message::Vote(Vote::sign(unsigned, seat(by), &table.keys[key]))
}

fn nothing_is_detected_where_nobody_fails(protocol: Protocol) {
    let mut table = table(protocol);
    for round in 0..12 {
        table.act(round % 4, Action::Bet(Side::Over, 1));
        let shooter = table.engines[0].table().play().unwrap().state().shooter;
        table.act(shooter.index(), Action::Roll);
        table.pass(SECOND * 2);
    }
    assert!(table.height().0 > 24);
    for index in 0..4 {
        assert_eq!(detected(&table, index), []);
    }
}

fn equivocation_is_detected(protocol: Protocol) {
    let mut table = table(protocol);
    for byte in [1, 2] {
        let vote = commit(&table, 3, 3, byte);
        table.deliver(0, Peer(3), &vote);
    }
    table.settle();
    let mal = (Suspect::Seat(seat(3)), Detection::Equivocation);
    for index in 0..3 {
        assert_eq!(detected(&table, index), [mal]);
    }
}

fn an_invalid_signature_is_detected_and_charged_to_who_brings_it(protocol: Protocol) {
    let mut table = table(protocol);
    // Two votes in seat 1's name, neither signed by it: the second makes the first be looked at.
    for byte in [1, 2] {
        let vote = commit(&table, 1, 3, byte);
        table.deliver(0, Peer(3), &vote);
    }
    let charged = (Suspect::Peer(Peer(3)), Detection::InvalidSignature);
    assert_eq!(detected(&table, 0), [charged]);
}

fn a_malformed_message_is_detected(protocol: Protocol) {
    let mut table = table(protocol);
    let (peer, bytes) = (Peer(2), vec![0xff; 40]);
    table.handle(0, Input::Received { peer, bytes });
    let charged = (Suspect::Peer(Peer(2)), Detection::Malformed);
    assert_eq!(detected(&table, 0), [charged]);
}

fn a_leader_that_keeps_the_table_waiting_is_detected(protocol: Protocol) {
    let mut table = table(protocol);
    let leader = table.engines[0].consensus().leader().index();
    table.down.push(leader);
    let others: Vec<_> = (0..4).filter(|index| *index != leader).collect();
    table.act(others[0], Action::Bet(Side::Over, 1));
    table.pass(SECOND * 5);
    assert!(table.engines[others[0]].decided_in() > Some(Round(0)));
    let blamed = (Suspect::Seat(seat(leader)), Detection::LeaderTimeout);
    for index in others {
        assert_eq!(detected(&table, index), [blamed], "once, and nobody else");
    }
}

fn a_seat_that_takes_no_part_is_detected_after_many_heights(protocol: Protocol) {
    let mut table = table(protocol);
    let absent = 3;
    table.down.push(absent);
    let silent = (Suspect::Seat(seat(absent)), Detection::Silence);
    let others = |height: u64| usize::try_from(height % 3).unwrap();
    while table.height().0 < 12 {
        let by = others(table.height().0);
        table.act(by, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 6);
    }
    assert!(!detected(&table, 0).contains(&silent), "not for a few");
    while table.height().0 < 24 {
        let by = others(table.height().0);
        table.act(by, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 6);
    }
    for index in 0..3 {
        let about: Vec<_> = detected(&table, index);
        let silence = about.iter().filter(|(_, what)| *what == Detection::Silence);
        let about: Vec<_> = silence.copied().collect();
        assert!(!about.is_empty() && about.iter().all(|of| *of == silent));
    }
}
