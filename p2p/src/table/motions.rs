//! Questions to the table, and leaving it.

use quorate_core::engine::Operation;
use quorate_core::game::{ActError, Game};
use quorate_core::message::{Choice, Motion, MotionId};
use quorate_core::motion::OpenMotion;

use super::{Kind, Pending, Status, Table};
use crate::driver::Mail;

impl<G: Game> Table<G> {
    /// Puts a question to the table; this player says yes to it. The [`Pending`] is decided once
    /// the question stands on the chain, not once it is answered: see [`motions`](Self::motions)
    /// and the news of each decided block.
    ///
    /// # Errors
    /// [`ActError`] if this device has no seat, play has not begun, or the table is local.
    pub fn propose(&self, motion: Motion) -> Result<Pending, ActError> {
        self.operate(Operation::Propose(motion))
    }

    /// Answers a question. A second answer is refused.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub fn ballot(&self, motion: MotionId, choice: Choice) -> Result<Pending, ActError> {
        self.operate(Operation::Ballot(motion, choice))
    }

    /// Leaves the game and the table for good. Once that is decided this device has no seat, and
    /// goes on watching; [`ask`](Self::ask) asks the others for another.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub fn leave(&self) -> Result<Pending, ActError> {
        self.operate(Operation::Leave)
    }

    /// The questions that wait for answers, in the order they were put.
    #[must_use]
    pub fn motions(&self) -> Vec<OpenMotion> {
        self.shared().map_or_else(Vec::new, |shared| {
            shared.read(|board| board.motions.clone())
        })
    }

    fn operate(&self, operation: Operation) -> Result<Pending, ActError> {
        let Kind::Net { running, .. } = &self.kind else {
            return Err(ActError::NoSeat);
        };
        let shared = &running.shared;
        shared.read(|board| match &board.status {
            Status::Halted(_) | Status::Refused(_) | Status::Stopped => Err(ActError::Stopped),
            _ if board.play.is_none() => Err(ActError::NotBegun),
            _ => board.seat.map(drop).ok_or(ActError::NoSeat),
        })?;
        let pending = Pending::new();
        shared.inbox.push(Mail::Operate {
            pending: pending.clone(),
            operation,
        });
        Ok(pending)
    }
}
