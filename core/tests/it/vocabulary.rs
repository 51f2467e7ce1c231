//! Seats, outcomes, turns: the small words of a game.

use proptest::prelude::*;
use quorate_core::game::{Outcome, Rejection, Turn, Verdict};
use quorate_core::{PerSeat, Seat, Seats, ensure, reject};

use crate::seats::{seat, seats};

#[test]
fn there_are_sixty_four_seats() {
    assert_eq!(Seats::first(64).len(), 64);
    assert_eq!(Seats::first(1_000), Seats::first(64));
    assert!(Seat::new(64).is_none());
    assert_eq!(Seats::first(64).after(seat(63)), Some(seat(0)));
}

#[test]
fn the_next_seat_skips_those_that_do_not_play() {
    let playing = seats(&[1, 4, 9]);
    assert_eq!(playing.after(seat(1)), Some(seat(4)));
    assert_eq!(playing.after(seat(5)), Some(seat(9)));
    assert_eq!(playing.after(seat(9)), Some(seat(1)));
    assert_eq!(Seats::from(seat(3)).after(seat(3)), Some(seat(3)));
    assert_eq!(Seats::NONE.after(seat(3)), None);
    assert!(playing.around(seat(4)).eq([seat(4), seat(9), seat(1)]));
    assert!(playing.around(seat(5)).eq([seat(9), seat(1), seat(4)]));
    assert_eq!((playing.nth(2), playing.nth(3)), (Some(seat(9)), None));
    assert_eq!(
        (playing.only(), Seats::from(seat(3)).only()),
        (None, Some(seat(3)))
    );
}

#[test]
fn values_per_seat_are_found_by_seat() {
    let mut chips = PerSeat::new(seats(&[2, 5]), |seat| seat.index() * 10);
    assert_eq!((chips[seat(5)], chips.get(seat(3))), (50, None));
    chips[seat(5)] = 7;
    chips.insert(seat(3), 7);
    assert_eq!(chips.which(|chips| *chips == 7), seats(&[3, 5]));
    assert_eq!(chips.remove(seat(2)), Some(20));
    assert_eq!(chips.seats(), seats(&[3, 5]));
    let (seats_in_order, values): (Vec<_>, Vec<_>) = chips.into_iter().unzip();
    assert_eq!(
        (seats_in_order, values),
        (vec![seat(3), seat(5)], vec![7, 7])
    );
}

#[test]
fn a_turn_never_asks_a_seat_that_must_whether_it_will() {
    let turn = Turn::of(seat(1)).and_may(seats(&[0, 1])).and_may(seat(2));
    assert_eq!((turn.must(), turn.may()), (seats(&[1]), seats(&[0, 2])));
    assert!(Turn::sealed(seats(&[0, 1])).is_sealed());
    assert_eq!(Turn::nobody(), Turn::default());
}

#[test]
fn outcomes_rank_the_seats() {
    let (ann, bob, eve) = (seat(0), seat(1), seat(2));
    assert_eq!(Outcome::won(ann).winners(), ann.into());
    assert_eq!(Outcome::draw().winners(), Seats::NONE);
    assert_eq!(
        Outcome::places([bob, ann]).ranking(),
        [bob.into(), ann.into()]
    );
    let scored = Outcome::scored([(ann, -5), (bob, 3), (eve, 3)]);
    assert_eq!(scored.winners(), seats(&[1, 2]));
    assert_eq!(scored.ranking(), [seats(&[1, 2]), ann.into()]);
    assert_eq!(scored.scores()[ann], -5);
}

#[test]
fn rejections_carry_a_key_for_translations_and_a_text() {
    fn rule(chips: u32) -> Verdict<u32> {
        ensure!(chips > 0, "bet something");
        if chips > 100 {
            reject!("{chips} is above the limit of {}", 100);
        }
        Ok(chips)
    }
    assert_eq!(rule(5), Ok(5));
    assert_eq!(rule(0).unwrap_err(), Rejection::from("bet something"));
    let above = rule(101).unwrap_err();
    assert_eq!(above.code, "{chips} is above the limit of {}");
    assert_eq!(above.to_string(), "101 is above the limit of 100");
    assert!(!above.bug);
}

proptest! {
    #[test]
    fn sets_of_seats_are_sets(one: [bool; 64], other: [bool; 64]) {
        let of = |bits: [bool; 64]| -> Seats {
            (0..64).filter(|index| bits[usize::from(*index)]).map(seat).collect()
        };
        let (a, b) = (of(one), of(other));
        for index in 0..64u8 {
            let (in_a, in_b) = (one[usize::from(index)], other[usize::from(index)]);
            prop_assert_eq!((a | b).contains(seat(index)), in_a || in_b);
            prop_assert_eq!((a & b).contains(seat(index)), in_a && in_b);
            prop_assert_eq!((a - b).contains(seat(index)), in_a && !in_b);
        }
        prop_assert!(a.iter().is_sorted());
        prop_assert_eq!(a.iter().count(), a.len());
        prop_assert_eq!(a.iter().collect::<Seats>(), a);
    }
}
