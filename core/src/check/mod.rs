//! Plays a game against itself to find what would break it at a table.
//!
//! [`check`] plays hundreds of random games with seats that leave, dawdle, withhold and join, on
//! two tables: one goes on from step to step, the other is decoded anew from bytes before each.
//! Where they differ the rules hold something that bytes do not: a `HashMap`, a skipped field, a
//! clock, a cell. Actions are twisted into what no honest program sends, refused ones must leave no
//! trace, and when a game is over it is played again from snapshots. It costs a second or two in a
//! test and saves a forked table at a party.

use std::fmt;

mod again;
mod fingerprint;
mod flaw;
mod hostile;
mod play_out;
mod twin;

pub use fingerprint::{fingerprint, overflow_is_checked};
pub use flaw::{Flaw, FlawKind};

use play_out::PlayOut;

use crate::game::{End, Game};
use crate::seat::Seat;

/// How to check a game.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// How many games to play.
    pub play_outs: u32,
    /// After how many things done a game is left unfinished.
    pub steps: u32,
    /// What all chance follows from: the same seed plays the same games.
    pub seed: u64,
    /// How many play; `None` for every number in turn that the game allows, up to eight and at
    /// least the smallest.
    pub players: Option<u8>,
    /// Whether seats leave, dawdle, withhold and join.
    pub absences: bool,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            play_outs: 300,
            steps: 500,
            seed: 0,
            players: None,
            absences: true,
        }
    }
}

impl Check {
    /// As many games as there is patience for.
    #[must_use]
    pub const fn play_outs(self, play_outs: u32) -> Self {
        Self { play_outs, ..self }
    }

    /// Longer or shorter games.
    #[must_use]
    pub const fn steps(self, steps: u32) -> Self {
        Self { steps, ..self }
    }

    /// Other games.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// A fixed number of players.
    #[must_use]
    pub const fn players(self, players: u8) -> Self {
        Self {
            players: Some(players),
            ..self
        }
    }

    /// Everybody stays and plays in time.
    #[must_use]
    pub const fn without_absences(self) -> Self {
        Self {
            absences: false,
            ..self
        }
    }
}

/// What a check saw, when nothing was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Games played.
    pub play_outs: u32,
    /// Games, first ones and rematches, that came to an outcome.
    pub finished: u32,
    /// Games abandoned because too few were left.
    pub abandoned: u32,
    /// Games that were still going on when the steps were used up. If they are many, the game
    /// hardly ever ends by chance, or [`Check::steps`] is too small.
    pub unfinished: u32,
    /// Steps of all games together.
    pub steps: u64,
    /// The highest turn number reached.
    pub turns_max: u64,
    /// Bytes of the largest state.
    pub state_bytes_max: usize,
    /// Bytes of the largest action.
    pub action_bytes_max: usize,
    /// Actions that some candidate offered and the rules refused. Harmless, yet each costs a
    /// try; if it far exceeds `steps`, offer better candidates.
    pub candidates_refused: u64,
    /// Hostile actions that were tried: real ones with something in their bytes changed.
    pub hostile: u64,
    /// Of these, such as the rules allow.
    pub hostile_allowed: u64,
}

/// Plays `game` many times and looks for what would break it at a table.
///
/// # Errors
/// The first [`Flaw`] found.
///
/// ```
/// # use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
/// # use quorate_core::{Seat, Seats, data};
/// use quorate_core::check::{Check, FlawKind, check};
///
/// /// Whoever moves wins; but the state counts in floats.
/// #[data(crate = quorate_core)]
/// struct Hasty;
///
/// # impl Game for Hasty {
/// #     const NAME: &'static str = "hasty";
/// #     type State = (Option<Seat>, Option<f32>);
/// #     type Action = ();
/// #     type Event = ();
/// #     type View = ();
/// #     fn players(&self) -> std::ops::RangeInclusive<u8> { 2..=2 }
/// #     fn setup(&self, _: &mut Cx<Self>) -> Verdict<Self::State> { Ok((None, None)) }
/// #     fn turn(&self, _: &Self::State) -> Turn { Turn::of(Seats::first(2)) }
/// #     fn apply(&self, s: &mut Self::State, _: &mut Cx<Self>, seat: Seat, _: ()) -> Verdict {
/// #         *s = (Some(seat), Some(0.5));
/// #         Ok(())
/// #     }
/// #     fn outcome(&self, s: &Self::State) -> Option<Outcome> { s.0.map(Outcome::won) }
/// #     fn view(&self, _: &Self::State, _: &Viewer) {}
/// #     fn candidates(&self, _: &Self::State, _: Seat) -> Vec<()> { vec![()] }
/// # }
/// let flaw = check(&Hasty, &Check::default()).unwrap_err();
/// assert!(matches!(flaw.kind, FlawKind::Bug { .. }));
/// assert!(flaw.to_string().contains("a float has no canonical encoding"));
/// ```
pub fn check<G: Game>(game: &G, options: &Check) -> Result<Report, Flaw> {
    play_all(game, options, None)
}

/// As [`check`], and looks for views that show too much.
///
/// Rolls that are [hidden](crate::game::Cx::roll_hidden) and moves that are
/// [sealed](crate::game::Turn::sealed) cannot show too early, whatever the rules do. What the state
/// itself holds and a view should hide only its author knows: `conceal` changes, in a copy of the
/// state, all that a viewer must not know (none stands for a watcher), and the viewer's view must
/// stay the same.
///
/// # Errors
/// The first [`Flaw`] found; [`FlawKind::Leak`] names whose view it is.
///
/// ```
/// # use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
/// # use quorate_core::{PerSeat, Seat, Seats, data};
/// use quorate_core::check::{Check, FlawKind, check_views};
///
/// /// Each names a number; the nearest to the others' wins. The view forgets to hide them.
/// #[data(crate = quorate_core)]
/// struct Guess;
///
/// # impl Game for Guess {
/// #     const NAME: &'static str = "guess";
/// type State = PerSeat<u8>;
/// type View = PerSeat<u8>;
/// #     type Action = u8;
/// #     type Event = ();
/// #     fn players(&self) -> std::ops::RangeInclusive<u8> { 2..=2 }
/// #     fn setup(&self, _: &mut Cx<Self>) -> Verdict<Self::State> { Ok(PerSeat::default()) }
/// #     fn turn(&self, s: &Self::State) -> Turn { Turn::of(Seats::first(2) - s.seats()) }
/// #     fn apply(&self, s: &mut Self::State, _: &mut Cx<Self>, seat: Seat, n: u8) -> Verdict {
/// #         s.insert(seat, n);
/// #         Ok(())
/// #     }
/// #     fn outcome(&self, s: &Self::State) -> Option<Outcome> {
/// #         (s.len() == 2).then(Outcome::draw)
/// #     }
/// #     fn candidates(&self, _: &Self::State, _: Seat) -> Vec<u8> { vec![1, 2] }
/// fn view(&self, numbers: &PerSeat<u8>, _: &Viewer) -> PerSeat<u8> {
///     numbers.clone()
/// }
/// # }
/// let conceal = |numbers: &mut PerSeat<u8>, viewer: Option<Seat>| {
///     for (seat, number) in numbers.iter_mut().filter(|(seat, _)| Some(*seat) != viewer) {
///         *number = number.wrapping_add(1);
///     }
/// };
/// let flaw = check_views(&Guess, &Check::default(), conceal).unwrap_err();
/// assert!(matches!(flaw.kind, FlawKind::Leak(_)));
/// ```
pub fn check_views<G: Game>(
    game: &G,
    options: &Check,
    conceal: impl Fn(&mut G::State, Option<Seat>),
) -> Result<Report, Flaw> {
    play_all(game, options, Some(&conceal))
}

/// Changes what a viewer must not know.
type Conceal<'a, G> = &'a dyn Fn(&mut <G as Game>::State, Option<Seat>);

fn play_all<G: Game>(
    game: &G,
    options: &Check,
    conceal: Option<Conceal<'_, G>>,
) -> Result<Report, Flaw> {
    let mut report = Report::default();
    let before = fingerprint(game);
    for number in 0..options.play_outs {
        let mut play_out = PlayOut::new(game, options, number, conceal)?;
        play_out.play(options)?;
        report.add(&play_out.report);
    }
    if before == fingerprint(game) {
        Ok(report)
    } else {
        Err(Flaw {
            play_out: options.play_outs,
            step: 0,
            players: 0,
            trace: Vec::new(),
            kind: FlawKind::Fingerprint,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            play_outs,
            finished,
            abandoned,
            unfinished,
            ..
        } = self;
        write!(
            f,
            "nothing wrong in {play_outs} play-outs: {finished} games finished, {abandoned} were \
             abandoned, {unfinished} still went on when the steps were used up"
        )
    }
}

impl Report {
    fn add(&mut self, other: &Self) {
        self.play_outs += other.play_outs;
        self.finished += other.finished;
        self.abandoned += other.abandoned;
        self.unfinished += other.unfinished;
        self.steps += other.steps;
        self.turns_max = self.turns_max.max(other.turns_max);
        self.state_bytes_max = self.state_bytes_max.max(other.state_bytes_max);
        self.action_bytes_max = self.action_bytes_max.max(other.action_bytes_max);
        self.candidates_refused += other.candidates_refused;
        self.hostile += other.hostile;
        self.hostile_allowed += other.hostile_allowed;
    }

    fn count_end(&mut self, end: Option<&End>) {
        match end {
            None => self.unfinished += 1,
            Some(End::Finished(_)) => self.finished += 1,
            Some(End::Abandoned | End::RulesBug(_)) => self.abandoned += 1,
        }
    }
}
