//! Actions of one entry: all or none, within their bounds, as a dry run said.

use quorate_core::game::ActError;
use quorate_core::limits::{ACTION_BYTES_MAX, ENTRY_ACTIONS_MAX, EVENTS_PER_STEP_MAX};

use super::{DICE, bytes, order, ready, refused_as_bug, try_order};
use crate::games::puppet::Do::{
    self, Emit, Float, Forge, NextTurn, Offer, Panic, Reject, RestartClock, Win,
};
use crate::seats::seat;

#[test]
fn all_actions_of_an_entry_apply_or_none() {
    let mut play = ready();
    let (before, turn) = (bytes(&play), play.turn_number());
    let refused = play
        .act(seat(0), turn, &[vec![Emit(1)], vec![Reject]])
        .unwrap_err();
    let ActError::Rejected(rejection) = refused else {
        panic!("{refused}")
    };
    assert_eq!((rejection.code, rejection.bug), ("as ordered", false));
    assert_eq!(bytes(&play), before);
    let step = play
        .act(seat(0), turn, &[vec![Emit(1)], vec![Emit(2), Emit(3)]])
        .unwrap();
    let events: Vec<_> = step.happened.iter().map(|h| h.events.clone()).collect();
    assert_eq!(events, [vec![1], vec![2, 3]]);
}

#[test]
fn an_action_that_ends_the_turn_is_the_last() {
    let mut play = ready();
    let turn = play.turn_number();
    let refused = play
        .act(seat(0), turn, &[vec![NextTurn], vec![]])
        .unwrap_err();
    assert_eq!(
        refused,
        ActError::Stale {
            meant: turn,
            now: turn + 1
        }
    );
    let refused = play
        .act(seat(0), turn, &[vec![Do::Roll(DICE)], vec![]])
        .unwrap_err();
    assert_eq!(refused, ActError::Rolling);
    let refused = play
        .act(seat(0), turn, &[vec![Win(seat(0))], vec![]])
        .unwrap_err();
    assert_eq!(refused, ActError::Ended);
    play.act(seat(0), turn, &[vec![], vec![NextTurn]]).unwrap();
}

#[test]
fn an_entry_has_at_least_one_action_and_not_too_many() {
    let mut play = ready();
    let turn = play.turn_number();
    assert_eq!(
        play.act(seat(0), turn, &[]).unwrap_err(),
        ActError::WrongCount { count: 0 }
    );
    let most = vec![vec![]; ENTRY_ACTIONS_MAX];
    play.act(seat(0), turn, &most).unwrap();
    let more = vec![vec![]; ENTRY_ACTIONS_MAX + 1];
    let count = more.len();
    assert_eq!(
        play.act(seat(0), turn, &more).unwrap_err(),
        ActError::WrongCount { count }
    );
}

#[test]
fn an_action_has_at_most_its_bytes() {
    let mut play = ready();
    let fits = vec![RestartClock; ACTION_BYTES_MAX - 2]; // the length takes two bytes
    order(&mut play, 0, fits.clone());
    let refused = try_order(&mut play, 0, [fits, vec![RestartClock]].concat()).unwrap_err();
    assert_eq!(
        refused,
        ActError::ActionTooLarge {
            bytes: ACTION_BYTES_MAX + 1
        }
    );
}

#[test]
fn a_dry_run_answers_as_the_act_would_and_changes_nothing() {
    let mut play = ready();
    for orders in [
        vec![],
        vec![Reject],
        vec![Panic],
        vec![Float],
        vec![Forge(1)],
    ] {
        let (before, turn) = (bytes(&play), play.turn_number());
        let dry = play.check_act(seat(0), turn, std::slice::from_ref(&orders));
        assert_eq!(bytes(&play), before);
        assert_eq!(dry, try_order(&mut play, 0, orders).map(|_| ()));
    }
}

#[test]
fn events_of_one_step_are_bounded() {
    let mut play = ready();
    let most = vec![Emit(0); EVENTS_PER_STEP_MAX];
    order(&mut play, 0, most.clone());
    let text = refused_as_bug(&mut play, [most, vec![Emit(0)]].concat());
    assert_eq!(text, "too many events in one step");
}

#[test]
fn legal_actions_are_the_candidates_that_the_rules_accept() {
    let mut play = ready();
    order(
        &mut play,
        0,
        [Offer(vec![Reject, Emit(1), Panic, Forge(1), NextTurn])],
    );
    assert_eq!(play.legal(seat(0)), [vec![Emit(1)], vec![NextTurn]]);
    assert_eq!(play.legal(seat(9)), [] as [Vec<Do>; 0]);
}
