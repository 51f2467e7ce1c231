//! Rosters that change: who comes, who goes, and who slept through it.

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};
use quorate_core::crypto::{SecretKey, Signer};
use quorate_core::engine::{Event, Halted, Operation};
use quorate_core::game::{Cause, SeatChange, Settled, Why};
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::message::{Choice, Content, Message, Motion, Peer, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use quorate_core::{Epoch, Height, Round, Seats};

under_both! {
    an_admitted_newcomer_sits_down_plays_and_decides,
    a_seat_that_left_decides_and_signs_nothing_any_more,
    a_dismissed_leader_is_not_waited_for,
    who_returns_sits_at_an_index_never_used,
    a_restart_takes_every_epoch_up_again,
    a_seat_that_slept_through_two_epochs_catches_up_by_decisions,
    votes_of_another_epoch_count_nowhere,
    a_newcomer_is_dismissed_before_it_sits_down,
    who_is_dismissed_with_a_reveal_due_withheld_it,
}

pub(super) fn table(protocol: Protocol, seats: u8) -> Table<Chips> {
    let rules = Chips {
        rounds: 100,
        ..Chips::default()
    };
    let mut table = Table::under(protocol, rules, seats);
    table.serves = true;
    table
}

pub(super) fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

pub(super) fn newcomer(key: &SecretKey, name: &str) -> Newcomer {
    Newcomer {
        key: key.public(),
        ml_dsa: None,
        name: Name::new(name).unwrap(),
        kind: SeatKind::Player,
        nonce: [9; 32],
        buy_in: "fifty chips".to_owned(),
    }
}

/// Puts `motion` by the first of `voters`; the others say yes.
pub(super) fn pass(table: &mut Table<Chips>, voters: &[usize], motion: Motion) {
    table.operate(voters[0], Operation::Propose(motion));
    table.pass(5 * SECOND); // it may take a round or two where a leader sleeps
    let open = table.engines[voters[0]].table().motions().all();
    let id = open.first().expect("the motion is open").id;
    for voter in &voters[1..] {
        let open = table.engines[voters[0]].table().motions().get(id);
        if open.is_some() {
            table.operate(*voter, Operation::Ballot(id, Choice::Yes));
        }
    }
    table.pass(SECOND);
}

/// A device comes to the table, and is admitted.
pub(crate) fn admit(table: &mut Table<Chips>, voters: &[usize], number: u8, name: &str) -> usize {
    let device = table.arrive(key(number));
    table.pass(2 * SECOND); // it follows
    pass(table, voters, Motion::Admit(newcomer(&key(number), name)));
    table.pass(2 * SECOND);
    device
}

fn changes(table: &Table<Chips>, device: usize) -> Vec<(quorate_core::Seat, SeatChange)> {
    let decided = table.events[device].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(decided),
        _ => None,
    });
    let causes = decided.flat_map(|decided| &decided.happened);
    causes
        .filter_map(|happened| match happened.cause {
            Cause::Seat(seat, change) => Some((seat, change)),
            _ => None,
        })
        .collect()
}

fn an_admitted_newcomer_sits_down_plays_and_decides(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let eve = admit(&mut table, &[0, 1, 2, 3], 50, "Eve");
    let state = table.engines[0].table();
    assert_eq!(state.epoch(), Epoch(1));
    assert_eq!(state.roster().len(), 5);
    assert_eq!(table.engines[eve].seat(), Some(seat(4)));
    assert!(state.play().unwrap().players().contains(seat(4)));
    assert_eq!(changes(&table, 0), [(seat(4), SeatChange::Joined)]);
    table.agreed();
    // Four of five are a quorum, so without her nothing is decided while another sleeps.
    table.down = vec![3];
    let before = table.height();
    table.act(0, Action::Roll);
    table.pass(20 * SECOND);
    assert!(
        table.height() > before,
        "she decides, and throws in her secret"
    );
    let certificate = table.records[0]
        .iter()
        .rev()
        .find_map(|record| match record {
            Record::Decision { certificate, .. } => Some(certificate.clone()),
            _ => None,
        });
    assert!(certificate.unwrap().0.signatures.get(seat(4)).is_some());
    let rolled = table.engines[0].table().play().unwrap().state().round;
    assert_eq!(rolled, 1);
}

fn a_seat_that_left_decides_and_signs_nothing_any_more(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.operate(2, Operation::Leave);
    table.pass(2 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(
        state.roster().seats(),
        [0, 1, 3].map(seat).into_iter().collect()
    );
    assert_eq!(table.engines[2].seat(), None);
    assert_eq!(changes(&table, 0), [(seat(2), SeatChange::Gone(Why::Left))]);
    let left = table.records[2].len();
    table.act(1, Action::Bet(Side::Over, 5));
    table.pass(SECOND);
    table.agreed();
    let since = &table.records[2][left..];
    let decisions = |record: &Record| matches!(record, Record::Decision { .. });
    assert!(since.iter().all(decisions), "it follows, and signs nothing");
}

fn a_dismissed_leader_is_not_waited_for(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.down = vec![3];
    pass(&mut table, &[0, 1, 2], Motion::Remove(seat(3)));
    table.pass(20 * SECOND);
    assert_eq!(table.engines[0].table().epoch(), Epoch(1));
    for device in [0, 1, 2].repeat(3) {
        let (before, round) = (table.height(), table.engines[device].round());
        let state = table.engines[device].table();
        assert!(state.leaders().leader(round) != seat(3));
        table.act(device, Action::Bet(Side::Over, 1));
        assert!(table.height() >= before, "height {before}");
    }
    for device in 0..3 {
        let rounds = table.events[device].iter().filter_map(|event| match event {
            Event::Decided(decided) if decided.block.epoch == Epoch(1) => Some(decided.round),
            _ => None,
        });
        assert!(rounds.into_iter().all(|round| round == Round(0)));
    }
}

fn who_returns_sits_at_an_index_never_used(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.operate(1, Operation::Leave);
    table.pass(2 * SECOND);
    let back = newcomer(&table.keys[1].clone(), "Player 1");
    pass(&mut table, &[0, 2, 3], Motion::Admit(back));
    table.pass(2 * SECOND);
    assert_eq!(
        table.engines[1].seat(),
        Some(seat(4)),
        "the key says who, the index where"
    );
    assert_eq!(table.engines[0].table().epoch(), Epoch(2));
    table.act(0, Action::Roll);
    table.pass(2 * SECOND);
    table.agreed();
    let rolled = table.engines[1].table().play().unwrap().state().round;
    assert_eq!(rolled, 1, "its new secrets open its new commitment");
    let given = table.records[1].iter().filter_map(|record| match record {
        Record::Entry(entry) => match entry.body.content {
            Content::Ready { commitment } | Content::Join { commitment, .. } => commitment,
            Content::Reveal { next, .. } => Some(next),
            _ => None,
        },
        _ => None,
    });
    let mut given: Vec<_> = given.map(|commitment| format!("{commitment:?}")).collect();
    let count = given.len();
    given.sort();
    given.dedup();
    assert_eq!((count, given.len()), (3, 3), "no secrets twice");
}

fn a_restart_takes_every_epoch_up_again(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let eve = admit(&mut table, &[0, 1, 2, 3], 50, "Eve");
    table.operate(2, Operation::Leave);
    table.pass(2 * SECOND);
    for device in [0, 1, 2, 3, eve] {
        let seat = table.engines[device].seat();
        table.restart(device);
        assert_eq!(table.engines[device].seat(), seat);
    }
    table.pass(2 * SECOND);
    let before = table.height();
    table.act(eve, Action::Bet(Side::Under, 0));
    table.act(0, Action::Roll);
    table.pass(2 * SECOND);
    assert!(table.height() > before);
    table.agreed();
}

fn a_seat_that_slept_through_two_epochs_catches_up_by_decisions(protocol: Protocol) {
    let mut table = table(protocol, 7);
    table.down = vec![6];
    table.operate(5, Operation::Leave);
    table.pass(20 * SECOND);
    admit(&mut table, &[0, 1, 2, 3, 4], 50, "Eve");
    table.pass(20 * SECOND);
    let epoch = table.engines[0].table().epoch();
    assert_eq!(epoch, Epoch(2));
    table.down.clear();
    assert_eq!(table.engines[6].table().epoch(), Epoch(0));
    table.connect(6);
    table.pass(5 * SECOND);
    assert_eq!(table.engines[6].table().epoch(), epoch);
    table.agreed();
    table.act(6, Action::Bet(Side::Over, 1));
    table.pass(SECOND);
    table.agreed();
}

fn votes_of_another_epoch_count_nowhere(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.operate(3, Operation::Leave);
    table.pass(2 * SECOND);
    let state = table.engines[0].table();
    let (id, height, before) = (state.table(), state.height().next(), state.height());
    let (kind, round) = (VoteKind::Commit, Round(0));
    let (digest, faults) = (Some(quorate_core::Digest::ZERO), table.events[0].len());
    // Of the last epoch and of the next: neither has a say at this height.
    for epoch in [Epoch(0), Epoch(2)] {
        for device in 1..4 {
            let unsigned = Unsigned {
                kind,
                table: id,
                epoch,
                height,
                round,
                digest,
            };
            let vote = Vote::sign(unsigned, seat(device), &table.keys[device]);
            table.deliver(0, Peer(device as u64), &Message::Vote(vote));
        }
    }
    let charged = table.events[0][faults..].iter();
    let charged = charged.filter(|event| matches!(event, Event::Fault { .. }));
    assert_eq!(charged.count(), 6);
    assert_eq!(table.height(), before);
}

#[test]
fn a_certificate_is_checked_with_the_roster_of_its_own_height() {
    let mut table = table(Protocol::Pbft, 4);
    table.act(0, Action::Bet(Side::Over, 1));
    let old = table.records[0]
        .iter()
        .rev()
        .find_map(|record| match record {
            Record::Decision { certificate, .. } => Some(certificate.clone()),
            _ => None,
        });
    let old = old.unwrap();
    for leaver in [1, 2] {
        table.operate(leaver, Operation::Leave);
        table.pass(2 * SECOND);
    }
    let state = table.engines[0].table();
    let (id, (epoch, roster)) = (state.table(), state.roster_at(old.0.height).unwrap());
    assert_eq!((epoch, roster.len()), (Epoch(0), 4));
    // Three signed then, of whom at most two are left: true, and no fork.
    table.deliver(3, Peer(0), &Message::Decided(old.clone()));
    assert_eq!(table.engines[3].halted(), None);
    // The same three for another block of that height, although only two of them sit here still.
    let digest = Some(quorate_core::Digest::ZERO);
    let forked = old.0.signatures.seats().iter().map(|signer| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table: id,
            epoch: old.0.epoch,
            height: old.0.height,
            round: old.0.round,
            digest,
        };
        let key = &table.keys[signer.index()];
        (signer, Vote::sign(unsigned, signer, key).signature)
    });
    let mut fork = old.clone();
    fork.0.digest = quorate_core::Digest::ZERO;
    fork.0.signatures = forked.collect();
    table.deliver(3, Peer(0), &Message::Decided(fork));
    assert_eq!(table.engines[3].halted(), Some(&Halted::Fork(old.0.height)));
}

fn a_newcomer_is_dismissed_before_it_sits_down(protocol: Protocol) {
    let mut table = table(protocol, 4);
    // Nobody answers for this key: the table waits for it, and may think again.
    let motion = Motion::Admit(newcomer(&key(60), "Nobody"));
    pass(&mut table, &[0, 1, 2, 3], motion);
    let pending = |table: &Table<Chips>| table.engines[0].table().membership().pending().seats();
    assert_eq!(pending(&table), Seats::from(seat(4)));
    assert_eq!(table.engines[0].table().epoch(), Epoch(0));
    pass(&mut table, &[0, 1, 2, 3], Motion::Remove(seat(4)));
    assert_eq!(pending(&table), Seats::NONE);
    assert_eq!(table.engines[0].table().epoch(), Epoch(0));
}

fn who_is_dismissed_with_a_reveal_due_withheld_it(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.down = vec![3];
    table.operate(0, Operation::Propose(Motion::Remove(seat(3))));
    table.pass(10 * SECOND);
    let id = table.engines[0].table().motions().all()[0].id;
    table.operate(1, Operation::Ballot(id, Choice::Yes));
    table.pass(5 * SECOND);
    table.act(0, Action::Roll);
    table.operate(2, Operation::Ballot(id, Choice::Yes));
    table.pass(10 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(state.roster().len(), 3);
    assert!(
        state.play().unwrap().state().round > 0,
        "the dice fall without it"
    );
    let told = changes(&table, 0);
    let gone = (seat(3), SeatChange::Gone(Why::Removed));
    assert_eq!(told, [(seat(3), SeatChange::Withheld), gone]);
}

#[test]
fn a_player_is_told_that_its_moves_end_with_its_seat() {
    let mut table = table(Protocol::Pbft, 4);
    pass(&mut table, &[0, 1, 2, 3], Motion::Remove(seat(3)));
    let settled = |table: &Table<Chips>| {
        table.events[3].iter().rev().find_map(|event| match event {
            Event::Settled { settled, .. } => Some(settled.clone()),
            _ => None,
        })
    };
    assert!(matches!(
        settled(&table),
        None | Some(Settled::Decided { .. })
    ));
    let input = quorate_core::engine::Input::Operate {
        ticket: 3,
        operation: Operation::Leave,
    };
    let now = quorate_core::Now {
        mono: table.now,
        wall: quorate_core::Wall(0),
    };
    assert!(
        table.engines[3].handle(now, input).is_err(),
        "it has no seat"
    );
}

#[test]
fn the_first_heights_belong_to_the_first_roster() {
    let mut table = table(Protocol::Pbft, 4);
    table.operate(3, Operation::Leave);
    table.pass(2 * SECOND);
    let state = table.engines[0].table();
    let ended = state.membership().past()[0].last;
    assert_eq!(state.roster_at(Height(1)).unwrap().1.len(), 4);
    assert_eq!(state.roster_at(ended).unwrap().1.len(), 4);
    assert_eq!(state.roster_at(ended.next()).unwrap().1.len(), 3);
    assert_eq!(state.roster_at(Height(1_000)), None, "nobody knows yet");
}
