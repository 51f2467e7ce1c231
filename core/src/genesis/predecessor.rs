//! The table that a successor takes over from.

use serde::{Deserialize, Serialize};

use super::{GenesisError, TableId, within};
use crate::digest::Digest;
use crate::limits::FORK_DEPTH_MAX;
use crate::seat::Seats;
use crate::time::Height;

/// What a successor takes over from a table that was forked, in its genesis: so that what it names
/// is signed by everybody who takes part, and by nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// The table that was forked. Its own predecessor, if it had one, is out of reach.
    pub table: TableId,
    /// The last height that is kept, from 1.
    pub height: Height,
    /// Digest of the block decided there: the branch that is gone on from.
    pub branch: Digest,
    /// How many decided heights above it any seat gives up, at most; bounded by the
    /// [`fork_depth`](super::Genesis::fork_depth) of the table that was forked.
    pub depth: u32,
    /// The seats that the seats of the genesis take over, ascending, for an index never shifts.
    pub seats: Seats,
    /// The seats that are left out because they were proven guilty. Those that are neither here nor
    /// in [`seats`](Self::seats) count as removed.
    pub guilty: Seats,
    /// Digest of the game as it stood at that height ([`Play::save`](crate::state::Play::save)).
    pub carried: Digest,
}

impl Predecessor {
    pub(super) fn validate(&self, seats: usize) -> Result<(), GenesisError> {
        if self.seats.len() != seats || !(self.seats & self.guilty).is_empty() {
            return Err(GenesisError::Heirs);
        }
        within("predecessor height", self.height.0, 1, u64::MAX)?;
        within("depth", u64::from(self.depth), 0, u64::from(FORK_DEPTH_MAX))
    }
}
