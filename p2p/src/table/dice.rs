//! How the dice were made: what is sealed, what is opened, and the arithmetic to check it by hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quorate_core::crypto::PublicKey;
use quorate_core::dice::{Commitment, Opening, outcome};
use quorate_core::game::{Draw, Game, Roll};
use quorate_core::genesis::TableId;
use quorate_core::message::{Block, Content};
use quorate_core::roster::Roster;
use quorate_core::table::TableState;
use quorate_core::{Height, PerSeat, Seat, Seats};

/// The roll that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RollProgress {
    /// The height that decided that it be made: its id.
    pub roll: Height,
    /// What is rolled.
    pub draw: Option<Draw>,
    /// Whose secrets make it; all of them are sealed.
    pub contributors: Seats,
    /// Whose secret has arrived here.
    pub opened: Seats,
    /// How long the others have until it is made without them.
    pub left: Option<Duration>,
}

/// Everything needed to compute a roll again by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RollProof {
    /// The table.
    pub table: TableId,
    /// The height that decided that the roll be made.
    pub roll: Height,
    /// What was rolled.
    pub draw: Draw,
    /// What each seat threw in.
    pub thrown: PerSeat<Thrown>,
    /// What came of it.
    pub values: Vec<u32>,
}

/// One seat's part of a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thrown {
    /// The seat's key.
    pub key: PublicKey,
    /// What it was bound to before the roll was asked for.
    pub commitment: Commitment,
    /// Which of the seat's commitments that was, from 1.
    pub number: u64,
    /// The secret, and its path to the commitment.
    pub opening: Opening,
}

/// Why a roll is not what it claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollFlaw {
    /// A secret that is not the one its seat had committed to.
    #[error("the secret of seat {0} is not the one it had committed to")]
    Opening(Seat),
    /// The secrets make other values.
    #[error("these secrets make other values")]
    Values,
}

impl RollProof {
    /// Computes the roll again: every secret fits its commitment, and together they make these
    /// values.
    ///
    /// # Errors
    /// [`RollFlaw`] says what does not hold.
    pub fn verify(&self) -> Result<(), RollFlaw> {
        for (seat, thrown) in self.thrown.iter() {
            let Thrown {
                key,
                commitment,
                number,
                opening,
            } = thrown;
            if !opening.opens(commitment, self.table, *key, *number) {
                return Err(RollFlaw::Opening(seat));
            }
        }
        let secrets = self.thrown.iter().map(|(_, thrown)| thrown.opening.nonce());
        let values = outcome(self.table, self.roll, secrets, &self.draw);
        if values == self.values {
            Ok(())
        } else {
            Err(RollFlaw::Values)
        }
    }
}

impl fmt::Display for RollProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "table {}", self.table.0)?;
        writeln!(f, "roll  asked for at height {}", self.roll)?;
        for (seat, thrown) in self.thrown.iter() {
            writeln!(f, "seat {seat}, commitment number {}:", thrown.number)?;
            writeln!(f, "  sealed {}", thrown.commitment)?;
            write!(f, "  opened ")?;
            thrown
                .opening
                .nonce()
                .iter()
                .try_for_each(|byte| write!(f, "{byte:02x}"))?;
            writeln!(f)?;
        }
        writeln!(
            f,
            "blake3 over table, roll and the secrets above in this order makes"
        )?;
        write!(f, "{:?}", self.values)
    }
}

/// Follows commitments and openings through decided blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiceWatch {
    standing: PerSeat<(Commitment, u64)>,
    thrown: PerSeat<Thrown>,
    roll: Option<Height>,
}

impl DiceWatch {
    /// Reads what was decided before a restart, as far as the table still knows its rosters.
    pub(crate) fn recall<G: Game>(&mut self, decided: &[Arc<Block>], table: &TableState<G>) {
        for block in decided {
            if let Some((_, roster)) = table.roster_at(block.height) {
                self.read(block, roster);
            }
        }
    }

    /// Reads a decided block.
    pub(crate) fn read(&mut self, block: &Block, roster: &Roster) {
        for entry in &block.entries {
            let seat = entry.body.seat;
            match &entry.body.content {
                Content::Ready {
                    commitment: Some(commitment),
                }
                | Content::Commit { commitment } => {
                    self.stands(seat, *commitment);
                }
                Content::Reveal {
                    roll,
                    opening,
                    next,
                } => {
                    self.open(*roll, seat, opening, roster);
                    self.stands(seat, *next);
                }
                Content::Join {
                    commitment: Some(commitment),
                    counter,
                    ..
                } => {
                    self.standing.insert(seat, (*commitment, *counter));
                }
                _ => {}
            }
        }
    }

    /// The proof of the roll that `result` came of, if all its secrets were seen.
    pub(crate) fn proof(&mut self, table: TableId, result: &Roll) -> Option<RollProof> {
        let roll = self.roll.take()?;
        let thrown = std::mem::take(&mut self.thrown);
        let values = result.values().to_vec();
        Some(RollProof {
            table,
            roll,
            draw: result.draw(),
            thrown,
            values,
        })
    }

    fn stands(&mut self, seat: Seat, commitment: Commitment) {
        let number = self.standing.get(seat).map_or(0, |(_, number)| *number) + 1;
        self.standing.insert(seat, (commitment, number));
    }

    fn open(&mut self, roll: Height, seat: Seat, opening: &Opening, roster: &Roster) {
        if self.roll != Some(roll) {
            self.thrown = PerSeat::default();
            self.roll = Some(roll);
        }
        let (Some(holder), Some((commitment, number))) =
            (roster.holder(seat), self.standing.get(seat))
        else {
            return;
        };
        let (commitment, number) = (*commitment, *number);
        self.thrown.insert(
            seat,
            Thrown {
                key: holder.key,
                commitment,
                number,
                opening: *opening,
            },
        );
    }
}
