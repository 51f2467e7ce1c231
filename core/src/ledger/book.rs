//! Who has how much.

use std::borrow::Borrow;

use imbl::OrdMap;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Money;
use crate::ensure;
use crate::game::{Cx, Data, Game, Verdict};

/// Purses and what is in them. `K` is the game's purse enum: a seat's chips, the pot, the bank.
///
/// Value comes in by [`issue`](Self::issue) and goes out by [`retire`](Self::retire), which the
/// table counts; everything else moves it. Give [`total`](Self::total) as
/// [`Game::total`](crate::game::Game::total), and the table refuses every step that makes or loses
/// any. Copying costs nothing and a payment O(log n), for any number of purses.
///
/// Encoded as the list of the purses that hold something, ascending, each with its amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger<K: Data + Ord> {
    purses: OrdMap<K, Money>,
    total: Money,
}

impl<K: Data + Ord> Ledger<K> {
    /// A ledger with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            purses: OrdMap::new(),
            total: Money::ZERO,
        }
    }

    /// Brings `amount` into the game.
    ///
    /// # Errors
    /// If the total would exceed [`Money::MAX`].
    pub fn issue<G: Game>(&mut self, cx: &mut Cx<G>, to: K, amount: Money) -> Verdict {
        self.total = self.total.plus(amount)?;
        self.put(to, amount);
        cx.count_issued(amount.units());
        Ok(())
    }

    /// Takes `amount` out of the game.
    ///
    /// # Errors
    /// If `from` has less.
    pub fn retire<G: Game>(&mut self, cx: &mut Cx<G>, from: K, amount: Money) -> Verdict {
        ensure!(self.of(&from) >= amount, "{from:?} has less than {amount}");
        self.total = self.total.minus(amount)?;
        self.take(from, amount);
        cx.count_retired(amount.units());
        Ok(())
    }

    /// Moves `amount` from one purse to another.
    ///
    /// # Errors
    /// If `from` has less.
    pub fn pay(&mut self, from: K, to: K, amount: Money) -> Verdict {
        ensure!(self.of(&from) >= amount, "{from:?} has less than {amount}");
        self.pay_up_to(from, to, amount);
        Ok(())
    }

    /// Moves `amount`, or all there is if that is less; tells how much. It cannot fail, so it is
    /// what hooks use, whose errors end play.
    pub fn pay_up_to(&mut self, from: K, to: K, amount: Money) -> Money {
        let paid = self.of(&from).min(amount);
        self.take(from, paid);
        self.put(to, paid);
        paid
    }

    /// Moves all there is; tells how much.
    pub fn sweep(&mut self, from: K, to: K) -> Money {
        self.pay_up_to(from, to, Money::MAX)
    }

    /// What is in `purse`.
    #[must_use]
    pub fn of(&self, purse: impl Borrow<K>) -> Money {
        self.purses.get(purse.borrow()).copied().unwrap_or_default()
    }

    /// All there is, in O(1).
    #[must_use]
    pub const fn total(&self) -> Money {
        self.total
    }

    /// The purses that hold something, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Money)> {
        self.purses.iter().map(|(purse, amount)| (purse, *amount))
    }

    fn put(&mut self, to: K, amount: Money) {
        if !amount.is_zero() {
            let purse = self.purses.entry(to).or_insert(Money::ZERO);
            // Invariant: the total, which no purse exceeds, is an amount.
            *purse = purse
                .plus(amount)
                .expect("no purse holds more than the total");
        }
    }

    fn take(&mut self, from: K, amount: Money) {
        // Invariant of the callers, who looked at the purse first.
        let rest = self
            .of(&from)
            .minus(amount)
            .expect("the purse holds the amount");
        if rest.is_zero() {
            self.purses.remove(&from);
        } else {
            self.purses.insert(from, rest);
        }
    }
}

impl<K: Data + Ord> Default for Ledger<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Data + Ord> Serialize for Ledger<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.purses.iter())
    }
}

impl<'de, K: Data + Ord> Deserialize<'de> for Ledger<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(K, Money)>::deserialize(deserializer)?;
        if pairs.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(D::Error::custom("purses out of order"));
        }
        if pairs.iter().any(|(_, amount)| amount.is_zero()) {
            return Err(D::Error::custom("an empty purse"));
        }
        let total =
            Money::sum(pairs.iter().map(|(_, amount)| *amount)).map_err(D::Error::custom)?;
        Ok(Self {
            purses: pairs.into_iter().collect(),
            total,
        })
    }
}
