//! Blocks: what one height decides.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::genesis::TableId;
use crate::time::{Epoch, Height, Round, Wall};

use super::entry::Entry;
use super::motion::MotionId;

/// A deadline that the table declares passed, after the block's entries were applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Deadline {
    /// The clock of a turn ran out: whoever still must act is late.
    Turn {
        /// The turn's number.
        turn: u64,
        /// Which of the turn's clocks, for it may have been restarted.
        clock: u64,
    },
    /// The reveals of a roll are due: whoever has not revealed withheld.
    Reveal {
        /// The height that decided the roll's request.
        roll: Height,
    },
    /// The ballots on a motion are due: without enough of them it is rejected.
    Motion {
        /// The motion.
        motion: MotionId,
    },
    /// The openings of a sealed turn are due: whoever has not opened its move withheld it.
    Open {
        /// The turn's number.
        turn: u64,
    },
    /// The shows of hidden rolls are due: what is not shown is withheld.
    Show {
        /// The height that decided the request.
        show: Height,
    },
}

impl Deadline {
    /// Whether it closes what seats' devices do by themselves, so that its clock needs no quorum.
    #[must_use]
    pub const fn is_of_devices(&self) -> bool {
        matches!(
            self,
            Self::Reveal { .. } | Self::Open { .. } | Self::Show { .. }
        )
    }
}

/// What one height decides.
///
/// The digest covers all of it; its own round and leader are not part of it, so that a later round
/// can decide the same block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The table.
    pub table: TableId,
    /// The epoch whose roster decides it.
    pub epoch: Epoch,
    /// Its index, from 1.
    pub height: Height,
    /// Digest of the block before, or of the genesis.
    pub parent: Digest,
    /// A round in which the parent was decided; 0 at height 1.
    pub parent_round: Round,
    /// Wall clock of whoever built it, never below the parent's.
    pub time: Wall,
    /// Entries in the order of [`Block::place`].
    pub entries: Vec<Arc<Entry>>,
    /// Deadlines declared after the entries, ascending.
    pub deadlines: Vec<Deadline>,
    /// Digest of game and table state after entries and deadlines.
    pub post_state: Digest,
}

impl Block {
    /// The block's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Invariant: a block holds integers and bytes only, which always encode.
        Digest::of("block", self).expect("a block always encodes")
    }

    /// Where an entry stands among a block's entries: the seat that comes first moves on by one at
    /// each height, a seat's operations stand before its actions, nonces ascend. No leader chooses.
    ///
    /// `position` is the seat's position among `seats` seats of the roster.
    #[must_use]
    pub fn place(
        entry: &Entry,
        position: usize,
        seats: usize,
        height: Height,
    ) -> (usize, usize, u64) {
        let seats = seats.max(1);
        // The remainder is below `seats`, which is a usize.
        let shift = usize::try_from(height.0 % seats as u64).unwrap_or(0);
        let turn = (position + seats - shift) % seats;
        (turn, entry.stream().index(), entry.body.nonce)
    }
}
