//! The fork monitor: what it means that one height was decided twice.
//!
//! Two certificates for different blocks at one height prove that more seats than the table bears
//! broke the rules. Who did is told apart:
//! - *Guilty* is who signed both certificates in one round: two contents in one slot, which is
//!   [evidence](crate::evidence) by itself.
//! - *Suspect* is who signed both in different rounds. Some of them must have broken the rules in
//!   between, but an honest seat can be among them: traitors can show it a certificate that should
//!   not exist, and it follows.
//!
//! A fork halts the table: whatever is decided on either side, somebody was told otherwise. Only a
//! conflict below the last checkpoint, signed with the help of seats that have left, does not: who
//! left keeps the keys, and could stop every table that it ever sat at.
//!
//! What follows a halt is a [`Succession`]: a new table that the innocent agree to.

mod exported;
mod succession;

use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateError, Checker, DecisionCertificate};
use crate::evidence::Evidence;
use crate::genesis::TableId;
use crate::roster::Roster;
use crate::seat::{PerSeat, Seats};
use crate::time::Height;

pub use exported::{Exported, ExportedError, Split};
pub use succession::{Origin, Succession, SuccessionError};

/// Two decisions at one height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The one that this device followed.
    pub ours: DecisionCertificate,
    /// The other.
    pub theirs: DecisionCertificate,
}

/// Who is to blame for a fork.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blame {
    /// The proof against each seat that signed both decisions in one round.
    pub guilty: PerSeat<Evidence>,
    /// The seats that signed both in different rounds.
    pub suspects: Seats,
}

/// Why two certificates are no fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// They are for different heights, or for the same block.
    #[error("the certificates do not contradict each other")]
    NoConflict,
    /// One of them does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// What a fork does to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// The table stops.
    Halts,
    /// It concerns the past only: it is told and exported, and play goes on.
    Past,
}

impl Fork {
    /// The height that was decided twice.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.ours.0.height
    }

    /// Checks both certificates by the roster of their height.
    ///
    /// # Errors
    /// [`ForkError`] if they prove no fork.
    pub fn check(
        &self,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<Blame, ForkError> {
        let (ours, theirs) = (&self.ours.0, &self.theirs.0);
        let of_one = (ours.height, ours.epoch) == (theirs.height, theirs.epoch);
        if !of_one || ours.digest == theirs.digest {
            return Err(ForkError::NoConflict);
        }
        self.ours.check(table, roster, checker)?;
        self.theirs.check(table, roster, checker)?;
        Ok(self.blame())
    }

    /// Who is to blame, if both certificates hold.
    #[must_use]
    pub fn blame(&self) -> Blame {
        let (ours, theirs) = (&self.ours.0, &self.theirs.0);
        let both = ours.signatures.seats() & theirs.signatures.seats();
        if ours.round != theirs.round {
            let suspects = both;
            return Blame {
                suspects,
                ..Blame::default()
            };
        }
        let pairs = self.ours.statements().filter_map(|first| {
            let seat = first.seat();
            let second = self
                .theirs
                .statements()
                .find(|second| second.seat() == seat)?;
            Some((seat, Evidence { first, second }))
        });
        Blame {
            guilty: pairs.collect(),
            suspects: Seats::NONE,
        }
    }

    /// What this fork does to a table whose last checkpoint is at `checkpoint`, and whose roster
    /// was `then` at the fork's height and is `now`.
    #[must_use]
    pub fn gravity(&self, checkpoint: Height, then: &Roster, now: &Roster) -> Gravity {
        let gone = |seat| {
            let key = then.holder(seat).map(|holder| holder.key);
            key.is_none_or(|key| now.seat_of(&key).is_none())
        };
        let helped_by_the_gone = self.theirs.0.signatures.seats().iter().any(gone);
        if self.height() < checkpoint && helped_by_the_gone {
            Gravity::Past
        } else {
            Gravity::Halts
        }
    }
}
