//! Sealed moves: a digest binds a seat to its move and shows nothing of it.

use crate::crypto::PublicKey;
use crate::digest::{Digest, domain_hasher};
use crate::genesis::TableId;

/// The seal of `key` on the encoded `action` in turn number `turn` of `table`.
///
/// `nonce` is a secret of the seat that it uses for nothing else: without it a seal could be
/// opened by trying every move.
#[must_use]
pub fn seal(table: TableId, key: PublicKey, turn: u64, nonce: &[u8; 32], action: &[u8]) -> Digest {
    let mut hasher = domain_hasher("dice/seal");
    hasher.update(table.0.as_bytes());
    hasher.update(key.as_bytes());
    hasher.update(&turn.to_be_bytes());
    hasher.update(nonce);
    hasher.update(action);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}
