//! Faults that seldom meet by chance, and show most where they do.
//!
//! Three seeds in ten have one of these on top of what it drew. They run in every campaign alike,
//! so a mutant is only looked for where the good code is tried too.

use std::str::FromStr;
use std::time::Duration;

use quorate_core::Seats;
use quorate_core::genesis::{DicePolicy, Schedule, Timing};

use crate::attack::Kind;
use crate::draw::{Disks, Draw, Skew, Spells, draw_crashes, heights_for};
use crate::house::Wishes;
use crate::rng::Rng;

/// A meeting of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A leader leaves out one seat's entries, and turns are shorter than rounds: it could wait
    /// until the seat is late.
    CensoredTurn,
    /// Disks take their time, and devices crash while they do.
    SlowDisks,
    /// Clocks are off by ten minutes and by a twentieth, devices sleep, a third of the frames is
    /// lost.
    WrongClocks,
    /// The power fails just as somebody commits, more than once.
    Blackout,
    /// Cheats forget what was prepared when rounds change, and rounds change often.
    ForgetfulRounds,
    /// Cheats let one seat hold a certificate that nobody else has, again and again.
    HiddenLock,
    /// People come and go every three heights while the network is cut, with a restored backup or
    /// a second device among them; where the table can bear both, with both.
    Churn,
    /// More cheats than the table can bear: in one round, where two votes of each name them, and
    /// across rounds, where nobody is named, for an honest seat may have had to sign both sides.
    Traitors,
    /// Cheats do all they can to have honest seats blamed: they forge votes and entries, bring up
    /// what is stale, and give a single honest seat entries to hand on that the rules will not
    /// allow by then. A forgery itself goes no further, for whoever hands on a false signature
    /// breaks [`Certificate`](crate::Invariant::Certificate).
    ///
    /// Two ways to frame have no place here. Why a seat prepared nil is known to that seat alone
    /// and travels with no vote, so reasons cannot be played off against each other. And a hello
    /// that is replayed is met below the engine, by the node's handshake, which has tests of its
    /// own.
    Framers,
    /// Cheats wait for the others' secrets and keep their own back when the dice displease them, or
    /// whatever the dice are, at a table that has no other faults; in some seeds the witness, who
    /// leads and throws nothing in, is with them.
    LoadedDice,
    /// Devices are away for so long that they go on from snapshots, and cheats offer false ones.
    LongAbsence,
    /// The table is asked one thing after the other, and cheats answer twice.
    StuffedBallots,
}

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 12] = [
        Self::CensoredTurn,
        Self::SlowDisks,
        Self::WrongClocks,
        Self::Blackout,
        Self::ForgetfulRounds,
        Self::HiddenLock,
        Self::Churn,
        Self::Traitors,
        Self::Framers,
        Self::LoadedDice,
        Self::LongAbsence,
        Self::StuffedBallots,
    ];

    /// Puts the scenario in place of what `draw` has.
    pub(crate) fn set(self, draw: &mut Draw, rng: &mut Rng) {
        draw.scenario = Some(self);
        match self {
            Self::CensoredTurn => censored_turn(draw, rng),
            Self::SlowDisks => slow_disks(draw, rng),
            Self::WrongClocks => wrong_clocks(draw, rng),
            Self::Blackout => {
                draw.blackout_ppm = 60_000;
                // One that ends would end the other.
                draw.partitions = None;
            }
            Self::ForgetfulRounds => {
                let ways = [
                    Kind::ForgetfulRoundChange,
                    Kind::Amnesiac,
                    Kind::IsolatedClimber,
                ];
                cheat(draw, rng, &ways);
                hurry(draw, rng);
            }
            Self::HiddenLock => {
                let ways = [
                    Kind::SelectiveSender,
                    Kind::AlwaysNil,
                    Kind::Amnesiac,
                    Kind::Silent,
                    Kind::Twins,
                ];
                cheat(draw, rng, &ways);
                hurry(draw, rng);
                hush(draw, rng);
            }
            Self::Churn => churn(draw, rng),
            Self::Traitors => {
                // So many that one traitor beyond the bound is enough for a fork.
                draw.seats = *rng.pick(&[4, 4, 7]);
                draw.dice = DicePolicy::default();
                draw.betray(rng);
                (draw.crashes, draw.pauses) = (None, None);
            }
            Self::Framers => {
                let ways = [
                    Kind::Framer,
                    Kind::FalseAccuser,
                    Kind::Impersonator,
                    Kind::Replayer,
                ];
                cheat(draw, rng, &ways);
            }
            Self::LoadedDice => loaded_dice(draw, rng),
            Self::LongAbsence => long_absence(draw, rng),
            Self::StuffedBallots => stuffed_ballots(draw, rng),
        }
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|scenario| format!("{scenario:?}") == name);
        found.ok_or_else(|| format!("no scenario {name}; there are {:?}", Self::ALL))
    }
}

fn censored_turn(draw: &mut Draw, rng: &mut Rng) {
    draw.players.clock = *rng.pick(&[ms(300), ms(400), ms(600)]);
    draw.timing.round_ms = 1_000;
    draw.timing.round_ms_min = 1_000;
    draw.timing.round_ms_max = 4_000;
    // Nothing else keeps an entry from anybody.
    draw.weather.loss_ppm = 0;
    draw.weather.clog_ppm = 0;
    draw.weather.delay_min = ms(1);
    draw.weather.delay_mean = draw.weather.delay_mean.min(ms(10));
    (draw.partitions, draw.crashes, draw.pauses) = (None, None, None);
    draw.schedule = *rng.pick(&[Schedule::HashScore, Schedule::RoundRobin]);
    (draw.players.think, draw.players.idle_ppm) = (ms(20), 0);
    draw.disks = Disks {
        sync_mean: Duration::ZERO,
        stall_ppm: 0,
        stall_max: Duration::ZERO,
    };
    cheat(draw, rng, &[Kind::CensoringLeader]);
}

/// At a table of four or more, as many cheats as it can bear, in these ways.
fn cheat(draw: &mut Draw, rng: &mut Rng, ways: &[Kind]) {
    if draw.bearable() == 0 {
        draw.seats = 4;
        draw.dice = DicePolicy::default();
    }
    draw.outage = None;
    draw.attackers.clear();
    draw.add_cheats(draw.bearable(), rng);
    for (_, kind) in &mut draw.attackers {
        *kind = *rng.pick(ways);
    }
}

/// Rounds that are over before everybody has heard of them.
fn hurry(draw: &mut Draw, rng: &mut Rng) {
    draw.timing = Timing {
        round_ms: 150,
        round_ms_min: 75,
        round_ms_max: 600,
    };
    draw.weather.delay_mean = rng.between(ms(20), ms(80));
    draw.weather.loss_ppm = u32::try_from(rng.within(100_000, 300_000)).unwrap_or(100_000);
}

/// One seat after the other goes unheard just as it prepares.
fn hush(draw: &mut Draw, rng: &mut Rng) {
    draw.hush_ppm = 200_000;
    // It must hear of the rounds in which the others go on without it.
    draw.weather.loss_ppm = u32::try_from(rng.below(50_000)).unwrap_or(0);
    draw.crashes = None;
    // A cut that ends would end the hush.
    draw.partitions = None;
    draw.cut_shows = false;
}

fn churn(draw: &mut Draw, rng: &mut Rng) {
    let both = rng.fork(1).chance(500_000);
    // One seat more than two cheats take, so that somebody may leave.
    draw.seats = draw.seats.max(if both { 8 } else { 5 });
    draw.heights = draw.heights.min(heights_for(draw.seats));
    let ways = [Kind::RolledBack, Kind::Twins];
    cheat(draw, rng, &ways);
    if both {
        draw.attackers.truncate(ways.len());
        for ((_, kind), way) in draw.attackers.iter_mut().zip(ways) {
            *kind = way;
        }
    } else {
        draw.attackers.truncate(1.max(draw.bearable() - 1));
    }
    draw.partitions = Some(Spells {
        every: rng.between(ms(500), ms(3_000)),
        length_min: ms(100),
        length_max: ms(2_000),
    });
    draw.house.wishes = Some(Wishes {
        guests: 3,
        churn: true,
        ..Wishes::draw(rng, draw)
    });
}

fn long_absence(draw: &mut Draw, rng: &mut Rng) {
    cheat(draw, rng, &Kind::OF_SNAPSHOTS);
    draw.long_away(rng);
    draw.players.think = ms(20);
}

fn stuffed_ballots(draw: &mut Draw, rng: &mut Rng) {
    cheat(draw, rng, &[Kind::BallotStuffer]);
    // No cheat is at work while the table heals, and a question takes seconds.
    draw.storms = vec![Duration::from_secs(rng.within(30, 60))];
    draw.house.wishes = Some(Wishes {
        every: ms(400),
        ..Wishes::draw(rng, draw)
    });
}

fn loaded_dice(draw: &mut Draw, rng: &mut Rng) {
    let ways = [Kind::LastRevealer, Kind::WithheldReveal, Kind::FalseReveal];
    let mut aside = rng.fork(1);
    let witness = aside.chance(333_000);
    if witness {
        // Who watches over the table takes the place of one cheat of two.
        draw.seats = draw.seats.max(7);
        draw.heights = draw.heights.min(heights_for(draw.seats));
    }
    cheat(draw, rng, &ways);
    if let Some(last) = Seats::first(draw.seats)
        .iter()
        .next_back()
        .filter(|_| witness)
    {
        draw.house.witnesses = 1;
        draw.attackers.retain(|(seat, _)| *seat != last);
        draw.attackers.truncate(draw.bearable() - 1);
        let ways = [
            Kind::SlowLeader,
            Kind::CensoringLeader,
            Kind::WithheldReveal,
        ];
        draw.attackers.push((last, *aside.pick(&ways)));
    }
    let calm = Draw::calm(draw.seed);
    draw.dice = DicePolicy::CommitReveal {
        deadline_ms: 1_000,
        returns_after: 8,
    };
    (draw.partitions, draw.crashes, draw.pauses, draw.clocks) = (None, None, None, None);
    (draw.weather, draw.disks, draw.timing) = (calm.weather, calm.disks, calm.timing);
}

fn slow_disks(draw: &mut Draw, rng: &mut Rng) {
    draw.disks = Disks {
        sync_mean: rng.between(ms(20), ms(200)),
        stall_ppm: 100_000,
        stall_max: rng.between(ms(500), ms(3_000)),
    };
    let crashes = draw
        .crashes
        .get_or_insert_with(|| draw_crashes(&mut rng.fork(1)));
    crashes.aimed_ppm = u32::try_from(rng.within(20_000, 100_000)).unwrap_or(20_000);
}

fn wrong_clocks(draw: &mut Draw, rng: &mut Rng) {
    draw.clocks = Some(Skew {
        wall_ms: 600_000,
        rate_ppm: 50_000,
    });
    draw.pauses = Some(Spells {
        every: rng.between(ms(5_000), ms(20_000)),
        length_min: ms(10),
        // Above ten seconds a device takes itself to have slept.
        length_max: ms(15_000),
    });
    draw.weather.loss_ppm = 300_000;
}
