//! Many seeds of one game, on every core.

use std::ops::{Range, RangeInclusive};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quorate_core::genesis::{Protocol, Scheme};
use quorate_core::{Game, Seats};

use crate::attack::Kind;
use crate::draw::Draw;
use crate::games::Odds;
use crate::house::House;
#[cfg(doc)]
use crate::marks::Mark;
use crate::marks::{Faults, Marks};
use crate::mutant::Mutant;
use crate::oracle::{Invariant, Violation};
use crate::report::{Ending, Report, Run, Throws};
use crate::scenario::Scenario;
use crate::script::{AnyMove, Gamblers, Script};
use crate::world::World;

/// Seats of a drawn table, at most.
const SEATS_MAX: usize = 13;

/// Violations after which a thread of a campaign has shown enough.
const ENOUGH: usize = 10;

/// Simulated tables of one game.
///
/// ```
/// use quorate_testkit::{Simulation, games::Odds};
///
/// Simulation::new(|_| Odds::default()).seeds(0..3).heights(5).run().assert_clean();
/// ```
pub struct Simulation<G: Game> {
    game: Box<dyn Fn(&Draw) -> G + Send + Sync>,
    script: Arc<dyn Script<G>>,
    seeds: Range<u64>,
    heights: Option<u64>,
    seats: Option<usize>,
    /// How many seats a drawn table may have.
    players: RangeInclusive<usize>,
    cheat: Option<Kind>,
    traitors: bool,
    protocol: Option<Protocol>,
    signatures: Option<Scheme>,
    mutant: Option<Mutant>,
    threads: usize,
    traced: bool,
    customs: bool,
    scenario: Option<Scenario>,
    enough: usize,
}

impl Simulation<Odds> {
    /// Tables of the simulator's own game, each with the clock that its seed draws.
    #[must_use]
    pub fn odds() -> Self {
        let game = |draw: &Draw| Odds {
            clock_ms: u32::try_from(draw.players.clock.as_millis()).unwrap_or(u32::MAX),
            dark: draw.dark,
            ..Odds::default()
        };
        Self::new(game).script(Gamblers).customs()
    }
}

impl<G: Game> Simulation<G> {
    /// Tables of the game that `game` makes for each draw, played by its candidates.
    #[must_use]
    pub fn new(game: impl Fn(&Draw) -> G + Send + Sync + 'static) -> Self {
        Self {
            game: Box::new(game),
            script: Arc::new(AnyMove),
            seeds: 0..100,
            heights: None,
            seats: None,
            players: 1..=SEATS_MAX,
            cheat: None,
            traitors: false,
            protocol: None,
            signatures: None,
            mutant: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            traced: false,
            customs: false,
            scenario: None,
            enough: ENOUGH,
        }
    }

    /// Tables of `game`, with as many seats as it takes, played by its candidates: for the tests of
    /// whoever writes it.
    ///
    /// # Panics
    /// If [`Game::players`] does.
    #[must_use]
    pub fn of(game: G) -> Self {
        let players = game.players();
        let least = usize::from(*players.start()).clamp(1, SEATS_MAX);
        let most = usize::from(*players.end()).clamp(least, SEATS_MAX);
        let players = least..=most;
        Self {
            players,
            ..Self::new(move |_| game.clone())
        }
    }

    /// One seat of each table cheats this way whenever it can, in place of whom the seed draws. A
    /// table of fewer than four bears no cheat, and has none.
    #[must_use]
    pub const fn cheat(mut self, kind: Kind) -> Self {
        self.cheat = Some(kind);
        self
    }

    /// Lets so many seats of each table betray the rest that it can be forked: more than it bears.
    /// A table that is must stop, and those who are left must play on at a successor where they
    /// are enough: [`Mark::HeirsPlayed`], [`Mark::HeirsAbandoned`], [`Mark::HeirsTooFew`] and
    /// [`Mark::HeirsBound`] count how that went, of those with [`Mark::Forked`]. A table of fewer
    /// than four has no traitors.
    #[must_use]
    pub const fn traitors(mut self) -> Self {
        self.traitors = true;
        self
    }

    /// Who plays, and what the oracle may ask.
    #[must_use]
    pub fn script(mut self, script: impl Script<G> + 'static) -> Self {
        self.script = Arc::new(script);
        self
    }

    /// Which seeds.
    #[must_use]
    pub const fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }

    /// How many heights faults strike at most, in place of what the seed draws.
    #[must_use]
    pub const fn heights(mut self, heights: u64) -> Self {
        self.heights = Some(heights);
        self
    }

    /// How many seats, in place of what the seed draws; needed where the game does not play with
    /// any number from 1 to 13. The cheats stay within what that many can bear.
    #[must_use]
    pub const fn seats(mut self, seats: usize) -> Self {
        self.seats = Some(seats);
        self
    }

    /// How blocks are agreed on, in place of what the seed draws.
    #[must_use]
    pub const fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// How the seats sign, in place of what the seed draws. ML-DSA has no stand-in, so such tables
    /// take far longer.
    #[must_use]
    pub const fn signatures(mut self, signatures: Scheme) -> Self {
        self.signatures = Some(signatures);
        self
    }

    /// Lets seeds draw witnesses, fault profiles, stall policies and rosters that change: for games
    /// that play on whoever comes and goes.
    #[must_use]
    pub const fn customs(mut self) -> Self {
        self.customs = true;
        self
    }

    /// Gives every seed this scenario.
    #[must_use]
    pub const fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Breaks a rule on purpose.
    #[must_use]
    pub const fn mutant(mut self, mutant: Option<Mutant>) -> Self {
        self.mutant = mutant;
        self
    }

    /// On how many threads; a seed runs on one.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// After how many violations each thread stops.
    #[must_use]
    pub const fn enough(mut self, violations: usize) -> Self {
        self.enough = violations;
        self
    }

    /// Says every step aloud.
    #[must_use]
    pub const fn traced(mut self, traced: bool) -> Self {
        self.traced = traced;
        self
    }

    /// Runs every seed; stops early once there are many violations.
    #[must_use]
    pub fn run(&self) -> Report {
        let started = Instant::now();
        let next = AtomicU64::new(self.seeds.start);
        let mut report = Report::default();
        std::thread::scope(|scope| {
            let work = || {
                let mut found = Report::default();
                while found.violations.len() < self.enough {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= self.seeds.end {
                        break;
                    }
                    found.add(self.one(seed));
                }
                found
            };
            let threads: Vec<_> = (0..self.threads.max(1))
                .map(|_| scope.spawn(work))
                .collect();
            for thread in threads {
                match thread.join() {
                    Ok(found) => report.merge(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        report.took = started.elapsed();
        report
    }

    /// Runs one seed on this thread. A panic anywhere in it is a violation.
    #[must_use]
    pub fn one(&self, seed: u64) -> Run {
        let draw = self.draw(seed);
        Mutant::set(self.mutant);
        let run = catch_unwind(AssertUnwindSafe(|| {
            let world = self.world(draw.clone());
            if self.traced {
                world.traced().run()
            } else {
                world.run()
            }
        }));
        Mutant::set(None);
        run.unwrap_or_else(|panic| panicked(draw, &*panic))
    }

    /// What a seed draws, with what this campaign fixes.
    #[must_use]
    pub fn draw(&self, seed: u64) -> Draw {
        let mut draw = match self.scenario.or(self.mutant.and_then(Mutant::aim)) {
            Some(scenario) => Draw::aimed(seed, scenario),
            None => Draw::of(seed),
        };
        let fits = draw.seats.clamp(*self.players.start(), *self.players.end());
        let other = Some(fits).filter(|fits| *fits != draw.seats);
        if let Some(seats) = self.seats.or(other) {
            draw = draw.seats(seats);
            draw.attackers.retain(|(cheat, _)| cheat.index() < seats);
            draw.attackers.truncate((seats - 1) / 3);
        }
        if !self.customs {
            draw.house = House::default();
        }
        if draw.beyond && (!self.customs || self.seats.is_some()) {
            (draw.beyond, draw.relentless) = (false, false);
            draw.attackers.truncate(draw.bearable());
        }
        let broken = self.mutant.and_then(Mutant::protocol);
        draw.protocol = broken.or(self.protocol).unwrap_or(draw.protocol);
        draw.signatures = self.signatures.unwrap_or(draw.signatures);
        draw.heights = self.heights.unwrap_or(draw.heights);
        match self.cheat {
            _ if self.traitors => draw.traitors(),
            Some(kind) => draw.cheat(kind),
            None => draw,
        }
    }

    /// The table of a draw.
    #[must_use]
    pub fn world(&self, draw: Draw) -> World<G> {
        let game = (self.game)(&draw);
        World::new(draw, game, self.script.clone()).with_mutant(self.mutant)
    }
}

fn panicked(draw: Draw, panic: &(dyn std::any::Any + Send)) -> Run {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let what = text.unwrap_or_else(|| "of an unknown kind".to_owned());
    Run {
        draw,
        ending: Ending::Violated(Violation::new(Invariant::Panic, what)),
        heights: 0,
        named: Seats::NONE,
        inputs: 0,
        simulated: Duration::ZERO,
        marks: Marks::default(),
        faults: Faults::default(),
        throws: Throws::default(),
        hash: 0,
        trace: Vec::new(),
    }
}
