//! Proposals of other seats.

use super::Tendermint;
use crate::certificate::Checker;
use crate::consensus::ReceiveError;
use crate::consensus::dossier::Screened;
use crate::digest::Digest;
use crate::limits::ROUNDS_AHEAD;
use crate::message::{Justification, Peer, Proposal};
use crate::time::Round;

impl Tendermint {
    pub(super) fn take_proposal(
        &mut self,
        mut proposal: Proposal,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let (digest, body) = match self.dossier.screen(&mut proposal, from, checker)? {
            Screened::Done(new) => return Ok(new),
            Screened::First(digest, body) => (digest, body),
        };
        self.entitled(&proposal, digest, checker)?;
        let round = proposal.vote.round;
        if round.0 > self.dossier.round.0.saturating_add(ROUNDS_AHEAD) {
            self.dossier.note_reached(proposal.vote.seat, round);
            return Ok(true);
        }
        // It moves nobody: that takes f + 1 seats, or the rounds before it to end.
        self.dossier.admit(proposal, body, from, checker)
    }

    /// Whether the leader signed which certificate it proposes with, and that fits (L28).
    fn entitled(
        &mut self,
        proposal: &Proposal,
        digest: Digest,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        let (seat, round) = (proposal.vote.seat, proposal.vote.round);
        let refused = || ReceiveError::Justification(seat);
        if round == Round(0) {
            let none = proposal.justification.is_none();
            return none.then_some(()).ok_or_else(refused);
        }
        let Justification {
            changes: None,
            prepared,
            signature,
        } = proposal.justification.as_ref().ok_or_else(refused)?
        else {
            return Err(refused());
        };
        let unsigned = proposal.vote.unsigned(self.dossier.place.table);
        let bytes = Justification::bytes(&unsigned, None, prepared.as_ref());
        self.dossier.verified(seat, &bytes, signature, checker)?;
        let Some(certificate) = prepared else {
            return Ok(());
        };
        let claim = certificate.claim();
        if claim.round >= round || claim.digest != digest {
            return Err(refused());
        }
        self.dossier.justified_by(certificate, checker)
    }
}
