//! Whose move it is, until when, in secret or not.

use std::time::Duration;

use crate::seat::Seats;

/// What [`Game::turn`](super::Game::turn) answers: who must act, who may, for how long, and
/// whether in secret.
///
/// ```
/// use std::time::Duration;
/// use quorate_core::{Seats, game::Turn};
/// let [ann, bob] = [0, 1].map(|i| Seats::first(2).nth(i).unwrap());
/// let turn = Turn::of(ann).and_may(bob).within(Duration::from_secs(30));
/// assert_eq!((turn.must(), turn.may()), (ann.into(), bob.into()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    must: Seats,
    may: Seats,
    clock: Option<Duration>,
    sealed: bool,
}

impl Turn {
    /// Nobody must act: the table waits for the clock, or for a seat that [may](Self::and_may).
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            must: Seats::NONE,
            may: Seats::NONE,
            clock: None,
            sealed: false,
        }
    }

    /// The seats that must act, one or several, in any order.
    #[must_use]
    pub fn of(must: impl Into<Seats>) -> Self {
        Self {
            must: must.into(),
            ..Self::nobody()
        }
    }

    /// The seats that must act at the same time, none seeing what another does: all commit, all
    /// open, then [`Game::on_open`](super::Game::on_open) gets every move at once.
    #[must_use]
    pub fn sealed(must: impl Into<Seats>) -> Self {
        Self {
            must: must.into(),
            sealed: true,
            ..Self::nobody()
        }
    }

    /// Lets `seats` act as well; nobody waits for them and they are never late.
    #[must_use]
    pub fn and_may(self, seats: impl Into<Seats>) -> Self {
        Self {
            may: (self.may | seats.into()) - self.must,
            ..self
        }
    }

    /// Sets the clock. It belongs to the turn number: it starts with a new turn, and only
    /// [`Cx::restart_clock`](super::Cx::restart_clock) or another length starts it again within
    /// one. When it runs out [`Game::on_clock`](super::Game::on_clock) is asked; a sealed turn is
    /// opened instead. The length is brought into
    /// [`CLOCK_MIN`](crate::limits::CLOCK_MIN)..=[`CLOCK_MAX`](crate::limits::CLOCK_MAX).
    ///
    /// The rules never see elapsed time, so chess clocks are not possible yet.
    #[must_use]
    pub fn within(self, length: Duration) -> Self {
        let length = length.clamp(crate::limits::CLOCK_MIN, crate::limits::CLOCK_MAX);
        Self {
            clock: Some(length),
            ..self
        }
    }

    /// The seats that must act.
    #[must_use]
    pub const fn must(&self) -> Seats {
        self.must
    }

    /// The seats that may act and need not.
    #[must_use]
    pub const fn may(&self) -> Seats {
        self.may
    }

    /// How long the turn lasts at most; `None` for ever.
    #[must_use]
    pub const fn clock(&self) -> Option<Duration> {
        self.clock
    }

    /// Whether moves are made in secret.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Whether `self`, asked after a step, goes on the turn `before` it: the seats that must act
    /// are the same or fewer, yet not none.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        let fewer = (self.must - before.must).is_empty() && !self.must.is_empty();
        self.sealed == before.sealed && (self.must == before.must || fewer)
    }
}
