//! Messages of other seats. Everything is bounded before it is verified, and verified before it is
//! believed; first votes of round 0 wait for their check until they could complete a quorum.

use std::sync::Arc;

use super::Pbft;
use crate::certificate::{CertificateError, Checker, DecisionCertificate, PrepareCertificate};
use crate::digest::Digest;
use crate::limits::{ROUND_MAX, ROUNDS_AHEAD};
use crate::message::{Block, Justification, Peer, Proposal, RoundChange, Vote, VoteKind};
use crate::seat::Seat;
use crate::tally::{Counted, Scrutiny};
use crate::time::{Epoch, Height, Round};

/// Why a message was not taken. All are charged to the connection that brought it, except
/// [`Equivocation`](Self::Equivocation), which is the signer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// Of another height or epoch.
    #[error("for height {0}")]
    Height(Height),
    /// A round beyond every bound.
    #[error("round {0} is out of bounds")]
    Round(Round),
    /// A signer without a seat.
    #[error("seat {0} is not on the roster")]
    Stranger(Seat),
    /// A false signature.
    #[error("the signature of seat {0} is false")]
    Signature(Seat),
    /// A certificate that does not hold.
    #[error("certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// A proposal by a seat that does not lead the round.
    #[error("seat {0} does not lead round {1}")]
    NotLeader(Seat, Round),
    /// A vote of a shape that no honest seat signs: a nil Commit, a proposal of nil.
    #[error("seat {0} signed a vote of no meaning")]
    Meaningless(Seat),
    /// A body that is not what the leader signed.
    #[error("the body is not what seat {0} signed")]
    Body(Seat),
    /// A justification that is missing, does not hold, or asks for another block.
    #[error("the justification of seat {0} does not entitle it")]
    Justification(Seat),
    /// A round change without the certificate it claims.
    #[error("the round change of seat {0} lacks its claim")]
    Claim(Seat),
    /// Two different votes of one seat in one slot.
    #[error("seat {} signed two votes in one slot", .0.0.seat)]
    Equivocation(Box<(Vote, Vote)>),
}

impl Pbft {
    fn scrutiny<'a>(&'a self, checker: &'a mut Checker) -> Scrutiny<'a> {
        Scrutiny {
            table: self.place.table,
            roster: &self.place.roster,
            checker,
        }
    }

    fn in_bounds(
        &self,
        (epoch, height): (Epoch, Height),
        round: Round,
        seat: Seat,
    ) -> Result<(), ReceiveError> {
        if height != self.place.height || epoch != self.place.epoch {
            Err(ReceiveError::Height(height))
        } else if round.0 > ROUND_MAX {
            Err(ReceiveError::Round(round))
        } else if self.place.roster.holder(seat).is_none() {
            Err(ReceiveError::Stranger(seat))
        } else {
            Ok(())
        }
    }

    fn verified(
        &self,
        seat: Seat,
        bytes: &[u8],
        signature: &crate::crypto::Signature,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        let holder = self
            .place
            .roster
            .holder(seat)
            .ok_or(ReceiveError::Stranger(seat))?;
        if checker.check(&holder.key, bytes, signature) {
            Ok(())
        } else {
            Err(ReceiveError::Signature(seat))
        }
    }

    /// Takes a vote of another seat. Tells whether it was new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused.
    pub fn vote(
        &mut self,
        vote: Vote,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.in_bounds((vote.epoch, vote.height), vote.round, vote.seat)?;
        if vote.kind == VoteKind::Commit && vote.digest.is_none() {
            return Err(ReceiveError::Meaningless(vote.seat));
        }
        if self.place.me == Some(vote.seat) {
            return Ok(false);
        }
        let (seat, round) = (vote.seat, vote.round);
        if round > Round(0) {
            // Signed messages of higher rounds move this seat, so they are never taken on trust.
            self.verified(
                seat,
                &vote.bytes(self.place.table),
                &vote.signature,
                checker,
            )?;
            self.note_reached(seat, round);
        }
        if round.0 > self.round.0.saturating_add(ROUNDS_AHEAD) {
            return Ok(true);
        }
        let mut tally = self.tallies.remove(&round).unwrap_or_default();
        let counted = tally
            .of_mut(vote.kind)
            .insert(vote, from, &mut self.scrutiny(checker));
        self.tallies.insert(round, tally);
        match counted {
            Counted::Held => Ok(true),
            Counted::Known => Ok(false),
            Counted::False => Err(ReceiveError::Signature(seat)),
            Counted::Equivocation(votes) => Err(ReceiveError::Equivocation(votes)),
        }
    }

    /// Takes a round change of another seat with the certificate it claims. Tells whether it was
    /// new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused.
    pub fn round_change(
        &mut self,
        change: RoundChange,
        claimed: Option<PrepareCertificate>,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let (seat, round) = (change.seat, change.round);
        self.in_bounds((change.epoch, change.height), round, seat)?;
        if self.place.me == Some(seat) || round == Round(0) {
            return Ok(false);
        }
        if self
            .changes
            .get(&round)
            .is_some_and(|changes| changes.contains_key(&seat))
        {
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
        self.verified(
            seat,
            &change.bytes(self.place.table),
            &change.signature,
            checker,
        )?;
        if let (Some(_), Some(certificate)) = (change.claim, claimed) {
            self.certificate(certificate, checker)?;
        }
        self.note_reached(seat, round);
        if round >= self.round && round.0 <= self.round.0.saturating_add(ROUNDS_AHEAD) {
            self.changes.entry(round).or_default().insert(seat, change);
        }
        Ok(true)
    }

    /// Takes a prepare certificate, whoever brought it.
    ///
    /// # Errors
    /// [`ReceiveError`] if it does not hold.
    pub fn certificate(
        &mut self,
        certificate: PrepareCertificate,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        let votes = &certificate.0;
        if (votes.epoch, votes.height) != (self.place.epoch, self.place.height) {
            return Err(ReceiveError::Height(votes.height));
        }
        if votes.round.0 > ROUND_MAX {
            return Err(ReceiveError::Round(votes.round));
        }
        if self
            .certificates
            .get(&votes.round)
            .is_some_and(|held| held.claim() == certificate.claim())
        {
            return Ok(());
        }
        certificate.check(self.place.table, &self.place.roster, checker)?;
        for (seat, _) in certificate.0.signatures.iter() {
            self.note_reached(seat, certificate.0.round);
        }
        self.certificates
            .entry(certificate.0.round)
            .or_insert(certificate);
        Ok(())
    }

    /// Takes a decision certificate, whoever brought it.
    ///
    /// # Errors
    /// [`ReceiveError`] if it does not hold.
    pub fn decision(
        &mut self,
        certificate: DecisionCertificate,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        if (certificate.0.epoch, certificate.0.height) != (self.place.epoch, self.place.height) {
            return Err(ReceiveError::Height(certificate.0.height));
        }
        if self.decided.is_none() {
            certificate.check(self.place.table, &self.place.roster, checker)?;
            self.decided = Some(certificate);
        }
        Ok(())
    }

    /// Takes a block body that was asked for. Tells whether it was.
    pub fn take_body(&mut self, digest: Digest, block: Arc<Block>) -> bool {
        let wanted = self.asked.contains_key(&digest);
        if wanted {
            self.store_body(digest, block);
        }
        wanted
    }

    /// Takes the body of the decided block, whoever brought it.
    pub fn take_decided_body(&mut self, digest: Digest, block: Arc<Block>) {
        if self
            .decided
            .as_ref()
            .is_some_and(|certificate| certificate.0.digest == digest)
        {
            self.bodies.insert(digest, block);
        }
    }

    /// Takes a proposal. Tells whether it was new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused.
    pub fn proposal(
        &mut self,
        mut proposal: Proposal,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let vote = proposal.vote.clone();
        let (seat, round) = (vote.seat, vote.round);
        self.in_bounds((vote.epoch, vote.height), round, seat)?;
        let leads = self.place.leaders.leader(round) == seat;
        let Some(digest) = vote
            .digest
            .filter(|_| leads && vote.kind == VoteKind::Prepare)
        else {
            return Err(ReceiveError::NotLeader(seat, round));
        };
        if round < self.round || self.place.me == Some(seat) {
            return Ok(false);
        }
        let body = proposal.block.take();
        if body.as_ref().is_some_and(|block| block.digest() != digest) {
            return Err(ReceiveError::Body(seat));
        }
        if let Some(held) = self.proposals.get(&round) {
            if held.digest() == Some(digest) {
                let new = body.filter(|_| !self.bodies.contains_key(&digest));
                return Ok(new.map(|block| self.store_body(digest, block)).is_some());
            }
            // The first stands; the second shows as an equivocation of the leader's Prepare.
            return self.vote(vote, from, checker);
        }
        self.verified(
            seat,
            &vote.bytes(self.place.table),
            &vote.signature,
            checker,
        )?;
        self.entitled(&proposal, digest, checker)?;
        let counted = self.vote(vote, from, checker);
        self.note_reached(seat, round);
        if let Some(block) = body {
            self.store_body(digest, block);
        }
        self.proposals.insert(round, proposal);
        self.enter(round);
        counted.map(|_| true)
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
            return proposal
                .justification
                .is_none()
                .then_some(())
                .ok_or_else(refused);
        }
        let Justification {
            changes,
            prepared,
            signature,
        } = proposal.justification.as_ref().ok_or_else(refused)?;
        let bytes = Justification::bytes(self.place.table, changes, prepared.as_ref());
        self.verified(seat, &bytes, signature, checker)?;
        let here = (self.place.epoch, self.place.height, round);
        if (changes.epoch, changes.height, changes.round) != here {
            return Err(refused());
        }
        changes.check(self.place.table, &self.place.roster, checker)?;
        let highest = changes.highest();
        if highest.is_some_and(|claim| claim.round >= round)
            || highest != prepared.as_ref().map(PrepareCertificate::claim)
            || highest.is_some_and(|claim| claim.digest != digest)
        {
            return Err(refused());
        }
        if let Some(certificate) = prepared {
            self.certificate(certificate.clone(), checker)?;
        }
        for (seat, _) in changes.changes.iter() {
            self.note_reached(seat, round);
        }
        Ok(())
    }
}
