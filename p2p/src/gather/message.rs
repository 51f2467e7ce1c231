//! What host and guests tell each other.

use quorate_core::Digest;
use quorate_core::crypto::{
    AnyScheme, MlDsaKey, PublicKey, Scheme, SeatKeys, SecretKey, Signature, Signer, Verifier,
    signing_bytes,
};
use quorate_core::genesis::{Genesis, SignedGenesis, TableId};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use serde::{Deserialize, Serialize};

use super::Terms;
use crate::table::Refusal;

/// The version of everything this crate says to peers, in every greeting.
pub(crate) const PROTOCOL: u16 = 1;

/// One message of a gathering, on the control lane of the invitation's channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Gathering {
    /// From the host: what is played, and who sits here so far.
    Offer(Box<Offer>),
    /// From a guest: I would like a seat.
    Ask(Ask),
    /// From the host: all seats are taken; sign this.
    Propose(Box<Genesis>),
    /// From a guest: I signed.
    Sign(TableId, Signature),
    /// From anybody who has it: everybody signed.
    Begin(Box<SignedGenesis>),
    /// No seat for you, or none for me.
    Refused(Refusal),
    /// From a watcher: let me follow.
    Watch,
    /// From one that follows a table that plays already: I would like a seat.
    Apply(Box<Application>),
}

/// What a host offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// What the host is called.
    pub(crate) host: Name,
    /// What everybody will have agreed to.
    pub(crate) terms: Terms,
    /// Who sits here so far, by seat.
    pub(crate) taken: Vec<Taken>,
}

/// A seat that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) name: Name,
    pub(crate) key: PublicKey,
    pub(crate) kind: SeatKind,
    /// Whether its holder is connected to the host.
    pub(crate) here: bool,
}

/// What a guest asks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    pub(crate) name: Name,
    /// The guest's share in the table's id.
    pub(crate) nonce: [u8; 32],
    /// What the seat is to be for.
    pub(crate) kind: SeatKind,
    /// The key that will sign for the seat, if the terms ask for one beside the guest's own.
    pub(crate) ml_dsa: Option<Brought>,
    /// How the rules behave on the guest's device.
    pub(crate) fingerprint: Digest,
}

/// A large key, and its word for who brings it.
///
/// Anybody can vouch for anybody's key. Were that enough, whoever knows your large key from another
/// table could sit with it first, and you would be refused as the second to bring it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Brought {
    pub(crate) key: MlDsaKey,
    /// The key's signature over who asks whom.
    pub(super) proof: Signature,
}

impl Brought {
    /// What `secret` brings to the gathering of `host`; nothing to one that asks for no large key.
    pub(crate) fn to(host: PublicKey, secret: &SecretKey, scheme: Scheme) -> Option<Self> {
        let signer = secret.signer(scheme);
        let key = signer.keys().ml_dsa?;
        let proof = signer.sign(&Self::bytes(host, secret.public()));
        Some(Self { key, proof })
    }

    /// Whether `guest` and the key own up to each other, before `host`.
    pub(crate) fn is_of(&self, guest: PublicKey, host: PublicKey) -> bool {
        let keys = SeatKeys {
            identity: guest,
            ml_dsa: Some(self.key.clone()),
        };
        AnyScheme.verify(&keys, &Self::bytes(host, guest), &self.proof)
    }

    /// Proves it as whoever holds `signer` would for an identity of its own.
    #[cfg(test)]
    pub(crate) fn prove(&mut self, host: PublicKey, guest: PublicKey, signer: &dyn Signer) {
        self.proof = signer.sign(&Self::bytes(host, guest));
    }

    fn bytes(host: PublicKey, guest: PublicKey) -> Vec<u8> {
        // Invariant: two keys of 32 bytes always encode.
        signing_bytes("ask", &(host, guest)).expect("keys always encode")
    }
}

/// What a newcomer applies with at a table that plays already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) newcomer: Newcomer,
    /// The large key's signature over table and newcomer, where the table asks for such a key: see
    /// [`Brought`].
    proof: Option<Signature>,
}

impl Application {
    /// What the newcomer, whose secret this is, applies with at `table`.
    pub(crate) fn new(newcomer: Newcomer, table: TableId, signer: &dyn Signer) -> Self {
        let large = newcomer.ml_dsa.is_some();
        let proof = large.then(|| signer.sign(&Self::bytes(&newcomer, table)));
        Self { newcomer, proof }
    }

    /// Whether it is `asker` who applies, with keys of its own.
    pub(crate) fn is_of(&self, asker: PublicKey, table: TableId) -> bool {
        let Self { newcomer, proof } = self;
        let keys = newcomer.holder().keys();
        let proven = || {
            let proof = proof.as_ref();
            proof.is_some_and(|by| AnyScheme.verify(&keys, &Self::bytes(newcomer, table), by))
        };
        newcomer.key == asker && (newcomer.ml_dsa.is_none() || proven())
    }

    fn bytes(newcomer: &Newcomer, table: TableId) -> Vec<u8> {
        // Invariant: two digests always encode.
        signing_bytes("application", &(table, newcomer.digest())).expect("digests always encode")
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use quorate_core::codec;

    use super::*;

    fn newcomer(secret: &SecretKey, scheme: Scheme) -> Newcomer {
        Newcomer {
            key: secret.public(),
            ml_dsa: secret.signer(scheme).keys().ml_dsa,
            name: Name::new("Eve").unwrap(),
            kind: SeatKind::Player,
            nonce: [9; 32],
            buy_in: String::new(),
        }
    }

    /// The large key of `other`, for which `mal` vouches.
    pub(in super::super) fn claimed(mal: &SecretKey, other: &SecretKey) -> MlDsaKey {
        let large = other.signer(Scheme::MlDsa87).keys().ml_dsa.unwrap();
        let said = signing_bytes("ml-dsa-87 key", &large.as_bytes().as_slice()).unwrap();
        let parts = [large.as_bytes().as_slice(), mal.sign(&said).as_bytes()].concat();
        let key: MlDsaKey = codec::decode(&parts).unwrap();
        assert!(key.is_vouched_by(&mal.public()));
        key
    }

    #[test]
    fn who_applies_holds_the_secrets_of_the_keys_it_names() {
        let [table, other] = [1, 2].map(|byte| TableId(Digest::from_bytes([byte; 32])));
        let [eve, mal] = [1, 2].map(|number| SecretKey::from_bytes(&[number; 32]));
        for scheme in [Scheme::Ed25519, Scheme::MlDsa87] {
            let signer = eve.signer(scheme);
            let applies = Application::new(newcomer(&eve, scheme), table, &*signer);
            assert!(applies.is_of(eve.public(), table));
            assert!(!applies.is_of(mal.public(), table), "another's identity");
        }
        let signer = eve.signer(Scheme::MlDsa87);
        let asked = newcomer(&eve, Scheme::MlDsa87);
        let applies = Application::new(asked.clone(), table, &*signer);
        assert!(!applies.is_of(eve.public(), other), "at another table");
        let later = Newcomer {
            nonce: [8; 32],
            ..asked
        };
        let changed = Application {
            newcomer: later,
            ..applies.clone()
        };
        assert!(!changed.is_of(eve.public(), table), "with another wish");
        let unproven = Application {
            proof: None,
            ..applies
        };
        assert!(!unproven.is_of(eve.public(), table));
        let stolen = Newcomer {
            ml_dsa: Some(claimed(&mal, &eve)),
            ..newcomer(&mal, Scheme::Ed25519)
        };
        let mine = mal.signer(Scheme::MlDsa87);
        let claims = Application::new(stolen, table, &*mine);
        assert!(!claims.is_of(mal.public(), table), "vouched for alone");
    }
}
