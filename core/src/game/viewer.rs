//! Who looks at the table, and what they see.

use std::collections::BTreeMap;
use std::ops::Deref;

use super::{Hidden, Roll};
use crate::seat::Seat;

/// Who a [view](super::Game::view) is made for: a seat, with the hidden rolls that this device may
/// open, or a watcher.
///
/// The view hides state from other people's screens. It is no secret: every device holds the whole
/// state, and a changed program can show it. What must stay secret is a [`Hidden`] roll or a
/// [sealed](super::Turn::sealed) move.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    seat: Option<Seat>,
    secrets: BTreeMap<u32, Roll>,
}

impl Viewer {
    /// Somebody without a seat.
    #[must_use]
    pub fn watcher() -> Self {
        Self::default()
    }

    /// The person in `seat`, with no hidden rolls to open.
    #[must_use]
    pub fn seat_of(seat: Seat) -> Self {
        Self {
            seat: Some(seat),
            ..Self::default()
        }
    }

    /// Lets the viewer open `hidden`. Ignored unless the viewer owns it and the roll fits.
    #[must_use]
    pub fn with_secret(mut self, hidden: &Hidden, roll: Roll) -> Self {
        if self.seat == Some(hidden.owner()) && roll.draw() == hidden.draw() {
            self.secrets.insert(hidden.id(), roll);
        }
        self
    }

    /// The viewer's seat; `None` for a watcher.
    #[must_use]
    pub const fn seat(&self) -> Option<Seat> {
        self.seat
    }

    /// The result of `hidden`, on its owner's device only and once it is dealt.
    #[must_use]
    pub fn open(&self, hidden: &Hidden) -> Option<&[u32]> {
        self.secrets.get(&hidden.id()).map(Roll::values)
    }
}

/// A view and the turn it shows, so that an entry can be tied to what was on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<V> {
    /// The turn number.
    pub turn: u64,
    /// What the viewer sees.
    pub view: V,
}

impl<V> Deref for Seen<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.view
    }
}
