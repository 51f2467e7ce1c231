//! What the journal says this seat has signed. After a restart that is the truth: nothing is
//! derived anew, and nothing else is signed in those slots.

use std::sync::Arc;

use super::Dossier;
use crate::certificate::PrepareCertificate;
use crate::message::{Block, Proposal, Vote, VoteKind};

impl Dossier {
    /// Whether nothing else was taken back for the slot of `vote`.
    #[must_use]
    pub fn slot_allows(&self, vote: &Vote) -> bool {
        let signed = match vote.kind {
            VoteKind::Prepare => &self.signed.prepares,
            VoteKind::Commit => &self.signed.commits,
        };
        let held = signed.get(&vote.round);
        held.is_none_or(|digest| *digest == vote.digest)
    }

    /// Takes back a vote of this seat and the body that was journalled with it.
    pub fn resume_vote(&mut self, vote: Vote, block: Option<Arc<Block>>) {
        let signed = match vote.kind {
            VoteKind::Prepare => &mut self.signed.prepares,
            VoteKind::Commit => &mut self.signed.commits,
        };
        signed.insert(vote.round, vote.digest);
        if let (Some(digest), Some(block)) = (vote.digest, block) {
            self.store_body(digest, block);
        }
        self.enter(vote.round);
        self.count_own(vote);
    }

    /// Takes back a certificate this seat acted on.
    pub fn resume_certificate(&mut self, certificate: PrepareCertificate) {
        let round = certificate.0.round;
        for (seat, _) in certificate.0.signatures.iter() {
            self.note_reached(seat, round);
        }
        self.certificates.insert(round, certificate);
    }

    /// Takes back a proposal of this seat.
    pub fn resume_proposal(&mut self, proposal: Proposal, block: Arc<Block>) {
        let vote = proposal.vote.clone();
        self.proposed(proposal, block);
        self.count_own(vote);
    }
}
