//! What became of the game, step by step, and of what a seat wanted to do.

use serde::{Deserialize, Serialize};

use super::{Game, Rejection, Roll};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::Height;

/// What changed about a seat, told to [`Game::on_seat`](super::Game::on_seat).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SeatChange {
    /// A newcomer sat down; [`Cx::players`](super::Cx::players) has it already.
    Joined,
    /// The seat was late three turns in a row.
    Away,
    /// The seat that was away acted, or said that it is here.
    Back,
    /// The seat kept back what a roll needed: asleep or unwilling, nobody can tell. The roll was
    /// made without it.
    Withheld,
    /// The seat is out of the game; [`Cx::players`](super::Cx::players) no longer has it. Where it
    /// must act, it is late at once.
    Gone(Why),
}

/// Why a seat is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Why {
    /// Of its own will.
    Left,
    /// By a motion of the others, or forfeited by staying away.
    Removed,
    /// Proven to have broken the protocol.
    Guilty,
}

/// What made a step of the game.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause<A> {
    /// The game was set up, for the first time or for a rematch.
    Started,
    /// A seat acted.
    Acted(Seat, A),
    /// Sealed moves were opened.
    Opened(PerSeat<Option<A>>),
    /// A public roll fell.
    Rolled(Roll),
    /// Hidden rolls reached their owners.
    Dealt,
    /// Hidden rolls were shown, or withheld.
    Shown,
    /// The clock ran out, or gone seats would have had to act; these seats are late.
    Clock(Seats),
    /// Something changed about a seat.
    Seat(Seat, SeatChange),
    /// Play ended as [`End::Abandoned`](super::End::Abandoned).
    Abandoned,
}

/// One step of the game, for animations and the log.
#[derive(Clone, Debug)]
pub struct Happened<G: Game> {
    /// The turn in which it happened; the step may have begun a new one.
    pub turn: u64,
    /// What made the step.
    pub cause: Cause<G::Action>,
    /// What the rules said about it.
    pub events: Vec<G::Event>,
}

/// Why a seat cannot act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// An action encodes to more bytes than
    /// [`ACTION_BYTES_MAX`](crate::limits::ACTION_BYTES_MAX).
    #[error("the action has {bytes} bytes, more than the limit")]
    ActionTooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The seat has made its move of this sealed turn.
    #[error("your move of this turn is sealed already")]
    AlreadySealed,
    /// Too many entries of the seat wait to be decided.
    #[error("{waiting} of your moves wait to be decided; no more for now")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// Play has ended.
    #[error("the game has ended")]
    Ended,
    /// This device watches the table and has no seat.
    #[error("you have no seat at this table")]
    NoSeat,
    /// The table has not begun.
    #[error("the table has not begun")]
    NotBegun,
    /// A sealed move in a turn whose moves are made openly.
    #[error("moves of this turn are not sealed")]
    NotSealed,
    /// The turn is not the seat's.
    #[error("it is not your turn")]
    NotYourTurn,
    /// A motion paused the table.
    #[error("the table is paused")]
    Paused,
    /// The rules refuse the action.
    #[error("{0}")]
    Rejected(Rejection),
    /// The table waits for dice, or for hidden rolls to be dealt or shown.
    #[error("the dice are rolling")]
    Rolling,
    /// Play has ended because the rules failed.
    #[error("the rules failed: {0}")]
    RulesBug(String),
    /// The turn is sealed: its move is committed, and acted on when all open.
    #[error("moves of this turn are sealed")]
    Sealed,
    /// A scripted table on this device lacks the dice that the action asks for.
    #[error("{0}")]
    ScriptLacks(String),
    /// The entry was meant for another turn.
    #[error("meant for turn {meant}, and it is turn {now}")]
    Stale {
        /// The turn it was meant for.
        meant: u64,
        /// The turn it is.
        now: u64,
    },
    /// The table was halted, or the node shut down.
    #[error("the table has stopped on this device")]
    Stopped,
    /// An entry with no action, with more than
    /// [`ENTRY_ACTIONS_MAX`](crate::limits::ENTRY_ACTIONS_MAX), or with several in a sealed turn.
    #[error("an entry cannot have {count} actions here")]
    WrongCount {
        /// How many it has.
        count: usize,
    },
}

impl From<Rejection> for ActError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// What became of an entry that a seat submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settled {
    /// It is part of the decided block of this height, for good.
    Decided {
        /// The block's height.
        height: Height,
    },
    /// The rules refuse it at the place it would have had.
    Refused(Rejection),
    /// Its turn was over before it was decided.
    Stale,
    /// It was not decided by the height until which it was valid.
    Expired,
    /// A later entry of the same seat was decided first.
    Superseded,
}
