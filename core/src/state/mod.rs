//! A game in play: the rules' state, and the table's books about turns, clocks, rolls and value.
//!
//! [`Play`] is the one code path that every table drives, the local one and the networked one.
//! It decides nothing and waits for nothing: the table tells it what was decided (an entry, the
//! result of a roll, a deadline), and it says what must be decided next ([`Play::needs`],
//! [`Play::clock_running`], [`Play::awaited`]). The same calls in the same order give the same
//! bytes on every device.
//!
//! - **All or none.** A step that fails leaves no trace. The rules run guarded: a panic in
//!   [`Game::apply`] is a refusal marked as a bug; an error or panic in a hook ends play with
//!   [`End::RulesBug`] and the state before it.
//! - **Turn number.** It rises when [`Turn::must`] changes other than by shrinking to a non-empty
//!   rest, when [`Turn::is_sealed`] changes, after every roll, deal, show, opening, clock and seat
//!   hook, and with [`Cx::next_turn`](crate::game::Cx::next_turn). Entries for another number are
//!   refused as stale.
//! - **Gone seats** are late at once wherever they must act. If play cannot go on without them it
//!   is abandoned.
//! - **Value.** After each step [`Game::total`] must be what was issued less what was retired.
//! - **Size.** The state must encode, to at most
//!   [`STATE_BYTES_MAX`](crate::limits::STATE_BYTES_MAX) bytes.

mod act;
mod book;
mod hooks;
mod save;
mod stall;
mod step;

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use book::Book;
pub use book::{Needs, Saved};
pub use save::RestoreError;
pub use stall::{Lateness, StallPolicy};

use crate::codec::Blob;
use crate::game::{End, Game, Happened, Hidden, Turn, Verdict, Viewer, guarded};
use crate::seat::Seats;

/// A game in play. Copying it is cheap: state is shared until one of the copies changes it.
#[derive(Clone, Debug)]
pub struct Play<G: Game> {
    game: Arc<G>,
    range: RangeInclusive<u8>,
    state: Arc<G::State>,
    /// The canonical bytes of `state`, once they are known.
    bytes: OnceLock<Blob>,
    book: Book,
    /// What the rules answered for this state; nobody's while rolling or ended.
    turn: Turn,
    end: Option<End>,
}

/// What one call led to: the step itself, and those that followed from it at once.
#[derive(Clone, Debug)]
pub struct Step<G: Game> {
    /// What happened, in order; empty if the call did not apply.
    pub happened: Vec<Happened<G>>,
}

/// The clock of the present turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnClock {
    /// Rises with every start and restart, so that a deadline names the clock it belongs to.
    pub serial: u64,
    /// How long it runs.
    pub length: Duration,
}

impl<G: Game> Play<G> {
    /// The rules and their options.
    #[must_use]
    pub const fn game(&self) -> &Arc<G> {
        &self.game
    }

    /// The rules' state.
    #[must_use]
    pub fn state(&self) -> &G::State {
        &self.state
    }

    /// How many games the table played before this one.
    #[must_use]
    pub const fn game_number(&self) -> u32 {
        self.book.game
    }

    /// The number of the present turn.
    #[must_use]
    pub const fn turn_number(&self) -> u64 {
        self.book.turn
    }

    /// Whose turn it is; nobody's while the table rolls and when play has ended.
    #[must_use]
    pub const fn turn(&self) -> &Turn {
        &self.turn
    }

    /// The seats that must act and are in the game.
    #[must_use]
    pub fn awaited(&self) -> Seats {
        self.turn.must() & self.book.players
    }

    /// The seats that must or may act and are in the game.
    #[must_use]
    pub fn actors(&self) -> Seats {
        (self.turn.must() | self.turn.may()) & self.book.players
    }

    /// The clock that runs; none while rolling, when play has ended, or without one.
    #[must_use]
    pub fn clock_running(&self) -> Option<TurnClock> {
        self.turn.clock().map(|length| TurnClock {
            serial: self.book.clock,
            length,
        })
    }

    /// What the table must supply.
    #[must_use]
    pub const fn needs(&self) -> &Needs {
        &self.book.needs
    }

    /// Whether the table must supply something before anybody can act.
    #[must_use]
    pub const fn is_rolling(&self) -> bool {
        !self.book.needs.is_empty()
    }

    /// The hidden rolls that are not over, ascending by id; what the table may forget is not here.
    pub fn hidden(&self) -> impl Iterator<Item = &Hidden> {
        self.book.hidden.values()
    }

    /// The hidden roll of that number, if it is not over.
    #[must_use]
    pub fn hidden_of(&self, id: u32) -> Option<&Hidden> {
        self.book.hidden.get(&id)
    }

    /// Whether `hidden` is not over.
    #[must_use]
    pub fn is_open(&self, hidden: &Hidden) -> bool {
        self.book.hidden.get(&hidden.id()) == Some(hidden)
    }

    /// How play ended, once it has.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The seats in the game.
    #[must_use]
    pub const fn players(&self) -> Seats {
        self.book.players
    }

    /// The seats that are or were in this game: those that its turns can name.
    #[must_use]
    pub const fn seated(&self) -> Seats {
        self.book.seated
    }

    /// How many can play.
    #[must_use]
    pub const fn range(&self) -> &RangeInclusive<u8> {
        &self.range
    }

    /// Whether a newcomer may sit down now. Between games there may be room whatever the rules say.
    #[must_use]
    pub fn may_join(&self) -> bool {
        let room = self.book.players.len() < usize::from(*self.range.end());
        room && !self.is_rolling()
            && (self.end.is_some()
                || guarded("may_join", || self.game.may_join(&self.state)).unwrap_or(false))
    }

    /// What `viewer` sees.
    ///
    /// # Panics
    /// If [`Game::view`] does; see [`try_view`](Self::try_view).
    #[must_use]
    pub fn view(&self, viewer: &Viewer) -> G::View {
        self.game.view(&self.state, viewer)
    }

    /// What `viewer` sees, with the rules run guarded.
    ///
    /// # Errors
    /// If [`Game::view`] panics.
    pub fn try_view(&self, viewer: &Viewer) -> Verdict<G::View> {
        guarded("view", || self.view(viewer))
    }
}
