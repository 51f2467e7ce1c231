//! The figures that every table promises, on both sides of their edges.

use std::sync::Arc;

use super::attack::others;
use super::chips::{Action, Chips, Side};
use super::puppet::{Do, Puppet};
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::Checker;
use quorate_core::codec;
use quorate_core::consensus::HoldReason;
use quorate_core::crypto::AnyScheme;
use quorate_core::engine::{Event, Input, Suspect};
use quorate_core::genesis::{Protocol, Scheme};
use quorate_core::journal::Record;
use quorate_core::limits::{CLOCK_SKEW_MS_MAX, ENTRY_BYTES_MAX};
use quorate_core::message::{
    Block, Content, Entry, EntryBody, Message, Peer, Proposal, Stream, Unsigned, Vote, VoteKind,
};
use quorate_core::reputation::Detection;
use quorate_core::table::{BlockRefusal, Plan};
use quorate_core::{Digest, Epoch, Height, Round, Seat, Seats, Wall};

under_both! {
    a_fresh_block_may_be_300_seconds_off_and_no_more,
    four_seven_and_ten_seats_bear_one_two_and_three_leaders_that_are_gone,
    who_is_not_heard_for_three_heartbeats_is_absent,
    a_false_answer_to_a_request_for_blocks_is_charged_to_who_gave_it,
}

/// An empty block that builds on what a seat has decided.
fn empty(table: &Table<Chips>, by: usize, time: Wall) -> Arc<Block> {
    let plan = Plan {
        entries: vec![],
        due: vec![],
        time,
        parent_round: table.engines[by].decided_in().unwrap(),
    };
    table.engines[by].table().build(&plan).unwrap().block
}

/// Lets the leader, which says nothing else, propose an empty block of that time to all others.
fn propose(table: &mut Table<Chips>, cheat: usize, time: Wall) {
    let block = empty(table, cheat, time);
    let unsigned = Unsigned {
        kind: VoteKind::Prepare,
        table: block.table,
        epoch: block.epoch,
        height: block.height,
        round: Round(0),
        digest: Some(block.digest()),
    };
    let parent = |record: &Record| match record {
        Record::Decision { certificate, .. } => Some(certificate.clone()),
        _ => None,
    };
    let proposal = Message::Proposal(Proposal {
        vote: Vote::sign(unsigned, seat(cheat), &table.keys[cheat]),
        block: Some(block),
        justification: None,
        parent: table.records[cheat].iter().rev().find_map(parent),
    });
    table.down.push(cheat);
    for other in others(cheat) {
        table.deliver(other, Peer(cheat as u64), &proposal);
    }
    table.settle();
}

fn a_fresh_block_may_be_300_seconds_off_and_no_more(protocol: Protocol) {
    assert_eq!(CLOCK_SKEW_MS_MAX, 300_000);
    let off: [(i64, bool); 4] = [
        (300_000, true),
        (300_001, false),
        (-300_000, true),
        (-300_001, false),
    ];
    for (off, stands) in off {
        let mut table = Table::under(protocol, Chips::default(), 4);
        table.now.0 += 1_000 * SECOND; // so that a block can be in the past at all
        let wall = 1_000 + table.now.0 / 1_000;
        let cheat = table.engines[0].consensus().leader().index();
        let time = Wall(wall.checked_add_signed(off).unwrap());
        propose(&mut table, cheat, time);
        for other in others(cheat) {
            let engine = &table.engines[other];
            assert_eq!(engine.table().height() == Height(2), stands, "{off} ms");
            let held = engine.consensus().hold().map(|hold| hold.why);
            assert_eq!(held, (!stands).then_some(HoldReason::Time), "{off} ms");
        }
    }
}

#[test]
fn a_block_follows_the_decided_one_right_below_it_and_no_other() {
    let table = Table::under(Protocol::Pbft, Chips::default(), 4);
    let state = table.engines[0].table();
    let block = empty(&table, 0, Wall(state.time().0 + 1));
    let refused = |change: &dyn Fn(&mut Block)| {
        let mut block = (*block).clone();
        change(&mut block);
        let mut checker = Checker::new(Arc::new(AnyScheme));
        state.apply(&block, &mut checker).err()
    };
    assert_eq!(refused(&|_| {}), None);
    let misplaced: [&dyn Fn(&mut Block); 5] = [
        &|block| block.height = Height(1),
        &|block| block.height = Height(3),
        &|block| block.parent = Digest::ZERO,
        &|block| block.epoch = Epoch(1),
        &|block| block.table = quorate_core::genesis::TableId(Digest::ZERO),
    ];
    for change in misplaced {
        assert_eq!(refused(change), Some(BlockRefusal::Place));
    }
    let early = refused(&|block| block.time = Wall(state.time().0 - 1));
    assert_eq!(early, Some(BlockRefusal::Time));
    let other = refused(&|block| block.post_state = Digest::ZERO);
    assert!(matches!(other, Some(BlockRefusal::State { .. })));
}

/// The shares add up to what a frame must hold, so nothing may be left out of what is counted.
#[test]
fn what_a_seat_has_in_a_block_takes_no_more_of_a_frame_than_its_share() {
    for scheme in [Scheme::Ed25519, Scheme::MlDsa87] {
        let table = Table::with(Protocol::Pbft, Puppet, 2, |genesis| {
            genesis.signatures = scheme;
            genesis.bounds.share_bytes = ENTRY_BYTES_MAX as u32;
        });
        let (state, signer) = (table.engines[0].table(), table.keys[0].signer(scheme));
        let before = state.nonce(seat(0), Stream::Actions);
        let smallest = |nonce| {
            let content = Content::Actions {
                turn: state.play().unwrap().turn_number(),
                actions: vec![codec::encode(&Vec::<Do>::new()).unwrap()],
            };
            let body = EntryBody {
                table: state.table(),
                seat: seat(0),
                nonce,
                follows: nonce - 1,
                valid_until: Height(100),
                content,
            };
            Arc::new(Entry::sign(body, &*signer))
        };
        let plan = Plan {
            entries: (before + 1..=before + 200).map(smallest).collect(),
            due: vec![],
            time: Wall(2_000),
            parent_round: table.engines[0].decided_in().unwrap(),
        };
        let block = state.build(&plan).unwrap().block;
        assert!(
            (30..200).contains(&block.entries.len()),
            "the share is full"
        );
        let bytes = |entry: &Arc<Entry>| codec::encode(&**entry).unwrap().len();
        let taken: usize = block.entries.iter().map(bytes).sum();
        assert!(taken <= state.genesis().share_bytes(), "{scheme}: {taken}");
    }
}

fn four_seven_and_ten_seats_bear_one_two_and_three_leaders_that_are_gone(protocol: Protocol) {
    for (seats, faults, quorum) in [(4, 1, 3), (7, 2, 5), (10, 3, 7)] {
        let mut table = Table::under(protocol, Chips::default(), seats);
        let state = table.engines[0].table();
        assert_eq!(state.roster().quorum(), quorum, "{seats} seats");
        assert_eq!(state.roster().faults(), faults, "{seats} seats");
        let leads = |round: usize| state.leaders().leader(Round(round as u32));
        let gone: Seats = (0..faults).map(leads).collect();
        assert_eq!(gone.len(), faults, "every round has another leader");
        let by = (0..usize::from(seats))
            .find(|index| !gone.contains(seat(*index)))
            .unwrap();
        table.down = gone.iter().map(Seat::index).collect();
        table.act(by, Action::Bet(Side::Over, 1));
        table.pass(60 * SECOND);
        let decided = table.events[by].iter().find_map(|event| match event {
            Event::Decided(decided) if decided.height == Height(2) => Some(decided.round),
            _ => None,
        });
        assert_eq!(decided, Some(Round(faults as u32)), "{seats} seats");
    }
}

fn who_is_not_heard_for_three_heartbeats_is_absent(protocol: Protocol) {
    // Of two seats, so that nobody else tells of the one that is gone.
    let mut table = Table::under(protocol, Chips::default(), 2);
    table.act(0, Action::Bet(Side::Over, 1)); // a turn's clock runs: the table is live
    table.pass(6 * SECOND);
    let there = |table: &Table<Chips>| table.engines[0].present().contains(seat(1));
    table.down.push(1);
    table.pass(SECOND * 19 / 10);
    assert!(there(&table), "two heartbeats are no absence");
    table.pass(SECOND * 12 / 10);
    assert!(!there(&table), "three are");
    table.down.clear();
    table.pass(SECOND * 11 / 10);
    assert!(there(&table), "and one brings it back");
}

fn a_false_answer_to_a_request_for_blocks_is_charged_to_who_gave_it(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.down.push(3);
    table.act(0, Action::Bet(Side::Over, 1));
    table.pass(SECOND * 8);
    table.down.clear();
    let second = |record: &Record| match record {
        Record::Decision { block, certificate } if block.height == Height(2) => {
            Some((block.clone(), certificate.clone()))
        }
        _ => None,
    };
    let (block, mut certificate) = table.records[0].iter().find_map(second).unwrap();
    let signers: Vec<_> = certificate.0.signatures.seats().iter().collect();
    let stolen = certificate.0.signatures[signers[0]].clone();
    certificate.0.signatures.insert(signers[1], stolen);
    let peer = Peer(1);
    let input = Input::Decision {
        peer,
        block,
        certificate,
    };
    table.handle(3, input);
    assert_eq!(table.engines[3].table().height(), Height(1));
    let detected: Vec<_> = table.events[3]
        .iter()
        .filter_map(Event::detection)
        .collect();
    assert_eq!(detected, [(Suspect::Peer(peer), Detection::Malformed)]);
}
