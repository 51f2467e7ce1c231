//! The payout table, and what each roll does to each bet, spelled out.

use quorate::Money;

use crate::edges::all_rolls;
use crate::rules::Craps;
use crate::rules::bet::{Bet, Dice, Number, Pair, Side};
use crate::rules::payout::Pays;
use crate::rules::resolve::{Fate, fate};

const SIX: Option<Number> = Some(Number::Six);

#[test]
fn the_table_pays_as_printed_on_the_felt() {
    let craps = Craps::default();
    let any = Dice([1, 3]);
    for (bet, point, pays) in [
        (Bet::PASS, None, Pays(1, 1)),
        (Bet::DONT_PASS, None, Pays(1, 1)),
        (Bet::Number(Side::Right, Number::Nine), SIX, Pays(1, 1)),
        (Bet::LineOdds(Side::Right), Some(Number::Ten), Pays(2, 1)),
        (Bet::LineOdds(Side::Right), Some(Number::Five), Pays(3, 2)),
        (Bet::LineOdds(Side::Right), SIX, Pays(6, 5)),
        (Bet::LineOdds(Side::Wrong), Some(Number::Ten), Pays(1, 2)),
        (Bet::LineOdds(Side::Wrong), Some(Number::Five), Pays(2, 3)),
        (Bet::LineOdds(Side::Wrong), SIX, Pays(5, 6)),
        (Bet::NumberOdds(Side::Right, Number::Four), SIX, Pays(2, 1)),
        (Bet::Place(Number::Four), SIX, Pays(9, 5)),
        (Bet::Place(Number::Nine), SIX, Pays(7, 5)),
        (Bet::Place(Number::Eight), SIX, Pays(7, 6)),
        (Bet::Hard(Pair::Twos), SIX, Pays(7, 1)),
        (Bet::Hard(Pair::Fours), SIX, Pays(9, 1)),
        (Bet::AnySeven, SIX, Pays(4, 1)),
        (Bet::AnyCraps, SIX, Pays(7, 1)),
        (Bet::Field, SIX, Pays(1, 1)),
    ] {
        assert_eq!(craps.pays(bet, point, any), pays, "{bet}");
    }
    assert_eq!(craps.pays(Bet::Field, None, Dice([1, 1])), Pays(2, 1));
    assert_eq!(craps.pays(Bet::Field, None, Dice([6, 6])), Pays(2, 1));
}

#[test]
fn a_payout_is_rounded_down_to_whole_chips() {
    assert_eq!(Pays(7, 6).on(Money::of(5)), Ok(Money::of(5)));
    assert_eq!(Pays(9, 5).on(Money::of(4)), Ok(Money::of(7)));
    assert_eq!(Pays(1, 2).on(Money::of(1)), Ok(Money::ZERO));
}

#[test]
fn no_roll_pays_more_than_the_bank_reckons_with() {
    for twelve in [2, 3] {
        let craps = Craps {
            twelve,
            ..Craps::default()
        };
        for (bet, point) in places() {
            for dice in all_rolls().filter(|dice| fate(bet, point, *dice) == Fate::Wins) {
                let stake = Money::of(60);
                let pays = craps.pays(bet, point, dice).on(stake).unwrap();
                assert!(
                    pays <= craps.pays_at_most(bet, point).on(stake).unwrap(),
                    "{bet}"
                );
            }
        }
    }
}

#[test]
fn the_come_out_decides_the_line_at_once_or_sets_a_point() {
    for (sums, pass, dont) in [
        (&[7, 11][..], Fate::Wins, Fate::Loses),
        (&[2, 3], Fate::Loses, Fate::Wins),
        (&[12], Fate::Loses, Fate::Returns),
        (&[4, 5, 6, 8, 9, 10], Fate::Stays, Fate::Stays),
    ] {
        for dice in with_sum(sums) {
            assert_eq!(fate(Bet::PASS, None, dice), pass, "{dice:?}");
            assert_eq!(fate(Bet::DONT_PASS, None, dice), dont, "{dice:?}");
        }
    }
}

#[test]
fn on_a_point_only_it_and_the_seven_decide_the_line() {
    for dice in all_rolls() {
        let (pass, dont) = match dice.sum() {
            6 => (Fate::Wins, Fate::Loses),
            7 => (Fate::Loses, Fate::Wins),
            _ => (Fate::Stays, Fate::Stays),
        };
        assert_eq!(fate(Bet::PASS, SIX, dice), pass);
        assert_eq!(fate(Bet::DONT_PASS, SIX, dice), dont);
        assert_eq!(fate(Bet::LineOdds(Side::Right), SIX, dice), pass);
        assert_eq!(fate(Bet::LineOdds(Side::Wrong), SIX, dice), dont);
    }
}

#[test]
fn a_come_bet_has_its_own_come_out_and_moves_to_its_number() {
    for side in [Side::Right, Side::Wrong] {
        for dice in all_rolls() {
            let line = fate(Bet::Line(side), None, dice);
            let expected = match Number::of(dice.sum()) {
                Some(number) => Fate::Moves(Bet::Number(side, number)),
                None => line,
            };
            assert_eq!(fate(Bet::Come(side), SIX, dice), expected);
        }
    }
}

#[test]
fn on_the_come_out_place_bets_hardways_and_come_odds_are_off() {
    let seven = Dice([3, 4]);
    let four = Dice([2, 2]);
    for dice in [seven, four] {
        assert_eq!(fate(Bet::Place(Number::Four), None, dice), Fate::Stays);
        assert_eq!(fate(Bet::Hard(Pair::Twos), None, dice), Fate::Stays);
        let odds = Bet::NumberOdds(Side::Right, Number::Four);
        assert_eq!(
            fate(odds, None, dice),
            Fate::Returns,
            "their Come bet is decided"
        );
    }
    let lay = Bet::NumberOdds(Side::Wrong, Number::Four);
    assert_eq!(
        fate(lay, None, seven),
        Fate::Wins,
        "odds against the shooter always count"
    );
}

#[test]
fn a_hardway_loses_to_the_easy_way_and_to_the_seven() {
    let hard = Bet::Hard(Pair::Fours);
    assert_eq!(fate(hard, SIX, Dice([4, 4])), Fate::Wins);
    assert_eq!(fate(hard, SIX, Dice([5, 3])), Fate::Loses);
    assert_eq!(fate(hard, SIX, Dice([6, 1])), Fate::Loses);
    assert_eq!(fate(hard, SIX, Dice([3, 3])), Fate::Stays);
}

#[test]
fn one_roll_bets_are_decided_by_every_roll() {
    for dice in all_rolls() {
        let sum = dice.sum();
        for (bet, wins) in [
            (Bet::Field, !matches!(sum, 5..=8)),
            (Bet::AnySeven, sum == 7),
            (Bet::AnyCraps, matches!(sum, 2 | 3 | 12)),
        ] {
            let expected = if wins { Fate::Wins } else { Fate::Loses };
            assert_eq!(fate(bet, None, dice), expected, "{bet} on {sum}");
            assert_eq!(fate(bet, SIX, dice), expected, "{bet} on {sum}");
        }
    }
}

/// Every bet on every point.
fn places() -> Vec<(Bet, Option<Number>)> {
    let points = || [None].into_iter().chain(Number::ALL.map(Some));
    Bet::all()
        .into_iter()
        .flat_map(|bet| points().map(move |point| (bet, point)))
        .collect()
}

fn with_sum(sums: &[u8]) -> impl Iterator<Item = Dice> {
    all_rolls().filter(|dice| sums.contains(&dice.sum()))
}
