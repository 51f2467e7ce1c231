//! The count of ballots, and of votes on a block: everybody reads it while it goes on.

use std::sync::Arc;

use quorate_core::engine::{Input, Operation};
use quorate_core::message::{Choice, Content, Message, Motion, Peer};
use quorate_core::motion::{Advice, Ballots, MotionRefusal, Resolution, advice};
use quorate_core::table::EntryRefusal;
use quorate_core::{Height, Seats};

use super::{asked, table};
use crate::asking::{ballot, closed, entry};
use crate::chips::{Action, Chips, Side};
use crate::table::{SECOND, Table, seat};

#[test]
fn three_of_four_pass_a_motion_and_everybody_reads_the_count_meanwhile() {
    let (mut table, id) = asked();
    ballot(&mut table, 1, id, Choice::Abstain);
    for engine in &table.engines {
        let ballots = &engine.table().motions().get(id).unwrap().ballots;
        assert_eq!(ballots.saying(Choice::Yes), seat(0).into());
        assert_eq!(ballots.saying(Choice::Abstain), seat(1).into());
        assert_eq!(ballots.silent(), Seats::from(seat(2)) | seat(3).into());
        assert_eq!((ballots.needed(), ballots.settled()), (3, None));
    }
    ballot(&mut table, 2, id, Choice::Yes);
    assert!(
        !table.engines[0].table().presence().paused(),
        "two are too few"
    );
    ballot(&mut table, 3, id, Choice::Yes);
    table.agreed();
    assert!(table.engines[0].table().presence().paused());
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

#[test]
fn a_motion_is_rejected_as_soon_as_it_cannot_pass_and_returns_after_fifty_heights() {
    let (mut table, id) = asked();
    ballot(&mut table, 1, id, Choice::No);
    assert_eq!(closed(&table), []);
    ballot(&mut table, 2, id, Choice::Abstain);
    assert_eq!(closed(&table), [(id, Resolution::Rejected)]);
    let returns = table.height().0 + 50;
    let tried = table.engines[3]
        .table()
        .would_accept(seat(3), &Content::Motion(Motion::Pause));
    let refusal = MotionRefusal::TooSoon(Height(returns));
    assert_eq!(tried, Err(EntryRefusal::Motion(refusal)), "whoever asks");
    // Other questions may be put meanwhile; each takes a height.
    while table.height().0 + 1 < returns {
        table.handle(0, Input::Attend);
        let here = Message::Entry(Arc::new(entry(&table, (0, seat(0)), Content::Here)));
        table.deliver(1, Peer(0), &here);
        table.settle();
        table.pass(SECOND);
    }
    let accepts = |table: &Table<Chips>| {
        table.engines[3]
            .table()
            .would_accept(seat(3), &Content::Motion(Motion::Pause))
    };
    assert_eq!(accepts(&table), Ok(()));
}

#[test]
fn two_operations_of_one_seat_at_once_are_both_decided() {
    let (mut table, id) = asked();
    let ask = |operation| Input::Operate {
        ticket: 7,
        operation,
    };
    table.handle(1, ask(Operation::Ballot(id, Choice::Yes)));
    table.handle(1, ask(Operation::Propose(Motion::Rematch)));
    table.settle();
    table.pass(SECOND);
    let motions = table.engines[0].table().motions().all();
    assert_eq!(motions.len(), 2);
    assert_eq!(motions[0].ballots.given().len(), 2);
}

#[test]
fn an_operation_that_waits_survives_a_restart_of_its_device() {
    let (mut table, id) = asked();
    table.down = vec![0, 2, 3];
    ballot(&mut table, 1, id, Choice::Yes);
    table.down.clear();
    table.restart(1);
    table.pass(5 * SECOND);
    let given = table.engines[0]
        .table()
        .motions()
        .get(id)
        .unwrap()
        .ballots
        .given();
    assert_eq!(given, Seats::from(seat(0)) | seat(1).into());
}

#[test]
fn few_answers_and_too_much_agreement_are_pointed_out() {
    let count = |voters: usize, yes: usize, no: usize| {
        let mut ballots = Ballots::among(Seats::first(voters));
        for (index, voter) in Seats::first(yes + no).iter().enumerate() {
            let choice = if index < yes { Choice::Yes } else { Choice::No };
            assert!(ballots.cast(voter, choice));
        }
        advice(&ballots)
    };
    let low = |given, voters| Advice::LowTurnout { given, voters };
    assert_eq!(count(5, 2, 0), [low(2, 5)]);
    assert_eq!(count(4, 2, 0), [], "half is enough");
    assert_eq!(count(6, 6, 0), [], "among few everybody agrees");
    let alike = |agreeing, given| Advice::SuspiciousUnanimity {
        choice: Choice::Yes,
        agreeing,
        given,
    };
    assert_eq!(count(7, 7, 0), [alike(7, 7)]);
    assert_eq!(
        count(10, 9, 1),
        [],
        "nine in ten are not more than nine in ten"
    );
    assert_eq!(count(11, 10, 0), [alike(10, 10)]);
}

#[test]
fn tallies_of_a_block_are_readable_while_it_is_decided() {
    let mut table = table();
    table.stuck_disks = vec![0, 1, 2, 3];
    table.act(1, Action::Bet(Side::Over, 1));
    table.stuck_disks.clear();
    let idle = table.engines[0].tally();
    assert_eq!(
        (idle.prepare, idle.nil, idle.commit, idle.needed),
        (Seats::NONE, Seats::NONE, Seats::NONE, 3)
    );
    // However fast the others were so far, this round is to be looked at for long.
    let mut table = Table::founded(Chips::default(), 4, |genesis| {
        genesis.timing.round_ms_min = genesis.timing.round_ms;
    });
    let leader = table.engines[0].tally().leader;
    table.down = (0..4)
        .filter(|index| seat(*index) != leader)
        .skip(1)
        .collect();
    let with = (0..4)
        .find(|index| seat(*index) != leader && !table.down.contains(index))
        .unwrap();
    table.act(with, Action::Bet(Side::Over, 1));
    table.pass(SECOND / 2);
    let tally = table.engines[with].tally();
    assert_eq!(tally.prepare, Seats::from(leader) | seat(with).into());
    assert_eq!((tally.commit, tally.height), (Seats::NONE, Height(2)));
}
