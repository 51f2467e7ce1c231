//! The proofs that the table has decided: part of its state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::seat::{Seat, Seats};
use crate::time::{Epoch, Height};

/// Which seats were proven guilty by decided blocks: at most one proof per seat and epoch, so that
/// evidence can never fill the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// The height that decided each proof, by the epoch of the offence and the seat.
    proven: BTreeMap<(Epoch, Seat), Height>,
}

impl Proofs {
    /// Whether a proof against the holder of `seat` in `epoch` has been decided.
    #[must_use]
    pub fn holds(&self, epoch: Epoch, seat: Seat) -> bool {
        self.proven.contains_key(&(epoch, seat))
    }

    /// Notes a proof that `height` decides. Tells whether it is the first.
    pub(crate) fn note(&mut self, epoch: Epoch, seat: Seat, height: Height) -> bool {
        let first = !self.holds(epoch, seat);
        self.proven.entry((epoch, seat)).or_insert(height);
        first
    }

    /// The seats proven guilty of something they did in `epoch`.
    #[must_use]
    pub fn guilty(&self, epoch: Epoch) -> Seats {
        let of = self.iter().filter(|(in_epoch, ..)| *in_epoch == epoch);
        of.map(|(_, seat, _)| seat).collect()
    }

    /// Epoch and seat of each proof, and the height that decided it.
    pub fn iter(&self) -> impl Iterator<Item = (Epoch, Seat, Height)> {
        let entries = self.proven.iter();
        entries.map(|((epoch, seat), height)| (*epoch, *seat, *height))
    }
}
