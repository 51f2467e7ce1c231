//! Public rolls: nobody acts before the result.

use quorate_core::Seats;
use quorate_core::game::{ActError, Cause, Draw, Roll, SeatChange, Why};
use quorate_core::state::Play;

use super::{DICE, bytes, log, order, ready, refused_as_bug, try_order};
use crate::games::Puppet;
use crate::games::puppet::Do::{self, InHooks};
use crate::seats::seat;

fn rolling() -> Play<Puppet> {
    let mut play = ready();
    order(&mut play, 0, [Do::Roll(DICE)]);
    play
}

#[test]
fn nobody_acts_while_the_dice_roll() {
    let mut play = rolling();
    assert_eq!(play.needs().roll, Some(DICE));
    assert_eq!(play.turn().must(), Seats::NONE);
    assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Rolling);
    assert!(play.legal(seat(0)).is_empty());
}

#[test]
fn the_result_goes_to_the_rules_and_starts_a_new_turn() {
    let mut play = rolling();
    let turn = play.turn_number();
    let roll = Roll::new(DICE, vec![3, 4]).unwrap();
    let step = play.rolled(roll.clone());
    assert_eq!(step.happened[0].cause, Cause::Rolled(roll));
    assert_eq!(log(&play), "roll [3, 4]");
    assert_eq!(play.turn_number(), turn + 1);
    assert!(play.needs().is_empty());
}

#[test]
fn a_result_of_something_else_is_ignored() {
    let mut play = rolling();
    let before = bytes(&play);
    assert!(
        play.rolled(Roll::new(Draw::dice(1, 6), vec![3]).unwrap())
            .happened
            .is_empty()
    );
    assert_eq!(bytes(&play), before);
}

#[test]
fn two_public_rolls_in_one_step_are_a_bug() {
    let text = refused_as_bug(&mut ready(), [Do::Roll(DICE), Do::Roll(DICE)]);
    assert_eq!(text, "two public rolls in one step");
}

#[test]
fn draws_keep_their_limits() {
    let bad = [
        Draw::dice(0, 6),
        Draw::dice(1, 0),
        Draw::dice(1_025, 6),
        Draw::dice(1, 1_000_001),
        Draw::below(0),
        Draw::order(0),
        Draw::order(1_025),
    ];
    for draw in bad {
        assert_eq!(
            refused_as_bug(&mut ready(), [Do::Roll(draw)]),
            "a draw beyond its limits"
        );
    }
}

#[test]
fn a_roll_can_lead_to_the_next() {
    let mut play = ready();
    order(
        &mut play,
        0,
        [Do::Roll(DICE), InHooks(vec![Do::Roll(Draw::below(9))])],
    );
    play.rolled(Roll::new(DICE, vec![3, 4]).unwrap());
    assert_eq!(play.needs().roll, Some(Draw::below(9)));
}

#[test]
fn changes_of_seats_wait_for_the_result() {
    let mut play = rolling();
    assert!(
        play.seat_changed(seat(3), SeatChange::Withheld)
            .happened
            .is_empty()
    );
    play.seat_changed(seat(3), SeatChange::Withheld);
    play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
    assert!(play.players().contains(seat(2)));
    let step = play.rolled(Roll::new(DICE, vec![3, 4]).unwrap());
    let log = &play.state().log;
    assert_eq!(
        log[log.len() - 3..],
        [
            "roll [3, 4]",
            "seat 3 Withheld {0, 1, 2, 3}",
            "seat 2 Gone(Left) {0, 1, 3}"
        ]
    );
    assert_eq!(step.happened.len(), 3);
    assert!(!play.players().contains(seat(2)));
}
