//! The round changes that this seat can send to a peer that lacks them.

use super::Pbft;
use crate::message::{Claim, Message, RoundChange, Status};
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

    /// A change with the certificate it claims. Where more seats cheat than the table bears there
    /// may be two of one round: with the other one a change would be a fault of who passes it on.
    fn with_its_claim(&self, change: &RoundChange) -> Option<Message> {
        let held = |claim: Claim| {
            let held = self.dossier.certificates.get(&claim.round);
            held.filter(|held| held.claim() == claim).cloned()
        };
        let claimed = change.claim.map(held);
        let complete = claimed.as_ref().is_none_or(Option::is_some);
        complete.then(|| Message::RoundChange(change.clone(), claimed.flatten()))
    }
}
