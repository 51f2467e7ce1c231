//! How often somebody may do something: a few times at once, then once every so often.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// How often something may be done (GCRA).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    pub(crate) every: Duration,
}

/// What is left of a rate for one who does it.
#[derive(Debug)]
pub(crate) struct Allowance(DefaultDirectRateLimiter);

impl Allowance {
    pub(crate) fn of(rate: Rate) -> Self {
        let slowest = Quota::per_second(NonZeroU32::MIN);
        let quota = Quota::with_period(rate.every).unwrap_or(slowest);
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        Self(RateLimiter::direct(quota.allow_burst(burst)))
    }

    /// Whether it may be done once more now; notes that it is.
    pub(crate) fn take(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// One rate, and what is left of it for each who does it. Whoever uses this bounds how many.
#[derive(Debug)]
pub(crate) struct Allowances<K> {
    rate: Rate,
    left: BTreeMap<K, Allowance>,
}

impl<K: Ord> Allowances<K> {
    pub(crate) const fn of(rate: Rate) -> Self {
        let left = BTreeMap::new();
        Self { rate, left }
    }

    /// Whether `who` may do it once more now; notes that it does.
    pub(crate) fn take(&mut self, who: K) -> bool {
        let rate = self.rate;
        let left = self.left.entry(who);
        left.or_insert_with(|| Allowance::of(rate)).take()
    }

    /// Forgets `who`, who is gone.
    pub(crate) fn forget(&mut self, who: &K) {
        self.left.remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_to_each_and_then_no_more_for_a_while() {
        let every = Duration::from_secs(3600);
        let mut words = Allowances::of(Rate { burst: 3, every });
        for who in ["ann", "bob"] {
            let allowed = (0..9).filter(|_| words.take(who)).count();
            assert_eq!(allowed, 3, "{who}");
        }
        words.forget(&"ann");
        assert!(words.take("ann") && !words.take("bob"));
    }
}
