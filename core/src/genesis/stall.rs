//! What becomes of seats that do not play, as agreed before the first move.

use serde::{Deserialize, Serialize};

use super::{GenesisError, within};
pub use crate::state::StallPolicy;

/// How a table treats seats that let their clock run out, and what it may do without a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stalls {
    /// What becomes of a seat that is away.
    pub policy: StallPolicy,
    /// Turns in a row that a seat must let pass to count as away; 1 to 100.
    pub away_after: u32,
    /// Milliseconds without a quorum after which those present may sign a claim; 1 s to 30 days.
    pub claim_after_ms: u32,
}

impl Default for Stalls {
    fn default() -> Self {
        Self {
            policy: StallPolicy::default(),
            away_after: 3,
            claim_after_ms: 120_000,
        }
    }
}

impl Stalls {
    pub(super) fn validate(&self) -> Result<(), GenesisError> {
        within("away_after", u64::from(self.away_after), 1, 100)?;
        let month = 30 * 24 * 3_600_000;
        within(
            "claim_after_ms",
            u64::from(self.claim_after_ms),
            1_000,
            month,
        )
    }
}
