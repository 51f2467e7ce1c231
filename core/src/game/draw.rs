//! What is rolled, and what came of it.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::Verdict;
use crate::limits::{DICE_SIDES_MAX, DRAW_VALUES_MAX};
use crate::seat::Seat;

/// What chance is asked for.
///
/// ```
/// use quorate_core::game::Draw;
/// const CRAPS: Draw = Draw::dice(2, 6);
/// assert!(CRAPS.accepts(&[6, 6]) && !CRAPS.accepts(&[0, 6]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Draw {
    /// `count` dice with values from 1 to `sides`.
    Dice {
        /// How many dice, 1 to [`DRAW_VALUES_MAX`].
        count: u16,
        /// How many sides each has, 1 to [`DICE_SIDES_MAX`].
        sides: u32,
    },
    /// One number from 0 to one below this.
    Below(u32),
    /// The numbers from 0 to one below this in a random order, such as a shuffled deck.
    Order(u16),
}

impl Draw {
    /// `count` dice with values from 1 to `sides`.
    #[must_use]
    pub const fn dice(count: u16, sides: u32) -> Self {
        Self::Dice { count, sides }
    }

    /// One number from 0 to `bound - 1`.
    #[must_use]
    pub const fn below(bound: u32) -> Self {
        Self::Below(bound)
    }

    /// The numbers from 0 to `count - 1` in a random order.
    #[must_use]
    pub const fn order(count: u16) -> Self {
        Self::Order(count)
    }

    /// Whether this can be rolled: at least one value, at most [`DRAW_VALUES_MAX`], and dice of
    /// 1 to [`DICE_SIDES_MAX`] sides. A table refuses a step that asks for anything else.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        match *self {
            Self::Dice { count, sides } => {
                count >= 1 && count <= DRAW_VALUES_MAX && sides >= 1 && sides <= DICE_SIDES_MAX
            }
            Self::Below(bound) => bound >= 1,
            Self::Order(count) => count >= 1 && count <= DRAW_VALUES_MAX,
        }
    }

    /// How many values a result has.
    #[must_use]
    pub const fn count(&self) -> usize {
        match *self {
            Self::Dice { count, .. } | Self::Order(count) => count as usize,
            Self::Below(_) => 1,
        }
    }

    /// Whether `values` can be the result.
    #[must_use]
    pub fn accepts(&self, values: &[u32]) -> bool {
        if !self.is_valid() || values.len() != self.count() {
            return false;
        }
        match *self {
            Self::Dice { sides, .. } => values.iter().all(|value| (1..=sides).contains(value)),
            Self::Below(bound) => values[0] < bound,
            Self::Order(_) => {
                let mut seen = vec![false; values.len()];
                values.iter().all(|value| {
                    seen.get_mut(*value as usize)
                        .is_some_and(|seen| !std::mem::replace(seen, true))
                })
            }
        }
    }
}

/// The result of a [`Draw`]: values that it accepts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Roll {
    draw: Draw,
    values: Vec<u32>,
}

impl Roll {
    /// The result `values` of `draw`, if it can be one.
    #[must_use]
    pub fn new(draw: Draw, values: Vec<u32>) -> Option<Self> {
        draw.accepts(&values).then_some(Self { draw, values })
    }

    /// What was asked for.
    #[must_use]
    pub const fn draw(&self) -> Draw {
        self.draw
    }

    /// The values in the order in which they fell.
    #[must_use]
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// The values as an array.
    ///
    /// # Errors
    /// If there are not exactly `N`.
    pub fn get<const N: usize>(&self) -> Verdict<[u32; N]> {
        let Ok(values) = <[u32; N]>::try_from(&*self.values) else {
            crate::reject!("the roll has {} values", self.values.len());
        };
        Ok(values)
    }

    /// The sum of the values. The limits of a draw keep it within range.
    #[must_use]
    pub fn sum(&self) -> u32 {
        self.values.iter().sum()
    }
}

impl<'de> Deserialize<'de> for Roll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (draw, values) = Deserialize::deserialize(deserializer)?;
        Self::new(draw, values).ok_or_else(|| D::Error::custom("values that do not fit the draw"))
    }
}

/// A roll whose result only its owner's device can see until it is shown. Plain data without the
/// secret: it lives in the game's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hidden {
    id: u32,
    owner: Seat,
    draw: Draw,
}

impl Hidden {
    pub(crate) const fn new(id: u32, owner: Seat, draw: Draw) -> Self {
        Self { id, owner, draw }
    }

    /// Its number, never used again at this table.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The seat whose device can see the result.
    #[must_use]
    pub const fn owner(&self) -> Seat {
        self.owner
    }

    /// What was rolled.
    #[must_use]
    pub const fn draw(&self) -> Draw {
        self.draw
    }
}

/// The hidden rolls that one step asked its owners to show, and what they showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown(BTreeMap<u32, Option<Roll>>);

impl Shown {
    /// The result of `hidden`; `None` if its owner withheld it, or it was not asked for.
    #[must_use]
    pub fn get(&self, hidden: &Hidden) -> Option<&[u32]> {
        self.0.get(&hidden.id)?.as_ref().map(Roll::values)
    }

    /// Records what the owner of `hidden` showed; `None` if it withheld. A roll of something else
    /// counts as withheld.
    pub fn insert(&mut self, hidden: &Hidden, roll: Option<Roll>) {
        self.0
            .insert(hidden.id, roll.filter(|roll| roll.draw == hidden.draw));
    }

    /// What `asked` were answered; what was not is withheld.
    pub(crate) fn only(mut self, asked: &[Hidden]) -> Self {
        let answer = |hidden: &Hidden| {
            let roll = self
                .0
                .remove(&hidden.id)
                .flatten()
                .filter(|roll| roll.draw == hidden.draw);
            (hidden.id, roll)
        };
        Self(asked.iter().map(answer).collect())
    }
}
