//! What one seed means: the size of the table, its rules of play, and which faults strike it.
//!
//! Every family of faults is off in three seeds of ten, so that some seeds show what only a few of
//! them together can do (swarm testing). The draw is printed with each failure.

mod odds;

use std::time::Duration;

use quorate_core::Seat;
use quorate_core::genesis::{DicePolicy, Protocol, Schedule, Scheme, Timing};

pub(crate) use odds::draw_crashes;
use odds::{
    draw_dice, draw_disks, draw_players, draw_seats, draw_storms, draw_timing, draw_weather, some,
    spells,
};

use crate::attack::Kind;
use crate::house::House;
use crate::network::Weather;
use crate::oracle::quorum;
use crate::rng::Rng;
use crate::scenario::Scenario;

/// Everything drawn from one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The seed.
    pub seed: u64,
    /// Seats at the table, 1 to 13.
    pub seats: usize,
    /// Whether a device without a seat follows the table.
    pub watcher: bool,
    /// Whether signatures are real, and not stand-ins; those of ML-DSA always are.
    pub real_keys: bool,
    /// How the seats sign.
    pub signatures: Scheme,
    /// How blocks are agreed on.
    pub protocol: Protocol,
    /// Who leads.
    pub schedule: Schedule,
    /// Who makes the dice.
    pub dice: DicePolicy,
    /// How long rounds take.
    pub timing: Timing,
    /// Heights to decide: at most so many in one storm, at least so many in the whole run.
    pub heights: u64,
    /// How long faults strike, once or several times. After each storm everything is healed, and
    /// the table must go on: a storm that breaks off in the middle of trouble leaves the knots that
    /// healing must undo.
    pub storms: Vec<Duration>,
    /// The links.
    pub weather: Weather,
    /// Partitions, if any: mean time between them and their greatest length.
    pub partitions: Option<Spells>,
    /// Whether a device notices that a partition cut its connection.
    pub cut_shows: bool,
    /// Per million: as a Commit leaves, the power fails everywhere.
    pub blackout_ppm: u32,
    /// Per million: a seat that prepares a block goes unheard for a few rounds, and hears the
    /// others all the same: what comes of the round it alone will know.
    pub hush_ppm: u32,
    /// Crashes of each device.
    pub crashes: Option<Crashes>,
    /// Frozen apps, each device for itself.
    pub pauses: Option<Spells>,
    /// Clocks that are off.
    pub clocks: Option<Skew>,
    /// How fast the disks are.
    pub disks: Disks,
    /// Seats that cheat, and how.
    pub attackers: Vec<(Seat, Kind)>,
    /// More seats cheat than the table can bear.
    pub beyond: bool,
    /// Whether those who are left of a forked table must play on at another one.
    pub heirs: bool,
    /// More seats than the table can spare fail together for a while.
    pub outage: Option<Outage>,
    /// How the seats play.
    pub players: Players,
    /// Whether the simulator's own game has sealed turns and hidden rolls.
    pub dark: bool,
    /// What kind of table it is.
    pub house: House,
    /// Every so many heights one is a checkpoint.
    pub checkpoint: u32,
    /// Faults that were brought together on purpose.
    pub scenario: Option<Scenario>,
    /// Whether cheats cheat whenever they can, in place of when their seed says.
    pub relentless: bool,
}

/// Something that strikes again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spells {
    /// Mean time from the end of one to the next.
    pub every: Duration,
    /// How long one lasts at least.
    pub length_min: Duration,
    /// How long one lasts at most.
    pub length_max: Duration,
}

/// How devices crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crashes {
    /// When, and for how long.
    pub spells: Spells,
    /// Per million: a record that is being written is the last thing the device does. These hit
    /// the moment between a quorum seen in memory and the next signature.
    pub aimed_ppm: u32,
    /// Whether the store drops records that are no longer needed.
    pub pruned: bool,
}

/// How far clocks are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// Wall clocks, in milliseconds either way.
    pub wall_ms: u32,
    /// Rates, in parts per million either way.
    pub rate_ppm: u32,
}

/// How fast disks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disks {
    /// What a sync takes on average; zero is an in-memory store.
    pub sync_mean: Duration,
    /// Syncs that stall, per million.
    pub stall_ppm: u32,
    /// How long they stall at most.
    pub stall_max: Duration,
}

/// More seats fail than the table can spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When.
    pub at: Duration,
    /// For how long.
    pub length: Duration,
}

/// How the seats play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Players {
    /// Mean time a player thinks.
    pub think: Duration,
    /// Per million: a player lets the clock run out.
    pub idle_ppm: u32,
    /// Per million: a player who may act does.
    pub may_ppm: u32,
    /// How long a turn of the simulator's own game lasts.
    pub clock: Duration,
}

/// One seed in a hundred has real keys: their signatures take most of its time.
const REAL_KEYS: u32 = 10_000;
/// One seed in a thousand signs with ML-DSA-87, which takes longer still.
const LARGE_SIGNATURES: u32 = 1_000;
const OFF: u32 = 300_000;

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

impl Draw {
    /// Draws the options of `seed`.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::drawn(seed, None)
    }

    /// The same with a scenario of one's choice.
    #[must_use]
    pub fn aimed(seed: u64, scenario: Scenario) -> Self {
        Self::drawn(seed, Some(scenario))
    }

    fn drawn(seed: u64, wanted: Option<Scenario>) -> Self {
        let mut rng = Rng::new(seed);
        let seats = draw_seats(&mut rng);
        let timing = draw_timing(&mut rng);
        let mut draw = Self {
            seats,
            watcher: rng.chance(100_000),
            real_keys: rng.chance(REAL_KEYS),
            schedule: *rng.pick(&[Schedule::HashScore, Schedule::ToAct, Schedule::RoundRobin]),
            dice: draw_dice(&mut rng, seats),
            timing,
            weather: draw_weather(&mut rng),
            partitions: some(&mut rng, |rng| spells(rng, (1_000, 15_000), (100, 20_000))),
            cut_shows: rng.chance(500_000),
            crashes: some(&mut rng, draw_crashes),
            pauses: some(&mut rng, |rng| spells(rng, (2_000, 20_000), (10, 5_000))),
            clocks: some(&mut rng, |rng| Skew {
                wall_ms: u32::try_from(rng.below(500)).unwrap_or(0),
                rate_ppm: u32::try_from(rng.below(50_000)).unwrap_or(0),
            }),
            disks: draw_disks(&mut rng),
            players: draw_players(&mut rng),
            ..Self::calm(seed)
        };
        draw.draw_adversary(&mut rng);
        draw.storms = draw_storms(&mut rng);
        draw.protocol = *rng.pick(&[Protocol::Pbft, Protocol::Tendermint]);
        let aimed = rng.chance(AIMED);
        let scenario = *rng.pick(&Scenario::ALL);
        let scenario = wanted.unwrap_or(scenario);
        if aimed || wanted.is_some() {
            scenario.set(&mut draw, &mut rng);
        } else if rng.chance(BEYOND) {
            draw.betray(&mut rng);
        }
        draw.draw_dark(&mut rng);
        draw.draw_overfull(&rng.fork(1));
        if rng.chance(LARGE_SIGNATURES) {
            draw.signatures = Scheme::MlDsa87;
        }
        draw.draw_checkpoints(&mut rng);
        if draw.scenario.is_none() && !draw.beyond {
            draw.house = House::draw(&mut rng, &draw);
        }
        draw
    }

    /// A table of four with no fault at all: where scenario tests begin.
    #[must_use]
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            seats: 4,
            watcher: false,
            real_keys: false,
            signatures: Scheme::default(),
            protocol: Protocol::Pbft,
            schedule: Schedule::HashScore,
            dice: DicePolicy::default(),
            timing: Timing::default(),
            heights: 50,
            storms: vec![Duration::from_secs(60)],
            weather: Weather::calm(),
            partitions: None,
            cut_shows: false,
            blackout_ppm: 0,
            hush_ppm: 0,
            crashes: None,
            pauses: None,
            clocks: None,
            disks: Disks {
                sync_mean: Duration::from_micros(200),
                stall_ppm: 0,
                stall_max: Duration::ZERO,
            },
            attackers: Vec::new(),
            beyond: false,
            heirs: false,
            outage: None,
            players: Players {
                think: ms(50),
                idle_ppm: 0,
                may_ppm: 300_000,
                clock: ms(5_000),
            },
            dark: false,
            house: House::default(),
            checkpoint: quorate_core::limits::CHECKPOINT_EVERY,
            scenario: None,
            relentless: false,
        }
    }

    /// The same with one cheat of this kind that never rests, and nothing else beyond what the
    /// table bears. A table of fewer than four bears none, and has none.
    #[must_use]
    pub fn cheat(mut self, kind: Kind) -> Self {
        self.attackers.clear();
        if self.bearable() > 0 {
            let nth = usize::try_from(self.seed).unwrap_or(0) % self.seats;
            let seat = quorate_core::Seats::first(self.seats).nth(nth);
            self.attackers = seat.into_iter().map(|seat| (seat, kind)).collect();
        }
        self.relentless = true;
        // What is proven shall be proven by signatures that anybody can check.
        self.real_keys |= kind.is_provable();
        (self.outage, self.scenario, self.beyond) = (None, None, false);
        self.storms = vec![Duration::from_secs(60)];
        if Kind::OF_SNAPSHOTS.contains(&kind) {
            self.long_away(&mut Rng::new(self.seed).fork(1));
        }
        self
    }

    /// The same with as many traitors as it takes to fork the table, who do all they can for that:
    /// one tells the others different things, the rest vote for whatever each of them does. A table
    /// of fewer than four has no two sides, and no traitors.
    #[must_use]
    pub fn traitors(mut self) -> Self {
        self = self.cheat(Kind::Flatterer);
        // Two quorums have at least so many seats in common.
        let both = (2 * quorum(self.seats)).saturating_sub(self.seats);
        if self.seats < 4 {
            return self;
        }
        let ring = quorate_core::Seats::first(self.seats);
        let first = self.attackers.first().map(|(seat, _)| *seat);
        let next = |seat: &Seat| ring.after(*seat);
        let traitors = std::iter::successors(first, next).take(both);
        let ways =
            std::iter::once(Kind::EquivocatingLeader).chain(std::iter::repeat(Kind::Flatterer));
        self.attackers = traitors.zip(ways).collect();
        (self.beyond, self.heirs) = (true, true);
        (self.crashes, self.pauses) = (None, None);
        self
    }

    /// The same with `seats` seats, and the heights that befit them. A table of one plays with
    /// dice of its own.
    #[must_use]
    pub fn seats(mut self, seats: usize) -> Self {
        self.seats = seats;
        self.heights = heights_for(seats);
        if seats == 1 {
            self.dice = DicePolicy::Local;
        }
        self.house = House::default();
        self
    }

    /// Whether nothing but cheats can keep a seat from being heard in time: leaders have their
    /// rounds to lead, and no round is lost.
    pub(crate) fn hears_everybody(&self) -> bool {
        self.scenario == Some(Scenario::CensoredTurn)
    }

    /// The seats that cheat.
    #[must_use]
    pub fn cheats(&self) -> quorate_core::Seats {
        self.attackers.iter().map(|(seat, _)| *seat).collect()
    }

    /// The seats that have a second device with the same key.
    pub(crate) fn twins(&self) -> Vec<Seat> {
        let twins = self.attackers.iter();
        let twins = twins.filter(|(_, kind)| *kind == Kind::Twins);
        twins.map(|(seat, _)| *seat).collect()
    }

    /// How many cheats a table of this size can bear.
    pub(crate) const fn bearable(&self) -> usize {
        match self.house.profile {
            Some(profile) => profile.byzantine as usize,
            None => (self.seats - 1) / 3,
        }
    }

    /// Devices between those that have a seat and those that would like one: the watcher, and
    /// second devices.
    pub(crate) fn strangers(&self) -> usize {
        usize::from(self.watcher) + self.twins().len()
    }

    /// Devices without a seat that would like one.
    pub(crate) fn guests(&self) -> usize {
        self.house.wishes.map_or(0, |wishes| wishes.guests)
    }

    /// Lets so many more seats cheat.
    pub(crate) fn add_cheats(&mut self, count: usize, rng: &mut Rng) {
        let mut free: Vec<_> = (quorate_core::Seats::first(self.seats) - self.cheats())
            .iter()
            .collect();
        for _ in 0..count.min(free.len()) {
            let seat = free.swap_remove(rng.index(free.len()));
            self.attackers.push((seat, *rng.pick(&Kind::ALL)));
        }
    }

    /// Lets more seats cheat than the table can bear, in ways that go together.
    pub(crate) fn betray(&mut self, rng: &mut Rng) {
        if self.seats < 2 {
            return;
        }
        (self.beyond, self.relentless, self.outage) = (true, true, None);
        self.attackers.clear();
        let spare = self.seats - 1 - self.bearable();
        let count = self.bearable() + 1 + rng.index(spare.min(2));
        self.add_cheats(count, rng);
        // Half of them are all that a fork needs: one says two things, and the others say yes.
        let fork = rng.chance(500_000);
        let ways = [
            Kind::EquivocatingLeader,
            Kind::Flatterer,
            Kind::Twins,
            Kind::DoubleVoter,
            Kind::Amnesiac,
            Kind::RolledBack,
        ];
        for (index, (_, kind)) in self.attackers.iter_mut().enumerate() {
            *kind = match index {
                0 if fork => Kind::EquivocatingLeader,
                0 => *rng.pick(&[Kind::EquivocatingLeader, Kind::Twins, Kind::Amnesiac]),
                1 => Kind::Flatterer,
                _ if fork => Kind::Flatterer,
                _ => *rng.pick(&ways),
            };
        }
        if rng.fork(1).chance(250_000) {
            for (_, kind) in &mut self.attackers {
                *kind = Kind::Conspirator;
            }
        }
    }

    /// Four seeds of ten have checkpoints so close that somebody falls behind by one, and in some
    /// of those a cheat offers false snapshots.
    fn draw_checkpoints(&mut self, rng: &mut Rng) {
        if rng.chance(600_000) || self.scenario == Some(Scenario::LongAbsence) {
            return;
        }
        self.checkpoint = 4 + u32::try_from(rng.below(7)).unwrap_or(0);
        if self.scenario.is_some() || self.beyond {
            return;
        }
        let cheat = self.attackers.first_mut();
        let cheat = cheat.filter(|(_, kind)| *kind != Kind::Twins);
        if let (Some((_, kind)), true) = (cheat, rng.chance(300_000)) {
            *kind = Kind::OF_SNAPSHOTS[0];
            self.long_away(rng);
        }
    }

    /// Devices crash, and are away for so long that they are offered a snapshot.
    pub(crate) fn long_away(&mut self, rng: &mut Rng) {
        self.checkpoint = 4;
        self.crashes = Some(Crashes {
            spells: spells(rng, (4_000, 8_000), (2_000, 6_000)),
            aimed_ppm: 0,
            pruned: rng.chance(500_000),
        });
    }

    /// Six seeds of ten have as many cheats as the table can bear, or fewer; a quarter has none;
    /// the rest has an outage beyond the bound.
    fn draw_adversary(&mut self, rng: &mut Rng) {
        self.heights = heights_for(self.seats);
        match rng.below(100) {
            0..60 if self.bearable() > 0 => {
                let count = 1 + rng.index(self.bearable());
                self.add_cheats(count, rng);
            }
            60..75 => {
                self.outage = Some(Outage {
                    at: rng.between(ms(500), ms(20_000)),
                    length: rng.between(ms(500), ms(15_000)),
                });
            }
            _ => {}
        }
    }
}

impl Draw {
    /// One seed in five plays in the dark, with cheats that only strike there.
    fn draw_dark(&mut self, rng: &mut Rng) {
        self.dark = rng.chance(DARK);
        if !self.dark || self.scenario.is_some() || self.beyond {
            return;
        }
        for (_, kind) in &mut self.attackers {
            if rng.chance(500_000) {
                *kind = *rng.pick(&Kind::IN_THE_DARK);
            }
        }
    }
}

impl Draw {
    /// At one table in twenty that has cheats, one makes moves that the state has no room for.
    fn draw_overfull(&mut self, rng: &Rng) {
        if self.scenario.is_some() || self.beyond || !rng.fork(1).chance(OVERFULL) {
            return;
        }
        let cheat = self.attackers.first_mut();
        if let Some((_, kind)) = cheat.filter(|(_, kind)| *kind != Kind::Twins) {
            *kind = Kind::OF_STATES[0];
        }
    }
}

const OVERFULL: u32 = 50_000;

const DARK: u32 = 200_000;

/// Three seeds in ten have a scenario.
const AIMED: u32 = 300_000;

/// Seeds with more cheats than the table can bear, on top of their own scenario.
const BEYOND: u32 = 50_000;

pub(crate) const fn heights_for(seats: usize) -> u64 {
    match seats {
        0..=4 => 50,
        5..=6 => 35,
        7 => 25,
        8..=10 => 12,
        _ => 8,
    }
}
