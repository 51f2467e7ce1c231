//! Rules that panic, lose value or cannot be encoded leave no trace.

use quorate_core::codec;
use quorate_core::game::{ActError, End, Roll};
use quorate_core::limits::STATE_BYTES_MAX;

use super::{DICE, bytes, order, ready, refused_as_bug, try_order};
use crate::games::puppet::Do::{
    self, Emit, Float, Forge, Grow, InHooks, Issue, Panic, Reject, Retire,
};
use crate::seats::seat;

#[test]
fn a_panic_in_an_action_is_a_refusal() {
    let text = refused_as_bug(&mut ready(), [Emit(1), Panic]);
    assert_eq!(text, "apply panicked: as ordered");
}

#[test]
fn value_cannot_be_made_or_lost() {
    let mut play = ready();
    order(&mut play, 0, [Issue(100), Retire(30)]);
    let text = refused_as_bug(&mut play, [Forge(1)]);
    assert_eq!(text, "the game holds 71, and 100 were issued, 30 retired");
    order(&mut play, 0, [Retire(70)]);
}

#[test]
fn a_float_in_the_state_is_refused_when_it_appears() {
    let text = refused_as_bug(&mut ready(), [Float]);
    assert_eq!(
        text,
        "the state cannot be encoded in float: \
         a float has no canonical encoding; use integers, such as cents"
    );
}

#[test]
fn a_state_has_at_most_its_bytes() {
    let mut play = ready();
    let room = u32::try_from(STATE_BYTES_MAX - 200).unwrap();
    order(&mut play, 0, [Grow(room)]);
    let text = refused_as_bug(&mut play, [Grow(200)]);
    assert!(text.starts_with("the state has"), "{text}");
}

#[test]
fn an_unsettled_act_is_settled_later() {
    let mut play = ready();
    let turn = play.turn_number();
    play.act_unsettled(seat(0), turn, &[vec![Float]]).unwrap();
    assert!(play.settle().unwrap_err().bug);
    assert!(codec::encode(&play).is_err());
}

#[test]
fn an_error_or_panic_in_a_hook_ends_play_with_the_state_before_it() {
    for fault in [Reject, Panic, Float, Forge(1)] {
        let mut play = ready();
        order(
            &mut play,
            0,
            [Do::Roll(DICE), InHooks(vec![Emit(1), fault])],
        );
        let before = play.state().log.clone();
        let step = play.rolled(Roll::new(DICE, vec![1, 2]).unwrap());
        assert!(
            matches!(play.end(), Some(End::RulesBug(_))),
            "{:?}",
            play.end()
        );
        assert_eq!(play.state().log, before);
        assert_eq!(step.happened.len(), 1);
        assert!(step.happened[0].events.is_empty());
        assert!(matches!(
            try_order(&mut play, 0, []),
            Err(ActError::RulesBug(_))
        ));
        assert!(
            bytes(&play).len() < 300,
            "it can still be digested and saved"
        );
    }
}
