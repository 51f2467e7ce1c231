//! Seats that are gone, and those that come.

use std::sync::Arc;

use quorate_core::Seats;
use quorate_core::game::{Cause, End, Outcome, SeatChange, Why};
use quorate_core::state::Play;

use super::{bytes, four, log, order, ready};
use crate::games::Puppet;
use crate::games::puppet::Do::{Defaults, Emit, InHooks, Must, Offer, Panic, Reject, Win};
use crate::seats::{seat, seats};

#[test]
fn a_seat_that_is_gone_is_late_at_once_where_it_must_act() {
    let mut play = four();
    order(
        &mut play,
        0,
        [Must(seats(&[0])), InHooks(vec![Must(seats(&[1]))])],
    );
    play.seat_changed(seat(2), SeatChange::Gone(Why::Removed));
    let step = order(&mut play, 1, [Must(seats(&[2]))]);
    let causes: Vec<_> = step.happened.iter().map(|h| h.cause.clone()).collect();
    assert_eq!(causes[1..], [Cause::Clock(seats(&[2]))]);
    assert_eq!(play.turn().must(), seats(&[1]));
}

#[test]
fn default_moves_are_the_first_candidates_that_the_rules_accept() {
    let mut play = four();
    order(
        &mut play,
        0,
        [
            Offer(vec![Reject, Panic, Emit(7), Emit(8)]),
            InHooks(vec![Defaults(seats(&[0, 2]))]),
        ],
    );
    let step = play.clock(seats(&[0, 2]));
    assert_eq!(step.happened[0].events, [7, 7]);
    let log = &play.state().log;
    assert_eq!(log[log.len() - 2..], ["apply 0", "apply 2"]);
}

#[test]
fn play_that_cannot_go_on_without_who_is_gone_is_abandoned() {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[0]))]);
    play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
    order(&mut play, 0, [InHooks(vec![Must(seats(&[2]))])]);
    // The hook notes each call in its state, so it goes on until the bound.
    let step = order(&mut play, 0, [Must(seats(&[2]))]);
    assert_eq!(play.end(), Some(&End::Abandoned));
    assert_eq!(step.happened.last().unwrap().cause, Cause::Abandoned);
}

#[test]
fn below_the_minimum_play_is_abandoned_unless_the_rules_name_an_outcome() {
    let start = || Play::start(Arc::new(Puppet), Seats::first(2)).unwrap().0;
    let mut play = start();
    let step = play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
    assert_eq!(play.end(), Some(&End::Abandoned));
    assert_eq!(step.happened.last().unwrap().cause, Cause::Abandoned);
    let mut play = start();
    order(&mut play, 0, [InHooks(vec![Win(seat(0))])]);
    play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
    assert_eq!(play.end(), Some(&End::Finished(Outcome::won(seat(0)))));
}

#[test]
fn nothing_changes_about_who_is_not_there() {
    let mut play = ready();
    let before = bytes(&play);
    for change in [
        SeatChange::Gone(Why::Left),
        SeatChange::Away,
        SeatChange::Withheld,
    ] {
        assert!(play.seat_changed(seat(9), change).happened.is_empty());
    }
    assert!(
        play.seat_changed(seat(0), SeatChange::Joined)
            .happened
            .is_empty()
    );
    assert_eq!(bytes(&play), before);
}

#[test]
fn a_newcomer_can_be_asked_to_act() {
    let mut play = four();
    assert!(play.may_join());
    play.seat_changed(seat(4), SeatChange::Joined);
    assert_eq!(log(&play), "seat 4 Joined {0, 1, 2, 3, 4}");
    assert!(!play.may_join(), "five are all the game is for");
    order(&mut play, 0, [Must(seats(&[4]))]);
    order(&mut play, 4, []);
}
