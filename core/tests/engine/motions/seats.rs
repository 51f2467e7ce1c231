//! Motions that take a seat out or back in, and seats that leave.

use std::sync::Arc;

use quorate_core::engine::{Event, Operation};
use quorate_core::game::{Cause, SeatChange, Settled, Why};
use quorate_core::message::{Choice, Content, Message, Motion, MotionId, Peer};
use quorate_core::motion::Resolution;

use super::table;
use crate::asking::{ballot, closed, entry, propose, told};
use crate::chips::{Action, Chips, Side};
use crate::table::{SECOND, Table, seat};

#[test]
fn a_seat_that_withheld_counts_again_when_it_is_readmitted() {
    let mut table = table();
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(5 * SECOND);
    table.down.clear();
    table.pass(5 * SECOND);
    let pot = |table: &Table<Chips>| table.engines[0].table().pot().clone();
    assert_eq!(pot(&table).benched(), seat(3).into());
    assert!(
        pot(&table).standing(seat(3)).is_some(),
        "it has committed anew"
    );
    propose(&mut table, 0, Motion::Readmit(seat(3)));
    for by in [1, 2] {
        ballot(&mut table, by, MotionId(1), Choice::Yes);
    }
    assert!(pot(&table).eligible().contains(seat(3)));
}

#[test]
fn a_removed_seat_is_gone_from_the_game_and_the_roster() {
    let mut table = Table::founded(Chips::default(), 5, |_| {});
    propose(&mut table, 0, Motion::Remove(seat(2)));
    for by in [1, 3, 4] {
        ballot(&mut table, by, MotionId(1), Choice::Yes);
    }
    let state = table.engines[0].table();
    assert_eq!(state.roster().len(), 4);
    assert!(!state.play().unwrap().players().contains(seat(2)));
    table.act(1, Action::Bet(Side::Over, 3));
    assert!(
        told(&table, 1)
            == Settled::Decided {
                height: table.height()
            }
    );
}

#[test]
fn another_roster_voids_what_was_asked_of_the_old_one() {
    let mut table = Table::founded(Chips::default(), 5, |_| {});
    propose(&mut table, 0, Motion::Pause);
    table.operate(4, Operation::Leave);
    assert_eq!(closed(&table), [(MotionId(1), Resolution::Voided)]);
    propose(&mut table, 0, Motion::Pause);
    assert_eq!(
        table.engines[1].table().motions().all().len(),
        1,
        "and may be asked anew"
    );
}

#[test]
fn who_leaves_is_told_to_the_game_and_the_rest_play_on() {
    let mut table = table();
    table.operate(3, Operation::Leave);
    let height = table.height();
    assert_eq!(told(&table, 3), Settled::Decided { height });
    table.down = vec![3];
    let gone = Cause::Seat(seat(3), SeatChange::Gone(Why::Left));
    assert!(happened(&table).contains(&gone));
    table.act(0, Action::Roll);
    table.pass(SECOND);
    assert_eq!(
        table.engines[1].table().play().unwrap().state().round,
        1,
        "without its secret"
    );
}

fn happened(table: &Table<Chips>) -> Vec<Cause<Action>> {
    let decided = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.happened),
        _ => None,
    });
    decided
        .flatten()
        .map(|happened| happened.cause.clone())
        .collect()
}

#[test]
fn to_leave_with_a_reveal_due_is_to_withhold_it() {
    let mut table = table();
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(SECOND / 2);
    let leave = entry(&table, (3, seat(3)), Content::Leave);
    table.deliver(1, Peer(3), &Message::Entry(Arc::new(leave)));
    table.pass(SECOND);
    let told = happened(&table);
    let at = |cause: &Cause<Action>| told.iter().position(|told| told == cause);
    let withheld = at(&Cause::Seat(seat(3), SeatChange::Withheld));
    let gone = at(&Cause::Seat(seat(3), SeatChange::Gone(Why::Left)));
    assert!(withheld.is_some() && withheld < gone, "{told:?}");
    assert_eq!(table.engines[0].table().play().unwrap().state().round, 1);
}
