//! What one seat holds of one height, whatever the protocol: votes, certificates, proposals and
//! bodies of others, and what the seat itself has signed.

mod bodies;
mod count;
mod judge;
mod receive;
mod resume;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Hold, Place, Work};
use crate::certificate::{DecisionCertificate, PrepareCertificate};
use crate::digest::Digest;
use crate::limits::ROUND_MAX;
use crate::message::{Block, Claim, Proposal, Vote};
use crate::seat::{PerSeat, Seat, Seats};
use crate::tally::RoundTally;
use crate::time::{Mono, Round};

pub(super) use judge::Opinion;
pub(super) use receive::Screened;

/// Everything one seat holds of one height.
#[derive(Clone, Debug)]
pub struct Dossier {
    pub(super) place: Place,
    /// The round this seat is in.
    pub(super) round: Round,
    pub(super) tallies: BTreeMap<Round, RoundTally>,
    /// The highest round each seat is known by signed messages to have reached.
    pub(super) reached: PerSeat<Round>,
    /// Verified prepare certificates by round. Two of one round cannot differ while at most f
    /// seats are faulty.
    pub(super) certificates: BTreeMap<Round, PrepareCertificate>,
    pub(super) decided: Option<DecisionCertificate>,
    /// The first proposal of each round's leader.
    pub(super) proposals: BTreeMap<Round, Proposal>,
    pub(super) signed: Signed,
    /// When the clock of this round started.
    pub(super) timer: Option<Mono>,
    /// Why the Prepare of this round is delayed.
    pub(super) hold: Option<Hold>,
    bodies: FxHashMap<Digest, Arc<Block>>,
    valid: FxHashSet<Digest>,
    /// Bodies asked for, and when.
    asked: BTreeMap<Digest, Mono>,
    delivered: bool,
}

/// What this seat has signed at this height, but for round changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Signed {
    pub(super) prepares: BTreeMap<Round, Option<Digest>>,
    pub(super) commits: BTreeMap<Round, Option<Digest>>,
    pub(super) proposed: BTreeSet<Round>,
}

impl Signed {
    /// The highest round a vote was signed for.
    pub(super) fn last(&self) -> Round {
        let last = |round: Option<&Round>| round.copied().unwrap_or_default();
        last(self.prepares.keys().next_back()).max(last(self.commits.keys().next_back()))
    }

    /// Whether a vote was signed in `round`.
    pub(super) fn voted(&self, round: Round) -> bool {
        self.prepares.contains_key(&round) || self.commits.contains_key(&round)
    }
}

impl Dossier {
    /// An empty one: the height begins.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            place,
            round: Round(0),
            tallies: BTreeMap::new(),
            reached: PerSeat::default(),
            certificates: BTreeMap::new(),
            decided: None,
            proposals: BTreeMap::new(),
            signed: Signed::default(),
            timer: None,
            hold: None,
            bodies: FxHashMap::default(),
            valid: FxHashSet::default(),
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

    /// How many bodies are kept, or were asked for: a body is asked for where a proposal or a
    /// certificate names it.
    pub(crate) fn bodies_held(&self) -> usize {
        self.bodies.len().max(self.asked.len())
    }

    /// Of how many rounds something is kept.
    pub(crate) fn rounds_held(&self) -> usize {
        self.tallies.len().max(self.proposals.len())
    }

    /// Of how many rounds a certificate is kept; a seat jumps any distance for one.
    pub(crate) fn certificates_held(&self) -> usize {
        self.certificates.len()
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

    /// The certificate that somebody claims, unless none of that round is held, or another one.
    pub(super) fn claimed(&self, claim: Claim) -> Option<&PrepareCertificate> {
        let held = self.certificates.get(&claim.round);
        held.filter(|held| held.claim() == claim)
    }

    /// The decision certificate, once there is one.
    #[must_use]
    pub const fn decided(&self) -> Option<&DecisionCertificate> {
        self.decided.as_ref()
    }

    pub(super) fn quorum(&self) -> usize {
        self.place.roster.quorum()
    }

    pub(super) fn note_reached(&mut self, seat: Seat, round: Round) {
        if self
            .reached
            .get(seat)
            .is_none_or(|reached| *reached < round)
        {
            self.reached.insert(seat, round);
        }
    }

    /// Enters `round`, if it is above the current one.
    pub(super) fn enter(&mut self, round: Round) {
        if round > self.round {
            self.round = round;
            self.timer = None;
            self.hold = None;
        }
    }

    /// The highest round above this seat's that f + 1 other seats have reached: one of them is
    /// honest.
    pub(super) fn overtaken(&self, faults: usize) -> Option<Round> {
        let mine = self.place.me;
        let others = self.reached.iter().filter(|(seat, _)| mine != Some(*seat));
        let rounds = others.map(|(_, round)| *round);
        let mut above: Vec<_> = rounds.filter(|round| *round > self.round).collect();
        above.sort_unstable_by(|a, b| b.cmp(a));
        above.get(faults).copied()
    }

    /// Seats known to be in `round` or above, oneself included.
    pub(super) fn at_or_above(&self, round: Round) -> Seats {
        self.reached.which(|reached| *reached >= round)
    }

    /// Counts the seat's own vote, now that it is on disk.
    pub fn count_own(&mut self, vote: Vote) {
        self.note_reached(vote.seat, vote.round);
        let tally = self.tallies.entry(vote.round).or_default();
        tally.of_mut(vote.kind).insert_own(vote);
    }

    /// Takes the seat's own proposal, on its way to the disk.
    pub fn proposed(&mut self, proposal: Proposal, block: Arc<Block>) {
        let round = proposal.vote.round;
        if let Some(digest) = proposal.digest() {
            self.signed.prepares.insert(round, Some(digest));
            self.store_body(digest, block);
            self.valid.insert(digest);
        }
        self.signed.proposed.insert(round);
        self.proposals.insert(round, proposal);
        self.enter(round);
    }

    /// Starts the clock of this round where it `should` run, or stops it.
    pub(super) fn mind_timer(&mut self, now: Mono, should: bool) {
        let last = self.round.0 >= ROUND_MAX;
        if self.place.me.is_none() || self.decided.is_some() || last || !should {
            self.timer = None;
        } else {
            self.timer.get_or_insert(now);
        }
    }

    /// Whether there is something to decide, so that the clock of round 0 runs.
    pub(super) fn has_begun(&self, work: Work) -> bool {
        // Only checked votes count, or a forgery could wake an idle table.
        work.pending || !self.proposals.is_empty() || self.somebody_voted()
    }

    /// Whether nothing is under way at this height.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let begun = self.round > Round(0) || !self.proposals.is_empty() || self.somebody_voted();
        !begun && self.certificates.is_empty() && self.decided.is_none()
    }

    fn somebody_voted(&self) -> bool {
        self.tallies
            .values()
            .any(|tally| !tally.prepares.voters().is_empty() || !tally.commits.voters().is_empty())
    }
}
