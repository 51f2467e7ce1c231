//! Keys and signatures.
//!
//! The engine signs and checks through two small traits, so that a simulator can stand in with
//! something thirty times faster and a test can count the work. On real devices they are what
//! [`SecretKey::signer`] gives, and [`AnyScheme`].

mod ml_dsa;
mod scheme;
mod signature;

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::codec::{self, DecodeError, EncodeError};

pub use ml_dsa::{MlDsaKey, MlDsaSecret};
pub use scheme::Scheme;
pub use signature::Signature;

/// A seat's public key, of ed25519: who sits there, whatever its table signs with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(#[serde(with = "codec::raw")] [u8; 32]);

impl PublicKey {
    /// Wraps the 32 bytes of a key. Whether they are a valid point shows at the first check.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "PublicKey({a:02x}{b:02x}{c:02x}{d:02x})")
    }
}

/// What a seat's signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatKeys {
    /// Who sits there.
    pub identity: PublicKey,
    /// The key the seat signs with, at a table that signs with ML-DSA-87; at any other it has none,
    /// and the identity itself signs.
    pub ml_dsa: Option<MlDsaKey>,
}

impl SeatKeys {
    /// The scheme these keys sign with.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.ml_dsa {
            None => Scheme::Ed25519,
            Some(_) => Scheme::MlDsa87,
        }
    }
}

impl From<PublicKey> for SeatKeys {
    fn from(identity: PublicKey) -> Self {
        Self {
            identity,
            ml_dsa: None,
        }
    }
}

/// Signs as one seat.
pub trait Signer: Send + Sync {
    /// Who signs.
    fn public(&self) -> PublicKey;

    /// What checks what this signs.
    fn keys(&self) -> SeatKeys {
        self.public().into()
    }

    /// The signature of `message`. The same message always gives the same signature.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// Checks signatures of any seat.
pub trait Verifier: Send + Sync {
    /// Whether `signature` is the signature of `message` by who has these `keys`.
    fn verify(&self, keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool;
}

/// An ed25519 secret key. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key made from 32 secret random bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// The 32 secret bytes, for storing them; wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    fn sign_small(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// What signs as this key's seat at a table of `scheme`.
    #[must_use]
    pub fn signer(&self, scheme: Scheme) -> Arc<dyn Signer> {
        match scheme {
            Scheme::Ed25519 => Arc::new(self.clone()),
            Scheme::MlDsa87 => Arc::new(MlDsaSecret::of(self)),
        }
    }
}

impl Signer for SecretKey {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(&self.sign_small(message))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

/// Checks what seats of any scheme sign: with the one their keys are for, and no other.
///
/// ed25519 is checked strictly: one message, one key, one accepted signature form. Batch checking
/// accepts signatures that strict checking refuses, so it decides nothing here.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyScheme;

impl Verifier for AnyScheme {
    fn verify(&self, keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool {
        match &keys.ml_dsa {
            Some(key) => key.verify(&keys.identity, message, signature),
            None => signature
                .small()
                .is_some_and(|bytes| ed25519_holds(&keys.identity, message, bytes)),
        }
    }
}

fn ed25519_holds(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    VerifyingKey::from_bytes(&key.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

/// The bytes that are signed for `content` of one `kind`: no signature of one kind of content can
/// stand for another.
///
/// # Errors
/// [`EncodeError`] if the content has no canonical encoding.
pub fn signing_bytes<T: Serialize + ?Sized>(
    kind: &str,
    content: &T,
) -> Result<Vec<u8>, EncodeError> {
    codec::encode_after(signing_prefix(kind), content)
}

/// The content of one `kind` that `bytes` were [made of](signing_bytes) for signing.
///
/// # Errors
/// [`DecodeError`] if they are of another kind, or hold no such content.
pub fn signed_content<T: DeserializeOwned + Serialize>(
    kind: &str,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    // Bytes of another kind hold no content of this one.
    let content = bytes.strip_prefix(signing_prefix(kind).as_slice());
    codec::decode(content.unwrap_or_default())
}

fn signing_prefix(kind: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(codec::USUAL);
    for part in ["quorate/1/sign/", kind, "\0"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}
