//! What the log says, in the words of a craps table.

use quorate::{Cause, Draw, Happened, Money, Roll, Seat, SeatChange, Seats};

use crate::diary::Diary;
use crate::rules::bet::{Bet, Number};
use crate::rules::{Action, Craps, Event};
use crate::screen::model::{LogLine, Tone};
use crate::wording::{Presence, heard, step, trouble};

#[test]
fn a_bet_says_who_puts_how_much_on_what() {
    let bet = Action::Bet(Bet::Place(Number::Six), Money::of(1_200));
    assert_eq!(
        told(Cause::Acted(seat(1), bet), &[]),
        Some((Tone::Quiet, "Bob bets 1,200 on Place 6".to_owned()))
    );
}

#[test]
fn a_roll_says_what_it_did_to_the_point_and_to_every_purse() {
    let (ann, bob, stake) = (seat(0), seat(1), Money::of(10));
    let events = [
        Event::Lost {
            seat: ann,
            bet: Bet::PASS,
            stake,
        },
        Event::Won {
            seat: bob,
            bet: Bet::DONT_PASS,
            won: Money::of(30),
        },
        Event::Lost {
            seat: bob,
            bet: Bet::Field,
            stake,
        },
        Event::SevenOut(ann),
    ];
    let text = "dice 3 + 4 = 7: seven out, Ann is done; Ann -10, Bob +20";
    assert_eq!(
        told(dice([3, 4]), &events),
        Some((Tone::Bad, text.to_owned()))
    );
}

#[test]
fn a_seat_that_keeps_its_secret_back_is_named() {
    let (tone, text) = told(Cause::Seat(seat(1), SeatChange::Withheld), &[]).expect("it is told");
    assert_eq!(tone, Tone::Bad);
    assert_eq!(
        text,
        "Bob did not open its secret: this roll is made without it"
    );
}

#[test]
fn the_log_is_in_order_though_dice_are_told_only_when_they_lie() {
    let line = |height| LogLine {
        height,
        text: String::new(),
        tone: Tone::Quiet,
    };
    let told = |diary: &Diary| -> Vec<u64> {
        let lines = diary.lines().into_iter();
        lines.map(|line| line.height).collect()
    };
    let mut diary = Diary::default();
    diary.note(line(29), false);
    diary.note(line(30), true);
    diary.note(line(31), false);
    assert_eq!(told(&diary), [29], "the dice of 30 are in the air");
    diary.release();
    assert_eq!(told(&diary), [29, 30, 31]);
    diary.note(line(32), false);
    assert_eq!(told(&diary), [29, 30, 31, 32]);
}

#[test]
fn who_falls_silent_and_who_is_heard_again_is_told() {
    let (all, ann) = (Seats::first(2), Seats::from(seat(0)));
    assert_eq!(
        heard(all, ann, name),
        [(Tone::Bad, "Bob is silent".to_owned())]
    );
    assert_eq!(
        heard(ann, all, name),
        [(Tone::Good, "Bob is heard again".to_owned())]
    );
    assert_eq!(heard(all, all, name), []);
}

fn told(cause: Cause<Action>, events: &[Event]) -> Option<(Tone, String)> {
    let happened = Happened::<Craps> {
        turn: 1,
        cause,
        events: events.to_vec(),
    };
    step(&happened, Some(seat(0)), name)
}

fn dice(values: [u32; 2]) -> Cause<Action> {
    let draw = Draw::dice(2, 6);
    Cause::Rolled(Roll::new(draw, values.to_vec()).expect("two dice"))
}

fn seat(index: u8) -> Seat {
    Seat::new(index).expect("a seat of the test")
}

fn name(seat: Seat) -> String {
    ["Ann", "Bob"][seat.index()].to_owned()
}

#[test]
fn the_own_seat_is_told_apart_also_while_it_is_away() {
    let here = Presence {
        me: true,
        killed: false,
        heard: false,
        away: false,
    };
    assert_eq!(trouble(here), None, "the own device is always heard");
    let away = Presence { away: true, ..here };
    assert_eq!(trouble(away), Some("you, away"));
    let other = Presence { me: false, ..away };
    assert_eq!(trouble(other), Some("silent"));
    assert_eq!(
        trouble(Presence {
            heard: true,
            ..other
        }),
        Some("away")
    );
}
