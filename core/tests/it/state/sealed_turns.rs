//! Sealed turns: moves that are opened together.

use quorate_core::game::{ActError, Cause, SeatChange, Why};
use quorate_core::state::Play;
use quorate_core::{PerSeat, Seats};

use super::{bytes, four, log, order, ready, try_order};
use crate::games::Puppet;
use crate::games::puppet::Do::{InHooks, May, Must, Reject, Seal, Win};
use crate::seats::{seat, seats};

fn sealed() -> Play<Puppet> {
    let mut play = four();
    order(
        &mut play,
        0,
        [Seal(true), Must(seats(&[0, 1, 2])), May(seats(&[3]))],
    );
    play
}

#[test]
fn a_sealed_move_is_looked_at_and_not_applied() {
    let mut play = sealed();
    let turn = play.turn_number();
    let before = bytes(&play);
    play.check_act(seat(0), turn, &[vec![Win(seat(0))]])
        .unwrap();
    assert_eq!(bytes(&play), before);
    let refused = play.check_act(seat(0), turn, &[vec![Reject]]).unwrap_err();
    assert!(matches!(refused, ActError::Rejected(_)));
    let two = [vec![], vec![]];
    let refused = play.check_act(seat(0), turn, &two).unwrap_err();
    assert_eq!(refused, ActError::WrongCount { count: 2 });
    assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Sealed);
}

#[test]
fn the_rules_get_every_seat_and_none_for_what_is_missing_or_refused() {
    let mut play = sealed();
    let turn = play.turn_number();
    let moves = [
        (seat(0), Some(vec![])),
        (seat(1), Some(vec![Reject])),
        (seat(9), None),
    ];
    let step = play.opened(moves.into_iter().collect());
    assert_eq!(log(&play), "open {0} of {0, 1, 2, 3}");
    let Cause::Opened(opened) = &step.happened[0].cause else {
        panic!("opened")
    };
    assert_eq!(opened[seat(0)], Some(vec![]));
    assert_eq!(opened[seat(1)], None);
    assert_eq!(play.turn_number(), turn + 1);
}

#[test]
fn an_open_turn_cannot_be_opened_nor_a_sealed_one_run_out() {
    let mut open = four();
    assert!(open.opened(PerSeat::default()).happened.is_empty());
    assert!(sealed().clock(seats(&[0])).happened.is_empty());
}

#[test]
fn it_waits_for_the_others_when_one_is_gone_whose_move_no_longer_counts() {
    let mut play = sealed();
    let step = play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
    assert_eq!(step.happened.len(), 1, "nothing is opened yet");
    assert_eq!(play.awaited(), seats(&[0, 2]));
    let moves = PerSeat::new(Seats::first(3), |_| Some(vec![]));
    play.opened(moves);
    assert_eq!(log(&play), "open {0, 2} of {0, 1, 2, 3}");
}

#[test]
fn it_opens_at_once_when_all_who_must_move_are_gone() {
    let mut play = ready();
    play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
    let hooks = InHooks(vec![Seal(false), Must(seats(&[1]))]);
    order(
        &mut play,
        0,
        [Seal(true), Must(seats(&[2])), May(seats(&[3])), hooks],
    );
    assert_eq!(log(&play), "open {} of {2, 3}");
    assert_eq!(play.turn().must(), seats(&[1]));
}
