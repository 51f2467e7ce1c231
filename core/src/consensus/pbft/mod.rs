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
mod resume;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Hold, Place};
use crate::certificate::{DecisionCertificate, PrepareCertificate};
use crate::digest::Digest;
use crate::limits::BODIES_PER_HEIGHT;
use crate::message::{Block, Proposal, RoundChange, Vote};
use crate::seat::{PerSeat, Seat, Seats};
use crate::tally::RoundTally;
use crate::time::{Mono, Round};

pub use advance::Context;
pub use receive::ReceiveError;

/// Agreement on one height by PBFT.
#[derive(Clone, Debug)]
pub struct Pbft {
    place: Place,
    /// The highest round this seat signed anything for or was admitted to.
    round: Round,
    tallies: BTreeMap<Round, RoundTally>,
    /// Verified round changes, by round; of a seat's changes to rounds above ours, the highest.
    changes: BTreeMap<Round, BTreeMap<Seat, RoundChange>>,
    /// The highest round each seat is known by signed messages to have reached.
    reached: PerSeat<Round>,
    /// Verified prepare certificates by round. Two of one round cannot differ while at most f
    /// seats are faulty.
    certificates: BTreeMap<Round, PrepareCertificate>,
    decided: Option<DecisionCertificate>,
    proposals: BTreeMap<Round, Proposal>,
    bodies: FxHashMap<Digest, Arc<Block>>,
    valid: FxHashSet<Digest>,
    signed: Signed,
    /// When the timer of this round started.
    timer: Option<Mono>,
    /// Why the Prepare of this round is delayed.
    hold: Option<Hold>,
    /// Bodies asked for, and when.
    asked: BTreeMap<Digest, Mono>,
    delivered: bool,
}

/// What this seat has signed at this height.
#[derive(Clone, Debug, Default)]
struct Signed {
    prepares: BTreeMap<Round, Option<Digest>>,
    commits: BTreeMap<Round, Digest>,
    /// Highest round of a round change.
    change: Round,
    proposed: BTreeSet<Round>,
}

impl Signed {
    /// The highest round anything was signed for.
    fn floor(&self) -> Round {
        let last = |round: Option<&Round>| round.copied().unwrap_or_default();
        let votes =
            last(self.prepares.keys().next_back()).max(last(self.commits.keys().next_back()));
        votes.max(self.change)
    }
}

/// What the engine tells the protocol beside messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// There is something to decide: an entry that would be included, or a deadline that is due.
    pub pending: bool,
    /// This seat, where it leads, should propose now rather than collect a little longer.
    pub propose: bool,
}

impl Pbft {
    /// The height begins.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            place,
            round: Round(0),
            tallies: BTreeMap::new(),
            changes: BTreeMap::new(),
            reached: PerSeat::default(),
            certificates: BTreeMap::new(),
            decided: None,
            proposals: BTreeMap::new(),
            bodies: FxHashMap::default(),
            valid: FxHashSet::default(),
            signed: Signed::default(),
            timer: None,
            hold: None,
            asked: BTreeMap::new(),
            delivered: false,
        }
    }

    /// The round this seat is in.
    #[must_use]
    pub const fn round(&self) -> Round {
        self.round
    }

    /// Where agreement takes place.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Who leads the current round.
    #[must_use]
    pub fn leader(&self) -> Seat {
        self.place.leaders.leader(self.round)
    }

    /// Why this seat's Prepare is delayed, if it is.
    #[must_use]
    pub const fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// The highest prepare certificate held.
    #[must_use]
    pub fn prepared(&self) -> Option<&PrepareCertificate> {
        self.certificates.values().next_back()
    }

    /// The decision certificate, once there is one.
    #[must_use]
    pub const fn decided(&self) -> Option<&DecisionCertificate> {
        self.decided.as_ref()
    }

    /// The body with this digest, if it is held.
    #[must_use]
    pub fn body(&self, digest: Digest) -> Option<&Arc<Block>> {
        self.bodies.get(&digest)
    }

    fn quorum(&self) -> usize {
        self.place.roster.quorum()
    }

    fn store_body(&mut self, digest: Digest, block: Arc<Block>) {
        let certified = self
            .certificates
            .values()
            .any(|held| held.0.digest == digest)
            || self
                .decided
                .as_ref()
                .is_some_and(|held| held.0.digest == digest);
        if certified || self.bodies.len() < BODIES_PER_HEIGHT {
            self.bodies.insert(digest, block);
            self.asked.remove(&digest);
        }
    }

    fn note_reached(&mut self, seat: Seat, round: Round) {
        if self
            .reached
            .get(seat)
            .is_none_or(|reached| *reached < round)
        {
            self.reached.insert(seat, round);
        }
    }

    /// Enters `round`, if it is above the current one.
    fn enter(&mut self, round: Round) {
        if round > self.round {
            self.round = round;
            self.timer = None;
            self.hold = None;
        }
    }

    /// Counts the seat's own vote, now that it is on disk.
    pub fn count_own(&mut self, vote: Vote) {
        self.note_reached(vote.seat, vote.round);
        let tally = self.tallies.entry(vote.round).or_default();
        tally.of_mut(vote.kind).insert_own(vote);
    }

    /// Counts the seat's own round change, now that it is on disk.
    pub fn count_own_change(&mut self, change: RoundChange) {
        self.note_reached(change.seat, change.round);
        self.changes
            .entry(change.round)
            .or_default()
            .insert(change.seat, change);
    }

    /// Takes the seat's own proposal, on its way to the disk.
    pub fn proposed(&mut self, proposal: Proposal, block: Arc<Block>) {
        let round = proposal.vote.round;
        if let Some(digest) = proposal.digest() {
            self.store_body(digest, block);
            self.valid.insert(digest);
            self.signed.prepares.insert(round, Some(digest));
        }
        self.signed.proposed.insert(round);
        self.proposals.insert(round, proposal);
        self.enter(round);
    }

    /// Seats known to be in `round` or above, oneself included.
    fn at_or_above(&self, round: Round) -> Seats {
        self.reached.which(|reached| *reached >= round)
    }
}
