//! The pot into which every seat throws its secret: the dice's part of the table state.

use serde::{Deserialize, Serialize};

use crate::crypto::PublicKey;
use crate::digest::{Digest, domain_hasher};
use crate::game::Draw;
use crate::genesis::TableId;
use crate::limits::LEAVES_OWN;
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::Height;

use super::commitment::{Commitment, Leaf, Opening};
use super::draw;

/// Standing commitments, the open roll, and who may not throw in for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pot {
    /// The unspent commitment of each seat that has one.
    standing: PerSeat<Commitment>,
    /// How many commitments each seat has given: the number of its latest.
    given: PerSeat<u64>,
    /// How many of the secrets that a seat keeps back its standing commitment has given out.
    taken: PerSeat<u8>,
    /// The count of rolls from which a seat that withheld contributes again.
    benched: PerSeat<u64>,
    /// Rolls that had a result.
    rolls: u64,
    /// The roll that waits for secrets.
    open: Option<OpenRoll>,
}

/// A roll that waits for secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRoll {
    /// The height that decided the request: the roll's id.
    pub id: Height,
    /// Whose secrets make the result, fixed by the block that asked.
    pub contributors: Seats,
    /// The secrets revealed so far.
    revealed: PerSeat<[u8; 32]>,
}

impl OpenRoll {
    /// Seats that have not revealed yet.
    #[must_use]
    pub fn awaited(&self) -> Seats {
        self.contributors - self.revealed.seats()
    }

    /// The secrets revealed so far, by ascending seat.
    pub fn secrets(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.revealed.iter().map(|(_, secret)| secret)
    }

    /// Seats that have revealed.
    #[must_use]
    pub fn revealed(&self) -> Seats {
        self.revealed.seats()
    }
}

/// An opening or commitment that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PotError {
    /// No roll of that id waits for secrets.
    #[error("no roll {0} waits for secrets")]
    NoRoll(Height),
    /// The seat does not contribute, or has revealed already.
    #[error("seat {0} is not awaited")]
    NotAwaited(Seat),
    /// The opening does not fit the seat's commitment.
    #[error("the opening does not fit the commitment of seat {0}")]
    Mismatch(Seat),
    /// The seat has an unspent commitment with secrets left.
    #[error("seat {0} has an unspent commitment")]
    Standing(Seat),
    /// The seat has no secret left to keep back until it commits anew.
    #[error("seat {0} has used up its {LEAVES_OWN} secrets; a fresh commitment brings more")]
    NoLeaf(Seat),
}

/// What everybody's secrets come to.
pub struct Thrown {
    /// The roll, complete.
    pub roll: OpenRoll,
    /// The stream that the public result is drawn from.
    pub stream: blake3::OutputReader,
    /// The public part of the hidden rolls that were dealt with it.
    pub dealt: Digest,
}

impl Pot {
    /// Takes the first or a fresh commitment of a seat that has none, or no secret left to keep
    /// back under the one it has.
    ///
    /// # Errors
    /// [`PotError::Standing`] if its commitment has secrets left, or is due to be opened.
    pub fn commit(&mut self, seat: Seat, commitment: Commitment) -> Result<(), PotError> {
        if !self.wants_commitment(seat) {
            return Err(PotError::Standing(seat));
        }
        self.replace(seat, commitment);
        Ok(())
    }

    /// Whether `seat` should commit anew: it has no commitment, or no secret left to keep back.
    #[must_use]
    pub fn wants_commitment(&self, seat: Seat) -> bool {
        let open = self.open.as_ref().map(OpenRoll::awaited);
        let due = open.unwrap_or_default().contains(seat);
        !due && self.next_leaf(seat).is_none()
    }

    /// The next secret of `seat` that it can keep back; none before it commits anew.
    #[must_use]
    pub fn next_leaf(&self, seat: Seat) -> Option<Leaf> {
        let (commitment, counter) = self.standing(seat)?;
        let taken = self.taken.get(seat).copied().unwrap_or(0);
        let index = (taken < LEAVES_OWN).then_some(taken + 1)?;
        Some(Leaf {
            commitment,
            counter,
            index,
        })
    }

    /// Sets the next secret of `seat` aside for something that it keeps back.
    ///
    /// # Errors
    /// [`PotError::NoLeaf`] if none is left.
    pub fn take_leaf(&mut self, seat: Seat) -> Result<Leaf, PotError> {
        let leaf = self.next_leaf(seat).ok_or(PotError::NoLeaf(seat))?;
        self.taken.insert(seat, leaf.index);
        Ok(leaf)
    }

    /// Expects the first commitment of a newcomer at `seat`.
    ///
    /// It will be numbered above every commitment that any seat has given: a key that was here
    /// before never numbers two commitments alike, so it never derives the same secrets twice.
    pub fn await_from(&mut self, seat: Seat) {
        let highest = self.given.iter().map(|(_, given)| *given).max();
        self.given.insert(seat, highest.unwrap_or(0));
    }

    /// Takes the first commitment of a newcomer, whatever its seat's earlier holder left behind.
    pub fn join(&mut self, seat: Seat, commitment: Commitment) {
        self.dismiss(seat);
        self.replace(seat, commitment);
    }

    /// Forgets the commitment and the bench of a seat that is gone. An open roll still waits for
    /// it, until the roll is closed without it.
    pub fn dismiss(&mut self, seat: Seat) {
        self.standing.remove(seat);
        self.taken.remove(seat);
        self.benched.remove(seat);
    }

    /// Opens a roll asked for at `id`, to which those of `players` contribute whose commitment
    /// stands and who are not benched. Returns `None`, and opens nothing, if they are fewer than
    /// `least`.
    pub fn open(&mut self, id: Height, players: Seats, least: usize) -> Option<Seats> {
        let contributors = self.eligible() & players;
        if contributors.len() < least {
            return None;
        }
        self.open = Some(OpenRoll {
            id,
            contributors,
            revealed: PerSeat::default(),
        });
        Some(contributors)
    }

    /// Takes a seat's secret and its next commitment.
    ///
    /// # Errors
    /// [`PotError`] if no such roll is open, the seat is not awaited, or the opening does not fit.
    pub fn reveal(
        &mut self,
        owner: (TableId, Seat, PublicKey),
        roll: Height,
        opening: &Opening,
        next: Commitment,
    ) -> Result<(), PotError> {
        let (table, seat, key) = owner;
        let open = self.open.as_mut().filter(|open| open.id == roll);
        let open = open.ok_or(PotError::NoRoll(roll))?;
        if !open.awaited().contains(seat) {
            return Err(PotError::NotAwaited(seat));
        }
        let counter = self.given.get(seat).copied().unwrap_or(0);
        let standing = self.standing.get(seat).ok_or(PotError::Mismatch(seat))?;
        let unchecked = mutant::is(Mutant::RevealUnchecked);
        if !unchecked && !opening.opens(standing, table, key, counter) {
            return Err(PotError::Mismatch(seat));
        }
        open.revealed.insert(seat, *opening.nonce());
        self.replace(seat, next);
        Ok(())
    }

    /// If every contributor has revealed, closes the roll and returns what it comes to.
    pub fn complete(&mut self, table: TableId) -> Option<Thrown> {
        let open = self.open.take_if(|open| open.awaited().is_empty())?;
        self.rolls += 1;
        let secrets = || open.revealed.iter().map(|(_, nonce)| nonce);
        let dealt = combined("dice/dealt", table, open.id, secrets()).finalize();
        Some(Thrown {
            stream: combined("dice/result", table, open.id, secrets()).finalize_xof(),
            dealt: Digest::from_bytes(*dealt.as_bytes()),
            roll: open,
        })
    }

    /// Closes the open roll without a result: whoever is still awaited loses its commitment and is
    /// benched until `returns_after` more rolls had a result. Returns those seats.
    pub fn withhold(&mut self, returns_after: u32) -> Seats {
        let withheld = self.open.take().map_or(Seats::NONE, |open| open.awaited());
        for seat in withheld {
            self.standing.remove(seat);
            self.taken.remove(seat);
            let rolls = match mutant::is(Mutant::BenchForgotten) {
                true => 0,
                false => u64::from(returns_after),
            };
            self.benched.insert(seat, self.rolls + rolls);
        }
        withheld
    }

    /// The roll that waits for secrets.
    #[must_use]
    pub const fn open_roll(&self) -> Option<&OpenRoll> {
        self.open.as_ref()
    }

    /// Seats whose secret would count in a roll asked for now.
    #[must_use]
    pub fn eligible(&self) -> Seats {
        self.standing.seats() - self.benched()
    }

    /// Seats that withheld and do not contribute yet.
    #[must_use]
    pub fn benched(&self) -> Seats {
        self.benched.which(|until| self.rolls < *until)
    }

    /// Lets the secrets of `seat` count again.
    pub fn readmit(&mut self, seat: Seat) {
        self.benched.remove(seat);
    }

    /// The unspent commitment of `seat` and its number, from 1.
    #[must_use]
    pub fn standing(&self, seat: Seat) -> Option<(Commitment, u64)> {
        Some((*self.standing.get(seat)?, self.given(seat)))
    }

    /// How many commitments `seat` has given.
    #[must_use]
    pub fn given(&self, seat: Seat) -> u64 {
        self.given.get(seat).copied().unwrap_or(0)
    }

    fn replace(&mut self, seat: Seat, commitment: Commitment) {
        let counter = self.given(seat) + 1;
        self.standing.insert(seat, commitment);
        self.taken.remove(seat);
        self.given.insert(seat, counter);
    }
}

/// What `roll` comes to when these secrets are thrown in, by ascending seat: for checking a roll
/// by hand.
pub fn outcome<'a>(
    table: TableId,
    roll: Height,
    secrets: impl IntoIterator<Item = &'a [u8; 32]>,
    wanted: &Draw,
) -> Vec<u32> {
    let mut stream = combined("dice/result", table, roll, secrets).finalize_xof();
    draw(&mut stream, wanted)
}

fn combined<'a>(
    domain: &'static str,
    table: TableId,
    roll: Height,
    secrets: impl IntoIterator<Item = &'a [u8; 32]>,
) -> blake3::Hasher {
    let mut hasher = domain_hasher(domain);
    hasher.update(table.0.as_bytes());
    hasher.update(&roll.0.to_be_bytes());
    for secret in secrets {
        hasher.update(secret);
    }
    hasher
}
