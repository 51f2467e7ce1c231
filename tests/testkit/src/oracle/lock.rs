//! Two rules of Tendermint, restated. Who committed to a block prepares another one only where a
//! quorum could have prepared that one, in the round of the Commit or later. And nobody signs in a
//! round above 0 unless a quorum could have committed in the one below, or another honest seat has
//! signed there or above.

use std::collections::BTreeMap;

use quorate_core::message::VoteKind;
use quorate_core::{Digest, Height, Round, Seat, Seats};

use super::flatten::VoteContent;
use super::{Invariant, Judgement, Violation};

/// What honest seats are locked on, and what they prepared. Nothing is forgotten: a simulated table
/// is short, and a seat that slept signs far below the others.
#[derive(Default)]
pub(super) struct Locks {
    commits: BTreeMap<Seat, (Height, Round, Digest)>,
    prepares: BTreeMap<(Height, Round), Vec<(Digest, Seats)>>,
    /// Whose Commits of a round there are, for whatever.
    committed: BTreeMap<(Height, Round), Seats>,
    /// Who signed in a round.
    there: BTreeMap<(Height, Round), Seats>,
}

impl Locks {
    /// An honest vote is durable; a certificate can be built of `missing` honest ones.
    pub(super) fn signed(&mut self, seat: Seat, vote: &VoteContent, missing: usize) -> Judgement {
        let VoteContent { height, round, .. } = *vote;
        self.may_be_there(seat, (height, round), missing)?;
        if vote.kind == VoteKind::Commit {
            *self.committed.entry((height, round)).or_default() |= seat.into();
        }
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

    fn may_be_there(
        &mut self,
        seat: Seat,
        (height, round): (Height, Round),
        missing: usize,
    ) -> Judgement {
        let mut there = self
            .there
            .range((height, round)..=(height, Round(u32::MAX)));
        let company = there.any(|(_, seats)| !seats.is_empty());
        let over = round.0.checked_sub(1).is_none_or(|before| {
            let committed = self.committed.get(&(height, Round(before)));
            committed.is_some_and(|seats| seats.len() >= missing)
        });
        if company || over {
            *self.there.entry((height, round)).or_default() |= seat.into();
            return Ok(());
        }
        let what = format!("seat {seat} signs at h{height} r{round}, where cheats alone are");
        Err(Violation::new(Invariant::Alone, what))
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
        let votes = self.prepares.entry(place).or_default();
        match votes.iter_mut().find(|(other, _)| *other == digest) {
            Some((_, seats)) => *seats |= seat.into(),
            None => votes.push((digest, seat.into())),
        }
    }
}
