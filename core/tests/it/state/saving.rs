//! A game that is saved and goes on elsewhere.

use std::sync::Arc;

use quorate_core::codec;
use quorate_core::game::{End, Roll, SeatChange};
use quorate_core::state::{Play, Saved};

use super::{DICE, bytes, deal, order, ready, refused_as_bug};
use crate::games::Puppet;
use crate::games::puppet::Do::{self, Clock, Hide, InHooks, Issue, NextTurn, Panic, Reject, Win};
use crate::seats::seat;

fn again(play: &Play<Puppet>) -> Play<Puppet> {
    let saved: Saved = codec::decode(&bytes(play)).unwrap();
    assert_eq!(saved, play.save().unwrap());
    Play::restore(Arc::new(Puppet), saved).unwrap()
}

#[test]
fn a_restored_game_goes_on_as_if_nothing_had_been() {
    let mut play = ready();
    order(&mut play, 0, [Clock(700), Issue(9), Hide(seat(1))]);
    let mut other = again(&play);
    assert_eq!(other.needs(), play.needs());
    for play in [&mut play, &mut other] {
        deal(play);
    }
    let mut other = again(&other);
    assert_eq!(
        (other.turn(), other.clock_running()),
        (play.turn(), play.clock_running())
    );
    for play in [&mut play, &mut other] {
        order(play, 0, [Do::Roll(DICE)]);
        play.seat_changed(seat(1), SeatChange::Withheld);
    }
    let mut other = again(&other);
    for play in [&mut play, &mut other] {
        play.rolled(Roll::new(DICE, vec![6, 6]).unwrap());
        order(play, 0, [Win(seat(2))]);
    }
    assert_eq!(bytes(&again(&other)), bytes(&play));
    assert_eq!(again(&play).end(), play.end());
}

#[test]
fn the_text_of_a_bug_is_not_decided() {
    let mut texts = Vec::new();
    for fault in [Reject, Panic] {
        let mut play = ready();
        order(&mut play, 0, [InHooks(vec![fault])]);
        play.seat_changed(seat(1), SeatChange::Away);
        let Some(End::RulesBug(text)) = play.end() else {
            panic!("a bug")
        };
        let Some(End::RulesBug(restored)) = again(&play).end().cloned() else {
            panic!()
        };
        texts.push((text.clone(), restored));
    }
    assert_ne!(texts[0].0, texts[1].0);
    assert_eq!(texts[0].1, texts[1].1);
}

#[test]
fn numbers_at_the_end_of_their_range_end_play_and_nothing_worse() {
    let mut play = ready();
    order(&mut play, 0, [Clock(700)]);
    let counts: Vec<u8> = codec::encode(&(play.game_number(), play.turn_number())).unwrap();
    let most = codec::encode(&(play.game_number(), u64::MAX)).unwrap();
    let bytes = bytes(&play);
    assert!(bytes.starts_with(&counts));
    let bytes = [&most, &bytes[counts.len()..]].concat();
    let saved: Saved = codec::decode(&bytes).unwrap();
    let mut play = Play::restore(Arc::new(Puppet), saved).unwrap();
    assert_eq!(play.turn_number(), u64::MAX);
    refused_as_bug(&mut play, [NextTurn]);
    play.seat_changed(seat(1), SeatChange::Away);
    assert!(matches!(play.end(), Some(End::RulesBug(_))));
}

#[test]
fn bytes_of_another_game_are_refused() {
    let saved = ready().save().unwrap();
    assert!(Play::restore(Arc::new(crate::games::TicTacToe), saved).is_err());
}
