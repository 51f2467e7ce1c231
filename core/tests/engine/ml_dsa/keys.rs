//! Whose large key it is: at the founding, at the door, in a snapshot and in a proof.

use std::sync::Arc;

use quorate_core::certificate::Checker;
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::{self, AnyScheme, MlDsaKey, Scheme, SecretKey, Signer};
use quorate_core::engine::Operation;
use quorate_core::evidence::{EvidenceError, Exported, ExportedError};
use quorate_core::genesis::{GenesisError, Protocol, SignedGenesis};
use quorate_core::message::{Motion, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Holder, Name, Newcomer};
use quorate_core::snapshot::Snapshot;
use quorate_core::table::{MembershipRefusal, SnapshotError};
use quorate_core::{Epoch, PerSeat, Seat, Seats};

use super::{admit, drafted, newcomer, signed_twice, table, with_checkpoints};
use crate::checkpoints::play;
use crate::chips::Chips;
use crate::roster::{key, pass};
use crate::table::{SECOND, Table, seat};

#[test]
fn a_genesis_holds_the_keys_its_signatures_ask_for_and_at_most_sixteen_seats() {
    assert_eq!(drafted(16).0.validate(), Ok(()));
    let crowded = drafted(17).0.validate().unwrap_err();
    let sentence = "17 seats; a table that signs with ml-dsa-87 has at most 16";
    assert_eq!(crowded.to_string(), sentence);
    let mut small = drafted(4).0;
    small.signatures = Scheme::Ed25519;
    assert_eq!(small.validate(), Err(GenesisError::WrongKey(seat(0))));
    let mut lacking = drafted(4).0;
    lacking.seats[2].ml_dsa = None;
    assert_eq!(lacking.validate(), Err(GenesisError::WrongKey(seat(2))));
    let mut twice = drafted(4).0;
    twice.seats[2].ml_dsa = twice.seats[1].ml_dsa.clone();
    let same = GenesisError::SameKey(seat(1), seat(2));
    assert_eq!(twice.validate(), Err(same));
}

#[test]
fn who_claims_anothers_identity_with_a_key_of_its_own_cannot_sign_the_genesis() {
    let (mut genesis, keys) = drafted(4);
    let mal = key(99).signer(Scheme::MlDsa87);
    genesis.seats[1].ml_dsa = mal.keys().ml_dsa; // the identity stays Bob's
    assert_eq!(genesis.validate(), Ok(()));
    let sign = |index: usize| match index {
        1 => SignedGenesis::sign(&genesis, &*mal),
        _ => SignedGenesis::sign(&genesis, &*keys[index].signer(Scheme::MlDsa87)),
    };
    let signatures: PerSeat<_> = (0..4).map(|index| (seat(index), sign(index))).collect();
    let signed = SignedGenesis {
        genesis: genesis.clone(),
        signatures,
    };
    assert_eq!(signed.missing(&AnyScheme), Seats::from(seat(1)));
}

#[test]
fn a_key_that_is_awaited_at_one_seat_is_admitted_to_no_other() {
    let mut table = table(Protocol::Pbft, 4);
    let eve = newcomer(&key(50), Scheme::MlDsa87);
    pass(&mut table, &[0, 1, 2], Motion::Admit(eve)); // she does not come
    let state = table.engines[0].table();
    assert_eq!(state.membership().pending().seats(), Seats::from(seat(4)));
    let mal = Newcomer {
        name: Name::new("Mal").unwrap(),
        ml_dsa: Some(vouching(&key(60), &key(50))),
        ..newcomer(&key(60), Scheme::MlDsa87)
    };
    let same = state.may_admit(&mal);
    assert_eq!(same, Err(MembershipRefusal::SameKey(seat(4))));
}

#[test]
fn who_founded_a_table_keeps_its_large_key_there() {
    let mut table = table(Protocol::Pbft, 4);
    table.operate(1, Operation::Leave);
    table.pass(3 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(state.roster().len(), 3);
    let back = newcomer(&key(2), Scheme::MlDsa87);
    assert_eq!(state.may_admit(&back), Ok(seat(4)));
    let forged = Newcomer {
        ml_dsa: Some(vouching(&key(2), &key(60))),
        ..back
    };
    let other = state.may_admit(&forged);
    assert_eq!(other, Err(MembershipRefusal::OtherKey));
    // Nor does anybody believe a proof that says it came back with another.
    let genesis = table.genesis();
    let proof = Exported::new(&signed_twice(genesis, 60, 4), genesis, &forged.holder());
    let refused = proof.verify(Arc::new(AnyScheme));
    assert_eq!(refused, Err(ExportedError::Field("ml_dsa")));
}

fn replaced(mut bytes: Vec<u8>, old: &MlDsaKey, new: &MlDsaKey) -> Vec<u8> {
    let [old, new] = [old, new].map(|key| codec::encode(key).unwrap());
    let found = |bytes: &[u8]| bytes.windows(old.len()).position(|part| part == old);
    assert!(found(&bytes).is_some());
    while let Some(at) = found(&bytes) {
        bytes[at..at + new.len()].copy_from_slice(&new);
    }
    bytes
}

/// A snapshot in which every seat has its identity, and a large key of whoever forged that.
fn forged_snapshot(table: &Table<Chips>, honest: &Snapshot) -> Snapshot {
    let roster = table.engines[0].table().roster();
    let keys = |(seat, holder): (Seat, &Holder)| {
        let identity = table.keys.iter().find(|key| key.public() == holder.key);
        let forger = key(100 + seat.index() as u8);
        let new = vouching(identity.unwrap(), &forger);
        let signer = forger.signer(Scheme::MlDsa87);
        (seat, (holder.ml_dsa.clone().unwrap(), signer, new))
    };
    let keys: PerSeat<_> = roster.iter().map(keys).collect();
    let state = keys
        .iter()
        .fold(honest.state.to_vec(), |state, (_, (old, _, new))| {
            replaced(state, old, new)
        });
    let mut forged = honest.clone();
    forged.state = Blob::from(state);
    let mut block = (*honest.block).clone();
    block.post_state = forged.digest();
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: block.table,
        epoch: block.epoch,
        height: block.height,
        round: honest.certificate.0.round,
        digest: Some(block.digest()),
    };
    forged.certificate.0.digest = block.digest();
    for (seat, signature) in forged.certificate.0.signatures.iter_mut() {
        let (_, signer, _) = &keys[seat];
        *signature = Vote::sign(unsigned, seat, &**signer).signature;
    }
    forged.block = block.into();
    forged
}

#[test]
fn who_forges_identities_finds_nobody_who_believes_its_snapshot() {
    let mut table = with_checkpoints(Protocol::Pbft, 4, 6);
    table.down.push(3); // it stays where the table began
    admit(&mut table, newcomer(&key(50), Scheme::MlDsa87));
    while table
        .newest(0)
        .is_none_or(|held| held.block.epoch < Epoch(1))
    {
        let height = table.height().0 + 1;
        play(&mut table, height);
    }
    let honest = *table.newest(0).unwrap();
    let away = table.engines[3].table();
    assert_eq!(away.epoch(), Epoch(0));
    let adopt = |snapshot| {
        let mut checker = Checker::new(Arc::new(AnyScheme));
        away.adopt(snapshot, None, None, &mut checker)
            .map(|state| state.height())
    };
    assert_eq!(adopt(&honest), Ok(honest.height()));
    let strangers = SnapshotError::Strangers {
        known: 0,
        needed: 2,
    };
    assert_eq!(adopt(&forged_snapshot(&table, &honest)), Err(strangers));
}

#[test]
fn a_stranger_checks_an_exported_proof_against_a_founder_and_against_a_newcomer() {
    let (genesis, _) = drafted(4);
    let holder = genesis.roster().holder(seat(3)).unwrap().clone();
    let verify = |proof: &Exported| proof.verify(Arc::new(AnyScheme));
    let proof = Exported::new(&signed_twice(&genesis, 4, 3), &genesis, &holder);
    assert!(verify(&proof).unwrap().founding);
    let eve = newcomer(&key(50), Scheme::MlDsa87).holder();
    let mut proof = Exported::new(&signed_twice(&genesis, 50, 3), &genesis, &eve);
    let guilt = verify(&proof).unwrap();
    assert_eq!((guilt.founding, guilt.holder.key), (false, eve.key));
    proof.ml_dsa = None;
    assert_eq!(verify(&proof), Err(ExportedError::Field("ml_dsa")));
}

#[test]
fn nobody_is_framed_with_a_key_that_is_not_the_accused_ones() {
    let (genesis, _) = drafted(4);
    let framed = Holder {
        key: key(60).public(), // who never vouched for Eve's key
        ..newcomer(&key(50), Scheme::MlDsa87).holder()
    };
    let proof = Exported::new(&signed_twice(&genesis, 50, 3), &genesis, &framed);
    let refused = proof.verify(Arc::new(AnyScheme));
    assert_eq!(refused, Err(EvidenceError::Signature(seat(3)).into()));
}

/// The large key of `other` with a voucher of `identity`: what whoever has forged that can make.
fn vouching(identity: &SecretKey, other: &SecretKey) -> MlDsaKey {
    let large = other.signer(Scheme::MlDsa87).keys().ml_dsa.unwrap();
    let said = crypto::signing_bytes("ml-dsa-87 key", &large.as_bytes().as_slice()).unwrap();
    let voucher = identity.sign(&said);
    let parts = [large.as_bytes().as_slice(), voucher.as_bytes()].concat();
    let key: MlDsaKey = codec::decode(&parts).unwrap();
    assert!(key.is_vouched_by(&identity.public()));
    key
}
