//! A seat's ed25519 key is the libp2p identity of its peer, so that a roster of keys is a list of
//! peers. An ed25519 `PeerId` holds the key itself, so the way back needs no table.

use libp2p::PeerId;
use libp2p::identity::{self, Keypair};
use quorate_core::crypto::{PublicKey, SecretKey};

/// The libp2p key pair of `secret`.
pub(crate) fn keypair(secret: &SecretKey) -> Option<Keypair> {
    // libp2p wipes the copy it is given.
    Keypair::ed25519_from_bytes(*secret.to_bytes()).ok()
}

/// The libp2p identity of `key`, if it is a valid key.
pub(crate) fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(key.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The key a libp2p identity holds, if it is an ed25519 one.
pub(crate) fn public_key(peer: &PeerId) -> Option<PublicKey> {
    let encoded = peer.as_ref();
    (encoded.code() == 0).then_some(())?; // the identity multihash: the key itself
    let key = identity::PublicKey::try_decode_protobuf(encoded.digest()).ok()?;
    Some(PublicKey::from_bytes(
        key.try_into_ed25519().ok()?.to_bytes(),
    ))
}
