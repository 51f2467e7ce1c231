//! Disputes: what a seat says went wrong, where, and what it attaches to show it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::entry::Entry;
use super::evidence::Evidence;
use crate::certificate::DecisionCertificate;
use crate::seat::Seat;
use crate::time::Height;

/// A claim that something went wrong at a height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// What is said to be wrong.
    pub charge: Charge,
    /// Where. Of a roll it is the roll's id: the height that asked for it.
    pub height: Height,
    /// What shows it. Together with the table's own state it is all that the check looks at.
    pub exhibit: Exhibit,
}

impl Dispute {
    /// A dispute about `height` that rests on the table's own state, or on what people say.
    #[must_use]
    pub const fn new(charge: Charge, height: Height) -> Self {
        let exhibit = Exhibit::Nothing;
        Self {
            charge,
            height,
            exhibit,
        }
    }

    /// The same with something attached.
    #[must_use]
    pub fn with(self, exhibit: Exhibit) -> Self {
        Self { exhibit, ..self }
    }

    /// The charge alone.
    #[must_use]
    pub const fn alone(&self) -> Self {
        Self::new(self.charge, self.height)
    }
}

/// What is said to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Charge {
    /// The block decided at that height leads to another state than the table came to.
    InvalidTransition,
    /// The roll came to other values than its secrets make.
    WrongRoll,
    /// The block decided at that height paid somebody wrongly.
    WrongPayout,
    /// This seat signed two different votes in one slot.
    DoubleVote(Seat),
    /// This seat kept back its secret for the roll.
    WithheldReveal(Seat),
    /// This seat was late in a turn that ended at that height.
    StalledSeat(Seat),
}

/// What is attached to a dispute; an entry's size bounds it. Its signatures must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Exhibit {
    /// Nothing: the table's own state may settle it.
    Nothing,
    /// Two statements of one seat that contradict each other.
    Contradiction(Box<Evidence>),
    /// A block of the height in dispute, and the signatures that decided it.
    Decision {
        /// The block.
        block: Arc<Block>,
        /// Its certificate.
        certificate: DecisionCertificate,
    },
    /// The entries that reveal a roll's secrets.
    Reveals(Vec<Entry>),
}
