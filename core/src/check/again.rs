//! Playing a game again, later, from snapshots taken on the way.

use std::sync::Arc;

use super::FlawKind;
use super::twin::{bytes, decoded};
use crate::digest::Digest;
use crate::game::Game;
use crate::local::Op;
use crate::state::Play;

/// Every so many steps a snapshot is kept.
const EVERY: usize = 16;

/// What was done in a game, what came of it, and snapshots between. A twin plays along and would
/// see the same of whatever the rules look at besides the state; this looks again when that has
/// moved on.
pub(super) struct Again<G: Game> {
    game: Arc<G>,
    /// Before which step each was taken.
    snapshots: Vec<(usize, Vec<u8>)>,
    steps: Vec<(Vec<Op<G>>, Digest)>,
}

impl<G: Game> Again<G> {
    pub(super) const fn new(game: Arc<G>) -> Self {
        Self {
            game,
            snapshots: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Notes a step that led to `play`.
    pub(super) fn note(&mut self, ops: Vec<Op<G>>, play: &Play<G>) -> Result<(), FlawKind> {
        let bytes = bytes(play)?;
        self.steps.push((ops, Digest::of_bytes("check", &bytes)));
        if self.steps.len() % EVERY == 1 {
            self.snapshots.push((self.steps.len(), bytes));
        }
        Ok(())
    }

    /// Plays everything again, from each snapshot up to the next.
    pub(super) fn check(&self) -> Result<(), FlawKind> {
        for (from, snapshot) in &self.snapshots {
            let mut play = decoded(&self.game, snapshot)?;
            let steps = self.steps.iter().enumerate().skip(*from).take(EVERY);
            for (step, (ops, expected)) in steps {
                let elsewhere = || FlawKind::Unrepeatable { from: *from, step };
                for op in ops.clone() {
                    op.run(&mut play).map_err(|_| elsewhere())?;
                }
                if Digest::of_bytes("check", &bytes(&play)?) != *expected {
                    return Err(elsewhere());
                }
            }
        }
        Ok(())
    }
}
