//! Tendermint's lock, restated: who committed to a block prepares another one only where a quorum
//! could have prepared that one, in the round of the Commit or later.

use std::collections::BTreeMap;

use quorate_core::message::VoteKind;
use quorate_core::{Digest, Height, Round, Seat, Seats};

use super::flatten::VoteContent;
use super::{Invariant, Judgement, Violation};

/// What honest seats are locked on, and what they prepared.
#[derive(Default)]
pub(super) struct Locks {
    commits: BTreeMap<Seat, (Height, Round, Digest)>,
    prepares: BTreeMap<(Height, Round), Vec<(Digest, Seats)>>,
}

impl Locks {
    /// An honest vote is durable; a certificate can be built of `missing` honest ones.
    pub(super) fn signed(&mut self, seat: Seat, vote: &VoteContent, missing: usize) -> Judgement {
        let VoteContent { height, round, .. } = *vote;
        let Some(digest) = vote.digest else {
            return Ok(());
        };
        if vote.kind == VoteKind::Commit {
            self.commits.insert(seat, (height, round, digest));
            return Ok(());
        }
        let held = self.commits.get(&seat).copied();
        if let Some((at, since, locked)) = held
            && at == height
            && locked != digest
            && since < round
            && !self.could_certify((height, since..round), digest, missing)
        {
            let (locked, other) = (locked.short(), digest.short());
            let what = format!(
                "seat {seat} prepares {other} at h{height} r{round}, locked on {locked} since \
                 r{since}"
            );
            return Err(Violation::new(Invariant::Lock, what));
        }
        self.count((height, round), digest, seat);
        Ok(())
    }

    fn could_certify(
        &self,
        (height, rounds): (Height, std::ops::Range<Round>),
        digest: Digest,
        missing: usize,
    ) -> bool {
        let mut votes = self
            .prepares
            .range((height, rounds.start)..(height, rounds.end));
        votes.any(|(_, votes)| {
            let mut enough = votes.iter().filter(|(_, seats)| seats.len() >= missing);
            enough.any(|(prepared, _)| *prepared == digest)
        })
    }

    fn count(&mut self, place: (Height, Round), digest: Digest, seat: Seat) {
        let below = Height(place.0.0.saturating_sub(2));
        self.prepares.retain(|(height, _), _| *height >= below);
        let votes = self.prepares.entry(place).or_default();
        match votes.iter_mut().find(|(other, _)| *other == digest) {
            Some((_, seats)) => *seats |= seat.into(),
            None => votes.push((digest, seat.into())),
        }
    }
}
