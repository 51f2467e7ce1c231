//! PBFT (Castro and Liskov, OSDI'99, sections 4.3 to 4.5), one height after the other.
//!
//! # Rules
//! Names in brackets are the paper's.
//! 1. The leader of round 0 signs a Prepare for a block and sends both *(pre-prepare)*. A seat that
//!    finds it valid signs a Prepare; one that does not prepares nil.
//! 2. A quorum of Prepares of one round for one block makes a `PrepareCertificate` *(prepared)*. A
//!    seat that holds one for its round, and the body, signs a Commit, whatever it prepared itself.
//! 3. A quorum of Commits of any one round decides, whenever it arrives *(committed-local)*.
//! 4. Rounds only rise: who signed anything for round r signs nothing for a lower one, and one
//!    round change a round. A `RoundChange` *(view-change)* claims the highest certificate held. It
//!    is sent when the round's timer fires, when nil makes a certificate impossible in round 0, or
//!    when f + 1 seats are above, to the highest round that f + 1 have reached.
//! 5. The leader of r > 0 waits for round changes of a quorum to exactly r and proposes the block
//!    of the highest certificate among them, else one of its choice *(new-view)*. Every seat
//!    recomputes that from the justification, which admits it to r without a round change.
//! 6. The timer of round 0 runs while there is something to decide; that of r > 0 once a quorum,
//!    oneself included, is known by signed messages to be at r or above, or once r's proposal or
//!    certificate is accepted. Counting round changes to r exactly, or starting on entry, leaves
//!    one seat a round ahead for ever or stops the table with no timer armed.
//!
//! # Where it leaves the paper
//! Heights are sequential, so there are no watermarks and no null requests; signatures stand in for
//! MACs throughout; the proposal is the leader's Prepare; nil Prepares let an invalid proposal cost
//! one exchange instead of a timeout.
//!
//! # Properties
//! *Agreement.* Two decisions at one height would need two quorums of Commits. In one round they
//! share an honest seat, which commits once a round. Across rounds, every quorum of round changes
//! shares an honest seat with the quorum that committed, which claims that certificate or a later
//! one, and a later one is for the same block by induction.

mod advance;
mod clock;
mod receive;
mod show;

use std::collections::BTreeMap;

use super::{Agreement, Context, Dossier, Effect, Place, ReceiveError};
use crate::certificate::{Checker, PrepareCertificate};
use crate::message::{Message, Peer, Proposal, RoundChange, Status, Vote, VoteKind};
use crate::mutant::{self, Mutant};
use crate::seat::{Seat, Seats};
use crate::time::{Mono, Round};

/// Agreement on one height by PBFT.
#[derive(Clone, Debug)]
pub struct Pbft {
    dossier: Dossier,
    /// Verified round changes, by round; of a seat's changes to rounds above ours, the highest.
    changes: BTreeMap<Round, BTreeMap<Seat, RoundChange>>,
    /// The highest round of an own round change.
    changed: Round,
}

impl Pbft {
    /// The height begins.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            dossier: Dossier::new(place),
            changes: BTreeMap::new(),
            changed: Round(0),
        }
    }

    /// The highest round anything was signed for.
    fn floor(&self) -> Round {
        if mutant::is(Mutant::CommitBelowChange) {
            return self.dossier.signed.last();
        }
        self.dossier.signed.last().max(self.changed)
    }
}

impl Agreement for Pbft {
    fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    fn dossier_mut(&mut self) -> &mut Dossier {
        &mut self.dossier
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Vec<Effect> {
        self.do_all(cx)
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
        if vote.kind == VoteKind::Commit && vote.digest.is_none() {
            return Err(ReceiveError::Meaningless(vote.seat));
        }
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

    fn round_change(
        &mut self,
        change: RoundChange,
        claimed: Option<PrepareCertificate>,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        self.take_change(change, claimed, checker)
    }

    fn count_own_change(&mut self, change: RoundChange) {
        self.dossier.note_reached(change.seat, change.round);
        self.changes
            .entry(change.round)
            .or_default()
            .insert(change.seat, change);
    }

    fn resume_change(&mut self, change: RoundChange) {
        self.changed = self.changed.max(change.round);
        self.dossier.enter(change.round);
        self.count_own_change(change);
    }

    fn changes_held(&self) -> Seats {
        let above = self.changes.range(self.dossier.round..);
        above
            .flat_map(|(_, changes)| changes.keys().copied())
            .collect()
    }

    fn repair(&self, status: &Status) -> Vec<Message> {
        let mut messages = self.dossier.lacking(status);
        if self.dossier.decided.is_none() {
            messages.extend(self.changes_lacking(status));
        }
        messages
    }
}
