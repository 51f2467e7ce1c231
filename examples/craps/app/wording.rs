//! What happened in the game, for the log: in the words of a craps table.

use std::collections::BTreeMap;

use quorate::{Cause, Happened, Money, Seat, SeatChange, Seats, Why};

use crate::rules::bet::Dice;
use crate::rules::{Action, Craps, Event};
use crate::screen::model::{Tone, grouped, list};

/// What `happened`, for the player in seat `me` at a table where `name` calls the others.
pub(crate) fn step(
    happened: &Happened<Craps>,
    me: Option<Seat>,
    name: impl Fn(Seat) -> String,
) -> Option<(Tone, String)> {
    let quiet = |text| Some((Tone::Quiet, text));
    match &happened.cause {
        Cause::Started => quiet("play begins: everybody has bought in".to_owned()),
        Cause::Acted(seat, action) => quiet(acted(&name(*seat), *action)),
        Cause::Rolled(roll) => {
            let dice = Dice(roll.get::<2>().ok()?.map(|value| value.to_le_bytes()[0]));
            Some(rolled(dice, &happened.events, me, name))
        }
        Cause::Clock(late) => {
            let late = list(late.iter().map(name));
            quiet(format!(
                "{late} let the clock run out: the dice are thrown all the same"
            ))
        }
        Cause::Seat(seat, change) => changed(&name(*seat), *change),
        _ => None,
    }
}

fn acted(who: &str, action: Action) -> String {
    match action {
        Action::Bet(bet, amount) => format!("{who} bets {} on {bet}", grouped(amount)),
        Action::TakeDown(bet) => format!("{who} takes {bet} down"),
        Action::Roll => format!("{who} throws: everybody opens a sealed secret"),
    }
}

fn changed(who: &str, change: SeatChange) -> Option<(Tone, String)> {
    let (tone, text) = match change {
        SeatChange::Joined => (Tone::Good, "sits down"),
        SeatChange::Away => (Tone::Quiet, "is away: three turns in a row without a word"),
        SeatChange::Back => (Tone::Good, "is back"),
        SeatChange::Withheld => (
            Tone::Bad,
            "did not open its secret: this roll is made without it",
        ),
        SeatChange::Gone(Why::Guilty) => (Tone::Bad, "cheated, and loses all to the bank"),
        SeatChange::Gone(_) => (Tone::Quiet, "leaves the game"),
        _ => return None,
    };
    Some((tone, format!("{who} {text}")))
}

/// The dice, what they did to the point, and who won or lost how much by them.
fn rolled(
    dice: Dice,
    events: &[Event],
    me: Option<Seat>,
    name: impl Fn(Seat) -> String,
) -> (Tone, String) {
    let mut text = format!("dice {} + {} = {}", dice.0[0], dice.0[1], dice.sum());
    let mut purses: BTreeMap<Seat, (Money, Money)> = BTreeMap::new();
    for event in events {
        match event {
            Event::Won { seat, won, .. } => {
                let sum = &mut purses.entry(*seat).or_default().0;
                *sum = sum.plus(*won).unwrap_or(*sum);
            }
            Event::Lost { seat, stake, .. } => {
                let sum = &mut purses.entry(*seat).or_default().1;
                *sum = sum.plus(*stake).unwrap_or(*sum);
            }
            Event::PointOn(point) => text += &format!(": the point is {point}"),
            Event::PointMade(point) => text += &format!(": the point {point} is made"),
            Event::SevenOut(seat) => text += &format!(": seven out, {} is done", name(*seat)),
            Event::Returned { .. } | Event::Moved { .. } => {}
        }
    }
    let mut tone = Tone::Quiet;
    for (index, (seat, (won, lost))) in purses.into_iter().enumerate() {
        let (sign, sum) = match won.minus(lost) {
            Ok(more) => ("+", more),
            Err(_) => ("-", lost.minus(won).unwrap_or_default()),
        };
        if me == Some(seat) {
            tone = if sign == "+" { Tone::Good } else { Tone::Bad };
        }
        let gap = if index == 0 { "; " } else { ", " };
        text += &format!("{gap}{} {sign}{}", name(seat), grouped(sum));
    }
    (tone, text)
}

/// What is known of a seat besides the game.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    pub(crate) me: bool,
    /// Whether this process cut its power.
    pub(crate) killed: bool,
    /// Whether it was heard from lately.
    pub(crate) heard: bool,
    /// Whether it let turn after turn pass.
    pub(crate) away: bool,
}

/// What is wrong with a seat, if anything is.
pub(crate) const fn trouble(presence: Presence) -> Option<&'static str> {
    match presence {
        Presence { killed: true, .. } => Some("killed"),
        Presence {
            me: true,
            away: true,
            ..
        } => Some("you, away"),
        Presence {
            me: false,
            heard: false,
            ..
        } => Some("silent"),
        Presence { away: true, .. } => Some("away"),
        _ => None,
    }
}

/// Who is heard again, and who not any more.
pub(crate) fn heard(
    before: Seats,
    now: Seats,
    name: impl Fn(Seat) -> String,
) -> Vec<(Tone, String)> {
    let is = |seats: Seats| if seats.len() == 1 { "is" } else { "are" };
    let (lost, back) = (before - now, now - before);
    let mut told = Vec::new();
    if !lost.is_empty() {
        let names = list(lost.iter().map(&name));
        told.push((Tone::Bad, format!("{names} {} silent", is(lost))));
    }
    if !back.is_empty() {
        let names = list(back.iter().map(&name));
        told.push((Tone::Good, format!("{names} {} heard again", is(back))));
    }
    told
}
