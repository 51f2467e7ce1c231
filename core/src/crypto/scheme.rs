//! The signature schemes a genesis can choose, and what each costs.

use serde::{Deserialize, Serialize};

use crate::limits::{ML_DSA_SEATS_MAX, SEATS_MAX};

/// Bytes of an ed25519 signature.
pub(super) const ED25519_BYTES: usize = 64;
/// Bytes of an ML-DSA-87 signature.
pub(super) const ML_DSA_BYTES: usize = 4_627;

/// How the seats of a table sign.
///
/// ```
/// use quorate_core::crypto::Scheme;
/// assert_eq!("ml-dsa-87".parse(), Ok(Scheme::MlDsa87));
/// assert_eq!(Scheme::MlDsa87.signature_bytes(), 4_627);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scheme {
    /// Curves: 64 bytes, and a few hundredths of a millisecond.
    #[default]
    Ed25519,
    /// Lattices (FIPS 204, the highest of its three levels): 4,627 bytes and about a millisecond,
    /// for tables whose record must convince when quantum computers forge curves.
    MlDsa87,
}

impl Scheme {
    /// Bytes of one signature.
    #[must_use]
    pub const fn signature_bytes(self) -> usize {
        match self {
            Self::Ed25519 => ED25519_BYTES,
            Self::MlDsa87 => ML_DSA_BYTES,
        }
    }

    /// Seats of a table at most: what a quorum signs must fit where it is sent.
    #[must_use]
    pub const fn seats_max(self) -> u8 {
        match self {
            Self::Ed25519 => SEATS_MAX,
            Self::MlDsa87 => ML_DSA_SEATS_MAX,
        }
    }

    /// By how many bytes a signature is larger than those that the usual bounds are reckoned with.
    #[must_use]
    pub(crate) const fn surplus(self) -> usize {
        self.signature_bytes() - ED25519_BYTES
    }
}
