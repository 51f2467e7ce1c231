//! Who votes at which height: reckoned from decided blocks, without the table's own books.

use std::sync::Arc;

use quorate_core::genesis::{FaultProfile, Protocol};
use quorate_core::message::{Block, Content, Evidence, Motion, Statement, VoteKind};
use quorate_core::{Digest, Epoch, Height, Round, Seat, Seats};

use super::{Bench, Invariant, Judgement, Violation, quorum};

/// The rosters so far, the oldest first, each with the first height it decides.
pub(super) struct Rosters {
    spans: Vec<(Height, Seats)>,
    /// All seats there ever were that play.
    players: Seats,
    /// Newcomers that were admitted and have not sat down.
    expected: Seats,
    /// A table built for certain faults keeps its seats.
    profile: Option<FaultProfile>,
}

impl Rosters {
    pub(super) fn new(bench: &Bench) -> Self {
        Self {
            spans: vec![(Height(0), Seats::first(bench.keys.len()))],
            players: bench.players,
            expected: Seats::NONE,
            profile: bench.profile,
        }
    }

    /// Who votes at `height`, as far as blocks are decided.
    pub(super) fn at(&self, height: Height) -> Seats {
        let spans = self.spans.iter().rev();
        let mut reached = spans.filter(|(first, _)| *first <= height);
        reached.next().map_or(Seats::NONE, |(_, seats)| *seats)
    }

    /// Who of them plays.
    pub(super) fn players(&self, height: Height) -> Seats {
        self.at(height) & self.players
    }

    /// Seats needed at `height`.
    pub(super) fn quorum(&self, height: Height) -> usize {
        let seats = self.at(height).len();
        match self.profile {
            // More than half of the seats and the cheats together.
            Some(profile) => (seats + usize::from(profile.byzantine)) / 2 + 1,
            None => quorum(seats),
        }
    }

    /// A newcomer may sit down.
    pub(super) fn expects(&mut self, seat: Seat, plays: bool) {
        self.expected.insert(seat);
        if plays {
            self.players.insert(seat);
        }
    }

    /// A block was decided for the first time, and by it these motions were carried out. Whoever it
    /// proves guilty, whoever leaves and whoever is dismissed votes no more from the next height
    /// on, and a newcomer that joins does; the last player stays.
    pub(super) fn decided(
        &mut self,
        block: &Block,
        protocol: Protocol,
        passed: &[Arc<Motion>],
    ) -> Judgement {
        let before = self.at(block.height);
        let past = self.spans.len() - 1;
        let epochs = Epoch(u32::try_from(past).unwrap_or(u32::MAX));
        if block.epoch != epochs {
            let (height, epoch) = (block.height, block.epoch);
            let what = format!("h{height} is of epoch {epoch}, and {epochs} was reached");
            return Err(Violation::new(Invariant::Prefix, what));
        }
        let mut gone = Seats::NONE;
        let mut come = Seats::NONE;
        for entry in &block.entries {
            match &entry.body.content {
                Content::Evidence(evidence) => {
                    self.dismiss(convicted(evidence, protocol)?, before, &mut gone);
                }
                Content::Leave => self.dismiss(entry.body.seat, before, &mut gone),
                Content::Join { .. } if self.expected.contains(entry.body.seat) => {
                    come.insert(entry.body.seat);
                }
                Content::Join { .. } => {
                    let what = format!("seat {} joins unasked", entry.body.seat);
                    return Err(Violation::new(Invariant::Ballot, what));
                }
                _ => {}
            }
        }
        for motion in passed {
            if let Motion::Remove(seat) = **motion {
                self.dismiss(seat, before, &mut gone);
            }
        }
        self.expected -= come;
        let after = (before - gone) | come;
        if after != before {
            self.spans.push((block.height.next(), after));
        }
        Ok(())
    }

    fn dismiss(&self, seat: Seat, before: Seats, gone: &mut Seats) {
        let left = (before & self.players) - *gone;
        if self.profile.is_none() && before.contains(seat) && left != Seats::from(seat) {
            gone.insert(seat);
        }
    }
}

/// Whom two statements convict; their signatures are looked at elsewhere.
pub(super) fn convicted(evidence: &Evidence, protocol: Protocol) -> Result<Seat, Violation> {
    let (one, other) = (&evidence.first, &evidence.second);
    let same_height = one.seat() == other.seat() && one.height() == other.height();
    let same_slot = same_height && one.round() == other.round() && one.kind() == other.kind();
    let twice = same_slot && said(one) != said(other);
    let denied =
        protocol == Protocol::Pbft && same_height && (denies(one, other) || denies(other, one));
    if twice || denied {
        return Ok(one.seat());
    }
    let what = format!("seat {} was convicted of nothing", one.seat());
    Err(Violation::new(Invariant::Accused, what))
}

/// What a statement says beside its place.
fn said(statement: &Statement) -> (Epoch, Option<Round>, Option<Digest>) {
    match statement {
        Statement::Vote(vote) => (vote.epoch, None, vote.digest),
        Statement::RoundChange(change) => {
            let claim = change.claim.map(|claim| (claim.round, claim.digest));
            (
                change.epoch,
                claim.map(|(round, _)| round),
                claim.map(|(_, digest)| digest),
            )
        }
    }
}

/// Whether `change` is a round change above the Commit `vote` that claims less.
fn denies(vote: &Statement, change: &Statement) -> bool {
    match (vote, change) {
        (Statement::Vote(vote), Statement::RoundChange(change)) => {
            vote.kind == VoteKind::Commit
                && vote.digest.is_some()
                && change.round > vote.round
                && change.claim.map(|claim| claim.round) < Some(vote.round)
        }
        _ => false,
    }
}
