//! The clock of a turn: what restarts it, and who was late when it runs out.

use quorate_core::Seats;
use quorate_core::game::{Cause, Roll};

use super::{DICE, log, order, ready};
use crate::games::puppet::Do::{self, Clock, NextTurn, RestartClock, Win};
use crate::seats::{seat, seats};

#[test]
fn a_clock_belongs_to_the_turn_number() {
    let mut play = ready();
    assert_eq!(play.clock_running(), None);
    order(&mut play, 0, [Clock(1_000)]);
    let clock = play.clock_running().unwrap();
    assert_eq!(clock.length.as_millis(), 1_000);
    order(&mut play, 1, []);
    assert_eq!(
        play.clock_running(),
        Some(clock),
        "a bet in between does not restart it"
    );
    order(&mut play, 0, [NextTurn]);
    assert!(play.clock_running().unwrap().serial > clock.serial);
}

#[test]
fn restarting_the_clock_keeps_what_is_in_flight_good() {
    let mut play = ready();
    order(&mut play, 0, [Clock(1_000)]);
    let (turn, clock) = (play.turn_number(), play.clock_running().unwrap());
    order(&mut play, 1, [RestartClock]);
    assert_eq!(play.turn_number(), turn);
    assert!(play.clock_running().unwrap().serial > clock.serial);
}

#[test]
fn another_length_is_another_clock() {
    let mut play = ready();
    order(&mut play, 0, [Clock(1_000)]);
    let clock = play.clock_running().unwrap();
    order(&mut play, 0, [Clock(2_000)]);
    assert!(play.clock_running().unwrap().serial > clock.serial);
}

#[test]
fn lengths_are_kept_within_reason() {
    let mut play = ready();
    order(&mut play, 0, [Clock(1)]);
    assert_eq!(play.clock_running().unwrap().length.as_millis(), 100);
    order(&mut play, 0, [Clock(u64::MAX)]);
    assert_eq!(
        play.clock_running().unwrap().length.as_secs(),
        30 * 24 * 60 * 60
    );
}

#[test]
fn when_it_runs_out_the_rules_hear_who_was_late_and_a_new_turn_begins() {
    let mut play = ready();
    order(&mut play, 0, [Clock(1_000)]);
    let turn = play.turn_number();
    let step = play.clock(seats(&[0, 3]));
    assert_eq!(
        log(&play),
        "clock {0}",
        "seat 3 need not act, so it is not late"
    );
    assert_eq!(step.happened[0].cause, Cause::Clock(seats(&[0])));
    assert_eq!(step.happened[0].turn, turn);
    assert_eq!(play.turn_number(), turn + 1);
    play.clock(Seats::NONE);
    assert_eq!(log(&play), "clock {}");
}

#[test]
fn no_clock_runs_while_dice_roll_or_when_play_has_ended() {
    let mut play = ready();
    order(&mut play, 0, [Clock(1_000), Do::Roll(DICE)]);
    assert_eq!(play.clock_running(), None);
    assert!(play.clock(seats(&[0])).happened.is_empty());
    play.rolled(Roll::new(DICE, vec![1, 2]).unwrap());
    assert!(play.clock_running().is_some());
    order(&mut play, 0, [Win(seat(0))]);
    assert_eq!(play.clock_running(), None);
}
