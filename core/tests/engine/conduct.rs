//! The five kinds of conduct that a device detects, each where it happens.

use std::sync::atomic::Ordering;

use super::chips::{Action, Chips, Side};
use super::fork::certificate;
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::DecisionCertificate;
use quorate_core::crypto::Signature;
use quorate_core::engine::{Event, Input, Suspect};
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::message::{Message, Peer, Proposal, Unsigned, Vote, VoteKind};
use quorate_core::reputation::Detection;
use quorate_core::{Digest, Epoch, Height, Round};

under_both! {
    nothing_is_detected_where_nobody_fails,
    equivocation_is_detected,
    an_invalid_signature_is_detected_and_charged_to_who_brings_it,
    a_forged_vote_about_a_decided_height_is_charged_to_who_brought_it,
    a_forged_vote_of_another_epoch_is_looked_at_once_a_height,
    a_forged_decision_of_a_decided_height_is_charged_to_who_brought_it,
    a_forged_certificate_of_the_parent_is_charged_and_not_passed_on,
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

/// A hundred Prepares of a decided height that seat 0 signs in seat 1's name.
fn forged_late(table: &Table<Chips>, epoch: Epoch) -> Vec<Message> {
    let forged = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Prepare,
            table: table.engines[0].table().table(),
            epoch,
            height: Height(1),
            round: Round(1),
            digest: Some(Digest::from_bytes([byte; 32])),
        };
        Message::Vote(Vote::sign(unsigned, seat(1), &table.keys[0]))
    };
    (0..100).map(forged).collect()
}

/// Bad bytes are charged to the connection that brought them, also where they are about the past.
fn a_forged_vote_about_a_decided_height_is_charged_to_who_brought_it(protocol: Protocol) {
    let mut table = table(protocol);
    table.act(1, Action::Bet(Side::Over, 10));
    for vote in forged_late(&table, Epoch(0)) {
        table.deliver(2, Peer(0), &vote);
    }
    let charged = (Suspect::Peer(Peer(0)), Detection::InvalidSignature);
    assert_eq!(detected(&table, 2), vec![charged; 100]);
}

/// Where a fork led to two rosters an honest seat may bring what does not hold here.
fn a_forged_vote_of_another_epoch_is_looked_at_once_a_height(protocol: Protocol) {
    let mut table = table(protocol);
    for by in [1, 2] {
        table.act(by, Action::Bet(Side::Over, 10));
        let before = table.work.checked.load(Ordering::Relaxed);
        for vote in forged_late(&table, Epoch(7)) {
            table.deliver(2, Peer(0), &vote);
        }
        let after = table.work.checked.load(Ordering::Relaxed);
        assert_eq!((after - before, detected(&table, 2)), (1, vec![]));
    }
}

fn a_forged_decision_of_a_decided_height_is_charged_to_who_brought_it(protocol: Protocol) {
    let mut table = table(protocol);
    table.act(1, Action::Bet(Side::Over, 10));
    for byte in 0..100 {
        let digest = Digest::from_bytes([byte; 32]);
        let mut forged = certificate(&table, Height(1), (0, digest), &[0, 1, 2]);
        let another = Signature::from_bytes(&[byte; 64]);
        forged.0.signatures.insert(seat(2), another);
        table.deliver(3, Peer(0), &Message::Decided(forged));
    }
    let charged = (Suspect::Peer(Peer(0)), Detection::InvalidSignature);
    assert_eq!(detected(&table, 3), vec![charged; 100]);
}

/// The proposal that seat `leader` signs of a block that nobody has, with that certificate.
fn resting_on(table: &Table<Chips>, leader: usize, parent: &DecisionCertificate) -> Message {
    let unsigned = Unsigned {
        kind: VoteKind::Prepare,
        table: table.engines[0].table().table(),
        epoch: Epoch(0),
        height: table.height().next(),
        round: Round(0),
        digest: Some(Digest::from_bytes([5; 32])),
    };
    Message::Proposal(Proposal {
        vote: Vote::sign(unsigned, seat(leader), &table.keys[leader]),
        block: None,
        justification: None,
        parent: Some(parent.clone()),
    })
}

/// A leader does not sign the parent's certificate that its proposal travels with, so that whoever
/// passes the proposal on could put another in its place.
fn a_forged_certificate_of_the_parent_is_charged_and_not_passed_on(protocol: Protocol) {
    let mut table = table(protocol);
    table.act(1, Action::Bet(Side::Over, 10));
    let leader = table.engines[0].consensus().leader().index();
    let [first, second] = [1, 2].map(|step| (leader + step) % 4);
    let mut records = table.records[first].iter().rev();
    let held = records.find_map(|record| match record {
        Record::Decision { certificate, .. } => Some(certificate.clone()),
        _ => None,
    });
    let held = held.unwrap();
    let mut forged = held.clone();
    let another = Signature::from_bytes(&[1; 64]);
    let by = forged.0.signatures.iter().next().unwrap().0;
    forged.0.signatures.insert(by, another);
    // It is decided in this round here, so that nobody needs the certificate, or looks at it.
    let shown = resting_on(&table, leader, &forged);
    // And in a round of which nothing is known.
    forged.0.round = Round(1);
    let unknown = resting_on(&table, leader, &forged);
    table.deliver(second, Peer(first as u64), &unknown);
    let charged = (
        Suspect::Peer(Peer(first as u64)),
        Detection::InvalidSignature,
    );
    assert_eq!(detected(&table, second), [charged]);
    table.deliver(first, Peer(leader as u64), &shown);
    table.down = vec![leader];
    table.overheard();
    table.pass(SECOND / 5);
    // Who shows that it lacks the proposal is sent it.
    let status = Message::Status(table.engines[second].status());
    table.deliver(first, Peer(second as u64), &status);
    let passed_on = table
        .overheard()
        .into_iter()
        .filter_map(|(by, message)| match message {
            Message::Proposal(proposal) if by == first => proposal.parent,
            _ => None,
        });
    let passed_on: Vec<_> = passed_on
        .filter(|parent| parent.0.height == held.0.height)
        .collect();
    assert!(!passed_on.is_empty() && passed_on.iter().all(|parent| *parent == held));
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
