//! Disputes: what a seat says went wrong, where, and what it attaches to show it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::entry::Entry;
use super::vote::Vote;
use crate::certificate::DecisionCertificate;
use crate::seat::Seat;
use crate::time::Height;

/// A claim that something went wrong at a height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// What is said to be wrong.
    pub charge: Charge,
    /// Where.
    pub height: Height,
    /// What shows it. Together with the table's own state it is all that the check looks at.
    pub evidence: Exhibit,
}

impl Dispute {
    /// The charge alone.
    #[must_use]
    pub const fn without_evidence(&self) -> Self {
        Self {
            charge: self.charge,
            height: self.height,
            evidence: Exhibit::Nothing,
        }
    }
}

/// What is said to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Charge {
    /// The block decided at that height leads to another state than it says.
    InvalidTransition,
    /// The roll with that id came to other values than its secrets make.
    WrongRoll,
    /// The block decided at that height moved value otherwise than the rules say.
    WrongPayout,
    /// This seat signed two different votes in one slot.
    DoubleVote(Seat),
    /// This seat kept back its secret for the roll with that id.
    WithheldReveal(Seat),
    /// This seat was late at that height.
    StalledSeat(Seat),
}

/// What is attached to a dispute; an entry's size bounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Exhibit {
    /// Nothing: the table's own state may settle it.
    Nothing,
    /// Two votes of one seat.
    Votes(Box<[Vote; 2]>),
    /// A block and the signatures that decided it.
    Decision {
        /// The block.
        block: Arc<Block>,
        /// Its certificate.
        certificate: DecisionCertificate,
    },
    /// Signed entries: the reveals of a roll.
    Entries(Vec<Entry>),
}
