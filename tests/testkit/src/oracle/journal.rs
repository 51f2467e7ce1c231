//! What honest seats have signed, in the order it reached their disks.

use std::collections::BTreeMap;

use quorate_core::dice::Commitment;
use quorate_core::journal::Record;
use quorate_core::message::{Content, Entry, Stream, VoteKind};
use quorate_core::{Digest, Height, Round, Seat, Seats};

use super::flatten::{ChangeContent, Signed, VoteContent, What};
use super::{Invariant, Judgement, Violation, bytes};

/// The books on every honest device's disk.
pub(super) struct Journals {
    devices: Vec<Book>,
    /// Durable honest votes.
    votes: BTreeMap<(Height, VoteKind, Round), Vec<(Digest, Seats)>>,
    /// The block of each height that a quorum's Commits could decide.
    decidable: BTreeMap<Height, Digest>,
}

/// What one device has signed, for all the seats its key has had. Slots of decided heights are
/// forgotten once two more are decided.
#[derive(Default)]
struct Book {
    votes: BTreeMap<(Height, Round, VoteKind), Option<Digest>>,
    changes: BTreeMap<(Height, Round), Option<(Round, Digest)>>,
    justifications: BTreeMap<(Height, Round), blake3::Hash>,
    entries: BTreeMap<(Seat, Stream, u64), Entry>,
    /// The highest round signed for at a height.
    highest: BTreeMap<Height, Round>,
    decided: Height,
    secrets: usize,
    commitments: Vec<Commitment>,
}

fn slot(what: impl Into<String>) -> Judgement {
    Err(Violation::new(Invariant::Slot, what))
}

impl Journals {
    pub(super) fn new(devices: usize) -> Self {
        Self {
            devices: (0..devices).map(|_| Book::default()).collect(),
            votes: BTreeMap::new(),
            decidable: BTreeMap::new(),
        }
    }

    pub(super) fn is_decidable(&self, height: Height) -> bool {
        self.decidable.contains_key(&height)
    }

    /// A signature of an honest device is durable.
    pub(super) fn signed(&mut self, device: usize, signed: &Signed<'_>) -> Judgement {
        let seat = signed.seat;
        let book = &mut self.devices[device];
        match &signed.what {
            What::Vote(vote) => {
                book.vote(seat, vote)?;
                self.count(seat, vote);
                Ok(())
            }
            What::Change(change) => book.change(seat, change),
            What::Entry(entry) => book.entry(seat, entry),
            What::Justification(vote, _) => {
                let place = (vote.height, vote.round);
                let table = quorate_core::genesis::TableId(Digest::ZERO);
                let hash = blake3::hash(&bytes::of(table, &signed.what));
                match book.justifications.insert(place, hash) {
                    Some(other) if other != hash => slot(format!(
                        "seat {seat} justified h{} r{} twice",
                        place.0, place.1
                    )),
                    _ => Ok(()),
                }
            }
        }
    }

    fn count(&mut self, seat: Seat, vote: &VoteContent) {
        let Some(digest) = vote.digest else {
            return;
        };
        let slot = self
            .votes
            .entry((vote.height, vote.kind, vote.round))
            .or_default();
        match slot.iter_mut().find(|(other, _)| *other == digest) {
            Some((_, seats)) => *seats |= seat.into(),
            None => slot.push((digest, seat.into())),
        }
    }

    /// Whether two blocks could have certificates, if `missing` honest signatures are enough.
    pub(super) fn buildable(
        &mut self,
        height: Height,
        kind: VoteKind,
        missing: usize,
    ) -> Judgement {
        let rounds = (height, kind, Round(0))..=(height, kind, Round(u32::MAX));
        for ((.., round), votes) in self.votes.range(rounds) {
            let enough = votes.iter().filter(|(_, seats)| seats.len() >= missing);
            let blocks: Vec<_> = enough.map(|(digest, _)| *digest).collect();
            if blocks.len() > 1 {
                let what = format!("two blocks can be certified by {kind:?} at h{height} r{round}");
                return Err(Violation::new(Invariant::Agreement, what));
            }
            if let (VoteKind::Commit, Some(block)) = (kind, blocks.first()) {
                let first = *self.decidable.entry(height).or_insert(*block);
                if first != *block {
                    let (first, block) = (first.short(), block.short());
                    let what = format!("h{height} can be decided as {first} and as {block}");
                    return Err(Violation::new(Invariant::Agreement, what));
                }
            }
        }
        Ok(())
    }

    /// A record of an honest device is durable; its signatures were looked at already.
    pub(super) fn synced(&mut self, device: usize, record: &Record) -> Judgement {
        let book = &mut self.devices[device];
        match record {
            Record::Secrets { .. } => book.secrets += 1,
            Record::Decision { block, certificate } => {
                if block.height != book.decided.next() {
                    let (found, last) = (block.height, book.decided);
                    let what = format!("device {device} journals decision {found} after {last}");
                    return Err(Violation::new(Invariant::Prefix, what));
                }
                if bytes::block_digest(block) != certificate.0.digest {
                    let what = format!(
                        "device {device} decided h{} by a strange hand",
                        block.height
                    );
                    return Err(Violation::new(Invariant::Certificate, what));
                }
                book.decided = block.height;
                book.forget();
            }
            Record::Snapshot(held) => {
                book.decided = book.decided.max(held.block.height);
                book.forget();
            }
            _ => {}
        }
        let height = match record {
            Record::Proposal { block, .. } => block.height,
            Record::Prepare { vote, .. } | Record::Commit { vote, .. } => vote.height,
            Record::RoundChange { change, .. } => change.height,
            _ => return Ok(()),
        };
        if height <= book.decided.next() {
            return Ok(());
        }
        let what = format!("device {device} signed for h{height} without the decision before it");
        Err(Violation::new(Invariant::Disk, what))
    }
}

impl Book {
    fn vote(&mut self, seat: Seat, vote: &VoteContent) -> Judgement {
        let VoteContent {
            kind,
            height,
            round,
            digest,
            ..
        } = *vote;
        let place = format_args!("{kind:?} h{height} r{round}").to_string();
        match self.votes.insert((height, round, kind), digest) {
            Some(other) if other != digest => {
                return slot(format!("seat {seat} signed {place} twice"));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        if height <= self.decided {
            return slot(format!("seat {seat} signed {place} after that was decided"));
        }
        self.rise(seat, height, round)?;
        let later = self
            .changes
            .range((height, round.next())..=(height, Round(u32::MAX)));
        let mut claims = later.map(|(_, claim)| claim.map(|(round, _)| round));
        if kind == VoteKind::Commit && claims.any(|claim| claim < Some(round)) {
            let what = format!("seat {seat} signed {place} below a round change that claims less");
            return Err(Violation::new(Invariant::Framed, what));
        }
        Ok(())
    }

    fn change(&mut self, seat: Seat, change: &ChangeContent) -> Judgement {
        let ChangeContent {
            height,
            round,
            claim,
            ..
        } = *change;
        match self.changes.insert((height, round), claim) {
            Some(other) if other != claim => {
                return slot(format!("seat {seat} changed to h{height} r{round} twice"));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        self.rise(seat, height, round)?;
        let below = (height, Round(0), VoteKind::Prepare)..(height, round, VoteKind::Prepare);
        let commits = self.votes.range(below);
        let committed = commits.filter(|((.., kind), _)| *kind == VoteKind::Commit);
        let committed = committed.map(|((_, round, _), _)| *round).max();
        if committed > claim.map(|(round, _)| round) {
            let what = format!("seat {seat} changes to h{height} r{round} and forgets its Commit");
            return Err(Violation::new(Invariant::Framed, what));
        }
        Ok(())
    }

    /// Rounds only rise.
    fn rise(&mut self, seat: Seat, height: Height, round: Round) -> Judgement {
        let highest = self.highest.entry(height).or_default();
        if round < *highest {
            let what = format!("seat {seat} signed for h{height} r{round} after r{highest}");
            return slot(what);
        }
        *highest = round;
        Ok(())
    }

    fn entry(&mut self, seat: Seat, entry: &Entry) -> Judgement {
        let place = (seat, entry.stream(), entry.body.nonce);
        if let Some(other) = self.entries.get(&place) {
            return if other == entry {
                Ok(())
            } else {
                slot(format!(
                    "seat {seat} signed two entries {:?} {}",
                    place.1, place.2
                ))
            };
        }
        self.entries.insert(place, entry.clone());
        let commitment = match entry.body.content {
            Content::Ready { commitment } | Content::Join { commitment, .. } => commitment,
            Content::Reveal { next, .. } => Some(next),
            Content::Commit { commitment } => Some(commitment),
            _ => None,
        };
        let fresh = commitment.filter(|commitment| !self.commitments.contains(commitment));
        self.commitments.extend(fresh);
        if self.commitments.len() > self.secrets {
            let what = format!("seat {seat} commits to a secret that is not on its disk");
            return Err(Violation::new(Invariant::Disk, what));
        }
        Ok(())
    }

    /// Slots far below the decided height are not needed any more; signing there is a violation of
    /// its own.
    fn forget(&mut self) {
        let keep = Height(self.decided.0.saturating_sub(2));
        self.votes.retain(|(height, ..), _| *height >= keep);
        self.changes.retain(|(height, _), _| *height >= keep);
        self.justifications.retain(|(height, _), _| *height >= keep);
        self.highest.retain(|height, _| *height >= keep);
    }
}
