//! Time, physical and logical. Core owns no clock: the host says what time it is.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The host's monotonic clock in microseconds since any fixed point. It runs on during suspend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// This instant plus `duration`, saturating at the end of time.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// How long after `earlier` this instant is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Wall clock in milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Wall(pub u64);

/// What the host's clocks show at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic clock: every timeout and deadline runs on it.
    pub mono: Mono,
    /// Wall clock: only block times and expiry read it.
    pub wall: Wall,
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize,
        )]
        pub struct $name(pub $int);

        impl $name {
            /// The one after this.
            ///
            /// # Panics
            /// At the end of the counter's range, which decisions a nanosecond apart would not
            /// reach in this universe; bounds checks refuse such values from peers.
            #[must_use]
            pub fn next(self) -> Self {
                // Invariant: values are checked against the current one before they are adopted.
                Self(self.0.checked_add(1).expect("counter within its range"))
            }

            /// The one before this, if there is one.
            #[must_use]
            pub fn previous(self) -> Option<Self> {
                self.0.checked_sub(1).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// Index of a decided block, from 1; the genesis stands at 0.
    Height(u64)
}
counter! {
    /// An attempt at one height, from 0 (PBFT's view).
    Round(u32)
}
counter! {
    /// A span of heights with one roster, from 0.
    Epoch(u32)
}
