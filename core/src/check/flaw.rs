//! What a check can find.

use std::fmt;

use crate::game::Rejection;
use crate::seat::{Seat, Seats};

/// What is wrong with a game, and where it showed: [`Check`](super::Check) with the same seed
/// comes to the same place.
///
/// `Debug` prints what `Display` does, so that `check(..)?` in a test can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Which of the games played, from 0.
    pub play_out: u32,
    /// After how many things done in it.
    pub step: u32,
    /// How many played.
    pub players: u8,
    /// The last things done, the newest last.
    pub trace: Vec<String>,
    /// What is wrong.
    pub kind: FlawKind,
}

/// What is wrong with a game.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlawKind {
    /// The rules failed on an action: a panic, lost value, a state without bytes, a misuse.
    #[error("seat {seat} cannot do {action}: {}", .rejection.text)]
    Bug {
        /// Who acted.
        seat: Seat,
        /// What it did, as `Debug` prints it.
        action: String,
        /// How the rules failed.
        rejection: Rejection,
    },
    /// The same steps led to another state on a table that was decoded anew before each: the state
    /// holds something that its bytes do not, or the rules look at something but the state.
    #[error(
        "not deterministic: two tables differ after the same steps, at {place}\n  {one}\n  \
         {other}\nlikely causes: a clock, a HashMap, #[serde(skip)], a Cell, a static"
    )]
    Diverged {
        /// The fields that lead to what differs.
        place: String,
        /// The first line that differs, on the table that played on.
        one: String,
        /// That line on the other.
        other: String,
    },
    /// The rules fingerprint, by which tables tell builds apart, came out differently before and
    /// after the games: the rules remember something between games.
    #[error(
        "the rules do not do the same twice: their fingerprint changed while games were played"
    )]
    Fingerprint,
    /// Seats are gone and the others are enough, yet play cannot go on: neither
    /// [`on_seat`](crate::Game::on_seat) took them out of the turn, nor has
    /// [`on_clock`](crate::Game::on_clock) a move for them.
    #[error("play cannot go on without seats {gone:?}, although enough are left")]
    GoneSeat {
        /// The seats that are gone.
        gone: Seats,
    },
    /// A hook failed, which ends play.
    #[error("a hook failed and ended play: {0}")]
    Hook(String),
    /// What a viewer must not know shows in its view: see
    /// [`check_views`](super::check_views).
    #[error("the view of {} shows what it must not know", viewer(*.0))]
    Leak(Option<Seat>),
    /// The rules roll again and again and never ask anybody.
    #[error("the game rolls for ever")]
    RollsForever,
    /// The rules refuse their own options, or the number of players that they claim.
    #[error("cannot be set up: {}", .0.text)]
    Setup(Rejection),
    /// Seats must act, have no candidate that the rules accept, and no clock runs.
    #[error("nothing can happen: seats {must:?} must act, have no legal candidate and no clock")]
    Stuck {
        /// The seats that must act; none if nobody can.
        must: Seats,
    },
    /// An action that was only tried, or refused, left something behind in the state: it holds a
    /// cell or a lock that its copies share.
    #[error("trying what seat {0} can do changed the state: something in it is shared by copies")]
    Trace(Seat),
    /// Played again from a snapshot when the game was over, a step came to another state than
    /// before: the rules look at something that goes on outside the state.
    #[error("step {step} came to another state when it was played again from step {from}")]
    Unrepeatable {
        /// The step after which the snapshot was taken.
        from: usize,
        /// The step that came out differently.
        step: usize,
    },
    /// The view of a state cannot be made.
    #[error("the view failed: {}", .0.text)]
    View(Rejection),
}

fn viewer(seat: Option<Seat>) -> String {
    seat.map_or_else(|| "a watcher".to_owned(), |seat| format!("seat {seat}"))
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            play_out,
            step,
            players,
            kind,
            ..
        } = self;
        let steps = if *step == 1 { "step" } else { "steps" };
        write!(
            f,
            "{kind}\nin game {play_out} of {players} players after {step} {steps}:"
        )?;
        self.trace
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl fmt::Debug for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Flaw {}
