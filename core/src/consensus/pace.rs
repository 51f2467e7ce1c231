//! How long a round takes here, measured by the votes that arrive.
//!
//! What is measured is an *exchange*: from the moment the seat's own Prepare is on its disk to the
//! decision in that round. In it a quorum's Prepares and a quorum's Commits travel, with their
//! signatures, disks and queues: what a round really waits for. Pings between two devices would
//! leave all that out, and a status a second would answer too late. A cheat that leads can delay
//! the proposal, but the exchange begins after it; to stretch the exchange takes more seats than
//! may be faulty, or a leader that serves a quorum late, and then the bounds of the genesis hold.

use std::time::Duration;

use crate::genesis::Timing;
use crate::time::Round;

/// Smoothed exchange time and its deviation, as TCP keeps them (RFC 6298, section 2), in whole
/// microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    measured: Option<Measured>,
    /// The last height took a later round: the estimate may be too short.
    doubted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    smoothed: u64,
    deviation: u64,
}

impl Pace {
    /// An exchange ended with a decision in `round` after `took`.
    pub fn exchanged(&mut self, round: Round, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX / 8);
        let took = took.min(u64::MAX / 8);
        self.measured = Some(match self.measured {
            None => Measured {
                smoothed: took,
                deviation: took / 2,
            },
            Some(Measured {
                smoothed,
                deviation,
            }) => Measured {
                smoothed: (7 * smoothed + took) / 8,
                deviation: (3 * deviation + smoothed.abs_diff(took)) / 4,
            },
        });
        self.decided(round);
    }

    /// A height was decided in `round` without an exchange of this seat's.
    pub const fn decided(&mut self, round: Round) {
        self.doubted = round.0 > 0;
    }

    /// How long round 0 may take: three exchanges, for the entry, the proposal and two votes, each
    /// with four deviations to spare, within the bounds of `timing`. While nothing is measured, and
    /// after a height that took a later round, no less than the genesis has it.
    #[must_use]
    pub fn first_round(&self, timing: &Timing) -> Duration {
        let usual = timing.round(0);
        let Some(Measured {
            smoothed,
            deviation,
        }) = self.measured
        else {
            return usual;
        };
        let exchange = smoothed.saturating_add(deviation.saturating_mul(4));
        let measured = timing.bounded(Duration::from_micros(exchange.saturating_mul(3)));
        if self.doubted {
            measured.max(usual)
        } else {
            measured
        }
    }
}
