//! Who votes at which height: reckoned from decided blocks, without the table's own books.

use quorate_core::genesis::Protocol;
use quorate_core::message::{Block, Content, Evidence, Statement, VoteKind};
use quorate_core::{Digest, Epoch, Height, Round, Seat, Seats};

use super::{Invariant, Judgement, Violation, quorum};

/// The rosters so far, the oldest first, each with the first height it decides.
pub(super) struct Rosters(Vec<(Height, Seats)>);

impl Rosters {
    pub(super) fn new(seats: Seats) -> Self {
        Self(vec![(Height(0), seats)])
    }

    /// Who votes at `height`, as far as blocks are decided.
    pub(super) fn at(&self, height: Height) -> Seats {
        let reached = self.0.iter().rev().find(|(first, _)| *first <= height);
        reached.map_or(Seats::NONE, |(_, seats)| *seats)
    }

    /// Seats needed at `height`.
    pub(super) fn quorum(&self, height: Height) -> usize {
        quorum(self.at(height).len())
    }

    /// A block was decided for the first time. Whoever it proves guilty, and whoever leaves, votes
    /// no more from the next height on; the last seat stays.
    pub(super) fn decided(&mut self, block: &Block, protocol: Protocol) -> Judgement {
        let before = self.at(block.height);
        let mut after = before;
        for entry in &block.entries {
            let gone = match &entry.body.content {
                Content::Evidence(evidence) => convicted(evidence, protocol)?,
                Content::Leave => entry.body.seat,
                _ => continue,
            };
            if after != Seats::from(gone) {
                after -= gone.into();
            }
        }
        if after != before {
            self.0.push((block.height.next(), after));
        }
        Ok(())
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
