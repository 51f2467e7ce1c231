//! What devices at a halted table tell each other.

use quorate_core::Seat;
use quorate_core::codec;
use quorate_core::fork::{Succession, SuccessionError};
use serde::{Deserialize, Serialize};

use crate::limits::PART_BYTES_MAX;

/// What one device holds of the successor that it wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The draft, its signatures so far, and the proofs against those who are left out.
    pub(crate) succession: Succession,
    /// Whether everybody on it has signed, and this device goes on there or nowhere.
    pub(crate) settled: bool,
}

impl Part {
    /// Reads what a device said.
    ///
    /// # Errors
    /// [`PartFault::Malformed`] if it is nothing of the kind, or larger than any is.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PartFault> {
        let fits = bytes.len() <= PART_BYTES_MAX;
        let part = fits.then(|| codec::decode(bytes).ok()).flatten();
        part.ok_or(PartFault::Malformed)
    }
}

/// What is wrong with what a device said about a successor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartFault {
    /// Bytes that are nothing of the kind.
    #[error("no part of a successor")]
    Malformed,
    /// It takes over from another table, or from none.
    #[error("a successor of another table")]
    OtherTable,
    /// Not what everybody drafts who leaves out these seats.
    #[error("a successor that nobody here would draft")]
    OtherDraft,
    /// A seat left out as guilty without a proof, or a proof that proves nothing.
    #[error("no proof that seat {0} is guilty")]
    Proof(Seat),
    /// Its author wants it and has not signed it.
    #[error("seat {0} has not signed the successor that it wants")]
    Unsigned(Seat),
    /// A signature that the seat did not make.
    #[error("a signature that seat {0} did not make")]
    Signature(Seat),
    /// Said to be agreed to, and it is not.
    #[error("a successor that is not agreed to: {0}")]
    NotSettled(#[from] SuccessionError),
}
