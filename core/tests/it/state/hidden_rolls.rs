//! Hidden rolls: dealt, shown, discarded, and never more than their number.

use quorate_core::game::{ActError, Cause, Draw, Roll, Shown};
use quorate_core::limits::HIDDEN_MAX;
use quorate_core::state::Play;

use super::{DICE, deal, log, order, ready, refused_as_bug, try_order};
use crate::games::Puppet;
use crate::games::puppet::Do::{self, DiscardAll, ForgetDice, Hide, InHooks, ShowAll};
use crate::seats::seat;

fn die(value: u32) -> Option<Roll> {
    Roll::new(Draw::dice(1, 6), vec![value])
}

fn dealt() -> Play<Puppet> {
    let mut play = ready();
    order(&mut play, 0, [Hide(seat(1)), Hide(seat(2))]);
    deal(&mut play);
    play
}

#[test]
fn nobody_acts_before_all_are_dealt() {
    let mut play = ready();
    let turn = play.turn_number();
    order(&mut play, 0, [Hide(seat(1)), Hide(seat(2))]);
    let [first, second] = play.needs().deal[..] else {
        panic!("two are open")
    };
    assert_eq!(first.owner(), seat(1));
    let step = play.dealt(&[first]);
    assert_eq!(step.happened[0].cause, Cause::Dealt);
    assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Rolling);
    play.dealt(&[second, first]);
    assert_eq!(play.turn_number(), turn + 1);
    assert!(play.dealt(&[first]).happened.is_empty());
}

#[test]
fn all_that_one_step_asks_for_are_shown_at_once_and_then_over() {
    let mut play = dealt();
    order(&mut play, 0, [ShowAll]);
    let shows = play.needs().show.clone();
    let mut shown = Shown::default();
    shown.insert(&shows[0], die(5));
    play.shown(shown);
    assert_eq!(log(&play), "show [Some([5]), None]");
    assert_eq!(play.hidden().count(), 0);
    let text = refused_as_bug(&mut play, [ShowAll]);
    assert_eq!(text, "showing a hidden roll that is over, or twice");
}

#[test]
fn a_show_of_another_draw_is_withheld() {
    let mut play = dealt();
    order(&mut play, 0, [ShowAll]);
    let mut shown = Shown::default();
    for hidden in &play.needs().show.clone() {
        shown.insert(hidden, Roll::new(Draw::dice(1, 20), vec![20]));
    }
    play.shown(shown);
    assert_eq!(log(&play), "show [None, None]");
}

#[test]
fn shows_wait_for_rolls_and_deals() {
    let mut play = dealt();
    order(&mut play, 0, [Hide(seat(3)), ShowAll, Do::Roll(DICE)]);
    assert!(play.shown(Shown::default()).happened.is_empty());
    play.rolled(Roll::new(DICE, vec![1, 1]).unwrap());
    assert!(play.shown(Shown::default()).happened.is_empty());
    deal(&mut play);
    assert_eq!(play.shown(Shown::default()).happened.len(), 1);
}

#[test]
fn what_is_discarded_is_over() {
    let mut play = dealt();
    assert_eq!(play.hidden().count(), 2);
    order(&mut play, 0, [DiscardAll]);
    assert_eq!(play.hidden().count(), 0);
    let text = refused_as_bug(&mut play, [DiscardAll]);
    assert_eq!(
        text,
        "discarding a hidden roll that is over, or being shown"
    );
}

#[test]
fn what_is_discarded_need_not_be_dealt() {
    let mut play = ready();
    order(
        &mut play,
        0,
        [Hide(seat(1)), Do::Roll(DICE), InHooks(vec![DiscardAll])],
    );
    play.rolled(Roll::new(DICE, vec![1, 1]).unwrap());
    assert!(play.needs().is_empty());
    order(&mut play, 0, []);
}

#[test]
fn a_hidden_roll_for_a_stranger_is_a_bug() {
    let text = refused_as_bug(&mut ready(), [Hide(seat(9))]);
    assert_eq!(text, "a hidden roll for a seat that does not play");
}

#[test]
fn their_number_is_bounded_and_ids_are_never_used_again() {
    let mut play = ready();
    let most = vec![Hide(seat(1)); HIDDEN_MAX];
    order(&mut play, 0, most);
    deal(&mut play);
    let text = refused_as_bug(&mut play, [Hide(seat(1))]);
    assert_eq!(text, "too many hidden rolls; discard those that are over");
    order(&mut play, 0, [DiscardAll, ForgetDice, Hide(seat(1))]);
    assert_eq!(play.hidden().next().unwrap().id() as usize, HIDDEN_MAX);
}
