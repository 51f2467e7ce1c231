//! Which game this is, and of which Quorate.

use std::fmt;

use crate::Game;

/// Which rules a program plays by and which Quorate it is built with: what `--version` prints, and
/// what a report of a fault should begin with.
///
/// Devices compare fingerprints of their rules before the first move, whatever these numbers say.
///
/// ```
/// # use std::ops::RangeInclusive;
/// # use quorate::{Cx, Game, Outcome, Seat, Turn, Verdict, Viewer};
/// # #[quorate::data] struct Snap;
/// # impl Game for Snap {
/// #     const NAME: &'static str = "snap";
/// #     type State = (); type Action = (); type Event = (); type View = ();
/// #     fn players(&self) -> RangeInclusive<u8> { 1..=1 }
/// #     fn setup(&self, _: &mut Cx<Self>) -> Verdict<()> { Ok(()) }
/// #     fn turn(&self, _: &()) -> Turn { Turn::nobody() }
/// #     fn apply(&self, _: &mut (), _: &mut Cx<Self>, _: Seat, _: ()) -> Verdict { Ok(()) }
/// #     fn outcome(&self, _: &()) -> Option<Outcome> { None }
/// #     fn view(&self, _: &(), _: &Viewer) {}
/// # }
/// let version = quorate::Version::of::<Snap>().to_string();
/// assert!(version.starts_with("snap, version 1 of the rules; quorate "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Version {
    /// The game.
    pub game: &'static str,
    /// The version of its rules.
    pub rules: u32,
    /// The version of Quorate.
    pub quorate: &'static str,
}

impl Version {
    /// That of a program that plays `G`.
    #[must_use]
    pub const fn of<G: Game>() -> Self {
        Self {
            game: G::NAME,
            rules: G::VERSION,
            quorate: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            game,
            rules,
            quorate,
        } = self;
        write!(f, "{game}, version {rules} of the rules; quorate {quorate}")
    }
}
