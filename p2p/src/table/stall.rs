//! A table that does not go on: who is away, and what those present may sign.

use quorate_core::Seats;
use quorate_core::claim::Claim;
use quorate_core::game::Game;

use super::Table;
use crate::driver::Mail;

/// A claim cannot be signed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table has a quorum, or lost it only a moment ago")]
pub struct NotStalled;

impl<G: Game> Table<G> {
    /// Says that somebody looks at this device: if its seat is away, it is back. A node that is
    /// resumed, a device that returns, and whatever this player does say so by themselves; call it
    /// when the screen is touched.
    pub fn attend(&self) {
        if let Some(shared) = self.shared() {
            shared.inbox.push(Mail::Attend);
        }
    }

    /// The seats that let so many turns pass in a row that the stall policy applies to them.
    #[must_use]
    pub fn away(&self) -> Seats {
        self.shared()
            .map_or(Seats::NONE, |shared| shared.read(|board| board.away))
    }

    /// Signs where the table stands and who is absent, once the quorum has been gone for as long as
    /// the genesis says ([`Event::Stalled`](crate::Event::Stalled)). It decides nothing: play
    /// resumes from the last decision whenever a quorum is back.
    ///
    /// # Errors
    /// [`NotStalled`] while there is a quorum, or until it has been gone for long, and where this
    /// device has no seat.
    pub fn sign_claim(&self) -> Result<(), NotStalled> {
        let shared = self.shared().ok_or(NotStalled)?;
        if !shared.read(|board| board.stalled) {
            return Err(NotStalled);
        }
        shared.inbox.push(Mail::Claim);
        Ok(())
    }

    /// What those present have signed about a table without a quorum: a document, not certified by
    /// the table, to be shown or saved in any format that names its fields, as JSON does. None if
    /// nobody has signed, and once play goes on.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.shared()?.read(|board| board.claim.clone())
    }
}
