//! The two presets: how much is lost, where the ban begins, how fast it heals.

use std::fmt;

use serde::{Deserialize, Serialize};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The figures of a reputation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scale {
    /// From 1.0 down: 0.1 for each offence, banned below 0.3; 0.01 heals an hour. Counted in
    /// thousandths.
    Unit,
    /// From 0, between -100 and +100: 20 for each Byzantine act, banned at -50; 2 heal an hour.
    #[default]
    Hundred,
}

/// Where somebody stands, in points of a [`Scale`]; shown as that scale shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    points: i64,
    scale: Scale,
}

impl Standing {
    /// Points, thousandths on the scale of [`Scale::Unit`].
    #[must_use]
    pub const fn points(self) -> i64 {
        self.points
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scale {
            Scale::Unit => write!(f, "{}.{:03}", self.points / 1_000, self.points % 1_000),
            Scale::Hundred => write!(f, "{}", self.points),
        }
    }
}

impl Scale {
    /// Where everybody begins.
    const fn start(self) -> i64 {
        match self {
            Self::Unit => 1_000,
            Self::Hundred => 0,
        }
    }

    /// The points that a proof or bad bytes cost.
    pub(super) const fn strike(self) -> u32 {
        match self {
            Self::Unit => 100,
            Self::Hundred => 20,
        }
    }

    /// The points that keeping others waiting costs.
    pub(super) const fn slip(self) -> u32 {
        match self {
            Self::Unit => 20,
            Self::Hundred => 4,
        }
    }

    /// The most points anybody can lose or gain of one kind.
    pub(super) const fn span(self) -> u32 {
        match self {
            Self::Unit => 1_000,
            Self::Hundred => 100,
        }
    }

    /// Whether so much blame shuts somebody out.
    pub(super) const fn bans(self, blame: u32) -> bool {
        match self {
            // What is left of 1,000 falls below 300.
            Self::Unit => blame > 700,
            Self::Hundred => blame >= 50,
        }
    }

    /// How long it takes one point to come back.
    pub(super) const fn point_ms(self) -> u64 {
        match self {
            Self::Unit => HOUR_MS / 10,
            Self::Hundred => HOUR_MS / 2,
        }
    }

    /// The standing so many points above or below where everybody begins.
    pub(super) fn standing(self, points: i64) -> Standing {
        let (low, high) = match self {
            Self::Unit => (0, 1_000),
            Self::Hundred => (-100, 100),
        };
        Standing {
            points: (self.start() + points).clamp(low, high),
            scale: self,
        }
    }
}
