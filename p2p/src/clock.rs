//! The one place where this crate asks what time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate_core::{Mono, Now, Wall};

/// What the device's clocks show.
///
/// The monotonic one counts on while the device sleeps where the system has such a clock, so that
/// whoever opens the lid again sees that deadlines have passed. All tables of a process read the
/// same clock.
pub(crate) fn now() -> Now {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let wall = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    Now {
        mono: mono(),
        wall: Wall(wall),
    }
}

/// What the monotonic clock shows.
pub(crate) fn mono() -> Mono {
    Mono::default().after(since_start())
}

#[cfg(target_os = "linux")]
fn since_start() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

#[cfg(not(target_os = "linux"))]
fn since_start() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
