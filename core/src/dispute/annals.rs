//! What the table remembers of the recent past, so that disputes about it settle themselves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dice::OpenRoll;
use crate::digest::Digest;
use crate::game::Draw;
use crate::limits::ANNALS_KEPT;
use crate::seat::Seats;
use crate::time::Height;

/// The last rolls, and the last times that seats withheld or were late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annals {
    rolls: Chronicle<PastRoll>,
    withheld: Chronicle<Seats>,
    late: Chronicle<Seats>,
}

/// A roll that has its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRoll {
    /// What was rolled.
    pub draw: Draw,
    /// Whose secrets made it.
    pub contributors: Seats,
    /// Digest of the secrets.
    pub secrets: Digest,
    /// Digest of the values.
    pub values: Digest,
}

impl PastRoll {
    /// What is remembered of `open`, now that it has come to `values`.
    #[must_use]
    pub fn new(open: &OpenRoll, draw: Draw, values: &[u32]) -> Self {
        Self {
            draw,
            contributors: open.contributors,
            secrets: secrets_digest(open.secrets()),
            values: values_digest(values),
        }
    }
}

pub(super) fn secrets_digest<'a>(secrets: impl Iterator<Item = &'a [u8; 32]>) -> Digest {
    let secrets: Vec<_> = secrets.collect();
    // Invariant: bytes always encode.
    Digest::of("dispute/secrets", &secrets).expect("secrets always encode")
}

pub(super) fn values_digest(values: &[u32]) -> Digest {
    // Invariant: integers always encode.
    Digest::of("dispute/values", &values).expect("values always encode")
}

/// What happened at which height, the last so many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Chronicle<T> {
    /// Ascending by height.
    kept: Arc<Vec<(Height, T)>>,
    /// Everything above this height is kept.
    forgotten: Height,
}

impl<T> Default for Chronicle<T> {
    fn default() -> Self {
        Self {
            kept: Arc::default(),
            forgotten: Height(0),
        }
    }
}

impl<T: Clone> Chronicle<T> {
    fn note(&mut self, height: Height, what: T) {
        let kept = Arc::make_mut(&mut self.kept);
        if kept.len() == ANNALS_KEPT {
            self.forgotten = kept.remove(0).0;
        }
        kept.push((height, what));
    }

    /// What is known of `height`; `None` if it may be forgotten.
    fn of(&self, height: Height) -> Option<Option<&T>> {
        let found = self.kept.iter().find(|(at, _)| *at == height);
        match found {
            Some((_, what)) => Some(Some(what)),
            None => (height > self.forgotten).then_some(None),
        }
    }
}

impl Annals {
    /// The roll asked for at `id` has its result.
    pub fn rolled(&mut self, id: Height, roll: PastRoll) {
        self.rolls.note(id, roll);
    }

    /// These seats withheld their secrets for the roll asked for at `id`.
    pub fn withheld(&mut self, id: Height, seats: Seats) {
        self.withheld.note(id, seats);
    }

    /// These seats were late in a turn that the block of `height` closed.
    pub fn late(&mut self, height: Height, seats: Seats) {
        self.late.note(height, seats);
    }

    /// The roll asked for at `id`; `None` if it may be forgotten, `Some(None)` if none has had a
    /// result.
    #[must_use]
    pub fn roll(&self, id: Height) -> Option<Option<&PastRoll>> {
        self.rolls.of(id)
    }

    /// Who withheld for the roll asked for at `id`; `None` if that may be forgotten.
    #[must_use]
    pub fn who_withheld(&self, id: Height) -> Option<Seats> {
        let known = self.withheld.of(id);
        known.map(|who| who.copied().unwrap_or_default())
    }

    /// Who was late at `height`; `None` if that may be forgotten.
    #[must_use]
    pub fn who_was_late(&self, height: Height) -> Option<Seats> {
        let known = self.late.of(height);
        known.map(|who| who.copied().unwrap_or_default())
    }
}
