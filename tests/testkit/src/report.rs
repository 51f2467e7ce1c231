//! What a run, and a campaign of runs, found.

use std::fmt;
use std::time::Duration;

use quorate_core::Seats;

use crate::draw::Draw;
use crate::marks::{Faults, Mark, Marks};
use crate::oracle::Violation;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every invariant held, and the table went on after healing.
    Passed,
    /// The first invariant that was broken.
    Violated(Violation),
    /// Nothing is wrong so far, but it took too many steps.
    CutOff,
}

/// How often the dice showed what loaded ones are to show: an even sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throws {
    /// Rolls that had a result.
    pub all: u64,
    /// Those with an even sum.
    pub even: u64,
}

/// What one run found.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was drawn from its seed.
    pub draw: Draw,
    /// How it ended.
    pub ending: Ending,
    /// The highest height decided.
    pub heights: u64,
    /// Seats that were proven guilty.
    pub named: Seats,
    /// What engines were told: frames, timeouts, syncs, moves.
    pub inputs: u64,
    /// Virtual time.
    pub simulated: Duration,
    /// What it met.
    pub marks: Marks,
    /// What struck.
    pub faults: Faults,
    /// What the dice showed.
    pub throws: Throws,
    /// The digest of every step: the same seed gives the same.
    pub hash: u64,
    /// The last steps.
    pub trace: Vec<String>,
}

impl Run {
    /// The violation, if there is one.
    #[must_use]
    pub const fn violation(&self) -> Option<&Violation> {
        match &self.ending {
            Ending::Violated(violation) => Some(violation),
            _ => None,
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "{:#?}", self.draw)?;
        match &self.ending {
            Ending::Passed => writeln!(f, "seed {} passed", self.draw.seed)?,
            Ending::CutOff => writeln!(f, "seed {} was cut off", self.draw.seed)?,
            Ending::Violated(what) => writeln!(f, "seed {} VIOLATES {what}", self.draw.seed)?,
        }
        let seed = self.draw.seed;
        write!(
            f,
            "again, with the same options: `Simulation::one({seed})`; `storm --seed {seed}` of the \
             game's program; `simulate --seed {seed} --trace` for the simulator's own"
        )
    }
}

/// What a campaign found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Seeds run.
    pub seeds: u64,
    /// Seeds that were cut off for length.
    pub cut_off: u64,
    /// Seeds in which the cheats were proven guilty, all of them.
    pub named: u64,
    /// Inputs of all engines.
    pub inputs: u64,
    /// Heights decided.
    pub heights: u64,
    /// Virtual time.
    pub simulated: Duration,
    /// Real time.
    pub took: Duration,
    /// Faults of all seeds.
    pub faults: Faults,
    /// Runs that broke an invariant, by seed.
    pub violations: Vec<Run>,
    /// In how many seeds each mark was met.
    met: Met,
}

#[derive(Clone, Debug)]
struct Met([u64; Mark::ALL.len()]);

impl Default for Met {
    fn default() -> Self {
        Self([0; Mark::ALL.len()])
    }
}

impl Report {
    /// Takes in a run.
    pub(crate) fn add(&mut self, run: Run) {
        self.seeds += 1;
        self.inputs += run.inputs;
        self.heights += run.heights;
        let cheats = run.draw.cheats();
        self.named += u64::from(!cheats.is_empty() && cheats.is_subset(run.named));
        self.simulated += run.simulated;
        self.faults += run.faults;
        for (count, mark) in self.met.0.iter_mut().zip(Mark::ALL) {
            *count += u64::from(run.marks.has(*mark));
        }
        match run.ending {
            Ending::Passed => {}
            Ending::CutOff => self.cut_off += 1,
            Ending::Violated(_) => self.violations.push(run),
        }
    }

    /// Takes in what another thread found.
    pub(crate) fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.cut_off += other.cut_off;
        self.named += other.named;
        self.inputs += other.inputs;
        self.heights += other.heights;
        self.simulated += other.simulated;
        self.faults += other.faults;
        self.violations.extend(other.violations);
        self.violations.sort_by_key(|run| run.draw.seed);
        for (count, more) in self.met.0.iter_mut().zip(other.met.0) {
            *count += more;
        }
    }

    /// Seeds in which every invariant held: whatever struck, the honest seats agreed.
    #[must_use]
    pub const fn agreed(&self) -> u64 {
        self.seeds - self.cut_off - self.violations.len() as u64
    }

    /// In how many seeds a mark was met.
    #[must_use]
    pub fn met(&self, mark: Mark) -> u64 {
        self.met.0[mark as usize]
    }

    /// Marks that too few seeds met: the seeds are too mild to prove anything about them.
    #[must_use]
    pub fn too_rare(&self) -> Vec<Mark> {
        let rare = |mark: &Mark| self.met(*mark) * 1_000 < mark.least_per_mille() * self.seeds;
        Mark::ALL.iter().copied().filter(rare).collect()
    }

    /// Fails a test unless every run kept every invariant.
    ///
    /// # Panics
    /// With the first violation, its last steps, its draw, and how to come there again.
    pub fn assert_clean(&self) {
        if let Some(run) = self.violations.first() {
            let what = run.violation().map(ToString::to_string);
            panic!("{}\n{run}", what.unwrap_or_default());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64().max(0.001);
        #[allow(clippy::cast_precision_loss)] // for people only
        let per_second = |count: u64| count as f64 / seconds;
        writeln!(
            f,
            "{} seeds in {seconds:.1} s ({:.1} a second), {} heights, {} inputs ({:.0} a second)",
            self.seeds,
            per_second(self.seeds),
            self.heights,
            self.inputs,
            per_second(self.inputs),
        )?;
        writeln!(
            f,
            "{:.1} simulated hours",
            self.simulated.as_secs_f64() / 3_600.0
        )?;
        writeln!(f, "faults: {}", self.faults)?;
        for mark in Mark::ALL {
            #[allow(clippy::cast_precision_loss, reason = "a percentage for people")]
            let share = 100.0 * self.met(*mark) as f64 / self.seeds.max(1) as f64;
            writeln!(f, "  {share:5.1} % of seeds: {}", mark.text())?;
        }
        if self.cut_off > 0 {
            writeln!(f, "{} seeds were cut off for length", self.cut_off)?;
        }
        let seeds: Vec<_> = self.violations.iter().map(|run| run.draw.seed).collect();
        write!(f, "{} violations {seeds:?}", seeds.len())
    }
}
