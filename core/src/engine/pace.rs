//! Measuring how long the seats take to answer each other.

use super::Engine;
use crate::consensus::Pace;
use crate::game::Game;
use crate::message::{Vote, VoteKind};
use crate::time::{Height, Mono, Round};

/// The pace of the table as this seat sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stopwatch {
    pub(super) pace: Pace,
    /// The last own Prepare for a block that reached the disk.
    prepared: Option<(Height, Round, Mono)>,
}

impl<G: Game> Engine<G> {
    /// An own vote is on disk: if it is for a block, an exchange begins.
    pub(super) fn start_stopwatch(&mut self, vote: &Vote) {
        if vote.kind == VoteKind::Prepare && vote.digest.is_some() {
            let begun = (vote.height, vote.round, self.now.mono);
            self.stopwatch.prepared = Some(begun);
        }
    }

    /// A height was decided: if it was in the round of the own Prepare, the exchange is over.
    pub(super) fn stop_stopwatch(&mut self, height: Height, round: Round) {
        let Stopwatch { pace, prepared } = &mut self.stopwatch;
        match prepared.take() {
            Some((at, prepared, since)) if (at, prepared) == (height, round) => {
                pace.exchanged(round, self.now.mono.since(since));
            }
            _ => pace.decided(round),
        }
    }
}
