//! Seeded randomness: xoshiro256++ filled by splitmix64, integers only, so that one seed means one
//! run on every platform.

use std::time::Duration;

/// A deterministic stream of random numbers.
///
/// ```
/// use quorate_testkit::Rng;
/// let (mut one, mut two) = (Rng::new(7), Rng::new(7));
/// assert_eq!(one.below(1_000), two.below(1_000));
/// ```
#[derive(Clone, Debug)]
pub struct Rng([u64; 4]);

const MILLION: u64 = 1_000_000;

impl Rng {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| splitmix(&mut state)))
    }

    /// An independent stream: what is drawn from it leaves this one where it was, so that one
    /// family of faults never shifts another.
    #[must_use]
    pub fn fork(&self, label: u64) -> Self {
        let [a, b, c, d] = self.0;
        let mixed = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47);
        Self::new(mixed ^ label.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number from 0 to `bound - 1`; 0 if `bound` is 0.
    #[must_use]
    pub fn below(&mut self, bound: u64) -> u64 {
        // The bias of a multiply-shift is below bound / 2^64: nothing a simulation could notice.
        let wide = u128::from(self.bits()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    #[must_use]
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// An index below `count`; 0 if that is 0.
    #[must_use]
    pub fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    /// One of `choices`.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// True in `ppm` of a million cases.
    #[must_use]
    pub fn chance(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.below(MILLION) < u64::from(ppm)
    }

    /// A time between two, both included.
    #[must_use]
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        Duration::from_micros(self.within(micros(low), micros(high)))
    }

    /// An exponentially distributed time with this mean, at most 64 times as long.
    #[must_use]
    pub fn exponential(&mut self, mean: Duration) -> Duration {
        // -log2 of a uniform number: the leading zeros, and the rest by linear interpolation.
        let bits = self.bits() | 1;
        let zeros = bits.leading_zeros();
        let rest = (bits << zeros << 1) >> 48;
        let log2_in_65536 = (u64::from(zeros) << 16) + (65_536 - rest);
        // ln 2 in 65,536ths, less the mean error of the interpolation.
        let ln_in_65536 = (u128::from(log2_in_65536) * 43_700) >> 16;
        let scaled = (u128::from(micros(mean)) * ln_in_65536) >> 16;
        Duration::from_micros(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// 32 random bytes.
    #[must_use]
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes());
        }
        bytes
    }
}

/// A duration in whole microseconds, the resolution of the simulation.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

const fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
