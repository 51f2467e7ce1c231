//! The clocks of a device: a monotonic one that runs a little fast or slow, and a wall clock that
//! is off.

use std::time::Duration;

use quorate_core::{Mono, Now, Wall};

use crate::rng::micros;

/// Wall clock at the start of every simulation: some day in November 2026.
const START_MS: u64 = 1_795_000_000_000;

/// One device's clocks as a function of true time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What the monotonic clock showed at true time zero, in microseconds.
    base_us: u64,
    /// How much faster than true time both run, in parts per million.
    rate_ppm: i32,
    /// How far the wall clock is ahead, in milliseconds.
    wall_ms: i64,
}

impl Clock {
    /// Clocks that show `base` at true time zero, gain `rate_ppm` millionths, and whose wall clock
    /// is `wall_ms` ahead. Rates beyond half speed and double speed are brought within.
    #[must_use]
    pub fn new(base: Duration, rate_ppm: i32, wall_ms: i64) -> Self {
        Self {
            base_us: micros(base),
            rate_ppm: rate_ppm.clamp(-500_000, 1_000_000),
            wall_ms,
        }
    }

    /// What they show at true time `now`.
    #[must_use]
    pub fn at(&self, now: Duration) -> Now {
        let run = self.run(micros(now));
        let wall = (START_MS + run / 1_000).saturating_add_signed(self.wall_ms);
        Now {
            mono: Mono(self.base_us + run),
            wall: Wall(wall),
        }
    }

    /// The first true time at which the monotonic clock shows at least `mono`.
    #[must_use]
    pub fn when(&self, mono: Mono) -> Duration {
        let run = mono.0.saturating_sub(self.base_us);
        let speed = u64::try_from(1_000_000 + i64::from(self.rate_ppm)).unwrap_or(1_000_000);
        let exact = u128::from(run) * 1_000_000 / u128::from(speed);
        // Rounding puts the first such microsecond one beside that.
        let mut now = u64::try_from(exact)
            .unwrap_or(u64::MAX / 2)
            .saturating_sub(1);
        while self.run(now) < run {
            now += 1;
        }
        Duration::from_micros(now)
    }

    /// How far the clock runs in `now_us` of true time. The rate is at least half, so the sum of
    /// the two terms is never negative.
    fn run(&self, now_us: u64) -> u64 {
        let gained = i128::from(now_us) * i128::from(self.rate_ppm) / 1_000_000;
        now_us.saturating_add_signed(i64::try_from(gained).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_never_early_and_at_most_a_microsecond_late() {
        for rate in [-50_000, -7, 0, 7, 50_000] {
            let clock = Clock::new(Duration::from_secs(9), rate, -500);
            for due in (0..2_000_000).step_by(777) {
                let mono = Mono(9_000_000 + due);
                let now = clock.when(mono);
                assert!(clock.at(now).mono >= mono);
                let before = now.saturating_sub(Duration::from_micros(1));
                assert!(before == now || clock.at(before).mono < mono);
            }
        }
    }
}
