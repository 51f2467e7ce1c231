//! How long a round may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GenesisError, within};

/// How long a round may take: within these bounds each device goes by what it measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Milliseconds for round 0 while nothing is measured, and what deadlines of the table are
    /// reckoned by; 50 to 30,000. Each later round takes twice the one before.
    pub round_ms: u32,
    /// Milliseconds that round 0 takes at least, however fast the others answer; 50 to `round_ms`.
    pub round_ms_min: u32,
    /// Milliseconds that no round exceeds; `round_ms` to 30,000.
    pub round_ms_max: u32,
}

impl Timing {
    /// How long round `round` may take while nothing is measured.
    #[must_use]
    pub fn round(&self, round: u32) -> Duration {
        self.later(Duration::from_millis(u64::from(self.round_ms)), round)
    }

    /// How long round `round` may take where round 0 takes `first`.
    #[must_use]
    pub fn later(&self, first: Duration, round: u32) -> Duration {
        let most = Duration::from_millis(u64::from(self.round_ms_max));
        first.saturating_mul(1 << round.min(16)).min(most)
    }

    /// `first` within what round 0 may take.
    #[must_use]
    pub fn bounded(&self, first: Duration) -> Duration {
        let bound = |ms: u32| Duration::from_millis(u64::from(ms));
        first.clamp(bound(self.round_ms_min), bound(self.round_ms_max))
    }

    pub(super) fn validate(&self) -> Result<(), GenesisError> {
        let [round, least, most] =
            [self.round_ms, self.round_ms_min, self.round_ms_max].map(u64::from);
        within("round_ms", round, 50, 30_000)?;
        within("round_ms_min", least, 50, round)?;
        within("round_ms_max", most, round, 30_000)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            round_ms: 2_000,
            round_ms_min: 250,
            round_ms_max: 30_000,
        }
    }
}
