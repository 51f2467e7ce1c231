//! An amount of whole smallest units.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::game::Verdict;
use crate::{ensure, reject};

/// An amount of whole smallest units (cents, chips), from 0 to [`Money::MAX`], which a double can
/// still hold exactly, so that JavaScript and spreadsheets agree with the table.
///
/// All arithmetic is checked: what would overflow or fall below zero is a refusal.
///
/// ```
/// use quorate_core::ledger::Money;
/// let pot = Money::new(100)?;
/// assert_eq!(pot.split(3)?, [34, 33, 33].map(|units| Money::new(units).unwrap()));
/// assert_eq!(pot.ratio(6, 5)?, Money::new(120)?);
/// assert!(pot.minus(Money::new(101)?).is_err());
/// # Ok::<(), quorate_core::game::Rejection>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 2^53 - 1 units.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// An amount of `units`.
    ///
    /// # Errors
    /// Above [`Money::MAX`].
    pub fn new(units: u64) -> Verdict<Self> {
        ensure!(units <= Self::MAX.0, "an amount of {units} is too large");
        Ok(Self(units))
    }

    /// An amount of at most 2^32 - 1 units, for amounts written in the rules.
    #[must_use]
    pub const fn of(units: u32) -> Self {
        Self(units as u64)
    }

    /// How many units.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum of the two.
    ///
    /// # Errors
    /// Above [`Money::MAX`].
    pub fn plus(self, other: Self) -> Verdict<Self> {
        Self::new(self.0 + other.0) // both are below 2^53
    }

    /// This less `other`.
    ///
    /// # Errors
    /// Below zero.
    pub fn minus(self, other: Self) -> Verdict<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Ok(Self(units)),
            None => reject!("{self} is less than {other}"),
        }
    }

    /// This, `times` over.
    ///
    /// # Errors
    /// Above [`Money::MAX`].
    pub fn times(self, times: u64) -> Verdict<Self> {
        self.ratio(times, 1)
    }

    /// `numerator` / `denominator` of this, rounded down to whole units: `ratio(6, 5)` pays 6 for
    /// each 5.
    ///
    /// # Errors
    /// Above [`Money::MAX`], or by zero.
    pub fn ratio(self, numerator: u64, denominator: u64) -> Verdict<Self> {
        ensure!(denominator > 0, "a ratio to zero");
        let units = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Self::new(u64::try_from(units).unwrap_or(u64::MAX))
    }

    /// This in `parts` that differ by one unit at most and lose none, the larger first.
    ///
    /// # Errors
    /// Into no parts, or more than 65,536.
    pub fn split(self, parts: usize) -> Verdict<Vec<Self>> {
        ensure!(
            (1..=1 << 16).contains(&parts),
            "an amount cannot be split into {parts} parts"
        );
        let (each, rest) = (self.0 / parts as u64, self.0 % parts as u64);
        Ok((0..parts as u64)
            .map(|part| Self(each + u64::from(part < rest)))
            .collect())
    }

    /// The sum of many.
    ///
    /// # Errors
    /// Above [`Money::MAX`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Verdict<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }
}

impl From<Money> for u64 {
    fn from(money: Money) -> Self {
        money.0
    }
}

impl From<Money> for i64 {
    fn from(money: Money) -> Self {
        money.0.cast_signed() // below 2^53
    }
}

impl From<u32> for Money {
    fn from(units: u32) -> Self {
        Self::of(units)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
