//! The last steps of a run, kept cheaply and written out only when something is wrong.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quorate_core::message::Peer;
use quorate_core::{Digest, Height, Round};

use crate::frame::Frame;

/// How many steps a failure shows.
const KEPT: usize = 200;

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// A device sends a frame.
    Sent {
        /// To which device; none is every seat.
        to: Option<usize>,
        /// What.
        frame: Arc<Frame>,
    },
    /// A frame arrives.
    Arrived {
        /// From which device.
        from: usize,
        /// What.
        frame: Arc<Frame>,
    },
    /// Records are durable.
    Synced(usize),
    /// A block was decided.
    Decided(Height, Round, Digest),
    /// A device went down.
    Crashed,
    /// A device started.
    Started(Height),
    /// A device froze until then.
    Frozen(Duration),
    /// A connection came up or went.
    Link(usize, Option<Peer>),
    /// A player acted.
    Acted,
    /// An entry was settled.
    Settled(String),
    /// Something else, in words.
    Note(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent {
                to: Some(to),
                frame,
            } => write!(f, "-> {to}  {frame}"),
            Self::Sent { to: None, frame } => write!(f, "-> *  {frame}"),
            Self::Arrived { from, frame } => write!(f, "<- {from}  {frame}"),
            Self::Synced(count) => write!(f, "{count} records on disk"),
            Self::Decided(height, round, digest) => {
                write!(f, "DECIDED h{height} r{round} {}", digest.short())
            }
            Self::Crashed => f.write_str("CRASHED"),
            Self::Started(height) => write!(f, "STARTED at h{height}"),
            Self::Frozen(until) => write!(f, "frozen until {until:?}"),
            Self::Link(with, Some(_)) => write!(f, "connected with {with}"),
            Self::Link(with, None) => write!(f, "disconnected from {with}"),
            Self::Acted => f.write_str("acts"),
            Self::Settled(how) => write!(f, "settled: {how}"),
            Self::Note(words) => f.write_str(words),
        }
    }
}

/// The last steps.
#[derive(Debug, Default)]
pub struct Trace {
    kept: VecDeque<(Duration, Option<usize>, Step)>,
    /// Every step is written to standard error as well.
    aloud: bool,
    /// A running digest of all steps: equal runs have equal ones.
    hash: u64,
}

impl Trace {
    /// A trace; `aloud` writes every step to standard error.
    #[must_use]
    pub fn new(aloud: bool) -> Self {
        Self {
            aloud,
            ..Self::default()
        }
    }

    /// Notes a step of a device, or of the world.
    #[allow(clippy::print_stderr)] // what `simulate --trace` is for
    pub(crate) fn note(&mut self, at: Duration, device: Option<usize>, step: Step) {
        self.mix(at, device, &step);
        if self.aloud {
            eprintln!("{}", line(at, device, &step));
        }
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((at, device, step));
    }

    /// The digest of all steps so far.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last steps as text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.kept.iter();
        lines
            .map(|(at, device, step)| line(*at, *device, step))
            .collect()
    }

    fn mix(&mut self, at: Duration, device: Option<usize>, step: &Step) {
        let mut add = |word: u64| {
            self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        };
        add(crate::rng::micros(at));
        add(device.map_or(u64::MAX, |device| device as u64));
        match step {
            Step::Sent { frame, .. } | Step::Arrived { frame, .. } => {
                add(frame.bytes.len() as u64);
                // Signatures and digests stand at the end of most messages.
                let tail = frame.bytes.last_chunk::<8>().copied().unwrap_or_default();
                add(u64::from_le_bytes(tail));
            }
            Step::Decided(height, round, digest) => {
                add(height.0 << 32 | u64::from(round.0));
                let head = digest.as_bytes().first_chunk::<8>().copied();
                add(u64::from_le_bytes(head.unwrap_or_default()));
            }
            _ => add(1),
        }
    }
}

fn line(at: Duration, device: Option<usize>, step: &Step) -> String {
    let device = device.map_or_else(|| " ".to_owned(), |device| device.to_string());
    format!("{:>12.6}  {device}  {step}", at.as_secs_f64())
}
