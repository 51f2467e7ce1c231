//! Storms: whole tables of a game in the simulator, with lost messages, crashes and cheats.

mod failures;

use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use quorate_testkit::attack::Kind;
use quorate_testkit::{Mark, Report, Simulation};
use serde_json::json;

use crate::{Game, Play, Protocol, Rejection, Scheme, Seats, with_panic_place};

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
    /// Whether so many seats of each table betray the rest that it can be forked, which is more
    /// than it bears; those who are left then go on at a successor.
    pub traitors: bool,
    /// How blocks are agreed on; by itself as each seed draws it.
    pub protocol: Option<Protocol>,
    /// How the seats sign; by itself as each seed draws it, which is mostly with stand-ins that
    /// cost nothing.
    pub signatures: Option<Scheme>,
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
            traitors: false,
            protocol: None,
            signatures: None,
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
    /// More seats than may sign so.
    Crowded(usize, Scheme),
    /// A table too small to bear a cheat, or to have two sides that traitors could part.
    NoRoomForCheats(usize),
    /// Both a way to cheat and traitors, who have ways of their own.
    CheatAndTraitors,
    /// The rules cannot set a game up.
    Rules(Rejection),
    /// What is told cannot be written.
    Io(io::Error),
}

impl Storm {
    /// The options of [`set`](Self::set).
    pub const OPTIONS: [&str; 6] = ["seats", "seeds", "seed", "cheat", "protocol", "signatures"];

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
            "seeds" => match parsed(value)? {
                0 => return Err("\"0\": a storm takes one table at least".to_owned()),
                seeds => self.seeds = seeds,
            },
            "seed" => match parsed(value)? {
                u64::MAX => return Err(format!("{value:?}: no seed is that large")),
                seed => self.seed = Some(seed),
            },
            "cheat" => self.cheat = Some(value.parse().map_err(said)?),
            "protocol" => self.protocol = Some(value.parse().map_err(said)?),
            "signatures" => self.signatures = Some(value.parse().map_err(said)?),
            _ => return Err(format!("a storm has no option {option:?}")),
        }
        Ok(())
    }

    /// The ways to cheat, each with what it does: what `--cheat help` prints.
    ///
    /// ```
    /// let cheats = quorate::Storm::cheats().to_string();
    /// assert!(cheats.contains("double-vote  "));
    /// ```
    #[must_use]
    pub const fn cheats() -> impl fmt::Display {
        Cheats
    }

    /// Plays tables of `game` through the storm and tells `out` how they fared; a table that did
    /// not agree is told with the line that plays it again, which begins with `program`, and those
    /// that failed like it by their seeds. Returns whether all agreed.
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
        let only = |seed: u64| seed..seed.saturating_add(1);
        let seeds = self.seed.map_or(0..self.seeds, only);
        let mut simulation = Simulation::of(game)
            .seats(seats)
            .heights(HEIGHTS)
            .seeds(seeds)
            .traced(self.seed.is_some());
        if let Some(kind) = self.cheat {
            simulation = simulation.cheat(kind);
        }
        if self.traitors {
            simulation = simulation.traitors();
        }
        if let Some(protocol) = self.protocol {
            simulation = simulation.protocol(protocol);
        }
        if let Some(signatures) = self.signatures {
            simulation = simulation.signatures(signatures);
        }
        let report = simulation.run();
        if self.json {
            self.tell_json(&report, program, seats, out)?;
        } else {
            self.tell(&report, program, seats, out)?;
        }
        Ok(report.agreed() == report.seeds)
    }

    /// How many sit at each table, for whom the rules must be able to set a game up: what they
    /// cannot do without faults no storm needs to show.
    fn seats<G: Game>(&self, game: &G) -> Result<usize, StormError> {
        let players = catch_unwind(AssertUnwindSafe(|| game.players()));
        let players = players.unwrap_or(1..=1); // what is wrong shows in a moment
        let (least, most) = (usize::from(*players.start()), usize::from(*players.end()));
        let seats = self.seats.unwrap_or(4.clamp(least, most.max(least)));
        let set_up = Play::start(Arc::new(game.clone()), Seats::first(seats));
        if let Err(why) = set_up.map(drop)
            && (why.bug || (least..=most).contains(&seats))
        {
            return Err(StormError::Rules(why));
        }
        let scheme = self.signatures.unwrap_or_default();
        if !(least..=most).contains(&seats) {
            Err(StormError::Seats(seats))
        } else if seats > usize::from(scheme.seats_max()) {
            Err(StormError::Crowded(seats, scheme))
        } else if self.cheat.is_some() && self.traitors {
            Err(StormError::CheatAndTraitors)
        } else if (self.cheat.is_some() || self.traitors) && seats < 4 {
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
        let replay = |seed| self.replay(program, seats, seed);
        failures::tell(&report.violations, replay, out)?;
        if self.traitors {
            tell_forks(report, out)?;
        } else {
            writeln!(out, "{} agreed", report.agreed())?;
        }
        if report.cut_off > 0 {
            writeln!(out, "{} took too long and were left off", report.cut_off)?;
        }
        if let Some(kind) = self.cheat {
            let named = report.named;
            if named > 0 || kind.is_provable() {
                let what = format!("the cheat was named {named} times, and nobody else");
                writeln!(out, "{kind}: {what}")?;
            } else {
                writeln!(out, "{kind}: leaves no proof, so nobody was named")?;
            }
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
            "traitors": self.traitors.then(|| json!({
                "forked": report.met(Mark::Forked),
                "played_on": report.met(Mark::HeirsPlayed),
                "abandoned": report.met(Mark::HeirsAbandoned),
                "too_few": report.met(Mark::HeirsTooFew),
                "secrets": report.met(Mark::HeirsBound),
            })),
            "heights": report.heights,
            "failed": failed.collect::<Vec<_>>(),
        });
        writeln!(out, "{line}")
    }

    /// The line that plays one table again.
    fn replay(&self, program: &str, seats: usize, seed: u64) -> String {
        let chosen = [
            self.cheat.map(|kind| format!(" --cheat {kind}")),
            self.traitors.then(|| " --traitors".to_owned()),
            self.protocol.map(|name| format!(" --protocol {name}")),
            self.signatures.map(|name| format!(" --signatures {name}")),
        ];
        let chosen: String = chosen.into_iter().flatten().collect();
        format!("{program} storm --seats {seats} --seed {seed}{chosen}")
    }
}

/// What traitors came to.
fn tell_forks(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let forked = report.met(Mark::Forked);
    writeln!(
        out,
        "{forked} forked: the honest stopped with a proof, and blamed nobody who is honest"
    )?;
    let ends = [
        (
            Mark::HeirsPlayed,
            "they went on at a successor with what they had, without the guilty",
        ),
        (
            Mark::HeirsAbandoned,
            "they went on, and the rules gave the game up with so few",
        ),
        (Mark::HeirsTooFew, "too few were left to go on"),
        (
            Mark::HeirsBound,
            "secrets were open all the time, and no successor can open them",
        ),
    ];
    for (mark, what) in ends {
        match report.met(mark) {
            0 => {}
            count => writeln!(out, "  in {count} {what}")?,
        }
    }
    let agreed = report.agreed().saturating_sub(forked);
    writeln!(out, "{agreed} agreed: the traitors did not part them")
}

/// The ways to cheat, a line each.
struct Cheats;

impl fmt::Display for Cheats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ways to cheat; * leaves a proof, so the table names who did it")?;
        Kind::every().try_for_each(|kind| {
            let proof = if kind.is_provable() { '*' } else { ' ' };
            write!(f, "\n{proof} {kind:<24}{}", kind.about())
        })
    }
}

fn said(error: impl fmt::Display) -> String {
    error.to_string()
}

impl fmt::Display for StormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seats(seats) => write!(f, "the game is not played by {seats}"),
            Self::Crowded(seats, scheme) => {
                let most = scheme.seats_max();
                write!(f, "{seats} seats; with {scheme} at most {most} can sign")
            }
            Self::NoRoomForCheats(seats) => {
                write!(
                    f,
                    "a table of {seats} bears no cheat; take four seats or more"
                )
            }
            Self::CheatAndTraitors => f.write_str("either --cheat or --traitors, not both"),
            Self::Rules(why) => {
                let why = with_panic_place(&why.text);
                write!(f, "the rules cannot set a game up: {why}")
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StormError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for StormError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
