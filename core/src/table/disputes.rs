//! Disputes at a table: what is attached must hold, and what can be checked is.

use super::execution::Execution;
use super::{EntryRefusal, TableState};
use crate::certificate::Checker;
use crate::dispute::{Facts, Finding, check};
use crate::evidence::Offence;
use crate::game::Game;
use crate::message::{Charge, Dispute, Entry, Exhibit};
use crate::motion::Resolution;
use crate::time::Height;

impl<G: Game> TableState<G> {
    /// Whether the signatures of what is attached to a dispute hold, and it is about the height in
    /// dispute.
    pub(super) fn exhibit(
        &self,
        dispute: &Dispute,
        checker: &mut Checker,
    ) -> Result<(), EntryRefusal> {
        let height = dispute.height;
        if matches!(dispute.exhibit, Exhibit::Nothing) {
            return Ok(());
        }
        let (epoch, court) = self.court(height).ok_or(EntryRefusal::NoCourt(height))?;
        let holds = match &dispute.exhibit {
            Exhibit::Nothing => true,
            Exhibit::Contradiction(evidence) => {
                let offence = evidence.check(&court, checker)?;
                let twice = matches!(offence, Offence::SignedTwice { .. });
                let seat = Charge::DoubleVote(evidence.seat());
                twice && evidence.height() == height && dispute.charge == seat
            }
            Exhibit::Decision { block, certificate } => {
                let signed = &certificate.0;
                signed.height == height
                    && block.height == height
                    && signed.epoch == epoch
                    && block.digest() == signed.digest
                    && certificate.check(self.table, court.roster, checker).is_ok()
            }
            Exhibit::Reveals(entries) => entries.iter().all(|entry| {
                let holder = court.roster.holder(entry.body.seat);
                let bytes = Entry::bytes(&entry.body);
                entry.body.table == self.table
                    && holder.is_some_and(|holder| {
                        checker.check(&holder.keys(), &bytes, &entry.signature)
                    })
            }),
        };
        holds.then_some(()).ok_or(EntryRefusal::Exhibit)
    }
}

impl<G: Game> Execution<G> {
    /// How a dispute is settled at once, if it is.
    pub(super) fn checked(&self, dispute: &Dispute) -> Result<Option<Resolution>, EntryRefusal> {
        let height = dispute.height;
        // The state on the way stands at the height of the block already.
        if height == Height(0) || height >= self.state.height {
            return Err(EntryRefusal::TooEarly(height));
        }
        let proven = match dispute.charge {
            Charge::DoubleVote(seat) => self
                .state
                .court(height)
                .is_some_and(|(epoch, _)| self.state.proofs().holds(epoch, seat)),
            _ => false,
        };
        let facts = Facts {
            table: self.state.table,
            annals: &self.state.annals,
            // It has a height of its own already, and still its parent's digests.
            state: self.state.state_at(height.next()),
            proven,
        };
        Ok(match check(dispute, &facts) {
            Finding::Upheld => Some(Resolution::Upheld),
            Finding::Dismissed => Some(Resolution::Dismissed),
            Finding::Open => None,
        })
    }
}
