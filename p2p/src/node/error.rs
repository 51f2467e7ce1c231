//! Why a node does not start, or does not open a table.

use std::io;

use quorate_core::Digest;

use crate::gather::SeatingError;
use crate::net::{CHAOS_VARIABLE, ChaosError, NetError};
use crate::store::StoreError;

/// Why a node does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder is in use, or cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network does not start.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The environment asks for faults in words that make no sense.
    #[error("{CHAOS_VARIABLE}: {0}")]
    Chaos(#[from] ChaosError),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(io::ErrorKind),
}

/// Why a node does not open a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is open already: one seat cannot be played twice.
    #[error("table {} is open on this node already", .invite.short())]
    AlreadyOpen {
        /// The invitation.
        invite: Digest,
    },
    /// The link is this node's own, of a table that is not in its folder.
    #[error("the link is this device's own, and its table is not here any more")]
    OwnLink,
    /// The table in the folder plays something else.
    #[error("the saved table plays {saved:?} version {version}, not {wanted:?} version {ours}")]
    OtherGame {
        /// The game of the table in the folder.
        saved: String,
        /// Its version.
        version: u32,
        /// The game asked for.
        wanted: String,
        /// Its version here.
        ours: u32,
    },
    /// The game cannot be set up like this.
    #[error(transparent)]
    Seating(#[from] SeatingError),
    /// The folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(io::ErrorKind),
}
