//! The replay of how a height became final, slowed so that it lasts about a second.

use std::time::{Duration, Instant};

use quorate::core::message::VoteKind;
use quorate::{Trace, Voted};

use crate::screen::model::{Replay, Signed, Speed, Vote};

/// How long a replay lasts, about.
const LASTS: Duration = Duration::from_millis(1_200);
/// How long its end is seen at least before the next begins.
const RESTS: Duration = Duration::from_millis(600);
/// How much slower or faster a replay can be.
const TIMES: [u32; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/// The replay on the screen.
#[derive(Clone, Debug)]
pub(crate) struct ReplayShow {
    replay: Replay,
    started: Instant,
}

impl ReplayShow {
    /// Begins with the newest final height of `traces`, if it is not the one on the screen.
    pub(crate) fn next(before: Option<Self>, traces: &[Trace], now: Instant) -> Option<Self> {
        let newest = traces.iter().rev().find(|trace| trace.decided.is_some());
        let shown = before.as_ref().map(|show| show.replay.height);
        match newest {
            Some(trace)
                if shown != Some(trace.height.0)
                    && before.as_ref().is_none_or(|show| show.is_over(now)) =>
            {
                Some(Self {
                    replay: replay(trace),
                    started: now,
                })
            }
            _ => before,
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let length = match (self.replay.decided.unwrap_or_default(), self.replay.speed) {
            (length, Speed::Slowed(times)) => length * times,
            (length, Speed::Hastened(times)) => length / times,
        };
        now.saturating_duration_since(self.started) >= length + RESTS
    }

    /// What is to be seen now.
    pub(crate) fn picture(&self, now: Instant) -> Replay {
        let passed = now.saturating_duration_since(self.started);
        let now = match self.replay.speed {
            Speed::Slowed(times) => passed / times,
            Speed::Hastened(times) => passed * times,
        };
        Replay {
            now,
            ..self.replay.clone()
        }
    }
}

fn replay(trace: &Trace) -> Replay {
    let decided = trace.decided.map(|decided| decided.since(trace.started));
    let same =
        |a: &Voted, b: &Voted| (a.seat, a.kind, a.round, a.nil) == (b.seat, b.kind, b.round, b.nil);
    // A vote that came by two ways was counted once.
    let votes = trace.votes.iter().enumerate();
    let votes =
        votes.filter(|(nth, vote)| !trace.votes[..*nth].iter().any(|first| same(first, vote)));
    let votes = votes.map(|(_, vote)| {
        let kind = match vote.kind {
            _ if vote.nil || vote.round != trace.round => Signed::InVain,
            VoteKind::Prepare if Some(vote.seat) == trace.leader => Signed::Proposed,
            VoteKind::Prepare => Signed::Prepared,
            VoteKind::Commit => Signed::Committed,
        };
        Vote {
            seat: vote.seat,
            kind,
            at: vote.at.since(trace.started),
        }
    });
    let length = decided.unwrap_or_default().max(Duration::from_micros(100));
    Replay {
        height: trace.height.0,
        speed: speed(length),
        now: Duration::ZERO,
        votes: votes.collect(),
        decided,
        signed: trace.signers.len(),
    }
}

/// The speed at which `length` lasts as long as a replay should.
fn speed(length: Duration) -> Speed {
    let slowed = TIMES
        .into_iter()
        .rev()
        .find(|times| length * *times <= LASTS);
    let hastened = TIMES.into_iter().find(|times| length / *times <= LASTS);
    slowed.map_or(Speed::Hastened(hastened.unwrap_or(500)), Speed::Slowed)
}
