//! Tendermint (Buchman, Kwon and Milosevic, arXiv 1807.04938, algorithm 1), one height after the
//! other.
//!
//! # Rules
//! Numbers in brackets are the paper's lines; its prevote is our Prepare, its precommit our Commit.
//! A round has three steps: a seat has voted nothing in it, has prepared, has committed.
//! 1. The leader of a round proposes, again, the block of the highest `PrepareCertificate` it
//!    holds *(L15, validValue)*, else one of its choice *(L18)*. The certificate travels beside the
//!    proposal, and above round 0 the leader signs which one, or that there is none, so that
//!    nobody can strip it *(validRound)*.
//! 2. A seat that has voted nothing prepares a valid proposal unless it is locked on another block
//!    *(L22)*. A proposal with a certificate of a round at or above the lock's is prepared all the
//!    same *(L28)*: nothing else unlocks, no nil votes and no timeout. Otherwise it prepares nil,
//!    as it does when its patience for the proposal ends *(L57)*.
//! 3. A seat that holds a certificate of its round, and the body, commits to the block, and is
//!    locked on it from then on *(L36)*. Whatever it prepared itself, a verified certificate wins.
//!    A certificate that comes too late for that is still the one to propose: lock is not valid
//!    *(L42)*.
//! 4. A seat that has prepared commits to nil once a quorum prepared nil *(L44)*, or a while after
//!    a quorum prepared, for whatever *(L34, L61)*.
//! 5. A quorum of Commits of any one round for one block decides, whenever it arrives *(L49)*.
//! 6. A while after a quorum committed in this round, to blocks or nil, the next round begins
//!    *(L47, L65)*. That quorum is a `CommitsCertificate`. A seat journals the one it holds before
//!    it signs in a later round, and sends it to whoever is not as far.
//! 7. Where f + 1 seats are known to be in higher rounds, a seat joins the highest that so many
//!    have reached *(L55)*.
//!
//! # Where it leaves the paper
//! The clock of round 0 runs only while there is something to decide, so an idle table is silent.
//! When all Commits of round 0 are nil the next round begins at once, for nothing is worth waiting
//! for; later rounds last their doubled patience even then. The certificates of rule 6 are not in
//! the paper, which assumes that every message sent arrives: four seats deadlock when one that is
//! past a round is the only one to have seen its quorum.
//!
//! # Properties
//! *Agreement.* Let B be the first block with a quorum of Commits, in round r. The honest seats
//! among them are locked on B. In every later round fewer than a quorum can prepare another block:
//! a locked seat does so only on a certificate of round r or above for that block, and the first
//! such certificate would need the locked seats' Prepares.

mod clock;
mod commit;
mod over;
mod prepare;
mod propose;
mod receive;

use super::{Agreement, Context, Dossier, Effect, Place, ReceiveError};
use crate::certificate::{Checker, CommitsCertificate};
use crate::message::{Claim, Message, Peer, Proposal, Status, Vote};
use crate::mutant::{self, Mutant};
use crate::time::{Mono, Round};

use clock::Waits;

/// Agreement on one height by Tendermint.
#[derive(Clone, Debug)]
pub struct Tendermint {
    dossier: Dossier,
    waits: Waits,
    /// The highest round known to be over.
    over: Option<CommitsCertificate>,
    /// Whether that is journalled.
    kept: bool,
}

/// How far a seat is in its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It has voted nothing.
    Propose,
    /// It has signed its first vote.
    Prepare,
    /// It has signed its second vote.
    Commit,
}

impl Tendermint {
    /// The height begins.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            dossier: Dossier::new(place),
            waits: Waits::default(),
            over: None,
            kept: false,
        }
    }

    /// What this seat is locked on: the block it last committed to. A nil Commit does not unlock.
    #[must_use]
    pub fn locked(&self) -> Option<Claim> {
        let commits = &self.dossier.signed.commits;
        if mutant::is(Mutant::NilUnlocks) && commits.values().next_back() == Some(&None) {
            return None;
        }
        let mut blocks = commits.iter().rev();
        blocks.find_map(|(round, digest)| {
            digest.map(|digest| Claim {
                round: *round,
                digest,
            })
        })
    }

    fn step(&self) -> Step {
        let (round, signed) = (self.dossier.round, &self.dossier.signed);
        if signed.commits.contains_key(&round) {
            Step::Commit
        } else if signed.prepares.contains_key(&round) {
            Step::Prepare
        } else {
            Step::Propose
        }
    }
}

impl Agreement for Tendermint {
    fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    fn dossier_mut(&mut self) -> &mut Dossier {
        &mut self.dossier
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dossier = &mut self.dossier;
        dossier.count_quorums(cx);
        if dossier.decided.is_some() {
            dossier.deliver(cx.now, &mut effects);
            (dossier.timer, dossier.hold) = (None, None);
            return effects;
        }
        self.skip();
        if self.dossier.place.me.is_some() {
            self.mind_timer(cx);
            self.close(cx);
            self.next_round(cx);
            self.keep(&mut effects);
            self.propose(cx, &mut effects);
            self.prepare(cx, &mut effects);
            self.commit(cx, &mut effects);
            self.mind_timer(cx);
        }
        effects
    }

    fn next_timeout(&self) -> Option<Mono> {
        self.next_change()
    }

    fn vote(
        &mut self,
        vote: Vote,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.dossier.vote(vote, from, checker)
    }

    fn proposal(
        &mut self,
        proposal: Proposal,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.take_proposal(proposal, from, checker)
    }

    fn round_over(
        &mut self,
        over: CommitsCertificate,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.take_over(over, checker)
    }

    fn resume_round_over(&mut self, over: CommitsCertificate) {
        let next = Round(over.round.0.saturating_add(1));
        self.file(over);
        self.kept = true;
        self.dossier.enter(next);
    }

    fn repair(&self, status: &Status) -> Vec<Message> {
        let mut messages = self.dossier.lacking(status);
        messages.extend(self.over_lacking(status));
        messages
    }
}
