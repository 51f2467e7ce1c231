//! Dice by hand: commitments opened, secrets thrown together, numbers drawn.
//!
//! Written from the description of the dice, not from the code that the seats run.

use std::collections::BTreeMap;

use super::flaw::Cause;
use crate::crypto::PublicKey;
use crate::dice::{Commitment, Opening};
use crate::digest::Digest;
use crate::game::Draw;
use crate::genesis::TableId;
use crate::message::Content;
use crate::seat::Seat;
use crate::time::Height;

/// What every seat has committed to, and the secrets of the roll that is being made.
#[derive(Clone, Debug, Default)]
pub(super) struct Dice {
    /// Each seat's latest commitment and its number.
    committed: BTreeMap<Seat, (Digest, u64)>,
    /// The roll that the last secrets were revealed for.
    roll: Height,
    /// Those secrets.
    revealed: BTreeMap<Seat, [u8; 32]>,
    /// How many secrets were opened.
    pub(super) opened: u64,
}

impl Dice {
    /// Follows what an entry of `seat` does to commitments and secrets.
    pub(super) fn entry(
        &mut self,
        (table, seat): (TableId, Seat),
        key: Option<&PublicKey>,
        content: &Content,
    ) -> Result<(), Cause> {
        match content {
            Content::Ready {
                commitment: Some(commitment),
            }
            | Content::Commit { commitment } => self.commit(seat, commitment, None),
            Content::Join {
                commitment: Some(commitment),
                counter,
                ..
            } => self.commit(seat, commitment, Some(*counter)),
            Content::Reveal {
                roll,
                opening,
                next,
            } => {
                let wrong = Cause::Reveal { seat, roll: *roll };
                let (root, number) = self.committed.get(&seat).ok_or(wrong.clone())?;
                let key = key.ok_or(wrong.clone())?;
                if opening.leaf() != 0 || climbed(table, key, *number, opening) != *root {
                    return Err(wrong);
                }
                if self.roll != *roll {
                    (self.roll, self.revealed) = (*roll, BTreeMap::new());
                }
                if self.revealed.insert(seat, *opening.nonce()).is_some() {
                    return Err(wrong);
                }
                self.opened += 1;
                self.commit(seat, next, None)
            }
            _ => Ok(()),
        }
    }

    fn commit(&mut self, seat: Seat, to: &Commitment, number: Option<u64>) -> Result<(), Cause> {
        let before = self.committed.get(&seat).map_or(0, |(_, number)| *number);
        let next = before.checked_add(1).ok_or(Cause::Commitment(seat))?;
        let number = number.unwrap_or(next);
        if number < next {
            return Err(Cause::Commitment(seat));
        }
        self.committed.insert(seat, (to.digest(), number));
        Ok(())
    }

    /// What the secrets of the last roll make of `draw`; none if there are no secrets.
    pub(super) fn rolled(&self, table: TableId, draw: &Draw) -> Option<Vec<u32>> {
        let stream = self.thrown("dice/result", table)?.finalize_xof();
        Some(drawn(stream, draw))
    }

    /// What the secrets of the last roll add to the hidden rolls dealt with it.
    pub(super) fn dealt(&self, table: TableId) -> Option<Digest> {
        let hash = self.thrown("dice/dealt", table)?.finalize();
        Some(Digest::from_bytes(*hash.as_bytes()))
    }

    fn thrown(&self, domain: &str, table: TableId) -> Option<blake3::Hasher> {
        let mut hasher = hasher(domain, &[table.0.as_bytes(), &self.roll.0.to_be_bytes()]);
        for secret in self.revealed.values() {
            hasher.update(secret);
        }
        (!self.revealed.is_empty()).then_some(hasher)
    }
}

/// The root of the tree of sixteen that an opening leads up to.
fn climbed(table: TableId, key: &PublicKey, number: u64, opening: &Opening) -> Digest {
    let leaf = opening.leaf();
    let owner = [
        &table.0.as_bytes()[..],
        key.as_bytes(),
        &number.to_be_bytes(),
    ];
    let bottom = [owner[0], owner[1], owner[2], &[leaf], opening.nonce()];
    let mut hash = *hasher("dice/leaf", &bottom).finalize().as_bytes();
    let mut place = leaf;
    for beside in opening.path() {
        let beside = beside.as_bytes();
        let is_right = place % 2 == 1;
        let pair = if is_right {
            [beside, &hash]
        } else {
            [&hash, beside]
        };
        hash = *hasher("dice/node", &[pair[0], pair[1]])
            .finalize()
            .as_bytes();
        place /= 2;
    }
    Digest::from_bytes(hash)
}

/// The dice of a practice table: the `count`-th roll of a block is known to everybody.
pub(super) fn practised(table: TableId, height: Height, count: u32, draw: &Draw) -> Vec<u32> {
    let parts = [
        &table.0.as_bytes()[..],
        &height.0.to_be_bytes(),
        &count.to_be_bytes(),
    ];
    drawn(hasher("dice/local", &parts).finalize_xof(), draw)
}

/// What the owner of the hidden roll number `id` sees, who keeps `secret` back.
pub(super) fn hidden(
    (table, id): (TableId, u32),
    thrown: &Digest,
    secret: &[u8; 32],
    draw: &Draw,
) -> Vec<u32> {
    let parts = [
        &table.0.as_bytes()[..],
        &id.to_be_bytes(),
        thrown.as_bytes(),
        secret,
    ];
    drawn(hasher("dice/hidden", &parts).finalize_xof(), draw)
}

/// Numbers from a stream of bytes: four at a time, the least significant first, cut to as many
/// bits as the wanted numbers have; those that are too large are passed over.
fn drawn(mut stream: blake3::OutputReader, draw: &Draw) -> Vec<u32> {
    let mut below = |bound: u32| {
        let bits = u32::BITS - bound.saturating_sub(1).leading_zeros();
        loop {
            let mut bytes = [0; 4];
            stream.fill(&mut bytes);
            let number = u64::from(u32::from_le_bytes(bytes)) % (1 << bits);
            if let Some(number) = u32::try_from(number).ok().filter(|n| *n < bound) {
                return number;
            }
        }
    };
    match *draw {
        Draw::Dice { count, sides } => (0..count).map(|_| 1 + below(sides)).collect(),
        Draw::Below(bound) => vec![below(bound)],
        Draw::Order(count) => {
            let mut order: Vec<_> = (0..u32::from(count)).collect();
            for place in (1..order.len()).rev() {
                let bound = u32::try_from(place + 1).unwrap_or(u32::MAX);
                order.swap(place, below(bound) as usize);
            }
            order
        }
    }
}

fn hasher(domain: &str, parts: &[&[u8]]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("quorate/1/{domain}\0").as_bytes());
    for part in parts {
        hasher.update(part);
    }
    hasher
}
