//! Motions: questions that a seat puts to the table, and the ballots that answer them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::dispute::Dispute;
use crate::digest::Digest;
use crate::genesis::StallPolicy;
use crate::roster::Newcomer;
use crate::seat::Seat;

/// A motion's number at its table, from 1, in the order they were decided on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MotionId(pub u32);

impl fmt::Display for MotionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A question put to the table: what shall be done if enough players say yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Motion {
    /// Set the game up again at this table.
    Rematch,
    /// Let all clocks stand still, and nobody act, until a motion to resume passes.
    Pause,
    /// End a pause.
    Resume,
    /// Take the seat from its holder, or take back an admission.
    Remove(Seat),
    /// Give somebody a seat.
    Admit(Newcomer),
    /// Let the secrets of a seat that withheld count in rolls again.
    Readmit(Seat),
    /// Treat seats that are away in another way from now on.
    Stall(StallPolicy),
    /// Say that something went wrong. What the attached evidence and the table's own state settle
    /// is settled at once; of the rest the table judges.
    Dispute(Dispute),
}

impl Motion {
    /// What is asked, whoever asks: a rejected question may not return at once. The same charge
    /// with other evidence is the same question.
    #[must_use]
    pub fn question(&self) -> Digest {
        let asked = match self {
            Self::Dispute(dispute) => Self::Dispute(dispute.alone()),
            other => other.clone(),
        };
        // Invariant: a motion holds integers, bytes and text only, which always encode.
        Digest::of("motion", &asked).expect("a motion always encodes")
    }
}

/// One seat's answer to a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Choice {
    /// It shall be done.
    Yes,
    /// It shall not.
    No,
    /// Neither: it counts as an answer, and not as a yes.
    Abstain,
}
