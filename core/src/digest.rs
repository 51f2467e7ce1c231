//! Digests: blake3 over domain-separated canonical bytes.
//!
//! Every digest names what it is a digest *of*, so that the bytes of one kind of thing can never
//! stand in for those of another.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codec::{self, EncodeError};

/// A 32-byte blake3 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(#[serde(with = "codec::raw")] [u8; 32]);

impl Digest {
    /// All zero: stands for "nothing yet" where a digest is required, never for real content.
    pub const ZERO: Self = Self([0; 32]);

    /// Wraps 32 bytes that are already a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Digest of `bytes` in `domain`.
    #[must_use]
    pub fn of_bytes(domain: &str, bytes: &[u8]) -> Self {
        let mut hasher = domain_hasher(domain);
        hasher.update(bytes);
        Self(*hasher.finalize().as_bytes())
    }

    /// Digest of the canonical encoding of `value` in `domain`.
    ///
    /// # Errors
    /// [`EncodeError`] if the value has no canonical encoding (a float, a map out of order).
    pub fn of<T: Serialize + ?Sized>(domain: &str, value: &T) -> Result<Self, EncodeError> {
        Ok(Self::of_bytes(domain, &codec::encode(value)?))
    }

    /// The digest's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first four bytes in hex with a dash in the middle, for people: `7f3a-91c2`.
    #[must_use]
    pub fn short(&self) -> String {
        let [a, b, c, d, ..] = self.0;
        format!("{a:02x}{b:02x}-{c:02x}{d:02x}")
    }
}

/// A hasher that has already absorbed `domain`, for streaming and for extendable output.
#[must_use]
pub(crate) fn domain_hasher(domain: &str) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quorate/1/");
    hasher.update(domain.as_bytes());
    hasher.update(&[0]);
    hasher
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}
