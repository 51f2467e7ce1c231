//! One game after the other at one table.

use std::sync::Arc;

use quorate_core::Seats;
use quorate_core::game::{ActError, Cause, SeatChange, Why};
use quorate_core::state::Play;

use super::{DICE, bytes, order, ready, try_order};
use crate::games::Puppet;
use crate::games::puppet::Do::{self, Clock, Hide, Issue, Win};
use crate::seats::seat;

#[test]
fn a_game_refuses_a_wrong_number_of_players() {
    for count in [0, 1, 6] {
        let refused = Play::start(Arc::new(Puppet), Seats::first(count)).unwrap_err();
        assert_eq!(
            refused.text,
            format!("this game is for 2 to 5 players, not {count}")
        );
    }
}

#[test]
fn numbers_rise_over_a_rematch_and_value_begins_anew() {
    let mut play = ready();
    order(&mut play, 0, [Issue(5), Clock(500)]);
    order(&mut play, 0, [Win(seat(0))]);
    assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Ended);
    play.seat_changed(seat(3), SeatChange::Gone(Why::Left));
    let turn = play.turn_number();
    let step = play.rematch().unwrap();
    assert_eq!(step.happened[0].cause, Cause::Started);
    assert_eq!(play.state().log, ["setup 1 Some({0})"]);
    assert_eq!((play.game_number(), play.turn_number()), (1, turn + 1));
    assert_eq!(play.players(), Seats::first(3));
    assert_eq!(play.end(), None);
}

#[test]
fn a_refused_rematch_changes_nothing() {
    let mut play = Play::start(Arc::new(Puppet), Seats::first(2)).unwrap().0;
    play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
    let before = bytes(&play);
    assert!(play.rematch().is_err());
    assert_eq!(bytes(&play), before);
    let mut rolling = ready();
    order(&mut rolling, 0, [Do::Roll(DICE)]);
    assert_eq!(
        rolling.rematch().unwrap_err().text,
        "no rematch while the dice roll"
    );
}

#[test]
fn a_game_can_be_abandoned_at_any_time_once() {
    let mut play = ready();
    order(&mut play, 0, [Do::Roll(DICE), Hide(seat(1))]);
    assert_eq!(play.abandon().happened[0].cause, Cause::Abandoned);
    assert!(play.needs().is_empty());
    assert!(play.abandon().happened.is_empty());
}
