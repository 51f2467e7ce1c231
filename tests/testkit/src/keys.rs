//! Keys for a simulation: fast stand-ins that nobody inside it can forge, or real ed25519.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quorate_core::crypto::{
    self, AnyScheme, PublicKey, SeatKeys, SecretKey, Signature, Signer, Verifier,
};
use rustc_hash::FxHashMap;

use crate::rng::Rng;

/// The keys of all seats at a table, and how often they were used.
#[derive(Clone)]
pub struct Keys {
    signers: Vec<Arc<dyn Signer>>,
    verifier: Arc<dyn Verifier>,
    work: Arc<Work>,
}

/// Which stand-in, or the real thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// blake3 keyed with the seat's secret, checked by whoever knows every secret: the simulator.
    /// About a hundred times faster than ed25519.
    Fast,
    /// Real signatures.
    Real(crypto::Scheme),
}

/// Signatures made and checked at a table, all seats together.
#[derive(Debug, Default)]
pub struct Work {
    consensus: Pair,
    entries: Pair,
}

#[derive(Debug, Default)]
struct Pair {
    made: AtomicU64,
    checked: AtomicU64,
}

/// A reading of [`Work`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Signatures made for votes, round changes and justifications.
    pub consensus_made: u64,
    /// Signatures checked for them.
    pub consensus_checked: u64,
    /// Signatures made for entries.
    pub entries_made: u64,
    /// Signatures checked for them.
    pub entries_checked: u64,
}

impl Keys {
    /// Keys for `seats` seats.
    #[must_use]
    pub fn new(scheme: Scheme, seats: usize, rng: &mut Rng) -> Self {
        let work = Arc::new(Work::default());
        let secrets: Vec<_> = (0..seats).map(|_| rng.bytes()).collect();
        let (signers, verifier): (Vec<Arc<dyn Signer>>, Arc<dyn Verifier>) = match scheme {
            Scheme::Fast => {
                let keys: Vec<_> = secrets.iter().map(FastKey::new).collect();
                let known = keys.iter().map(|key| (key.public, key.secret)).collect();
                let signers = keys.into_iter().map(|key| Arc::new(key) as _).collect();
                (signers, Arc::new(FastVerifier(known)))
            }
            Scheme::Real(scheme) => {
                let keys = secrets.iter().map(SecretKey::from_bytes);
                (
                    keys.map(|key| key.signer(scheme)).collect(),
                    Arc::new(AnyScheme),
                )
            }
        };
        Self {
            signers,
            verifier,
            work,
        }
    }

    /// The key of the `index`-th seat.
    #[must_use]
    pub fn signer(&self, index: usize) -> Arc<dyn Signer> {
        Arc::new(CountingSigner {
            inner: self.signers[index].clone(),
            work: self.work.clone(),
        })
    }

    /// The public key of the `index`-th.
    #[must_use]
    pub fn public(&self, index: usize) -> PublicKey {
        self.signers[index].public()
    }

    /// Public keys in the order of seats.
    #[must_use]
    pub fn publics(&self) -> Vec<PublicKey> {
        self.signers.iter().map(|signer| signer.public()).collect()
    }

    /// What checks each seat's signatures, in the order of seats.
    #[must_use]
    pub fn seats(&self) -> Vec<SeatKeys> {
        self.signers.iter().map(|signer| signer.keys()).collect()
    }

    /// What checks signatures, and counts.
    #[must_use]
    pub fn verifier(&self) -> Arc<dyn Verifier> {
        Arc::new(CountingVerifier {
            inner: self.verifier.clone(),
            work: self.work.clone(),
        })
    }

    /// What checks signatures without counting: the oracle's, whose work is not the seats'.
    #[must_use]
    pub fn silent_verifier(&self) -> Arc<dyn Verifier> {
        self.verifier.clone()
    }

    /// How often the keys were used so far.
    #[must_use]
    pub fn count(&self) -> Count {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Count {
            consensus_made: read(&self.work.consensus.made),
            consensus_checked: read(&self.work.consensus.checked),
            entries_made: read(&self.work.entries.made),
            entries_checked: read(&self.work.entries.checked),
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("seats", &self.signers.len())
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

impl Work {
    /// What is signed names its kind in its first bytes.
    fn pair(&self, message: &[u8]) -> &Pair {
        if message.starts_with(b"quorate/1/sign/entry\0") {
            &self.entries
        } else {
            &self.consensus
        }
    }
}

struct CountingSigner {
    inner: Arc<dyn Signer>,
    work: Arc<Work>,
}

impl Signer for CountingSigner {
    fn public(&self) -> PublicKey {
        self.inner.public()
    }

    fn keys(&self) -> SeatKeys {
        self.inner.keys()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        self.work.pair(message).made.fetch_add(1, Ordering::Relaxed);
        self.inner.sign(message)
    }
}

struct CountingVerifier {
    inner: Arc<dyn Verifier>,
    work: Arc<Work>,
}

impl Verifier for CountingVerifier {
    fn verify(&self, keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool {
        self.work
            .pair(message)
            .checked
            .fetch_add(1, Ordering::Relaxed);
        self.inner.verify(keys, message, signature)
    }
}

struct FastKey {
    secret: [u8; 32],
    public: PublicKey,
}

impl FastKey {
    fn new(secret: &[u8; 32]) -> Self {
        Self {
            secret: *secret,
            public: PublicKey::from_bytes(*blake3::hash(secret).as_bytes()),
        }
    }
}

impl Signer for FastKey {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Signature {
        keyed(&self.secret, message)
    }
}

/// Knows every secret of the table. Seats and attackers only reach it through [`Verifier`].
struct FastVerifier(FxHashMap<PublicKey, [u8; 32]>);

impl Verifier for FastVerifier {
    fn verify(&self, keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool {
        let secret = self.0.get(&keys.identity);
        secret.is_some_and(|secret| keyed(secret, message) == *signature)
    }
}

fn keyed(secret: &[u8; 32], message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(message);
    hasher.finalize_xof().fill(&mut bytes);
    Signature::from_bytes(&bytes)
}
