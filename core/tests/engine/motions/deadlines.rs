//! The time that ballots have.

use std::sync::Arc;

use quorate_core::genesis::{MotionPolicy, StallPolicy};
use quorate_core::message::{Choice, Deadline, Message, Motion, Peer};
use quorate_core::motion::Resolution;

use super::{asked, ballot_of};
use crate::asking::{ballot, closed, open, propose};
use crate::chips::Chips;
use crate::table::{SECOND, Table, seat};

#[test]
fn a_motion_that_nobody_answers_is_rejected_when_its_time_is_up() {
    let (mut table, id) = asked();
    table.pass(119 * SECOND);
    assert_eq!(closed(&table), []);
    table.pass(3 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Expired)]);
    table.agreed();
}

#[test]
fn the_time_for_ballots_stands_still_while_the_table_has_no_quorum() {
    let (mut table, id) = asked();
    table.down = vec![2, 3];
    table.pass(1_000 * SECOND);
    table.down.clear();
    table.pass(60 * SECOND);
    assert_eq!(closed(&table), [], "nobody could have answered");
    ballot(&mut table, 2, id, Choice::Yes);
    ballot(&mut table, 3, id, Choice::Yes);
    table.pass(2 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

#[test]
fn a_ballot_held_in_time_keeps_others_from_closing_the_motion() {
    let (mut table, id) = asked();
    ballot(&mut table, 2, id, Choice::Yes);
    table.pass(119 * SECOND);
    // The ballot reaches one honest seat only, just in time; no leader may close without it.
    let late = Message::Entry(Arc::new(ballot_of(&table, 3, id)));
    table.down = vec![3];
    table.deliver(1, Peer(3), &late);
    table.pass(10 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

#[test]
fn the_deadline_of_a_motion_names_it() {
    let (table, motion) = asked();
    let open = table.engines[0].table().open_deadlines();
    let figures = MotionPolicy::default();
    let ballots = open
        .iter()
        .find(|open| open.deadline == Deadline::Motion { motion });
    assert_eq!(ballots.unwrap().length, figures.patience(false));
}

#[test]
fn a_turn_that_takes_a_seat_out_of_the_game_may_settle_a_motion_that_is_due_too() {
    let game = Chips {
        rounds: 50,
        ..Chips::default()
    };
    let mut table = Table::founded(game, 4, |genesis| {
        (genesis.stall.policy, genesis.stall.away_after) = (StallPolicy::Forfeit, 1);
        genesis.motions.ballots_ms = 20_000;
    });
    // One for it, one against, two silent: without seat 0, whose turn it is, too few are left.
    propose(&mut table, 1, Motion::Pause);
    let id = open(&table);
    ballot(&mut table, 2, id, Choice::No);
    table.pass(39 * SECOND / 2);
    // Nothing can be decided until both the turn and the motion have been due for long.
    table.down = vec![1, 2];
    table.pass(5 * SECOND / 2);
    table.down.clear();
    table.pass(5 * SECOND);
    let state = table.engines[0].table();
    assert!(
        state.motions().all().is_empty(),
        "the block that ends the turn ends the motion"
    );
    assert!(!state.voters().contains(seat(0)));
    table.agreed();
}
