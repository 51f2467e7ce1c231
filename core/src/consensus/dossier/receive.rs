//! Messages that mean the same in every protocol. Everything is bounded before it is verified, and
//! verified before it is believed; first votes of round 0 wait for their check until they could
//! complete a quorum.

use std::sync::Arc;

use super::Dossier;
use crate::certificate::{Checker, DecisionCertificate, PrepareCertificate};
use crate::consensus::ReceiveError;
use crate::crypto::Signature;
use crate::digest::Digest;
use crate::limits::{ROUND_MAX, ROUNDS_AHEAD};
use crate::message::{Block, Peer, Proposal, Vote, VoteKind};
use crate::seat::Seat;
use crate::tally::{Counted, Scrutiny};
use crate::time::{Epoch, Height, Round};

/// What became of a proposal before anybody asked what entitles its leader.
pub(in crate::consensus) enum Screened {
    /// Nothing is left to do; tells whether something of it was new.
    Done(bool),
    /// It is its leader's first for the round, and the leader signed it.
    First(Digest, Option<Arc<Block>>),
}

impl Dossier {
    fn scrutiny<'a>(&'a self, checker: &'a mut Checker) -> Scrutiny<'a> {
        Scrutiny {
            table: self.place.table,
            roster: &self.place.roster,
            checker,
        }
    }

    /// Whether something signed by `seat` for this place could matter.
    pub(in crate::consensus) fn in_bounds(
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

    /// Whether the signature is `seat`'s over `bytes`.
    pub(in crate::consensus) fn verified(
        &self,
        seat: Seat,
        bytes: &[u8],
        signature: &Signature,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        let holder = self
            .place
            .roster
            .holder(seat)
            .ok_or(ReceiveError::Stranger(seat))?;
        if checker.check(&holder.keys(), bytes, signature) {
            Ok(())
        } else {
            Err(ReceiveError::Signature(seat))
        }
    }

    /// Takes a vote of another seat. Tells whether it was new.
    pub(in crate::consensus) fn vote(
        &mut self,
        vote: Vote,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.in_bounds((vote.epoch, vote.height), vote.round, vote.seat)?;
        if self.place.me == Some(vote.seat) {
            return Ok(false);
        }
        let (seat, round) = (vote.seat, vote.round);
        if round > Round(0) {
            // Signed messages of higher rounds move this seat, so they are never taken on trust.
            let bytes = vote.bytes(self.place.table);
            self.verified(seat, &bytes, &vote.signature, checker)?;
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
        if self.claimed(certificate.claim()).is_some() {
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

    /// Takes the prepare certificate that a leader justifies its proposal with. Its leader signs it
    /// as it is, so that it is passed on as it is: whoever holds another of the same claim checks
    /// this one all the same, or would be charged by the next who does not.
    ///
    /// # Errors
    /// [`ReceiveError`] if it does not hold.
    pub(in crate::consensus) fn justified_by(
        &mut self,
        certificate: &PrepareCertificate,
        checker: &mut Checker,
    ) -> Result<(), ReceiveError> {
        certificate.check(self.place.table, &self.place.roster, checker)?;
        self.certificate(certificate.clone(), checker)
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

    /// Looks at a proposal as far as every protocol does, and takes its body out of it.
    pub(in crate::consensus) fn screen(
        &mut self,
        proposal: &mut Proposal,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<Screened, ReceiveError> {
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
            return Ok(Screened::Done(false));
        }
        let body = proposal.block.take();
        if body.as_ref().is_some_and(|block| block.digest() != digest) {
            return Err(ReceiveError::Body(seat));
        }
        if let Some(held) = self.proposals.get(&round) {
            if held.digest() == Some(digest) {
                let new = body.filter(|_| !self.bodies.contains_key(&digest));
                let new = new.map(|block| self.store_body(digest, block)).is_some();
                return Ok(Screened::Done(new));
            }
            // The first stands; the second shows as an equivocation of the leader's Prepare.
            return self.vote(vote, from, checker).map(Screened::Done);
        }
        let bytes = vote.bytes(self.place.table);
        self.verified(seat, &bytes, &vote.signature, checker)?;
        Ok(Screened::First(digest, body))
    }

    /// Files a proposal whose leader is entitled to it. Tells whether its vote was new.
    pub(in crate::consensus) fn admit(
        &mut self,
        proposal: Proposal,
        body: Option<Arc<Block>>,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let vote = proposal.vote.clone();
        let (seat, round, digest) = (vote.seat, vote.round, vote.digest);
        let counted = self.vote(vote, from, checker);
        self.note_reached(seat, round);
        if let (Some(digest), Some(block)) = (digest, body) {
            self.store_body(digest, block);
        }
        self.proposals.insert(round, proposal);
        counted.map(|_| true)
    }
}
