//! The house edge of every bet, exactly: a bet is a Markov chain over its own place on the felt and
//! the point, whose steps are the 36 rolls and whose ends are what the rules pay.

use quorate::Money;

use crate::fraction::Fraction;
use crate::rules::Craps;
use crate::rules::bet::{Bet, Dice, Number, Pair, Side};
use crate::rules::resolve::{Fate, fate, next_point};

/// A stake that every payout divides.
const STAKE: u32 = 60;

/// Where a bet stands, and the point.
type Place = (Bet, Option<Number>);

/// One row of a system of equations: the expected gain from `place` is `gain` plus that of each
/// place `to`, by its chance.
struct Row {
    place: Place,
    gain: Fraction,
    to: Vec<(Place, Fraction)>,
}

#[test]
fn every_edge_is_the_published_one() {
    let craps = Craps::default();
    let on = Some(Number::Four);
    for (bet, point, edge, published) in [
        (Bet::PASS, None, Fraction::new(7, 495), "1.414"),
        (Bet::DONT_PASS, None, Fraction::new(3, 220), "1.364"),
        (Bet::Come(Side::Right), on, Fraction::new(7, 495), "1.414"),
        (Bet::Come(Side::Wrong), on, Fraction::new(3, 220), "1.364"),
        (Bet::Field, None, Fraction::new(1, 18), "5.556"),
        (Bet::Place(Number::Six), on, Fraction::new(1, 66), "1.515"),
        (Bet::Place(Number::Eight), on, Fraction::new(1, 66), "1.515"),
        (Bet::Place(Number::Five), on, Fraction::new(1, 25), "4.000"),
        (Bet::Place(Number::Nine), on, Fraction::new(1, 25), "4.000"),
        (Bet::Place(Number::Four), on, Fraction::new(1, 15), "6.667"),
        (Bet::Place(Number::Ten), on, Fraction::new(1, 15), "6.667"),
        (Bet::Hard(Pair::Threes), on, Fraction::new(1, 11), "9.091"),
        (Bet::Hard(Pair::Fours), on, Fraction::new(1, 11), "9.091"),
        (Bet::Hard(Pair::Twos), on, Fraction::new(1, 9), "11.111"),
        (Bet::Hard(Pair::Fives), on, Fraction::new(1, 9), "11.111"),
        (Bet::AnySeven, None, Fraction::new(1, 6), "16.667"),
        (Bet::AnyCraps, None, Fraction::new(1, 9), "11.111"),
    ] {
        assert_eq!(house_edge(&craps, bet, point), edge, "{bet}");
        assert_eq!(edge.percent(), published, "{bet}");
    }
}

#[test]
fn a_field_that_triples_on_twelve_halves_its_edge() {
    let craps = Craps {
        twelve: 3,
        ..Craps::default()
    };
    let edge = house_edge(&craps, Bet::Field, None);
    assert_eq!((edge, &*edge.percent()), (Fraction::new(1, 36), "2.778"));
}

#[test]
fn odds_have_no_edge_on_any_number_for_either_side() {
    let craps = Craps::default();
    for number in Number::ALL {
        for side in [Side::Right, Side::Wrong] {
            let line = house_edge(&craps, Bet::LineOdds(side), Some(number));
            assert_eq!(line, Fraction::ZERO, "line, {side:?} {number}");
            for point in [None].into_iter().chain(Number::ALL.map(Some)) {
                let come = house_edge(&craps, Bet::NumberOdds(side, number), point);
                assert_eq!(
                    come,
                    Fraction::ZERO,
                    "Come, {side:?} {number}, point {point:?}"
                );
            }
        }
    }
}

#[test]
fn the_edge_of_a_bet_does_not_depend_on_the_point_it_is_made_on() {
    let craps = Craps::default();
    let places = Number::ALL.map(Bet::Place);
    for bet in places
        .into_iter()
        .chain(Pair::ALL.map(Bet::Hard))
        .chain([Bet::Come(Side::Right)])
    {
        let edges = Number::ALL.map(|number| house_edge(&craps, bet, Some(number)));
        assert!(edges.iter().all(|edge| *edge == edges[0]), "{bet}");
    }
}

/// What the house expects to win of each chip on `bet`, once the bet is decided.
fn house_edge(craps: &Craps, bet: Bet, point: Option<Number>) -> Fraction {
    let mut rows = chain(craps, (bet, point));
    while rows.len() > 1 {
        let last = solved(rows.pop().expect("more than one row"));
        rows.iter_mut().for_each(|row| substitute(row, &last));
    }
    -solved(rows.remove(0)).gain
}

/// The rows of every place that `start` can lead to, its own first.
fn chain(craps: &Craps, start: Place) -> Vec<Row> {
    let mut places = vec![start];
    let mut rows = Vec::new();
    while let Some(&place) = places.get(rows.len()) {
        let row = row(craps, place);
        for (to, _) in &row.to {
            if !places.contains(to) {
                places.push(*to);
            }
        }
        rows.push(row);
    }
    rows
}

fn row(craps: &Craps, place: Place) -> Row {
    let (bet, point) = place;
    let (mut gain, mut to) = (Fraction::ZERO, Vec::new());
    let chance = Fraction::new(1, 36);
    for dice in all_rolls() {
        let after = next_point(point, dice.sum());
        let won = match fate(bet, point, dice) {
            Fate::Wins => {
                let won = craps
                    .pays(bet, point, dice)
                    .on(Money::of(STAKE))
                    .expect("a stake that divides");
                Fraction::new(won.units().into(), STAKE.into())
            }
            Fate::Loses => -Fraction::ONE,
            Fate::Returns => Fraction::ZERO,
            Fate::Stays => {
                to.push(((bet, after), chance));
                Fraction::ZERO
            }
            Fate::Moves(number) => {
                to.push(((number, after), chance));
                Fraction::ZERO
            }
        };
        gain = gain + won * chance;
    }
    Row {
        place,
        gain,
        to: merged(to),
    }
}

/// `row` without the chance to stay where it is.
fn solved(row: Row) -> Row {
    let (own, others): (Vec<_>, Vec<_>) = row.to.into_iter().partition(|(to, _)| *to == row.place);
    let moves_on = own
        .iter()
        .fold(Fraction::ONE, |left, (_, chance)| left - *chance);
    let to = others
        .into_iter()
        .map(|(to, chance)| (to, chance / moves_on))
        .collect();
    Row {
        place: row.place,
        gain: row.gain / moves_on,
        to,
    }
}

fn substitute(row: &mut Row, known: &Row) {
    let (through, mut to): (Vec<_>, Vec<_>) =
        row.to.drain(..).partition(|(to, _)| *to == known.place);
    for (_, chance) in through {
        row.gain = row.gain + chance * known.gain;
        to.extend(known.to.iter().map(|(to, share)| (*to, chance * *share)));
    }
    row.to = merged(to);
}

fn merged(to: Vec<(Place, Fraction)>) -> Vec<(Place, Fraction)> {
    let mut sums: Vec<(Place, Fraction)> = Vec::new();
    for (place, chance) in to {
        match sums.iter_mut().find(|(known, _)| *known == place) {
            Some((_, sum)) => *sum = *sum + chance,
            None => sums.push((place, chance)),
        }
    }
    sums
}

pub(crate) fn all_rolls() -> impl Iterator<Item = Dice> {
    (1..=6).flat_map(|first| (1..=6).map(move |second| Dice([first, second])))
}
