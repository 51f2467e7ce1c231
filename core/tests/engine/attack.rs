//! One seat, a stranger or a slow disk against the table.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::{PrepareCertificate, QuorumVotes, RoundCertificate};
use quorate_core::codec;
use quorate_core::consensus::HoldReason;
use quorate_core::crypto::Signature;
use quorate_core::engine::Event;
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::limits::{AHEAD_PER_PEER, STATEMENTS_KEPT};
use quorate_core::message::{
    Block, Content, Entry, EntryBody, Justification, Message, Peer, Proposal, Stream, Unsigned,
    Vote, VoteKind,
};
use quorate_core::{Digest, Epoch, Height, PerSeat, Round, Wall};

under_both! {
    a_made_up_justification_does_not_spare_a_fresh_block_the_clocks,
    a_proposal_does_not_leave_before_it_is_on_disk,
    an_entry_does_not_leave_before_it_is_on_disk,
    a_forged_vote_does_not_wake_an_idle_table,
    a_forged_vote_is_not_told_as_somebodys,
    of_entries_with_one_nonce_one_a_height_is_weighed_against_the_first,
    a_withdrawal_that_one_seat_alone_was_given_reaches_the_table,
    entries_that_can_never_stand_are_not_passed_round_for_ever,
    a_seat_that_catches_up_asks_once_for_all_it_lacks,
    whatever_one_seat_sends_fills_no_other_beyond_its_bounds,
}

fn table(protocol: Protocol) -> Table<Chips> {
    Table::under(protocol, Chips::default(), 4)
}

pub(crate) fn others(not: usize) -> impl Iterator<Item = usize> {
    (0..4).filter(move |index| *index != not)
}

/// The seat that leads round 0 of the height being decided.
fn leader(table: &Table<Chips>) -> usize {
    table.engines[0].consensus().leader().index()
}

fn unsigned(table: &Table<Chips>, digest: Digest) -> Unsigned {
    let state = table.engines[0].table();
    Unsigned {
        kind: VoteKind::Prepare,
        table: state.table(),
        epoch: state.epoch(),
        height: state.height().next(),
        round: Round(0),
        digest: Some(digest),
    }
}

/// An empty block, valid but for its time, which lies years ahead of every clock.
fn block_of_the_future(table: &Table<Chips>, by: usize) -> Arc<Block> {
    let plan = quorate_core::table::Plan {
        entries: vec![],
        due: vec![],
        time: Wall(1 << 42),
        parent_round: Round(0),
    };
    table.engines[by].table().build(&plan).unwrap().block
}

fn made_up(height: Height) -> Justification {
    let (epoch, round, digest) = (Epoch(0), Round(0), Digest::ZERO);
    Justification {
        changes: Some(RoundCertificate {
            epoch,
            height,
            round,
            changes: PerSeat::default(),
        }),
        prepared: Some(PrepareCertificate(QuorumVotes {
            epoch,
            height,
            round,
            digest,
            signatures: PerSeat::default(),
        })),
        signature: Signature::from_bytes(&[0; 64]),
    }
}

fn a_made_up_justification_does_not_spare_a_fresh_block_the_clocks(protocol: Protocol) {
    for justification in [None, Some(made_up(Height(2)))] {
        let mut table = table(protocol);
        let cheat = leader(&table);
        let block = block_of_the_future(&table, cheat);
        let unsigned = unsigned(&table, block.digest());
        let vote = Vote::sign(unsigned, seat(cheat), &table.keys[cheat]);
        let parent = match &table.records[cheat][..] {
            [.., Record::Decision { certificate, .. }] => Some(certificate.clone()),
            _ => panic!("the last record is the first decision"),
        };
        let proposal = Message::Proposal(Proposal {
            vote: vote.clone(),
            block: Some(block),
            justification: justification.clone(),
            parent,
        });
        table.down.push(cheat);
        for other in others(cheat) {
            table.deliver(other, Peer(cheat as u64), &proposal);
        }
        table.settle();
        for other in others(cheat) {
            let engine = &table.engines[other];
            assert_eq!(
                engine.table().height(),
                Height(1),
                "a block of the future is held"
            );
            if justification.is_none() {
                let held = engine.consensus().hold().map(|hold| hold.why);
                assert_eq!(held, Some(HoldReason::Time));
            }
        }
    }
}

fn a_proposal_does_not_leave_before_it_is_on_disk(protocol: Protocol) {
    let mut table = table(protocol);
    let slow = leader(&table);
    table.stuck_disks.push(slow);
    table.overheard();
    table.act((slow + 1) % 4, Action::Bet(Side::Over, 1));
    table.pass(SECOND * 9 / 10);
    let second = |block: &Block| block.height == Height(2);
    let proposed =
        |record: &Record| matches!(record, Record::Proposal { block, .. } if second(block));
    assert!(table.records[slow].iter().any(proposed), "it was written");
    let leaked = |(from, message): &(usize, Message)| {
        *from == slow && matches!(message, Message::Proposal(_))
    };
    assert!(!table.overheard().iter().any(leaked), "and must not leave");
}

fn an_entry_does_not_leave_before_it_is_on_disk(protocol: Protocol) {
    let mut table = table(protocol);
    let slow = (leader(&table) + 1) % 4;
    table.stuck_disks.push(slow);
    table.overheard();
    table.act(slow, Action::Bet(Side::Over, 1));
    table.pass(SECOND * 3);
    let leaked =
        |(from, message): &(usize, Message)| *from == slow && matches!(message, Message::Entry(_));
    assert!(!table.overheard().iter().any(leaked));
}

fn a_forged_vote_does_not_wake_an_idle_table(protocol: Protocol) {
    let mut table = table(protocol);
    let unsigned = unsigned(&table, Digest::ZERO);
    let mut vote = Vote::sign(unsigned, seat(1), &table.keys[0]);
    for to in others(1) {
        vote.digest = Some(Digest::from_bytes([to as u8; 32]));
        table.deliver(to, Peer(99), &Message::Vote(vote.clone()));
    }
    table.pass(SECOND * 5);
    for engine in &table.engines {
        assert_eq!(engine.table().height(), Height(1), "nothing is decided");
        assert_eq!(engine.round(), Round(0));
        assert_eq!(engine.consensus().next_timeout(), None);
    }
}

/// `Event::Voted` feeds what people see of a count; one of round 0 waits for its check.
fn a_forged_vote_is_not_told_as_somebodys(protocol: Protocol) {
    let mut table = table(protocol);
    // Seat 0 signs in the name of seat 1.
    let unsigned = unsigned(&table, Digest::from_bytes([9; 32]));
    let forged = Vote::sign(unsigned, seat(1), &table.keys[0]);
    table.deliver(2, Peer(0), &Message::Vote(forged.clone()));
    let told = |event: &Event<Chips>| matches!(event, Event::Voted(vote) if *vote == forged);
    assert!(!table.events[2].iter().any(told));
}

/// To weigh an entry is to write down the whole state, and who signs one signs a thousand.
fn of_entries_with_one_nonce_one_a_height_is_weighed_against_the_first(protocol: Protocol) {
    let mut table = table(protocol);
    let bet = |table: &Table<Chips>, chips| {
        let state = table.engines[0].table();
        let turn = state.play().unwrap().turn_number();
        let action = codec::encode(&Action::Bet(Side::Over, chips)).unwrap();
        let body = EntryBody {
            table: state.table(),
            seat: seat(3),
            nonce: 1,
            follows: 0,
            valid_until: Height(1_000),
            content: Content::Actions {
                turn,
                actions: vec![action],
            },
        };
        Message::Entry(Arc::new(Entry::sign(body, &table.keys[3])))
    };
    // More than anybody has.
    let most = 1_000_000;
    for by in [1, 2] {
        let first = bet(&table, most);
        table.deliver(0, Peer(3), &first);
        let before = table.work.checked.load(Ordering::Relaxed);
        for more in 1..=100 {
            let rival = bet(&table, most + more + 1_000 * by);
            table.deliver(0, Peer(3), &rival);
        }
        assert_eq!(table.work.checked.load(Ordering::Relaxed) - before, 1);
        table.act(usize::try_from(by).unwrap(), Action::Bet(Side::Over, 1));
    }
    // One that stands takes the place of what never will.
    let good = bet(&table, 1);
    table.deliver(0, Peer(3), &good);
    table.pass(10 * SECOND);
    let state = table.engines[1].table();
    assert_eq!(state.nonce(seat(3), Stream::Actions), 1);
}

fn a_withdrawal_that_one_seat_alone_was_given_reaches_the_table(protocol: Protocol) {
    let mut table = table(protocol);
    let author = 3;
    let turn = table.engines[0].table().play().unwrap().turn_number();
    let too_much = codec::encode(&Action::Bet(Side::Over, 1_000_000)).unwrap();
    let entry = |nonce, actions| {
        let body = EntryBody {
            table: table.engines[0].table().table(),
            seat: seat(author),
            nonce,
            follows: 0,
            valid_until: Height(1_000),
            content: Content::Actions { turn, actions },
        };
        Message::Entry(Arc::new(Entry::sign(body, &table.keys[author])))
    };
    let (refused, withdrawal) = (entry(1, vec![too_much]), entry(2, vec![]));
    for to in others(author) {
        table.deliver(to, Peer(author as u64), &refused);
    }
    table.deliver(0, Peer(author as u64), &withdrawal);
    table.pass(SECOND * 8);
    let decided = table.engines[0]
        .table()
        .nonce(seat(author), Stream::Actions);
    assert_eq!(decided, 2);
}

fn entries_that_can_never_stand_are_not_passed_round_for_ever(protocol: Protocol) {
    let mut table = table(protocol);
    let (author, state) = (3, table.engines[0].table().table());
    for nonce in 1_000..1_064 {
        let body = EntryBody {
            table: state,
            seat: seat(author),
            nonce,
            follows: 999,
            valid_until: Height(4_000),
            content: Content::Actions {
                turn: 1,
                actions: vec![],
            },
        };
        let entry = Arc::new(Entry::sign(body, &table.keys[author]));
        for to in others(author) {
            table.deliver(to, Peer(author as u64), &Message::Entry(entry.clone()));
        }
    }
    table.overheard();
    table.pass(SECOND * 20);
    let passed_on = table.overheard().into_iter();
    let passed_on = passed_on.filter(|(_, message)| matches!(message, Message::Entry(_)));
    let each_once_to_everybody = 64 * 4 * 3;
    let count = passed_on.count();
    assert!(count <= each_once_to_everybody, "{count} entries in 20 s");
}

fn a_seat_that_catches_up_asks_once_for_all_it_lacks(protocol: Protocol) {
    let mut table = Table::under(
        protocol,
        Chips {
            rounds: 100,
            ..Chips::default()
        },
        4,
    );
    let absent = 3;
    table.down.push(absent);
    for _ in 0..12 {
        for index in others(absent) {
            table.act(index, Action::Bet(Side::Over, 1));
            table.pass(SECOND * 4);
        }
    }
    let behind = table.engines[0].table().height();
    assert!(behind >= Height(20), "{behind}");
    table.down.clear();
    table.pass(SECOND * 2);
    table.fetches.clear();
    table.pass(SECOND * 2);
    let asked = table.fetches.len();
    table.catch_up(absent);
    assert_eq!(table.engines[absent].table().height(), table.height());
    assert_eq!(table.fetches.len(), asked, "the answer begs no question");
}

fn whatever_one_seat_sends_fills_no_other_beyond_its_bounds(protocol: Protocol) {
    let mut table = table(protocol);
    let (cheat, next) = (3, table.height().next());
    let true_one = unsigned(&table, Digest::ZERO);
    for round in 0..100 {
        for height in [next, next.next(), Height(u64::MAX)] {
            for kind in [VoteKind::Prepare, VoteKind::Commit] {
                let digest = Some(Digest::of_bytes("no block", &[round]));
                let unsigned = Unsigned {
                    kind,
                    height,
                    round: Round(round.into()),
                    digest,
                    ..true_one
                };
                let vote = Vote::sign(unsigned, seat(cheat), &table.keys[cheat]);
                table.deliver(0, Peer(cheat as u64), &Message::Vote(vote));
            }
        }
    }
    let loads = table.engines[0].loads();
    let over: Vec<_> = loads.iter().filter(|load| load.is_over()).collect();
    assert!(over.is_empty(), "{over:?}");
    let held = |place: &str| loads.iter().find(|load| load.place == place).unwrap().held;
    assert_eq!(held("early messages"), AHEAD_PER_PEER);
    assert!(held("statements") >= STATEMENTS_KEPT, "it was listened to");
}
