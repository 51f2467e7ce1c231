//! The roster: who holds which seat, and how many of them decide.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::crypto::PublicKey;
use crate::limits::NAME_CHARS_MAX;
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat, Seats};

/// What people call a player: 1 to 32 characters without control codes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name(String);

/// A name that is empty, too long, or holds control codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No visible character.
    #[error("a name needs at least one visible character")]
    Empty,
    /// More than 32 characters.
    #[error("a name has {0} characters, at most {NAME_CHARS_MAX} are allowed")]
    TooLong(usize),
    /// A control code, a line break or a direction override.
    #[error("a name may not hold control codes")]
    Control,
}

impl Name {
    /// The name `text`, with white space trimmed from both ends.
    ///
    /// # Errors
    /// [`NameError`] if it is empty, longer than 32 characters, or holds control codes.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let count = text.chars().count();
        // Direction overrides would let one player's name rewrite its neighbours on screen.
        let control = |c: char| {
            c.is_control()
                || matches!(c,
                    '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        if text.is_empty() {
            Err(NameError::Empty)
        } else if count > NAME_CHARS_MAX {
            Err(NameError::TooLong(count))
        } else if text.chars().any(control) {
            Err(NameError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Who holds a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What the other players call the holder.
    pub name: Name,
    /// The key every signature of this seat is checked with.
    pub key: PublicKey,
}

/// The seats of one epoch and who holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    seats: PerSeat<Holder>,
}

impl Roster {
    /// A roster of these holders at the seats from 0.
    ///
    /// Holders beyond the 64th have no seat; a genesis with more is refused before.
    #[must_use]
    pub fn new(holders: impl IntoIterator<Item = Holder>) -> Self {
        let all = Seats::first(usize::from(crate::limits::SEATS_MAX));
        Self {
            seats: all.iter().zip(holders).collect(),
        }
    }

    /// A roster of holders at seats of one's choice.
    #[must_use]
    pub fn of(holders: impl IntoIterator<Item = (Seat, Holder)>) -> Self {
        Self {
            seats: holders.into_iter().collect(),
        }
    }

    /// The seats that vote.
    #[must_use]
    pub fn seats(&self) -> Seats {
        self.seats.seats()
    }

    /// How many seats vote.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether nobody votes. No genesis makes such a roster.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Who holds `seat`.
    #[must_use]
    pub fn holder(&self, seat: Seat) -> Option<&Holder> {
        self.seats.get(seat)
    }

    /// The seat that `key` holds.
    #[must_use]
    pub fn seat_of(&self, key: &PublicKey) -> Option<Seat> {
        self.seats
            .iter()
            .find(|(_, holder)| holder.key == *key)
            .map(|(seat, _)| seat)
    }

    /// Seats and holders, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Seat, &Holder)> {
        self.seats.iter()
    }

    /// Seats needed to decide.
    #[must_use]
    pub fn quorum(&self) -> usize {
        let broken = mutant::is(Mutant::QuorumOffByOne) && self.len() > 1;
        quorum(self.len()) - usize::from(broken)
    }

    /// Seats that may be faulty without harm.
    #[must_use]
    pub const fn faults(&self) -> usize {
        faults(self.len())
    }
}

/// Seats needed to decide at a table of `n`: floor(2n/3) + 1.
///
/// ```
/// use quorate_core::roster::quorum;
/// assert_eq!([1, 2, 3, 4, 5, 7, 10].map(quorum), [1, 2, 3, 3, 4, 5, 7]);
/// ```
#[must_use]
pub const fn quorum(n: usize) -> usize {
    2 * n / 3 + 1
}

/// Seats that may be Byzantine at a table of `n`: floor((n - 1) / 3).
///
/// ```
/// use quorate_core::roster::faults;
/// assert_eq!([1, 3, 4, 6, 7, 10].map(faults), [0, 0, 1, 1, 2, 3]);
/// ```
#[must_use]
pub const fn faults(n: usize) -> usize {
    n.saturating_sub(1) / 3
}
