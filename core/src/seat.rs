//! Seats, sets of seats, and values kept per seat.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Index, IndexMut, Sub, SubAssign};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::SEATS_MAX;

/// One place at the table, from 0 to 63, with a key and one consensus vote. It is never shifted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Seat(u8);

impl Seat {
    /// Seat `index`, if there can be one (`index < 64`).
    #[must_use]
    pub const fn new(index: u8) -> Option<Self> {
        if index < SEATS_MAX {
            Some(Self(index))
        } else {
            None
        }
    }

    /// The seat's index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl<'de> Deserialize<'de> for Seat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let index = u8::deserialize(deserializer)?;
        Self::new(index).ok_or_else(|| D::Error::custom("seat index above 63"))
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seat({})", self.0)
    }
}

/// A set of seats: a copyable bitmap with the set operations a game needs.
///
/// ```
/// use quorate_core::{Seat, Seats};
/// let [ann, bob] = [0, 1].map(|i| Seat::new(i).unwrap());
/// let both = Seats::from(ann) | Seats::from(bob);
/// assert_eq!(both.after(bob), Some(ann));
/// assert_eq!((both - Seats::from(ann)).only(), Some(bob));
/// for seat in both {
///     assert!(both.contains(seat));
/// }
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seats(u64);

impl Seats {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The seats 0 to `count - 1`; a count above 64 means 64.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= SEATS_MAX as usize {
            Self(u64::MAX)
        } else {
            Self((1 << count) - 1)
        }
    }

    /// Whether `seat` is in the set.
    #[must_use]
    pub const fn contains(self, seat: Seat) -> bool {
        self.0 & (1 << seat.0) != 0
    }

    /// How many seats the set has.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The seats in ascending order.
    pub const fn iter(self) -> Members {
        Members(self.0)
    }

    /// The `index`-th seat in ascending order.
    #[must_use]
    pub fn nth(self, index: usize) -> Option<Seat> {
        self.iter().nth(index)
    }

    /// The one seat of a set of exactly one.
    #[must_use]
    pub fn only(self) -> Option<Seat> {
        if self.len() == 1 { self.nth(0) } else { None }
    }

    /// The next seat of the set after `seat`, going round; `seat` itself only if it is alone.
    #[must_use]
    pub fn after(self, seat: Seat) -> Option<Seat> {
        self.iter()
            .find(|other| *other > seat)
            .or_else(|| self.nth(0))
    }

    /// The seats of the set going round the table once, starting with the first at or after `seat`.
    pub fn around(self, seat: Seat) -> impl Iterator<Item = Seat> {
        let (before, from): (Vec<_>, Vec<_>) = self.iter().partition(|other| *other < seat);
        from.into_iter().chain(before)
    }

    /// Adds `seat`; tells whether it was new.
    pub fn insert(&mut self, seat: Seat) -> bool {
        let new = !self.contains(seat);
        self.0 |= 1 << seat.0;
        new
    }

    /// Whether every seat of this set is in `other` too.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Removes `seat`; tells whether it was there.
    pub fn remove(&mut self, seat: Seat) -> bool {
        let there = self.contains(seat);
        self.0 &= !(1 << seat.0);
        there
    }
}

impl IntoIterator for Seats {
    type Item = Seat;
    type IntoIter = Members;

    fn into_iter(self) -> Members {
        self.iter()
    }
}

/// The seats of a set that are still to come, in ascending order: what [`Seats::iter`] gives. A
/// step costs the same however far apart they are.
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy"]
pub struct Members(u64);

impl Iterator for Members {
    type Item = Seat;

    fn next(&mut self) -> Option<Seat> {
        let seat = Seat::new(u8::try_from(self.0.trailing_zeros()).ok()?)?;
        self.0 &= self.0 - 1;
        Some(seat)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = Seats(self.0).len();
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Members {
    fn next_back(&mut self) -> Option<Seat> {
        let index = 63u32.checked_sub(self.0.leading_zeros())?;
        let seat = Seat::new(u8::try_from(index).ok()?)?;
        self.0 &= !(1 << seat.0);
        Some(seat)
    }
}

impl From<Seat> for Seats {
    fn from(seat: Seat) -> Self {
        Self(1 << seat.0)
    }
}

impl FromIterator<Seat> for Seats {
    fn from_iter<I: IntoIterator<Item = Seat>>(iter: I) -> Self {
        iter.into_iter()
            .fold(Self::NONE, |set, seat| set | Self::from(seat))
    }
}

impl BitOr for Seats {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Seats {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Seats {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOrAssign for Seats {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl SubAssign for Seats {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl fmt::Debug for Seats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Seat::index)).finish()
    }
}

/// A value for each of some seats, in ascending order of seats; the seats need not be contiguous.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PerSeat<T>(Vec<(Seat, T)>);

impl<T: fmt::Debug> fmt::Debug for PerSeat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.iter().map(|(seat, value)| (seat.index(), value));
        f.debug_map().entries(entries).finish()
    }
}

impl<T> PerSeat<T> {
    /// A value made by `value` for each of `seats`.
    pub fn new(seats: Seats, mut value: impl FnMut(Seat) -> T) -> Self {
        Self(seats.iter().map(|seat| (seat, value(seat))).collect())
    }

    /// The value of `seat`, if it has one.
    #[must_use]
    pub fn get(&self, seat: Seat) -> Option<&T> {
        let at = self.position(seat).ok()?;
        Some(&self.0[at].1)
    }

    /// The value of `seat` for changing, if it has one.
    #[must_use]
    pub fn get_mut(&mut self, seat: Seat) -> Option<&mut T> {
        let at = self.position(seat).ok()?;
        Some(&mut self.0[at].1)
    }

    /// Sets the value of `seat`, returning the one it had.
    pub fn insert(&mut self, seat: Seat, value: T) -> Option<T> {
        match self.position(seat) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (seat, value));
                None
            }
        }
    }

    /// Removes and returns the value of `seat`.
    pub fn remove(&mut self, seat: Seat) -> Option<T> {
        let at = self.position(seat).ok()?;
        Some(self.0.remove(at).1)
    }

    /// The seats that have a value.
    #[must_use]
    pub fn seats(&self) -> Seats {
        self.0.iter().map(|(seat, _)| *seat).collect()
    }

    /// The seats whose value satisfies `wanted`.
    #[must_use]
    pub fn which(&self, mut wanted: impl FnMut(&T) -> bool) -> Seats {
        self.iter()
            .filter(|(_, value)| wanted(value))
            .map(|(seat, _)| seat)
            .collect()
    }

    /// A new table of values, one for each of the same seats.
    #[must_use]
    pub fn map<U>(&self, mut f: impl FnMut(Seat, &T) -> U) -> PerSeat<U> {
        PerSeat(
            self.iter()
                .map(|(seat, value)| (seat, f(seat, value)))
                .collect(),
        )
    }

    /// Seats and values, in ascending order of seats.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Seat, &T)> {
        self.0.iter().map(|(seat, value)| (*seat, value))
    }

    /// Seats and values for changing, in ascending order of seats.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (Seat, &mut T)> {
        self.0.iter_mut().map(|(seat, value)| (*seat, value))
    }

    /// How many seats have a value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no seat has a value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, seat: Seat) -> Result<usize, usize> {
        self.0.binary_search_by_key(&seat, |(seat, _)| *seat)
    }
}

impl<T> Default for PerSeat<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Index<Seat> for PerSeat<T> {
    type Output = T;

    /// # Panics
    /// If the seat has no value. At a table a panic in the rules is a refused move.
    fn index(&self, seat: Seat) -> &T {
        // Invariant of the caller, who asks for a seat it put in; rules run guarded.
        self.get(seat)
            .unwrap_or_else(|| panic!("no value for seat {seat}"))
    }
}

impl<T> IndexMut<Seat> for PerSeat<T> {
    /// # Panics
    /// If the seat has no value. At a table a panic in the rules is a refused move.
    fn index_mut(&mut self, seat: Seat) -> &mut T {
        // Invariant of the caller, as in `index`.
        self.get_mut(seat)
            .unwrap_or_else(|| panic!("no value for seat {seat}"))
    }
}

impl<T> IntoIterator for PerSeat<T> {
    type Item = (Seat, T);
    type IntoIter = std::vec::IntoIter<(Seat, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> FromIterator<(Seat, T)> for PerSeat<T> {
    fn from_iter<I: IntoIterator<Item = (Seat, T)>>(iter: I) -> Self {
        let mut values = Self::default();
        values.extend(iter);
        values
    }
}

impl<T> Extend<(Seat, T)> for PerSeat<T> {
    fn extend<I: IntoIterator<Item = (Seat, T)>>(&mut self, iter: I) {
        for (seat, value) in iter {
            self.insert(seat, value);
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerSeat<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(Seat, T)>::deserialize(deserializer)?;
        let ascending = pairs.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if ascending {
            Ok(Self(pairs))
        } else {
            Err(D::Error::custom("seats out of order"))
        }
    }
}
