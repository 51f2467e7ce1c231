//! Agreement on one height.
//!
//! A protocol is a state machine over the messages of one height. It owns no key, clock or disk: it
//! takes verified facts and the time, asks the table through [`Rules`] whether a block may stand,
//! and says through [`Effect`]s what its seat should sign next. The engine signs, journals, and
//! only then counts the seat's own vote and lets it leave.

mod effect;
pub mod pbft;

use std::sync::Arc;
use std::time::Duration;

use crate::certificate::Checker;
use crate::digest::Digest;
use crate::genesis::{TableId, Timing};
use crate::message::Block;
use crate::roster::Roster;
use crate::schedule::Leaders;
use crate::seat::{Seat, Seats};
use crate::time::{Epoch, Height, Mono, Round};

pub use effect::{Effect, Entitlement, Refusal};
pub use pbft::Pbft;

/// Where agreement takes place: fixed for one height.
#[derive(Clone, Debug)]
pub struct Place {
    /// The table.
    pub table: TableId,
    /// The epoch whose roster decides.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// Who votes.
    pub roster: Arc<Roster>,
    /// Who leads which round.
    pub leaders: Leaders,
    /// One's own seat; none for a watcher, which signs nothing.
    pub me: Option<Seat>,
    /// How long rounds take.
    pub timing: Timing,
}

impl Place {
    /// How long `round` may take.
    #[must_use]
    pub fn patience(&self, round: Round) -> Duration {
        self.timing.round(round.0)
    }
}

/// What a protocol asks the table about a block.
pub trait Rules {
    /// Whether the block may follow the last decided one. Reads decided data and the block only, so
    /// every honest seat answers alike (the papers' valid(v)).
    ///
    /// # Errors
    /// The reason to prepare nil.
    fn valid(
        &mut self,
        digest: Digest,
        block: &Arc<Block>,
        checker: &mut Checker,
    ) -> Result<(), String>;

    /// Whether this seat is content with a fresh block now: clocks, deadlines, inclusion. Asked
    /// only before the Prepare of a block that no certificate vouches for; "not yet" delays that
    /// Prepare within the round and is no nil. `prepared` are the other seats known to have
    /// prepared it.
    ///
    /// # Errors
    /// Why not yet, and when to ask again.
    fn content(&mut self, block: &Arc<Block>, prepared: Seats) -> Result<(), Hold>;
}

/// Why a seat does not prepare a valid block yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The reason.
    pub why: HoldReason,
    /// When the answer changes by itself, if it does.
    pub until: Option<Mono>,
}

/// The reasons to hold a Prepare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldReason {
    /// The block's time is too far from one's own clock.
    Time,
    /// The parent's certificate for the round the block names has not arrived.
    Parent,
    /// It leaves out an entry that this seat has held for long.
    Omitted(Seat),
    /// It leaves out a deadline that this seat has seen due for long.
    DeadlineOmitted,
    /// It declares a deadline that is not due on one's own clock.
    TooEarly,
    /// It declares a seat late whose entry arrived in time.
    NotLate(Seat),
}
