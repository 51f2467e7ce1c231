//! Storms: whole tables of a game in the simulator, with lost messages, crashes and cheats.

use std::fmt;
use std::io::{self, Write};

use quorate_testkit::attack::Kind;
use quorate_testkit::{Report, Simulation};
use serde_json::json;

use crate::{Game, Protocol};

/// Heights that faults strike at each table: enough for every kind of thing to happen.
const HEIGHTS: u64 = 10;

/// What storm to make.
///
/// ```
/// use quorate::Storm;
///
/// let mut storm = Storm::default();
/// storm.set("seeds", "20").unwrap();
/// storm.set("cheat", "double-vote").unwrap();
/// assert!(storm.set("cheat", "nicely").is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Storm {
    /// Seats at each table; by itself four, or what the game allows nearest to that.
    pub seats: Option<usize>,
    /// How many tables.
    pub seeds: u64,
    /// Only this one, with every step told on standard error.
    pub seed: Option<u64>,
    /// How one seat of each table cheats; by itself as each seed draws it.
    pub cheat: Option<Kind>,
    /// How blocks are agreed on; by itself as each seed draws it.
    pub protocol: Option<Protocol>,
    /// Whether the report is JSON.
    pub json: bool,
}

impl Default for Storm {
    fn default() -> Self {
        Self {
            seats: None,
            seeds: 100,
            seed: None,
            cheat: None,
            protocol: None,
            json: false,
        }
    }
}

/// Why there is no storm.
#[derive(Debug)]
#[non_exhaustive]
pub enum StormError {
    /// The game is not played by so many.
    Seats(usize),
    /// A table too small to bear a cheat.
    NoRoomForCheats(usize),
    /// What is told cannot be written.
    Io(io::Error),
}

impl Storm {
    /// The options of [`set`](Self::set).
    pub const OPTIONS: [&str; 5] = ["seats", "seeds", "seed", "cheat", "protocol"];

    /// Sets the option of that name, as a command line has it.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        fn parsed<T: std::str::FromStr<Err: fmt::Display>>(value: &str) -> Result<T, String> {
            value.parse().map_err(|error| format!("{value:?}: {error}"))
        }
        match option {
            "seats" => self.seats = Some(parsed(value)?),
            "seeds" => self.seeds = parsed(value)?,
            "seed" => self.seed = Some(parsed(value)?),
            "cheat" => self.cheat = Some(value.parse().map_err(said)?),
            "protocol" => self.protocol = Some(value.parse().map_err(said)?),
            _ => return Err(format!("a storm has no option {option:?}")),
        }
        Ok(())
    }

    /// Plays tables of `game` through the storm and tells `out` how they fared; a table that did
    /// not agree is told with the line that plays it again, which begins with `program`. Returns
    /// whether all agreed.
    ///
    /// # Errors
    /// [`StormError`] if the game is not played by so many, or `out` fails.
    pub fn run<G: Game>(
        &self,
        game: G,
        program: &str,
        out: &mut impl Write,
    ) -> Result<bool, StormError> {
        let seats = self.seats(&game)?;
        let seeds = self.seed.map_or(0..self.seeds, |seed| seed..seed + 1);
        let mut simulation = Simulation::of(game)
            .seats(seats)
            .heights(HEIGHTS)
            .seeds(seeds)
            .traced(self.seed.is_some());
        if let Some(kind) = self.cheat {
            simulation = simulation.cheat(kind);
        }
        if let Some(protocol) = self.protocol {
            simulation = simulation.protocol(protocol);
        }
        let report = simulation.run();
        if self.json {
            self.tell_json(&report, program, seats, out)?;
        } else {
            self.tell(&report, program, seats, out)?;
        }
        Ok(report.agreed() == report.seeds)
    }

    fn seats<G: Game>(&self, game: &G) -> Result<usize, StormError> {
        let players = game.players();
        let (least, most) = (usize::from(*players.start()), usize::from(*players.end()));
        let seats = self.seats.unwrap_or(4.clamp(least, most.max(least)));
        if !(least..=most).contains(&seats) {
            Err(StormError::Seats(seats))
        } else if self.cheat.is_some() && seats < 4 {
            Err(StormError::NoRoomForCheats(seats))
        } else {
            Ok(seats)
        }
    }

    fn tell(
        &self,
        report: &Report,
        program: &str,
        seats: usize,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for run in &report.violations {
            let what = run.violation().map(ToString::to_string);
            let seed = run.draw.seed;
            writeln!(
                out,
                "seed {seed} did not agree: {}",
                what.unwrap_or_default()
            )?;
            writeln!(out, "replay: {}", self.replay(program, seats, seed))?;
        }
        writeln!(out, "{} agreed", report.agreed())?;
        if report.cut_off > 0 {
            writeln!(out, "{} took too long and were left off", report.cut_off)?;
        }
        if let Some(kind) = self.cheat {
            let named = report.named;
            writeln!(
                out,
                "{kind}: the cheat was named {named} times, and nobody else"
            )?;
        }
        writeln!(
            out,
            "{} tables of {seats}, {} heights; {}; {:.1} s",
            report.seeds,
            report.heights,
            report.faults,
            report.took.as_secs_f64()
        )
    }

    fn tell_json(
        &self,
        report: &Report,
        program: &str,
        seats: usize,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let failed = report.violations.iter().map(|run| {
            json!({
                "seed": run.draw.seed,
                "why": run.violation().map(ToString::to_string),
                "replay": self.replay(program, seats, run.draw.seed),
            })
        });
        let line = json!({
            "seats": seats,
            "seeds": report.seeds,
            "agreed": report.agreed(),
            "cut_off": report.cut_off,
            "cheat": self.cheat.map(Kind::name),
            "named": report.named,
            "heights": report.heights,
            "failed": failed.collect::<Vec<_>>(),
        });
        writeln!(out, "{line}")
    }

    /// The line that plays one table again.
    fn replay(&self, program: &str, seats: usize, seed: u64) -> String {
        let cheat = self.cheat.map(|kind| format!(" --cheat {kind}"));
        let protocol = self
            .protocol
            .map(|protocol| format!(" --protocol {protocol}"));
        let (cheat, protocol) = (cheat.unwrap_or_default(), protocol.unwrap_or_default());
        format!("{program} storm --seats {seats} --seed {seed}{cheat}{protocol}")
    }
}

fn said(error: impl fmt::Display) -> String {
    error.to_string()
}

impl fmt::Display for StormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seats(seats) => write!(f, "the game is not played by {seats}"),
            Self::NoRoomForCheats(seats) => {
                write!(
                    f,
                    "a table of {seats} bears no cheat; take four seats or more"
                )
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StormError {}

impl From<io::Error> for StormError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
