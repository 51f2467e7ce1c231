//! The payout table.

use quorate::{Money, Verdict};

use super::Craps;
use super::bet::{Bet, Dice, Number, Pair, Side};

/// `Pays(9, 5)`: nine for every five staked, rounded down to whole chips, as at every casino.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pays(pub(crate) u32, pub(crate) u32);

impl Pays {
    /// What `stake` wins.
    pub(crate) fn on(self, stake: Money) -> Verdict<Money> {
        stake.ratio(self.0.into(), self.1.into())
    }

    const fn inverse(self) -> Self {
        Self(self.1, self.0)
    }
}

impl Craps {
    /// What `bet` pays when it wins with `dice` while `point` is on.
    pub(crate) fn pays(&self, bet: Bet, point: Option<Number>, dice: Dice) -> Pays {
        match (bet, dice.sum()) {
            (Bet::Field, 2) => Pays(2, 1),
            (Bet::Field, 12) => Pays(self.twelve, 1),
            (Bet::Field, _) => Pays(1, 1),
            _ => self.pays_at_most(bet, point),
        }
    }

    /// The most that `bet` can pay, whatever falls: what the bank must hold for it.
    pub(crate) fn pays_at_most(&self, bet: Bet, point: Option<Number>) -> Pays {
        match bet {
            Bet::Line(_) | Bet::Come(_) | Bet::Number(..) => Pays(1, 1),
            Bet::LineOdds(side) => point.map_or(Pays(0, 1), |number| odds(side, number)),
            Bet::NumberOdds(side, number) => odds(side, number),
            Bet::Field => Pays(self.twelve.max(2), 1),
            Bet::Place(Number::Four | Number::Ten) => Pays(9, 5),
            Bet::Place(Number::Five | Number::Nine) => Pays(7, 5),
            Bet::Place(Number::Six | Number::Eight) => Pays(7, 6),
            Bet::Hard(Pair::Twos | Pair::Fives) | Bet::AnyCraps => Pays(7, 1),
            Bet::Hard(Pair::Threes | Pair::Fours) => Pays(9, 1),
            Bet::AnySeven => Pays(4, 1),
        }
    }
}

/// The true odds: of the 36 rolls six make a seven, and three to five the number.
const fn odds(side: Side, number: Number) -> Pays {
    let right = match number {
        Number::Four | Number::Ten => Pays(2, 1),
        Number::Five | Number::Nine => Pays(3, 2),
        Number::Six | Number::Eight => Pays(6, 5),
    };
    match side {
        Side::Right => right,
        Side::Wrong => right.inverse(),
    }
}
