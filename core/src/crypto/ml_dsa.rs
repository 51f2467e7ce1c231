//! ML-DSA-87: the key a seat brings beside its identity, and signing with it.
//!
//! A seat's identity stays its ed25519 key: it names the holder, and the network proves it. For a
//! table that signs with ML-DSA the identity *vouches* for a second key, derived from the same
//! secret. The genesis, or the block that admits a newcomer, holds both; a signature of that key
//! over either is the answer from the other side, so neither key can be claimed without its secret.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ml_dsa::{ExpandedSigningKey, MlDsa87, Seed, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{PublicKey, SeatKeys, SecretKey, Signature, Signer, ed25519_holds, signing_bytes};
use crate::codec;
use crate::digest::Digest;

/// Bytes of an ML-DSA-87 public key.
const KEY_BYTES: usize = 2_592;

/// The key that checks a seat's ML-DSA-87 signatures, with its identity's word for it.
///
/// Copying shares it. What a check needs is made of it once, at the first.
#[derive(Clone)]
pub struct MlDsaKey(Arc<Vouched>);

struct Vouched {
    parts: Parts,
    digest: Digest,
    ready: OnceLock<Ready>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    #[serde(with = "codec::raw")]
    key: [u8; KEY_BYTES],
    /// The identity's ed25519 signature over the key.
    #[serde(with = "codec::raw")]
    voucher: [u8; 64],
}

/// The key taken apart, for the identity that was found to vouch for it.
struct Ready {
    identity: PublicKey,
    key: Option<Box<VerifyingKey<MlDsa87>>>,
}

impl MlDsaKey {
    fn of(parts: Parts) -> Self {
        // Invariant: two arrays of bytes always encode.
        let digest = Digest::of("ml-dsa-87 key", &parts).expect("bytes always encode");
        Self(Arc::new(Vouched {
            parts,
            digest,
            ready: OnceLock::new(),
        }))
    }

    /// Digest of key and voucher.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The key's bytes, as FIPS 204 encodes them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0.parts.key
    }

    /// Whether `identity` vouches for this key.
    #[must_use]
    pub fn is_vouched_by(&self, identity: &PublicKey) -> bool {
        let Parts { key, voucher } = &self.0.parts;
        ed25519_holds(identity, &voucher_bytes(key), voucher)
    }

    /// Whether `signature` is this key's of `message`, and `identity` vouches for the key.
    pub(super) fn verify(
        &self,
        identity: &PublicKey,
        message: &[u8],
        signature: &Signature,
    ) -> bool {
        let Some(signature) = signature.large() else {
            return false;
        };
        let Some(signature) = ml_dsa::Signature::<MlDsa87>::decode(&(*signature).into()) else {
            return false;
        };
        let holds = |ready: &Ready| {
            let key = ready.key.as_ref();
            key.is_some_and(|key| key.verify_with_context(message, &[], &signature))
        };
        let ready = self.0.ready.get_or_init(|| self.ready(identity));
        if ready.identity == *identity {
            holds(ready)
        } else {
            holds(&self.ready(identity)) // one key has one identity, whoever else names it
        }
    }

    fn ready(&self, identity: &PublicKey) -> Ready {
        let decode = || Box::new(VerifyingKey::decode(&self.0.parts.key.into()));
        Ready {
            identity: *identity,
            key: self.is_vouched_by(identity).then(decode),
        }
    }
}

/// What an identity signs to vouch for a key.
fn voucher_bytes(key: &[u8; KEY_BYTES]) -> Vec<u8> {
    // Invariant: bytes always encode.
    signing_bytes("ml-dsa-87 key", &key.as_slice()).expect("bytes always encode")
}

impl PartialEq for MlDsaKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.parts == other.0.parts
    }
}

impl Eq for MlDsaKey {}

impl fmt::Debug for MlDsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MlDsaKey({})", self.0.digest.short())
    }
}

impl Serialize for MlDsaKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MlDsaKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Parts::deserialize(deserializer).map(Self::of)
    }
}

/// Signs with ML-DSA-87 for the seat of an ed25519 identity. It is wiped from memory when dropped.
pub struct MlDsaSecret {
    keys: SeatKeys,
    secret: Box<ExpandedSigningKey<MlDsa87>>,
}

impl MlDsaSecret {
    /// The key that goes with `identity`: the same secret always makes the same.
    #[must_use]
    pub fn of(identity: &SecretKey) -> Self {
        let bytes = identity.to_bytes();
        let seed = blake3::derive_key("quorate/1 seed of an ml-dsa-87 key", &*bytes);
        let seed = Zeroizing::new(Seed::from(seed));
        let secret = Box::new(ExpandedSigningKey::<MlDsa87>::from_seed(&seed));
        let key: [u8; KEY_BYTES] = secret.verifying_key().encode().into();
        let voucher = identity.sign_small(&voucher_bytes(&key));
        let key = MlDsaKey::of(Parts { key, voucher });
        Self {
            keys: SeatKeys {
                identity: identity.public(),
                ml_dsa: Some(key),
            },
            secret,
        }
    }
}

impl Signer for MlDsaSecret {
    fn public(&self) -> PublicKey {
        self.keys.identity
    }

    fn keys(&self) -> SeatKeys {
        self.keys.clone()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        // Invariant: only a context of more than 255 bytes is refused, and this one is empty.
        let signature = self.secret.sign_deterministic(message, &[]);
        let signature = signature
            .expect("an empty context is never refused")
            .encode();
        // Invariant: the encoding has the one length FIPS 204 gives it.
        Signature::from_slice(&signature).expect("a signature has its length")
    }
}

impl fmt::Debug for MlDsaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MlDsaSecret(of {:?})", self.keys.identity)
    }
}
