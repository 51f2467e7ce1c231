//! Why a device cannot go on from a halted table.

use quorate_core::Height;
use quorate_core::genesis::GenesisError;
use quorate_core::table::{BlockRefusal, CarryError, SnapshotError};

use crate::store::StoreError;

/// Why this device cannot go on from a halted table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotGoOn {
    /// Nothing proves that a height was decided twice: the table plays, or was halted otherwise.
    #[error("no fork of this table is proven")]
    NotForked,
    /// This device watches, or had no seat where the successor would go on from.
    #[error("this device has no seat that could go on")]
    NoSeat,
    /// This device's own seat is proven guilty.
    #[error("the seat of this device is proven guilty of the fork")]
    Guilty,
    /// It is too late to say anything else.
    #[error("the successor is settled already")]
    Settled,
    /// The very first block was decided twice.
    #[error("nothing was played before the fork: sit down at a new table")]
    NothingPlayed,
    /// This device went on from a snapshot, or dropped the decisions that lead there.
    #[error("this device no longer has the decision of height {height}, which leads to the fork")]
    Forgotten {
        /// The first height that is missing.
        height: Height,
    },
    /// Hidden rolls or sealed moves were open at every height that this device can go back to.
    #[error("secrets were open at height {height} and before, and cannot be carried over")]
    Secrets {
        /// The last height below the fork.
        height: Height,
    },
    /// More would be given up than the table allows.
    #[error("going on gives up {depth} decided heights, at most {most} may be")]
    TooDeep {
        /// How many.
        depth: u64,
        /// The bound of the genesis.
        most: u64,
    },
    /// No table can start with the seats that are left.
    #[error("no table can start with the seats that are left: {0}")]
    Seats(#[from] GenesisError),
    /// The game cannot be carried over.
    #[error("the game cannot be carried over: {0}")]
    Carry(#[from] CarryError),
    /// The stored decision does not lead on here.
    #[error("the stored decision of height {height} does not lead on: {why}")]
    Block {
        /// Its height.
        height: Height,
        /// What is wrong with it.
        why: BlockRefusal,
    },
    /// The stored snapshot cannot be read.
    #[error("the stored snapshot of height {height} cannot be read: {why}")]
    Snapshot {
        /// Its height.
        height: Height,
        /// What is wrong with it.
        why: SnapshotError,
    },
    /// The disk failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The table's thread has ended.
    #[error("the table has stopped on this device")]
    Stopped,
}
