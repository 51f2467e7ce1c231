//! How likely each thing is, and how bad.

use std::time::Duration;

use quorate_core::genesis::{DicePolicy, Timing};

use super::{Crashes, Disks, OFF, Players, Spells, ms};
use crate::network::Weather;
use crate::rng::Rng;

pub(super) fn some<T>(rng: &mut Rng, draw: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    // Drawn in any case, so that a family that is off leaves the others as they were.
    let off = rng.chance(OFF);
    let drawn = draw(rng);
    (!off).then_some(drawn)
}

pub(super) fn draw_seats(rng: &mut Rng) -> usize {
    match rng.below(100) {
        0..2 => 1,
        2..20 => 2 + rng.index(2),
        20..70 => 4,
        70..85 => 5 + rng.index(2),
        85..95 => 7,
        // A height costs the square of the seats: the largest are the rarest.
        _ => *rng.pick(&[8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 12, 12, 13]),
    }
}

pub(super) fn draw_storms(rng: &mut Rng) -> Vec<Duration> {
    if rng.chance(300_000) {
        return vec![Duration::from_secs(60)];
    }
    let count = 1 + rng.index(4);
    (0..count)
        .map(|_| rng.between(ms(500), ms(15_000)))
        .collect()
}

pub(super) fn draw_timing(rng: &mut Rng) -> Timing {
    let round_ms = *rng.pick(&[150, 250, 400, 700, 1_000]);
    Timing {
        round_ms,
        round_ms_min: (round_ms >> rng.within(0, 2)).max(50),
        round_ms_max: round_ms << rng.within(1, 4),
    }
}

pub(super) fn draw_dice(rng: &mut Rng, seats: usize) -> DicePolicy {
    if seats == 1 || rng.chance(100_000) {
        return DicePolicy::Local;
    }
    DicePolicy::CommitReveal {
        deadline_ms: *rng.pick(&[300, 600, 1_000, 2_000]),
        returns_after: *rng.pick(&[1, 2, 4, 8]),
    }
}

pub(super) fn draw_weather(rng: &mut Rng) -> Weather {
    let delay = some(rng, |rng| {
        let mean = rng.between(ms(5), ms(150));
        (rng.between(ms(0), ms(30)), mean)
    });
    let (delay_min, delay_mean) = delay.unwrap_or((ms(1), Duration::ZERO));
    Weather {
        delay_min,
        delay_mean,
        loss_ppm: some(rng, |rng| ppm(rng, 300_000)).unwrap_or(0),
        copy_ppm: some(rng, |rng| ppm(rng, 500_000)).unwrap_or(0),
        replay_ppm: some(rng, |rng| ppm(rng, 50_000)).unwrap_or(0),
        clog_ppm: some(rng, |rng| ppm(rng, 2_000)).unwrap_or(0),
        ordered: rng.chance(500_000),
    }
}

/// Small figures are as likely as large ones: a table with little loss gets further.
pub(super) fn ppm(rng: &mut Rng, most: u32) -> u32 {
    let most = most >> rng.below(5);
    u32::try_from(rng.below(u64::from(most))).unwrap_or(0)
}

pub(super) fn spells(rng: &mut Rng, every: (u64, u64), length: (u64, u64)) -> Spells {
    Spells {
        every: rng.between(ms(every.0), ms(every.1)),
        length_min: ms(length.0),
        length_max: rng.between(ms(length.0), ms(length.1)),
    }
}

pub(crate) fn draw_crashes(rng: &mut Rng) -> Crashes {
    Crashes {
        spells: spells(rng, (5_000, 60_000), (0, 10_000)),
        aimed_ppm: if rng.chance(500_000) {
            ppm(rng, 20_000)
        } else {
            0
        },
        pruned: rng.chance(500_000),
    }
}

pub(super) fn draw_disks(rng: &mut Rng) -> Disks {
    let slow = some(rng, |rng| Disks {
        sync_mean: rng.between(ms(0), ms(20)),
        stall_ppm: ppm(rng, 50_000),
        stall_max: rng.between(ms(10), ms(1_000)),
    });
    slow.unwrap_or(Disks {
        sync_mean: Duration::ZERO,
        stall_ppm: 0,
        stall_max: Duration::ZERO,
    })
}

pub(super) fn draw_players(rng: &mut Rng) -> Players {
    Players {
        think: rng.between(ms(5), ms(200)),
        idle_ppm: some(rng, |rng| ppm(rng, 200_000)).unwrap_or(0),
        may_ppm: some(rng, |rng| ppm(rng, 600_000)).unwrap_or(0),
        clock: *rng.pick(&[ms(400), ms(800), ms(1_500), ms(3_000)]),
    }
}
