//! Who asks for a seat at a table that plays already.

use serde::{Deserialize, Serialize};

use super::{Holder, Name, SeatKind};
use crate::crypto::{MlDsaKey, PublicKey};
use crate::digest::Digest;
use crate::limits::BUY_IN_CHARS_MAX;

/// Who asks for a seat, and on what terms: what the table ballots on, and what the newcomer signs
/// when it sits down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// Who it is; at most tables also the key that will sign for the seat.
    pub key: PublicKey,
    /// The key that will sign for the seat, at a table that signs with ML-DSA-87.
    pub ml_dsa: Option<MlDsaKey>,
    /// What the others will call the holder.
    pub name: Name,
    /// What the seat is for.
    pub kind: SeatKind,
    /// Random bytes of the newcomer, so that no two invitations are alike.
    pub nonce: [u8; 32],
    /// What the newcomer brings, in words for the people who ballot; the rules of the game do not
    /// read it. At most [`BUY_IN_CHARS_MAX`] characters without control codes.
    pub buy_in: String,
}

/// A newcomer whose note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewcomerError {
    /// A note beyond its bound.
    #[error("the note has {0} characters, at most {BUY_IN_CHARS_MAX} are allowed")]
    TooLong(usize),
    /// A note with control codes.
    #[error("the note may not hold control codes")]
    Control,
}

impl Newcomer {
    /// What the newcomer's own entry names, so that it agrees to these terms and no others.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Invariant: a newcomer holds bytes and text only, which always encode.
        Digest::of("newcomer", self).expect("a newcomer always encodes")
    }

    /// Checks the note.
    ///
    /// # Errors
    /// [`NewcomerError`] if it is too long or holds control codes.
    pub fn validate(&self) -> Result<(), NewcomerError> {
        let count = self.buy_in.chars().count();
        if count > BUY_IN_CHARS_MAX {
            Err(NewcomerError::TooLong(count))
        } else if self.buy_in.chars().any(char::is_control) {
            Err(NewcomerError::Control)
        } else {
            Ok(())
        }
    }

    /// The holder the newcomer becomes.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder {
            name: self.name.clone(),
            key: self.key,
            ml_dsa: self.ml_dsa.clone(),
            kind: self.kind.clone(),
        }
    }
}
