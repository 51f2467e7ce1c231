//! The rules of a game: one pure definition that gives hot seat, bots, LAN and internet play.
//!
//! No author ever writes a commitment, a salt, a signature, a clock or a socket. The rules answer
//! [whose turn](Game::turn) it is, [apply](Game::apply) an action or refuse it, say when there is
//! an [outcome](Game::outcome), and what [each viewer](Game::view) may see. What they need from the
//! outside they ask of [`Cx`], and get in a hook.
//!
//! Rules must be *deterministic*: every device applies the same actions and must come to the same
//! bytes. No clock, no randomness but the table's, no floats in the state, no `HashMap`, no
//! interior mutability. [`check`](crate::check::check) plays a game against itself to find what
//! breaks this.

mod cx;
mod draw;
mod guard;
mod happened;
mod outcome;
mod turn;
mod verdict;
mod viewer;

use std::fmt::Debug;
use std::ops::RangeInclusive;

use serde::{Serialize, de::DeserializeOwned};

pub(crate) use cx::{Effects, Facts};
pub(crate) use guard::guarded;
pub use {
    cx::Cx,
    draw::{Draw, Hidden, Roll, Shown},
    happened::{ActError, Cause, Happened, SeatChange, Settled, Why},
    outcome::{End, Outcome},
    turn::Turn,
    verdict::{Rejection, Verdict},
    viewer::{Seen, Viewer},
};

use crate::ledger::Money;
use crate::seat::{PerSeat, Seat, Seats};

/// What the table can copy, print, encode and decode. Derive it with `#[quorate::data]`.
pub trait Data: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Data for T {}

/// The rules of a game. The value is the game's options; a stranger may have written them.
///
/// ```
/// use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
/// use quorate_core::{Seat, Seats, data, ensure};
///
/// /// Players take turns to say a higher number; who says the highest allowed wins.
/// #[data(crate = quorate_core)]
/// struct Higher {
///     top: u32,
/// }
///
/// #[data(crate = quorate_core)]
/// struct State {
///     players: Seats,
///     said: u32,
///     next: Seat,
///     won: Option<Seat>,
/// }
///
/// impl Game for Higher {
///     const NAME: &'static str = "higher";
///     type State = State;
///     type Action = u32;
///     type Event = ();
///     type View = u32;
///
///     fn players(&self) -> std::ops::RangeInclusive<u8> {
///         2..=8
///     }
///
///     fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
///         ensure!(self.top > 0, "the top must be above 0");
///         let players = cx.players();
///         let next = players.nth(0).ok_or("nobody plays")?;
///         Ok(State { players, said: 0, next, won: None })
///     }
///
///     fn turn(&self, state: &State) -> Turn {
///         Turn::of(state.next)
///     }
///
///     fn apply(&self, state: &mut State, _: &mut Cx<Self>, seat: Seat, said: u32) -> Verdict {
///         ensure!(said > state.said && said <= self.top, "say more than {}", state.said);
///         state.said = said;
///         state.won = (said == self.top).then_some(seat);
///         state.next = state.players.after(seat).ok_or("nobody plays")?;
///         Ok(())
///     }
///
///     fn outcome(&self, state: &State) -> Option<Outcome> {
///         state.won.map(Outcome::won)
///     }
///
///     fn view(&self, state: &State, _: &Viewer) -> u32 {
///         state.said
///     }
/// }
/// ```
pub trait Game: Data {
    /// The name of the game, which its tables and links carry.
    const NAME: &'static str;
    /// The version of the rules. Raise it with every change that another device could notice.
    const VERSION: u32 = 1;

    /// Everything the rules remember. At most [`STATE_BYTES_MAX`](crate::limits::STATE_BYTES_MAX)
    /// encoded; use [`Ledger`](crate::ledger::Ledger) or `imbl` for what grows large, for every
    /// step copies the state.
    type State: Data;
    /// What a seat can do. At most [`ACTION_BYTES_MAX`](crate::limits::ACTION_BYTES_MAX) encoded.
    type Action: Data;
    /// What the rules tell the players about a step; `()` if nothing.
    type Event: Data;
    /// What a viewer sees.
    type View: Serialize + Send + Sync + 'static;

    /// How many can play.
    fn players(&self) -> RangeInclusive<u8>;

    /// The state at the start of a game.
    ///
    /// # Errors
    /// If these options are refused.
    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Self::State>;

    /// Whose move it is. Not asked while the table rolls or when the game has ended.
    fn turn(&self, state: &Self::State) -> Turn;

    /// Applies `action` of `seat`, which the [turn](Self::turn) allows to act. In a
    /// [sealed](Turn::sealed) turn it only validates: its changes are dropped.
    ///
    /// # Errors
    /// If the rules refuse the action. Nothing it changed or asked for remains.
    fn apply(
        &self,
        state: &mut Self::State,
        cx: &mut Cx<Self>,
        seat: Seat,
        action: Self::Action,
    ) -> Verdict;

    /// How the game ended, once it has. Not asked while the table rolls.
    fn outcome(&self, state: &Self::State) -> Option<Outcome>;

    /// What `viewer` may see.
    fn view(&self, state: &Self::State, viewer: &Viewer) -> Self::View;

    /// Actions that `seat` might take, for hints, bots, the default move of a late seat and
    /// [`check`](crate::check::check). The table drops those that [`apply`](Self::apply) refuses,
    /// so they need not repeat the rules; of bids a few samples are enough.
    fn candidates(&self, state: &Self::State, seat: Seat) -> Vec<Self::Action> {
        let _ = (state, seat);
        Vec::new()
    }

    /// Gets the result of the public roll.
    ///
    /// # Errors
    /// An error of any hook ends play as a bug of the rules, with the state before it.
    fn on_roll(&self, state: &mut Self::State, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        let _ = (state, cx, roll);
        unanswered("the game rolls and has no on_roll")
    }

    /// Gets, once, all hidden rolls that one step asked to be shown.
    ///
    /// # Errors
    /// See [`on_roll`](Self::on_roll).
    fn on_show(&self, state: &mut Self::State, cx: &mut Cx<Self>, shown: &Shown) -> Verdict {
        let _ = (state, cx, shown);
        unanswered("the game shows hidden rolls and has no on_show")
    }

    /// Gets the moves of a sealed turn: one for every seat that had to or could act, `None` where
    /// it was late, withheld or is no longer valid.
    ///
    /// # Errors
    /// See [`on_roll`](Self::on_roll).
    fn on_open(
        &self,
        state: &mut Self::State,
        cx: &mut Cx<Self>,
        moves: &PerSeat<Option<Self::Action>>,
    ) -> Verdict {
        let _ = (state, cx, moves);
        unanswered("the game has sealed turns and no on_open")
    }

    /// The clock ran out, and the seats `late` had to act; there may be none. Also asked at once
    /// when seats that are gone would have to act. Plays the
    /// [default moves](Cx::default_moves) unless the game says otherwise.
    ///
    /// # Errors
    /// See [`on_roll`](Self::on_roll).
    fn on_clock(&self, state: &mut Self::State, cx: &mut Cx<Self>, late: Seats) -> Verdict {
        cx.default_moves(self, state, late)
    }

    /// Something changed about `seat`. Below the minimum of players the game ends as abandoned
    /// after this, unless there is an [outcome](Self::outcome).
    ///
    /// # Errors
    /// See [`on_roll`](Self::on_roll).
    fn on_seat(
        &self,
        state: &mut Self::State,
        cx: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        let _ = (state, cx, seat, change);
        Ok(())
    }

    /// Whether a newcomer may sit down now.
    fn may_join(&self, state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// All value in the game. Where it is given, the table refuses a step after which it is not
    /// what was issued less what was retired.
    fn total(&self, state: &Self::State) -> Option<Money> {
        let _ = state;
        None
    }
}

fn unanswered(code: &'static str) -> Verdict {
    Err(Rejection::new(code).as_bug())
}
