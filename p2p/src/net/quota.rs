//! How fast one lane of one peer is read: first read more slowly, then report.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, RateLimiter};

use super::config::Quota;
use crate::limits::{QUOTA_FORGIVEN, QUOTA_PATIENCE};

/// Meters the frames and bytes of one lane (GCRA).
#[derive(Debug)]
pub(super) struct Meter {
    frames: DefaultDirectRateLimiter,
    bytes: DefaultDirectRateLimiter,
    bytes_burst: NonZeroU32,
    clock: DefaultClock,
    above_since: Option<Instant>,
    slowed: Option<Instant>,
}

/// What the meter says of one more frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Within the quota.
    Fine,
    /// Above it, and slowed down.
    Slowed,
    /// Above it for longer than we are patient: told once each time.
    Breach,
}

impl Meter {
    pub(super) fn new(quota: Quota) -> Self {
        let frames = governor::Quota::per_second(quota.frames).allow_burst(quota.frames_burst);
        let bytes = governor::Quota::per_second(quota.bytes).allow_burst(quota.bytes_burst);
        Self {
            frames: RateLimiter::direct(frames),
            bytes: RateLimiter::direct(bytes),
            bytes_burst: quota.bytes_burst,
            clock: DefaultClock::default(),
            above_since: None,
            slowed: None,
        }
    }

    /// Waits until a frame of `length` bytes is within the quota.
    pub(super) async fn admit(&mut self, length: usize) -> Pace {
        let length = u32::try_from(length).ok().and_then(NonZeroU32::new);
        // A frame above the burst counts as the whole burst; lanes bound the length themselves.
        let length = length.unwrap_or(NonZeroU32::MIN).min(self.bytes_burst);
        let mut slowed = false;
        while let Some(wait) = self.wait_for_frame() {
            slowed = true;
            tokio::time::sleep(wait).await;
        }
        while let Some(wait) = self.wait_for_bytes(length) {
            slowed = true;
            tokio::time::sleep(wait).await;
        }
        self.pace(slowed)
    }

    fn wait_for_frame(&self) -> Option<Duration> {
        let until = self.frames.check().err()?;
        Some(until.wait_time_from(self.clock.now()))
    }

    fn wait_for_bytes(&self, length: NonZeroU32) -> Option<Duration> {
        let until = self.bytes.check_n(length).ok()?.err()?;
        Some(until.wait_time_from(self.clock.now()))
    }

    fn pace(&mut self, slowed: bool) -> Pace {
        let now = Instant::now();
        if !slowed {
            // One frame that found room by chance does not make up for the others.
            let lately = |slowed: Instant| now.duration_since(slowed) < QUOTA_FORGIVEN;
            if !self.slowed.is_some_and(lately) {
                self.above_since = None;
            }
            return Pace::Fine;
        }
        self.slowed = Some(now);
        let since = *self.above_since.get_or_insert(now);
        if now.duration_since(since) < QUOTA_PATIENCE {
            return Pace::Slowed;
        }
        self.above_since = Some(now);
        Pace::Breach
    }
}
