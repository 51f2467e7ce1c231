//! What is hidden: it leaves when it is due and no earlier, serves once, and what a seat opens is
//! what it sealed.

use std::collections::{BTreeMap, BTreeSet};

use quorate_core::crypto::PublicKey;
use quorate_core::genesis::TableId;
use quorate_core::message::{Block, Content, Deadline, Entry};
use quorate_core::{Digest, Height, Seat, Seats};
use rustc_hash::FxHashMap;

use super::{Invariant, Judgement, Violation};

/// A sealed turn as it stood before a block: its number, and who had to move in it.
pub(crate) type Sealing = (u64, Seats);

/// The book of what was sealed, opened and shown in decided blocks.
pub(crate) struct Secrets {
    table: TableId,
    keys: Vec<PublicKey>,
    seals: BTreeMap<(u64, Seat), Digest>,
    /// Turns in which nobody can seal a move any more.
    closed: BTreeSet<u64>,
    opened: BTreeMap<u64, Seats>,
    shown: BTreeMap<Height, Seats>,
    /// What each secret that left an honest device was for.
    served: FxHashMap<[u8; 32], Purpose>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Roll(Height),
    Move(u64),
    Show(Height),
}

fn violation(what: String) -> Judgement {
    Err(Violation::new(Invariant::Secret, what))
}

impl Secrets {
    pub(super) fn new(table: TableId, keys: Vec<PublicKey>) -> Self {
        Self {
            table,
            keys,
            seals: BTreeMap::new(),
            closed: BTreeSet::new(),
            opened: BTreeMap::new(),
            shown: BTreeMap::new(),
            served: FxHashMap::default(),
        }
    }

    /// A newcomer may sit down at the next index.
    pub(super) fn sits_down(&mut self, key: PublicKey) {
        self.keys.push(key);
    }

    /// An honest seat sends an entry of its own; `decidable` tells which heights can be decided.
    pub(super) fn leaves(
        &mut self,
        entry: &Entry,
        decidable: impl Fn(Height) -> bool,
    ) -> Judgement {
        let seat = entry.body.seat;
        let (due, purpose, openings) = match &entry.body.content {
            Content::Reveal { roll, opening, .. } => (
                decidable(*roll),
                Purpose::Roll(*roll),
                std::slice::from_ref(opening),
            ),
            Content::Open { turn, opening, .. } => (
                self.closed.contains(turn),
                Purpose::Move(*turn),
                std::slice::from_ref(opening),
            ),
            Content::Show { show, openings } => {
                (decidable(*show), Purpose::Show(*show), &openings[..])
            }
            _ => return Ok(()),
        };
        if !due {
            return violation(format!("seat {seat} opens its secret of {purpose:?} early"));
        }
        for opening in openings {
            let first = *self.served.entry(*opening.nonce()).or_insert(purpose);
            if first != purpose {
                return violation(format!(
                    "a secret of seat {seat} is of {first:?} and {purpose:?}"
                ));
            }
        }
        Ok(())
    }

    /// A block was decided for the first time, after a state with that `sealing`; none if there
    /// was none. `gone` are out of the game by it.
    pub(crate) fn decided(
        &mut self,
        block: &Block,
        sealing: Option<Sealing>,
        gone: Seats,
    ) -> Judgement {
        for entry in &block.entries {
            self.read(entry)?;
        }
        for deadline in &block.deadlines {
            if let Deadline::Turn { turn, .. } = deadline {
                self.closed.insert(*turn);
            }
        }
        if let Some((turn, must)) = sealing
            && (must - gone - self.sealed(turn)).is_empty()
        {
            self.closed.insert(turn);
        }
        Ok(())
    }

    /// A block was decided, and what was before it is not known: any sealed turn may be closed.
    pub(crate) fn decided_unseen(&mut self, block: &Block) -> Judgement {
        self.decided(block, None, Seats::NONE)?;
        self.closed.extend(self.seals.keys().map(|(turn, _)| *turn));
        Ok(())
    }

    fn read(&mut self, entry: &Entry) -> Judgement {
        let seat = entry.body.seat;
        match &entry.body.content {
            Content::Seal { turn, seal } => {
                let late = self.closed.contains(turn);
                let before = self.seals.insert((*turn, seat), *seal);
                if late || before.is_some() {
                    return violation(format!("seat {seat} seals late, or twice, in turn {turn}"));
                }
            }
            Content::Open {
                turn,
                action,
                opening,
            } => {
                let sealed = self.seals.get(&(*turn, seat));
                let key = self.keys.get(seat.index());
                let opens = |key| seal(self.table, key, *turn, (opening.nonce(), action));
                if sealed.is_none() || sealed != key.map(opens).as_ref() {
                    return violation(format!("seat {seat} opens what it did not seal in {turn}"));
                }
                *self.opened.entry(*turn).or_default() |= seat.into();
            }
            Content::Show { show, .. } => {
                *self.shown.entry(*show).or_default() |= seat.into();
            }
            _ => {}
        }
        Ok(())
    }

    fn sealed(&self, turn: u64) -> Seats {
        let seats = Seats::first(self.keys.len()).iter();
        let sealed = seats.filter(|seat| self.seals.contains_key(&(turn, *seat)));
        sealed.collect()
    }

    /// Who is late to seal by a decided block, and who has not opened, or not shown, what was due.
    pub(crate) fn missing(&self, block: &Block, sealing: Option<Sealing>) -> (Seats, Seats) {
        let (mut late, mut withheld) = (Seats::NONE, Seats::NONE);
        for deadline in &block.deadlines {
            match *deadline {
                Deadline::Turn { turn, .. } => {
                    let sealing = sealing.filter(|(open, _)| *open == turn);
                    late |= sealing.map_or(Seats::NONE, |(_, must)| must - self.sealed(turn));
                }
                Deadline::Open { turn } => {
                    let opened = self.opened.get(&turn).copied().unwrap_or_default();
                    withheld |= self.sealed(turn) - opened;
                }
                Deadline::Show { show } => {
                    let shown = self.shown.get(&show).copied().unwrap_or_default();
                    withheld |= Seats::first(self.keys.len()) - shown;
                }
                _ => {}
            }
        }
        (late, withheld)
    }
}

/// What seals a move, written out by hand.
pub(super) fn seal(
    table: TableId,
    key: &PublicKey,
    turn: u64,
    (nonce, action): (&[u8; 32], &[u8]),
) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quorate/1/dice/seal\0");
    hasher.update(table.0.as_bytes());
    hasher.update(key.as_bytes());
    hasher.update(&turn.to_be_bytes());
    hasher.update(nonce);
    hasher.update(action);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}
