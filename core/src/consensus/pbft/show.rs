//! The round changes that this seat can send to a peer that lacks them.

use super::Pbft;
use crate::message::{Message, Status};
use crate::time::Round;

impl Pbft {
    pub(super) fn changes_lacking(&self, status: &Status) -> Vec<Message> {
        let mut messages = Vec::new();
        for (round, changes) in self.changes.range(status.round.max(Round(1))..) {
            for (seat, change) in changes {
                if *round > status.round || !status.changes.contains(*seat) {
                    let claim = change
                        .claim
                        .and_then(|claim| self.dossier.certificates.get(&claim.round));
                    messages.push(Message::RoundChange(change.clone(), claim.cloned()));
                }
            }
        }
        messages
    }
}
