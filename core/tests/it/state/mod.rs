//! The rules of the table that a game cannot break: turn numbers, clocks, rolls, value, hooks.

mod absent_seats;
mod broken_rules;
mod clocks;
mod entries;
mod games_in_a_row;
mod hidden_rolls;
mod rolls;
mod saving;
mod sealed_turns;
mod turns;

use std::sync::Arc;

use quorate_core::Seats;
use quorate_core::codec;
use quorate_core::game::{ActError, Draw};
use quorate_core::state::{Play, Step};

use crate::games::Puppet;
use crate::games::puppet::Do::{self, May, Must};
use crate::seats::{seat, seats};

const DICE: Draw = Draw::dice(2, 6);

fn four() -> Play<Puppet> {
    Play::start(Arc::new(Puppet), Seats::first(4)).unwrap().0
}

/// Seat 0 acts, and everybody else may: what it orders is what is tested.
fn ready() -> Play<Puppet> {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[0])), May(Seats::first(4))]);
    play
}

fn try_order(
    play: &mut Play<Puppet>,
    index: u8,
    orders: impl Into<Vec<Do>>,
) -> Result<Step<Puppet>, ActError> {
    let turn = play.turn_number();
    play.act(seat(index), turn, &[orders.into()])
}

fn order(play: &mut Play<Puppet>, index: u8, orders: impl Into<Vec<Do>>) -> Step<Puppet> {
    try_order(play, index, orders).unwrap()
}

/// Every hidden roll that is open is dealt.
fn deal(play: &mut Play<Puppet>) {
    let open = play.needs().deal.clone();
    play.dealt(&open);
}

fn bytes(play: &Play<Puppet>) -> Vec<u8> {
    codec::encode(play).unwrap()
}

fn log(play: &Play<Puppet>) -> &str {
    play.state().log.last().unwrap()
}

fn refused_as_bug(play: &mut Play<Puppet>, orders: impl Into<Vec<Do>>) -> String {
    let before = bytes(play);
    let Err(ActError::Rejected(rejection)) = try_order(play, 0, orders) else {
        panic!("not refused by the rules")
    };
    assert!(rejection.bug, "{rejection} is a bug of the rules");
    assert_eq!(bytes(play), before, "a refused step leaves no trace");
    rejection.text.into_owned()
}
