//! ML-DSA-87: known answers, and what binds the key to its holder.

use std::sync::Arc;

use ml_dsa::{ExpandedSigningKey, MlDsa87, Seed};
use quorate_core::Digest;
use quorate_core::certificate::Checker;
use quorate_core::codec::{self, to_hex};
use quorate_core::crypto::{
    AnyScheme, MlDsaSecret, Scheme, SeatKeys, SecretKey, Signature, Signer, Verifier,
};
use shake::Shake128;
use shake::digest::{ExtendableOutput, Update, XofReader};

fn secret(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

fn holds(keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool {
    AnyScheme.verify(keys, message, signature)
}

/// The accumulated vectors of C2SP's CCTV: seeds out of SHAKE128, each key's and each signature's
/// bytes into another; the hash for a hundred keys.
#[test]
fn a_hundred_keys_and_signatures_are_those_of_other_implementations() {
    let mut seeds = Shake128::default().finalize_xof();
    let mut all = Shake128::default();
    for _ in 0..100 {
        let mut seed = [0; 32];
        seeds.read(&mut seed);
        let key = Box::new(ExpandedSigningKey::<MlDsa87>::from_seed(&Seed::from(seed)));
        let signature = key.sign_deterministic(b"", b"").unwrap();
        assert!(
            key.verifying_key()
                .verify_with_context(b"", b"", &signature)
        );
        all.update(&key.verifying_key().encode());
        all.update(&signature.encode());
    }
    let mut hash = [0; 32];
    all.finalize_xof().read(&mut hash);
    let published = "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b";
    assert_eq!(to_hex(&hash), published);
}

/// Whoever changes how the key follows from the secret takes every seat from its holder.
#[test]
fn the_same_secret_always_makes_the_same_key_and_the_same_signature() {
    let (one, again) = (MlDsaSecret::of(&secret(7)), MlDsaSecret::of(&secret(7)));
    assert_eq!(one.keys(), again.keys());
    assert_eq!(one.sign(b"a move"), again.sign(b"a move"));
    let digest = |bytes: &[u8]| Digest::of_bytes("test", bytes).short();
    let key = one.keys().ml_dsa.unwrap();
    let made = (
        digest(key.as_bytes()),
        digest(one.sign(b"a move").as_bytes()),
    );
    assert_eq!(made, ("31c5-b968".to_owned(), "b186-4eba".to_owned()));
}

#[test]
fn a_signature_holds_for_its_key_message_and_scheme_alone() {
    let (ann, bob) = (secret(1), secret(2));
    let signers = [Scheme::Ed25519, Scheme::MlDsa87].map(|scheme| ann.signer(scheme));
    for signer in &signers {
        let signature = signer.sign(b"a move");
        let keys = signer.keys();
        assert_eq!(signature.scheme(), keys.scheme());
        assert_eq!(signature.as_bytes().len(), keys.scheme().signature_bytes());
        assert!(holds(&keys, b"a move", &signature));
        assert!(!holds(&keys, b"another", &signature));
        assert!(!holds(
            &bob.signer(keys.scheme()).keys(),
            b"a move",
            &signature
        ));
        let mut bytes = signature.as_bytes().to_vec();
        bytes[40] ^= 1;
        let bent = Signature::from_slice(&bytes).unwrap();
        assert!(!holds(&keys, b"a move", &bent));
    }
    let [small, large] = &signers;
    assert!(!holds(&large.keys(), b"a move", &small.sign(b"a move")));
    assert!(!holds(&small.keys(), b"a move", &large.sign(b"a move")));
}

/// One message, one key, one accepted form: what is bent anywhere is refused, the hints at the end
/// with their order and their padding above all. And nothing panics.
#[test]
fn no_byte_of_a_signature_can_be_another() {
    let ann = MlDsaSecret::of(&secret(1));
    let (keys, signature) = (ann.keys(), ann.sign(b"a move"));
    let hints = Scheme::MlDsa87.signature_bytes() - 83;
    let everywhere = (0..hints).step_by(97).chain(hints..hints + 83);
    for at in everywhere {
        for change in [1, 0x80, 0xff] {
            let mut bytes = signature.as_bytes().to_vec();
            bytes[at] ^= change;
            let bent = Signature::from_slice(&bytes).unwrap();
            assert!(!holds(&keys, b"a move", &bent), "byte {at} ^ {change}");
        }
    }
    for byte in [0, 0x7f, 0xff] {
        let flat = Signature::from_slice(&[byte; 4_627]).unwrap();
        assert!(!holds(&keys, b"a move", &flat));
    }
}

#[test]
fn nobody_signs_for_an_identity_that_did_not_vouch_for_the_key() {
    let (ann, mal) = (secret(1), MlDsaSecret::of(&secret(2)));
    let claimed = SeatKeys {
        identity: ann.public(),
        ml_dsa: mal.keys().ml_dsa,
    };
    let signature = mal.sign(b"a move");
    assert!(!holds(&claimed, b"a move", &signature));
    assert!(holds(&mal.keys(), b"a move", &signature), "also afterwards");
    assert!(!holds(&claimed, b"a move", &signature), "and still not");
    let mut bytes = codec::encode(&mal.keys().ml_dsa).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let bent = SeatKeys {
        identity: mal.public(),
        ml_dsa: codec::decode(&bytes).unwrap(),
    };
    assert!(!holds(&bent, b"a move", &signature), "a bent voucher");
}

/// What is remembered of a signature that held vouches for no other split of the same bytes.
#[test]
fn a_signature_that_was_checked_stands_for_no_shorter_one() {
    let signer = MlDsaSecret::of(&secret(1));
    let (keys, large) = (signer.keys(), signer.sign(b"a move"));
    let mut checker = Checker::new(Arc::new(AnyScheme));
    assert!(checker.check(&keys, b"a move", &large));
    let (short, rest) = large.as_bytes().split_at(64);
    let short = Signature::from_slice(short).unwrap();
    assert!(!checker.check(&keys, &[rest, b"a move"].concat(), &short));
}

#[test]
fn signatures_of_every_scheme_have_one_encoding() {
    for scheme in [Scheme::Ed25519, Scheme::MlDsa87] {
        let signature = secret(1).signer(scheme).sign(b"a move");
        let bytes = codec::encode(&signature).unwrap();
        assert_eq!(bytes.len(), 1 + scheme.signature_bytes());
        assert_eq!(codec::decode::<Signature>(&bytes).unwrap(), signature);
        assert!(codec::decode::<Signature>(&bytes[..bytes.len() - 1]).is_err());
        assert_eq!(Signature::from_slice(signature.as_bytes()), Some(signature));
    }
    assert_eq!(Signature::from_slice(&[0; 65]), None);
}
