//! Round changes and proposals of other seats.

use super::Pbft;
use crate::certificate::{Checker, PrepareCertificate};
use crate::consensus::ReceiveError;
use crate::consensus::dossier::Screened;
use crate::digest::Digest;
use crate::limits::ROUNDS_AHEAD;
use crate::message::{Justification, Peer, Proposal, RoundChange};
use crate::time::Round;

impl Pbft {
    pub(super) fn take_change(
        &mut self,
        change: RoundChange,
        claimed: Option<PrepareCertificate>,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let (seat, round) = (change.seat, change.round);
        let dossier = &mut self.dossier;
        dossier.in_bounds((change.epoch, change.height), round, seat)?;
        if dossier.place.me == Some(seat) || round == Round(0) {
            return Ok(false);
        }
        let known = self.changes.get(&round);
        if known.is_some_and(|changes| changes.contains_key(&seat)) {
            return Ok(false);
        }
        let fits = match (&change.claim, &claimed) {
            (None, _) => true,
            (Some(claim), Some(certificate)) => {
                certificate.claim() == *claim && claim.round < round
            }
            (Some(_), None) => false,
        };
        if !fits {
            return Err(ReceiveError::Claim(seat));
        }
        let bytes = change.bytes(dossier.place.table);
        dossier.verified(seat, &bytes, &change.signature, checker)?;
        if let (Some(_), Some(certificate)) = (change.claim, claimed) {
            dossier.certificate(certificate, checker)?;
        }
        dossier.note_reached(seat, round);
        let (mine, ahead) = (dossier.round, dossier.round.0.saturating_add(ROUNDS_AHEAD));
        if round >= mine && round.0 <= ahead {
            self.changes.entry(round).or_default().insert(seat, change);
        }
        Ok(true)
    }

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
        let new = self.dossier.admit(proposal, body, from, checker);
        // A justified proposal admits to its round without an own round change.
        self.dossier.enter(round);
        new
    }

    /// Recomputes what the leader may propose (rule 5).
    fn entitled(
        &mut self,
        proposal: &Proposal,
        digest: Digest,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        let (seat, round) = (proposal.vote.seat, proposal.vote.round);
        let refused = || ReceiveError::Justification(seat);
        if round == Round(0) {
            // Round 0 needs none, and one that nobody checks must not pass for a re-proposal.
            let none = proposal.justification.is_none();
            return none.then_some(()).ok_or_else(refused);
        }
        let Justification {
            changes: Some(changes),
            prepared,
            signature,
        } = proposal.justification.as_ref().ok_or_else(refused)?
        else {
            return Err(refused());
        };
        let dossier = &mut self.dossier;
        let place = &dossier.place;
        let unsigned = proposal.vote.unsigned(place.table);
        let bytes = Justification::bytes(&unsigned, Some(changes), prepared.as_ref());
        dossier.verified(seat, &bytes, signature, checker)?;
        let here = (place.epoch, place.height, round);
        if (changes.epoch, changes.height, changes.round) != here {
            return Err(refused());
        }
        changes.check(place.table, &place.roster, checker)?;
        let highest = changes.highest();
        if highest.is_some_and(|claim| claim.round >= round)
            || highest != prepared.as_ref().map(PrepareCertificate::claim)
            || highest.is_some_and(|claim| claim.digest != digest)
        {
            return Err(refused());
        }
        if let Some(certificate) = prepared {
            dossier.justified_by(certificate, checker)?;
        }
        for (seat, _) in changes.changes.iter() {
            dossier.note_reached(seat, round);
        }
        Ok(())
    }
}
