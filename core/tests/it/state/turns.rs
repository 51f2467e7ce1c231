//! Turn numbers: when one ends, and who acts in it.

use quorate_core::Seats;
use quorate_core::game::ActError;

use super::{four, order, ready, refused_as_bug, try_order};
use crate::games::puppet::Do::{May, Must, NextTurn, Seal};
use crate::seats::{seat, seats};

#[test]
fn the_first_turn_is_number_one() {
    assert_eq!(four().turn_number(), 1);
}

#[test]
fn a_turn_goes_on_while_fewer_and_fewer_must_act() {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[1, 2, 3]))]);
    order(&mut play, 1, [Must(seats(&[3]))]);
    assert_eq!(play.turn_number(), 1);
}

#[test]
fn a_turn_goes_on_when_others_may_act() {
    let mut play = four();
    order(&mut play, 0, [May(seats(&[1]))]);
    assert_eq!(play.turn_number(), 1);
}

#[test]
fn a_turn_ends_when_somebody_else_must_act_or_nobody() {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[0]))]);
    order(&mut play, 0, [Must(seats(&[1]))]);
    assert_eq!(play.turn_number(), 2);
    order(&mut play, 1, [Must(seats(&[1, 2]))]);
    assert_eq!(play.turn_number(), 3);
    order(&mut play, 1, [Must(Seats::NONE), May(seats(&[1]))]);
    assert_eq!(play.turn_number(), 4);
}

#[test]
fn a_turn_ends_when_it_becomes_sealed() {
    let mut play = four();
    order(&mut play, 0, [Seal(true)]);
    assert_eq!(play.turn_number(), 2);
}

#[test]
fn the_rules_can_begin_a_new_turn() {
    let mut play = four();
    order(&mut play, 0, [NextTurn]);
    assert_eq!(play.turn_number(), 2);
}

#[test]
fn entries_for_another_turn_are_stale() {
    let mut play = four();
    order(&mut play, 0, [NextTurn]);
    for meant in [1, 3] {
        let refused = play.act(seat(0), meant, &[vec![]]).unwrap_err();
        assert_eq!(refused, ActError::Stale { meant, now: 2 });
    }
}

#[test]
fn only_those_act_who_must_or_may() {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[0])), May(seats(&[1]))]);
    assert_eq!(
        try_order(&mut play, 2, []).unwrap_err(),
        ActError::NotYourTurn
    );
    assert_eq!(
        try_order(&mut play, 9, []).unwrap_err(),
        ActError::NotYourTurn
    );
    order(&mut play, 1, []);
}

#[test]
fn a_turn_for_a_stranger_is_a_bug() {
    let text = refused_as_bug(&mut ready(), [Must(seats(&[0, 7]))]);
    assert_eq!(
        text,
        "the turn names seats that never sat in this game: {7}"
    );
}
