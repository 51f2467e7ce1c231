//! What can be bet on, and what the dice can show.

use std::fmt;

use quorate::data;

/// Two dice as they fell.
#[data]
#[derive(Copy, PartialEq, Eq)]
pub(crate) struct Dice(pub(crate) [u8; 2]);

impl Dice {
    /// 2 to 12.
    pub(crate) const fn sum(self) -> u8 {
        self.0[0] + self.0[1]
    }

    /// Whether both show the same: the hard way to a sum.
    pub(crate) const fn is_pair(self) -> bool {
        self.0[0] == self.0[1]
    }
}

/// A sum that can be the point.
#[data]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Number {
    Four,
    Five,
    Six,
    Eight,
    Nine,
    Ten,
}

impl Number {
    /// All six, ascending.
    pub(crate) const ALL: [Self; 6] = [
        Self::Four,
        Self::Five,
        Self::Six,
        Self::Eight,
        Self::Nine,
        Self::Ten,
    ];

    /// The number with this sum of two dice; 2, 3, 7, 11 and 12 are none.
    pub(crate) fn of(sum: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|number| number.sum() == sum)
    }

    /// 4, 5, 6, 8, 9 or 10.
    pub(crate) const fn sum(self) -> u8 {
        match self {
            Self::Four => 4,
            Self::Five => 5,
            Self::Six => 6,
            Self::Eight => 8,
            Self::Nine => 9,
            Self::Ten => 10,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum().fmt(f)
    }
}

/// A pair that can be bet on.
#[data]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Pair {
    Twos,
    Threes,
    Fours,
    Fives,
}

impl Pair {
    /// All four, ascending.
    pub(crate) const ALL: [Self; 4] = [Self::Twos, Self::Threes, Self::Fours, Self::Fives];

    /// 4, 6, 8 or 10.
    pub(crate) const fn sum(self) -> u8 {
        match self {
            Self::Twos => 4,
            Self::Threes => 6,
            Self::Fours => 8,
            Self::Fives => 10,
        }
    }
}

/// Whether a bet is with the shooter or against.
#[data]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    /// The number before the seven.
    Right,
    /// The seven before the number.
    Wrong,
}

/// One place on the felt.
#[data]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bet {
    /// Pass or Don't Pass: made on the come-out, decided by the point.
    Line(Side),
    /// Odds behind the line: made on the point, paid without an edge.
    LineOdds(Side),
    /// Come or Don't Come: as the line, but with the next roll as its come-out.
    Come(Side),
    /// A Come or Don't Come that moved to its number.
    Number(Side, Number),
    /// Odds behind such a bet.
    NumberOdds(Side, Number),
    /// The next roll is 2, 3, 4, 9, 10, 11 or 12.
    Field,
    /// The number before a seven.
    Place(Number),
    /// The pair before a seven, and before its sum comes any other way.
    Hard(Pair),
    /// The next roll is 7.
    AnySeven,
    /// The next roll is 2, 3 or 12.
    AnyCraps,
}

impl Bet {
    pub(crate) const PASS: Self = Self::Line(Side::Right);
    pub(crate) const DONT_PASS: Self = Self::Line(Side::Wrong);

    /// Every place on the felt, in its order.
    pub(crate) fn all() -> Vec<Self> {
        let sides = [Side::Right, Side::Wrong];
        let mut all = Vec::new();
        for bets in [Self::Line, Self::LineOdds, Self::Come] {
            all.extend(sides.map(bets));
        }
        for side in sides {
            all.extend(Number::ALL.map(|number| Self::Number(side, number)));
            all.extend(Number::ALL.map(|number| Self::NumberOdds(side, number)));
        }
        all.push(Self::Field);
        all.extend(Number::ALL.map(Self::Place));
        all.extend(Pair::ALL.map(Self::Hard));
        all.extend([Self::AnySeven, Self::AnyCraps]);
        all
    }

    /// The odds that stand behind this bet, if it can have any.
    pub(crate) const fn odds(self) -> Option<Self> {
        match self {
            Self::Line(side) => Some(Self::LineOdds(side)),
            Self::Number(side, number) => Some(Self::NumberOdds(side, number)),
            _ => None,
        }
    }

    /// The bet that these odds stand behind.
    pub(crate) const fn flat(self) -> Option<Self> {
        match self {
            Self::LineOdds(side) => Some(Self::Line(side)),
            Self::NumberOdds(side, number) => Some(Self::Number(side, number)),
            _ => None,
        }
    }

    /// Whether the stake stays on the felt when the bet wins.
    pub(crate) const fn stays_up(self) -> bool {
        matches!(self, Self::Place(_) | Self::Hard(_))
    }
}

impl fmt::Display for Bet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(Side::Right) => f.write_str("Pass"),
            Self::Line(Side::Wrong) => f.write_str("Don't Pass"),
            Self::LineOdds(Side::Right) => f.write_str("Pass odds"),
            Self::LineOdds(Side::Wrong) => f.write_str("Don't Pass odds"),
            Self::Come(Side::Right) => f.write_str("Come"),
            Self::Come(Side::Wrong) => f.write_str("Don't Come"),
            Self::Number(Side::Right, number) => write!(f, "Come on {number}"),
            Self::Number(Side::Wrong, number) => write!(f, "Don't Come on {number}"),
            Self::NumberOdds(Side::Right, number) => write!(f, "Come odds on {number}"),
            Self::NumberOdds(Side::Wrong, number) => write!(f, "Don't Come odds on {number}"),
            Self::Field => f.write_str("Field"),
            Self::Place(number) => write!(f, "Place {number}"),
            Self::Hard(pair) => write!(f, "Hard {}", pair.sum()),
            Self::AnySeven => f.write_str("Any Seven"),
            Self::AnyCraps => f.write_str("Any Craps"),
        }
    }
}
