//! A second table that lives from bytes to bytes.

use std::fmt::Debug;
use std::sync::Arc;

use super::FlawKind;
use crate::codec;
use crate::game::{Data, Game, Happened, Rejection};
use crate::local::Op;
use crate::seat::Seats;
use crate::state::{Play, Saved};

/// A table that is told what another was told, and is decoded anew before each time.
pub(super) struct Twin<G: Game> {
    game: Arc<G>,
    bytes: Vec<u8>,
    /// What happened and the other table has not told yet.
    happened: Vec<Happened<G>>,
}

impl<G: Game> Twin<G> {
    /// Sets a table up from options decoded anew.
    pub(super) fn new(game: &G, players: Seats) -> Result<Self, FlawKind> {
        let game = Arc::new(again(game).map_err(FlawKind::Setup)?);
        let (own, step) = Play::start(Arc::clone(&game), players).map_err(FlawKind::Setup)?;
        Ok(Self {
            game,
            bytes: bytes(&own)?,
            happened: step.happened,
        })
    }

    /// Tells the twin `ops`, after which it must be as `play`, and the same must have happened.
    pub(super) fn follow(
        &mut self,
        ops: Vec<Op<G>>,
        play: &Play<G>,
        happened: &[Happened<G>],
    ) -> Result<(), FlawKind> {
        let mut own = self.decoded()?;
        for op in ops {
            let told = format!("{op:?}");
            let step = reread(op)?
                .run(&mut own)
                .map_err(|error| FlawKind::Diverged {
                    place: "the verdict of the rules".to_owned(),
                    one: format!("{told} was accepted"),
                    other: format!("it was refused: {error}"),
                })?;
            self.happened.extend(step.happened);
            self.bytes = bytes(&own)?;
            own = self.decoded()?;
        }
        self.compare(play, &own)?;
        same(happened, &std::mem::take(&mut self.happened))
    }

    fn decoded(&self) -> Result<Play<G>, FlawKind> {
        decoded(&self.game, &self.bytes)
    }

    /// The rules as the twin has them.
    pub(super) const fn game(&self) -> &Arc<G> {
        &self.game
    }

    fn compare(&self, play: &Play<G>, own: &Play<G>) -> Result<(), FlawKind> {
        if self.bytes == bytes(play)? && play.turn() == own.turn() {
            return Ok(());
        }
        same(play.state(), own.state())?;
        same(play, own)?;
        Err(FlawKind::Diverged {
            place: "the bytes".to_owned(),
            one: "the bytes differ".to_owned(),
            other: "although they print alike".to_owned(),
        })
    }
}

/// The game that `bytes` hold.
pub(super) fn decoded<G: Game>(game: &Arc<G>, bytes: &[u8]) -> Result<Play<G>, FlawKind> {
    let saved: Saved = codec::decode(bytes).map_err(unreadable)?;
    Play::restore(Arc::clone(game), saved).map_err(unreadable)
}

/// A game as bytes.
pub(super) fn bytes<G: Game>(play: &Play<G>) -> Result<Vec<u8>, FlawKind> {
    let saved = play
        .save()
        .map_err(|bug| FlawKind::Hook(bug.text.into_owned()))?;
    codec::encode(&saved).map_err(unreadable)
}

/// Actions reach other tables as bytes, each by itself.
fn reread<G: Game>(op: Op<G>) -> Result<Op<G>, FlawKind> {
    Ok(match op {
        Op::Act {
            seat,
            turn,
            actions,
        } => Op::Act {
            seat,
            turn,
            actions: actions
                .iter()
                .map(again)
                .collect::<Result<_, _>>()
                .map_err(unreadable)?,
        },
        Op::Opened(moves) => Op::Opened(again(&moves).map_err(unreadable)?),
        other => other,
    })
}

fn again<T: Data>(value: &T) -> Result<T, Rejection> {
    let bytes = codec::encode(value).map_err(|error| unencodable(&error))?;
    codec::decode(&bytes).map_err(|error| unencodable(&error))
}

fn unencodable(error: &impl std::fmt::Display) -> Rejection {
    Rejection::formatted(
        "no canonical bytes",
        format_args!("no canonical bytes: {error}"),
    )
    .as_bug()
}

#[allow(clippy::needless_pass_by_value)] // fits `map_err`
fn unreadable(error: impl std::fmt::Display) -> FlawKind {
    FlawKind::Diverged {
        place: "the bytes".to_owned(),
        one: "a value was encoded".to_owned(),
        other: error.to_string(),
    }
}

/// Compares what two values print, and shows the first line that differs.
fn same<T: Debug + ?Sized>(one: &T, other: &T) -> Result<(), FlawKind> {
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    if one == other {
        return Ok(());
    }
    let (ones, others): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    let pairs = ones.iter().zip(&others);
    let at = pairs.take_while(|(one, other)| one == other).count();
    let line = |lines: &[&str]| {
        lines
            .get(at)
            .map_or("(nothing)", |line| line.trim())
            .to_owned()
    };
    Err(FlawKind::Diverged {
        place: place(ones.get(..=at).unwrap_or(&ones)),
        one: line(&ones),
        other: line(&others),
    })
}

/// The names of the fields around the last of `lines`, which `{:#?}` printed: those of the lines
/// above that are indented less and less.
fn place(lines: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (mut names, mut within) = (Vec::new(), usize::MAX);
    for line in lines.iter().rev() {
        if indent(line) < within {
            within = indent(line);
            let opens = line.ends_with(['{', '(', '[']);
            let name = line.trim().split([':', ' ', '(', '{', '[']).next();
            names.extend(name.filter(|name| !name.is_empty() && (opens || line.contains(": "))));
        }
    }
    names.reverse();
    names.join(".")
}
