//! Faults that seldom meet by chance, and show most where they do.
//!
//! One seed in eight has one of these on top of what it drew. They run in every campaign alike: a
//! mutant is looked for where the good code is tried too.

use std::time::Duration;

use crate::attack::Kind;
use crate::draw::{Disks, Draw, Skew, Spells};
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
}

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 4] = [
        Self::CensoredTurn,
        Self::SlowDisks,
        Self::WrongClocks,
        Self::Blackout,
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
        }
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
    let cheats = draw.bearable();
    if cheats > 0 && draw.attackers.is_empty() {
        draw.add_cheats(1, rng);
    }
    for (_, kind) in &mut draw.attackers {
        *kind = Kind::CensoringLeader;
    }
}

fn slow_disks(draw: &mut Draw, rng: &mut Rng) {
    draw.disks = Disks {
        sync_mean: rng.between(ms(20), ms(200)),
        stall_ppm: 100_000,
        stall_max: rng.between(ms(500), ms(3_000)),
    };
    if let Some(crashes) = &mut draw.crashes {
        crashes.aimed_ppm = u32::try_from(rng.within(20_000, 100_000)).unwrap_or(20_000);
    }
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
