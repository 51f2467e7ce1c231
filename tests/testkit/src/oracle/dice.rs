//! Secrets of the dice in decided blocks: each opens the commitment before it, and whoever withheld
//! one throws in nothing until its bench is over.

use std::collections::BTreeMap;

use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use quorate_core::dice::{Commitment, Opening};
use quorate_core::genesis::{DicePolicy, TableId};
use quorate_core::message::{Block, Content, Deadline, Entry, Motion};
use quorate_core::{Height, PerSeat, Seat, Seats};

use super::{Invariant, Judgement, Violation};

/// What stands for each seat.
#[derive(Default)]
pub(crate) struct Dice {
    /// The latest commitment of each seat, and its number.
    standing: PerSeat<(Commitment, u64)>,
    /// Seats that withheld and have not committed anew.
    lost: Seats,
    /// The number of results from which a seat counts again.
    benched: PerSeat<u64>,
    results: u64,
    /// How many results a seat sits out.
    returns: u64,
    /// Whose secrets a roll asked for at a height waits for, and whose were revealed.
    rolls: BTreeMap<Height, (Seats, Seats)>,
    /// Seats that joined or were readmitted by the block at hand: it may have asked for a roll
    /// before that.
    fresh: Seats,
    /// How often a roll was closed without a result since the last one.
    closings: u64,
}

/// Rolls that are remembered.
const KEPT: usize = 32;

impl Dice {
    pub(super) fn new(policy: DicePolicy) -> Self {
        let returns = match policy {
            DicePolicy::CommitReveal { returns_after, .. } => u64::from(returns_after),
            _ => 0,
        };
        Self {
            returns,
            ..Self::default()
        }
    }

    /// A block was decided for the first time, and so many rolls had a result in it; `players` have
    /// a seat and play after it, where they are known.
    pub(super) fn decided(
        &mut self,
        block: &Block,
        (players, results): (Option<Seats>, u64),
        owners: (TableId, &[PublicKey]),
    ) -> Judgement {
        for entry in &block.entries {
            self.read(entry, owners)?;
        }
        for deadline in &block.deadlines {
            self.closings += u64::from(matches!(deadline, Deadline::Reveal { .. }));
            if let Deadline::Reveal { roll } = deadline
                && let Some((asked, revealed)) = self.rolls.remove(roll)
            {
                self.withheld(asked - revealed);
            }
        }
        // A block asks for its roll after the result of the one before, which may end a bench.
        self.rolled(results);
        let results = self.results;
        let sitting_out = self.benched.which(|until| results < *until);
        let players = players.unwrap_or_default();
        let asked = (self.standing.seats() & players) - self.lost - sitting_out - self.fresh;
        self.fresh = Seats::NONE;
        self.rolls.insert(block.height, (asked, Seats::NONE));
        if self.rolls.len() > KEPT {
            self.rolls.pop_first();
        }
        Ok(())
    }

    fn read(&mut self, entry: &Entry, (table, keys): (TableId, &[PublicKey])) -> Judgement {
        let seat = entry.body.seat;
        match &entry.body.content {
            Content::Ready {
                commitment: Some(commitment),
            } => drop(self.standing.insert(seat, (*commitment, 1))),
            Content::Join {
                commitment: Some(commitment),
                counter,
                ..
            } => {
                self.standing.insert(seat, (*commitment, *counter));
                self.fresh.insert(seat);
            }
            Content::Commit { commitment } => self.replace(seat, *commitment),
            Content::Reveal {
                roll,
                opening,
                next,
            } => {
                let standing = self.standing.get(seat).zip(keys.get(seat.index()));
                let opens = standing.is_some_and(|((commitment, counter), key)| {
                    root(opening, (table, key, *counter)) == codec::encode(commitment).ok()
                });
                if !opens {
                    let what = format!("seat {seat} reveals what it did not commit to");
                    return Err(Violation::new(Invariant::Secret, what));
                }
                let benched = self.benched.get(seat);
                if benched.is_some_and(|until| self.results < *until) {
                    let what = format!("seat {seat} throws in, which has to sit out");
                    return Err(Violation::new(Invariant::Secret, what));
                }
                if let Some((_, revealed)) = self.rolls.get_mut(roll) {
                    revealed.insert(seat);
                }
                self.replace(seat, *next);
            }
            _ => {}
        }
        Ok(())
    }

    fn withheld(&mut self, seats: Seats) {
        for seat in seats {
            self.benched.insert(seat, self.results + self.returns);
        }
        self.lost |= seats;
    }

    const fn rolled(&mut self, results: u64) {
        self.results += results;
        if results > 0 {
            self.closings = 0;
        }
    }

    /// How often a roll was closed without a result since the last one.
    pub(crate) const fn closings(&self) -> u64 {
        self.closings
    }

    /// A motion lets a seat throw in again.
    pub(super) fn passed(&mut self, motion: &Motion) {
        if let Motion::Readmit(seat) = motion {
            self.benched.remove(*seat);
            self.fresh.insert(*seat);
        }
    }

    fn replace(&mut self, seat: Seat, next: Commitment) {
        let given = self.standing.get(seat).map_or(0, |(_, given)| *given);
        self.standing.insert(seat, (next, given + 1));
        self.lost.remove(seat);
    }
}

/// The commitment that an opening belongs to, written out by hand: the root of a tree of sixteen.
fn root(opening: &Opening, (table, key, counter): (TableId, &PublicKey, u64)) -> Option<Vec<u8>> {
    let bytes = codec::encode(opening).ok()?;
    let (leaf, rest) = bytes.split_first()?;
    let (nonce, path) = rest.split_at_checked(32)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quorate/1/dice/leaf\0");
    hasher.update(table.0.as_bytes());
    hasher.update(key.as_bytes());
    hasher.update(&counter.to_be_bytes());
    hasher.update(&[*leaf]);
    hasher.update(nonce);
    let mut here = *hasher.finalize().as_bytes();
    for (level, beside) in path.chunks(32).enumerate() {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"quorate/1/dice/node\0");
        let right = leaf >> level & 1 == 1;
        let (first, second) = if right {
            (beside, &here[..])
        } else {
            (&here[..], beside)
        };
        hasher.update(first);
        hasher.update(second);
        here = *hasher.finalize().as_bytes();
    }
    // Only the secret for public rolls may serve here.
    (*leaf == 0).then(|| here.to_vec())
}
