//! Going on after a fork: those who are left agree to a new table that takes the game over.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use quorate_core::game::Game;
use quorate_core::genesis::TableId;
use quorate_core::{Height, PerSeat, Seats};

use super::{Kind, Table};
use crate::driver::Mail;
use crate::heirs::CannotGoOn;

/// How often who waits for the table's thread looks whether it is still there.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How far those at a halted table are with a successor. Seats keep their numbers there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Succeeding {
    /// The height that it goes on from: what was decided above is given up.
    pub height: Height,
    /// The seats that are left out because they are proven guilty.
    pub guilty: Seats,
    /// The seats that are given up, or give themselves up.
    pub absent: Seats,
    /// The seats at the new table: every one of them must agree.
    pub heirs: Seats,
    /// The seats that agree so far.
    pub agreed: Seats,
    /// How many of those that are not guilty must agree, at least.
    pub needed: usize,
    /// What each seat gives up that wants to go on, as far as it was heard of: they agree once it
    /// is the same.
    pub without: PerSeat<Seats>,
    /// The successor, once it is settled.
    pub table: Option<TableId>,
}

impl<G: Game> Table<G> {
    /// At a table that a fork has halted: says that this player wants to go on at a new one,
    /// without the seats that are proven guilty and without those given up here. Once every seat
    /// that stays, and more than two thirds of those that are not guilty, said the same, each of
    /// their devices opens the successor by itself and tells [`Event::Succeeded`]; the game goes on
    /// as it stood below the fork. It is said again after a restart.
    ///
    /// Who says it again gives up more seats: those of before stay given up. Who gives up its own
    /// seat agrees that the others go on.
    ///
    /// ```no_run
    /// # use quorate_core::{Game, Seats};
    /// use quorate_p2p::{Event, Table};
    ///
    /// # fn follow<G: Game>(table: Table<G>) -> Result<(), quorate_p2p::CannotGoOn> {
    /// let mut table = table;
    /// let mut events = table.events();
    /// while let Some(event) = events.wait(std::time::Duration::MAX) {
    ///     match event {
    ///         Event::Forked { halts: true, .. } => table.go_on(Seats::NONE)?,
    ///         Event::Succeeded { seated: true, .. } => {
    ///             table = table.successor().expect("open since before it was told");
    ///             events = table.events_from(0);
    ///         }
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Event::Succeeded`]: crate::Event::Succeeded
    ///
    /// # Errors
    /// [`CannotGoOn`] if no fork is proven here, this device has no seat that could go on, or can
    /// no longer work out how the game stood.
    pub fn go_on(&self, without: Seats) -> Result<(), CannotGoOn> {
        let shared = self.shared().ok_or(CannotGoOn::NotForked)?;
        let (answer, answered) = sync_channel(1);
        shared.inbox.push(Mail::GoOn { without, answer });
        loop {
            match answered.recv_timeout(LOOK_EVERY) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Timeout) if !shared.ring.is_closed() => {}
                Err(RecvTimeoutError::Timeout) => return Err(CannotGoOn::Stopped),
                Err(RecvTimeoutError::Disconnected) => return Err(CannotGoOn::NotForked),
            }
        }
    }

    /// How far those at a halted table are with a successor: with what this player wants, or,
    /// before it wants anything, with what most of the others do.
    ///
    /// # Errors
    /// [`CannotGoOn`] says why this device cannot take part; [`CannotGoOn::NotForked`] at a table
    /// that no fork has halted.
    pub fn succeeding(&self) -> Result<Succeeding, CannotGoOn> {
        let shared = self.shared().ok_or(CannotGoOn::NotForked)?;
        shared.read(|board| board.succeeding.clone())
    }

    /// The table that goes on with the game of this one, once it is settled and open on this
    /// device: a table like any other, with a link and a place on the disk of its own.
    #[must_use]
    pub fn successor(&self) -> Option<Self> {
        let Kind::Net { running, node } = &self.kind else {
            return None;
        };
        let successor = running.shared.read(|board| board.successor.clone())?;
        Some(Self::of_node(successor, node.clone()))
    }
}
