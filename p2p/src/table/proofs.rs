//! Proofs of misbehaviour, for whoever wants to show them to others.

use quorate_core::game::Game;
use quorate_core::{evidence, fork};

use super::{Kind, Table};
use crate::driver::Mail;

impl<G: Game> Table<G> {
    /// The proofs this device holds against seats, one for each seat and epoch at most. Each is a
    /// document that anybody checks without having been there; write it down as JSON, or in any
    /// format that names its fields.
    #[must_use]
    pub fn proofs(&self) -> Vec<evidence::Exported> {
        self.shared()
            .map_or_else(Vec::new, |shared| shared.read(|board| board.proofs.clone()))
    }

    /// The proofs this device holds that a height was decided twice, as documents for strangers.
    #[must_use]
    pub fn forks(&self) -> Vec<fork::Exported> {
        self.shared()
            .map_or_else(Vec::new, |shared| shared.read(|board| board.forks.clone()))
    }

    /// For demos and tests: makes this device's seat sign two different votes at once, as a traitor
    /// does who tells everybody something else. The table will prove it, and dismiss the seat. A
    /// local table and a watcher have nothing to sign.
    pub fn contradict(&self) {
        if let Kind::Net { running, .. } = &self.kind {
            running.shared.inbox.push(Mail::Contradict);
        }
    }
}
