//! What is measured, and how it is told: lines of JSON, or of text.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use quorate::core::engine::Decided;
use quorate::{Digest, Height, PerSeat, Seat, Seats, Table};
use serde_json::{Value, json};

use crate::rules::Craps;

/// Counted by every player of this process.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    round_changes: AtomicU64,
    /// From `act` until the action was decided.
    latencies: Mutex<Vec<Duration>>,
}

impl Tally {
    /// An action was decided after this time.
    pub(crate) fn took(&self, time: Option<Duration>) {
        let mut latencies = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        latencies.extend(time);
    }

    /// A seat gave up on a round.
    pub(crate) fn round_changed(&self) {
        self.round_changes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn round_changes(&self) -> u64 {
        self.round_changes.load(Ordering::Relaxed)
    }

    /// The time within which `percent` of the actions were decided, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let mut times = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        times.sort_unstable();
        percentile(&times, percent).map(milliseconds)
    }
}

/// The smallest of the ascending `times` that at least `percent` of them do not exceed.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied()
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

/// How a table did.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) table: String,
    pub(crate) seats: Seats,
    pub(crate) height: Height,
    /// The state's digest at that height as each seat told it.
    pub(crate) digests: PerSeat<Digest>,
    /// Whether no seat told another digest, and a quorum told this one.
    pub(crate) agreed: bool,
    /// Whether no chip was made or lost.
    pub(crate) conserved: bool,
    pub(crate) rolls: u32,
    pub(crate) actions: u64,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) round_changes: u64,
    /// By all seats of this process, each connection counted at each of its ends that is here:
    /// n (n - 1) where all n seats are, and one or two more for each pair that dialled at once.
    pub(crate) connections_opened: u64,
    pub(crate) bytes_sent: u64,
}

impl Summary {
    /// Whether the run may be called a success.
    pub(crate) const fn is_good(&self) -> bool {
        self.agreed && self.conserved
    }

    fn json(&self) -> Value {
        let digest = |seat: Seat| self.digests.get(seat).map(ToString::to_string);
        json!({
            "table": self.table,
            "seats": self.seats.len(),
            "height": self.height.0,
            "digests": self.seats.iter().map(digest).collect::<Vec<_>>(),
            "agreed": self.agreed,
            "conserved": self.conserved,
            "rolls": self.rolls,
            "actions": self.actions,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "round_changes": self.round_changes,
            "connections_opened": self.connections_opened,
            "bytes_sent": self.bytes_sent,
            "journal": "disk",
        })
    }

    fn text(&self) -> String {
        let ms = |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        format!(
            "{} rolls and {} actions in {} heights: {}, {}; half of this process's actions were \
             final within {} ms, 99 % within {} ms; {} round changes",
            self.rolls,
            self.actions,
            self.height,
            if self.agreed {
                "all seats agree"
            } else {
                "THE SEATS DISAGREE"
            },
            if self.conserved {
                "no chip was lost"
            } else {
                "CHIPS WERE MADE OR LOST"
            },
            ms(self.p50_ms),
            ms(self.p99_ms),
            self.round_changes,
        )
    }
}

/// How a run is told on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Json,
    Text,
}

impl Voice {
    /// A height was decided.
    pub(crate) fn decided(self, table: &Table<Craps>, decided: &Decided<Craps>) -> io::Result<()> {
        if self == Self::Text {
            return Ok(());
        }
        let traces = table.traces();
        let trace = traces.iter().find(|trace| trace.height == decided.height);
        let took = trace.map(|trace| milliseconds(decided.at.since(trace.started)));
        line(&json!({
            "height": decided.height.0,
            "digest": decided.state.to_string(),
            "round": decided.round.0,
            "latency_ms": took,
            "seat": table.seat(),
            "next_leader": decided.next_leader,
            "rolling": decided.rolling.is_some(),
        }))
    }

    /// A roll started: the seats open their secrets.
    pub(crate) fn rolling(
        self,
        table: &Table<Craps>,
        roll: Height,
        seats: Seats,
    ) -> io::Result<()> {
        if self == Self::Text {
            return Ok(());
        }
        line(&json!({
            "roll": roll.0,
            "contributors": seats.iter().collect::<Vec<_>>(),
            "seat": table.seat(),
        }))
    }

    /// The end.
    pub(crate) fn summary(self, summary: &Summary) -> io::Result<()> {
        match self {
            Self::Json => line(&summary.json()),
            Self::Text => writeln!(io::stdout(), "{}", summary.text()),
        }
    }
}

/// One line, flushed, for whoever reads as it comes.
fn line(value: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
