//! Signatures, whatever the scheme.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::scheme::{ED25519_BYTES, ML_DSA_BYTES, Scheme};
use crate::codec;

/// A signature of one of the [schemes](Scheme). Copying a large one shares its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signature(Bytes);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Bytes {
    Ed25519(#[serde(with = "codec::raw")] [u8; ED25519_BYTES]),
    MlDsa87(#[serde(with = "codec::raw::shared")] Arc<[u8; ML_DSA_BYTES]>),
}

impl Signature {
    /// Wraps the 64 bytes of an ed25519 signature.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; ED25519_BYTES]) -> Self {
        Self(Bytes::Ed25519(*bytes))
    }

    /// The signature that has these bytes, if one of some scheme has as many.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let small = <&[u8; ED25519_BYTES]>::try_from(bytes);
        let large = || <&[u8; ML_DSA_BYTES]>::try_from(bytes).ok();
        small
            .ok()
            .map(Self::from_bytes)
            .or_else(|| large().map(|bytes| Self(Bytes::MlDsa87(Arc::new(*bytes)))))
    }

    /// The signature's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Ed25519(bytes) => bytes,
            Bytes::MlDsa87(bytes) => &**bytes,
        }
    }

    /// The scheme it is of. Whether it is what its table asks for shows at its check.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match &self.0 {
            Bytes::Ed25519(_) => Scheme::Ed25519,
            Bytes::MlDsa87(_) => Scheme::MlDsa87,
        }
    }

    /// The bytes of an ed25519 signature.
    pub(super) const fn small(&self) -> Option<&[u8; ED25519_BYTES]> {
        match &self.0 {
            Bytes::Ed25519(bytes) => Some(bytes),
            Bytes::MlDsa87(_) => None,
        }
    }

    /// The bytes of an ML-DSA-87 signature.
    pub(super) fn large(&self) -> Option<&[u8; ML_DSA_BYTES]> {
        match &self.0 {
            Bytes::Ed25519(_) => None,
            Bytes::MlDsa87(bytes) => Some(bytes),
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(")?;
        let first = &self.as_bytes()[..4];
        first.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
