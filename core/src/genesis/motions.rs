//! How long a table takes to answer a question, as agreed before the first move.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GenesisError, within};

/// Figures of motions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotionPolicy {
    /// Milliseconds a motion waits for ballots; 1 s to 7 days.
    pub ballots_ms: u32,
    /// Milliseconds a dispute waits for ballots; 1 s to 7 days.
    pub dispute_ms: u32,
    /// Heights after which a rejected motion may return, but for the question whether to resume,
    /// which may at once; 1 to 10,000.
    pub returns_after: u32,
}

impl Default for MotionPolicy {
    fn default() -> Self {
        Self {
            ballots_ms: 120_000,
            dispute_ms: 3_600_000,
            returns_after: 50,
        }
    }
}

impl MotionPolicy {
    /// How long a motion, or a dispute, waits for ballots.
    #[must_use]
    pub fn patience(&self, dispute: bool) -> Duration {
        let ms = if dispute {
            self.dispute_ms
        } else {
            self.ballots_ms
        };
        Duration::from_millis(u64::from(ms))
    }

    pub(super) fn validate(&self) -> Result<(), GenesisError> {
        let week = 7 * 24 * 3_600_000;
        within("ballots_ms", u64::from(self.ballots_ms), 1_000, week)?;
        within("dispute_ms", u64::from(self.dispute_ms), 1_000, week)?;
        within("returns_after", u64::from(self.returns_after), 1, 10_000)
    }
}
