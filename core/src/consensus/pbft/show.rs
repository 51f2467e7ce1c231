//! The round changes that this seat can send to a peer that lacks them.

use super::Pbft;
use crate::message::{Message, RoundChange, Status};
use crate::time::Round;

impl Pbft {
    pub(super) fn changes_lacking(&self, status: &Status) -> Vec<Message> {
        let mut messages = Vec::new();
        for (round, changes) in self.changes.range(status.round.max(Round(1))..) {
            for (seat, change) in changes {
                if *round > status.round || !status.changes.contains(*seat) {
                    messages.extend(self.with_its_claim(change));
                }
            }
        }
        messages
    }

    /// A change with the certificate it claims; none if that is not held. Where more seats cheat
    /// than the table bears there may be two of one round: with the other one a change would be a
    /// fault of who passes it on.
    fn with_its_claim(&self, change: &RoundChange) -> Option<Message> {
        let claimed = match change.claim {
            None => None,
            Some(claim) => Some(self.dossier.claimed(claim)?.clone()),
        };
        Some(Message::RoundChange(change.clone(), claimed))
    }
}
