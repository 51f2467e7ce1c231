//! Keys and signatures.
//!
//! The engine signs and checks through two small traits, so that a simulator can stand in with
//! something thirty times faster and a test can count the work. On real devices both are
//! [`SecretKey`] and [`Ed25519`].

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::codec::{self, EncodeError};

/// A seat's public key: who sits there.
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

/// A 64-byte signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signature(#[serde(with = "codec::raw")] [u8; 64]);

impl Signature {
    /// Wraps the 64 bytes of a signature.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self(*bytes)
    }

    /// The signature's bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Signature({a:02x}{b:02x}{c:02x}{d:02x})")
    }
}

/// Signs as one seat.
pub trait Signer: Send + Sync {
    /// The key that checks what this signs.
    fn public(&self) -> PublicKey;

    /// The signature of `message`. The same message always gives the same signature.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// Checks signatures of any seat.
pub trait Verifier: Send + Sync {
    /// Whether `signature` is `key`'s signature of `message`.
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool;
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
}

impl Signer for SecretKey {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(&self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

/// Strict ed25519 checks: one message, one key, one accepted signature form.
///
/// Batch checking accepts signatures that strict checking refuses, so it decides nothing here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl Verifier for Ed25519 {
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.to_bytes());
        VerifyingKey::from_bytes(&key.0)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
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
    let mut bytes = Vec::with_capacity(codec::USUAL);
    for part in ["quorate/1/sign/", kind, "\0"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    codec::encode_after(bytes, content)
}
