//! Tables that sign with ML-DSA-87.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::chips::{Action, Chips, Side};
use super::table::{Table, genesis, seat};
use quorate_core::codec;
use quorate_core::crypto::{AnyScheme, Scheme, SecretKey, Signer};
use quorate_core::engine::Operation;
use quorate_core::evidence::{Evidence, EvidenceError, Exported, ExportedError, Statement};
use quorate_core::genesis::{Genesis, GenesisError, Protocol, SignedGenesis};
use quorate_core::journal::Record;
use quorate_core::message::{Choice, Message, Motion, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Holder, Name, Newcomer, SeatKind};
use quorate_core::table::MembershipRefusal;
use quorate_core::{Digest, Epoch, Height, PerSeat, Round, Seats};

under_both! {
    every_signature_is_a_large_one_and_the_work_is_the_same,
    a_seat_goes_on_after_a_restart,
    a_newcomer_with_such_a_key_is_admitted_and_decides,
}

const SECOND: u64 = 1_000_000;

fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

fn table(protocol: Protocol, seats: u8) -> Table<Chips> {
    let rounds = 100;
    let chips = Chips {
        rounds,
        ..Chips::default()
    };
    let mut table = Table::with(protocol, chips, seats, |genesis| {
        genesis.signatures = Scheme::MlDsa87;
    });
    table.serves = true;
    table
}

fn every_signature_is_a_large_one_and_the_work_is_the_same(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let work = |table: &Table<Chips>| {
        let read = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
        (read(&table.work.made), read(&table.work.checked))
    };
    let (height, before) = (table.height(), work(&table));
    for index in 0..2 {
        table.act(index, Action::Bet(Side::Over, 1));
    }
    let (decisions, after) = (table.height().0 - height.0, work(&table));
    let decisions = usize::try_from(decisions).unwrap();
    assert_eq!(decisions, 2);
    assert_eq!(after.0 - before.0, (8 + 1) * decisions);
    assert_eq!(after.1 - before.1, (16 + 3) * decisions);
    table.agreed();
    let decided = table.records[0].iter().filter_map(|record| match record {
        Record::Decision { block, certificate } => Some((block, certificate)),
        _ => None,
    });
    for (block, certificate) in decided {
        let votes = certificate.0.signatures.iter().map(|(_, vote)| vote);
        let entries = block.entries.iter().map(|entry| &entry.signature);
        let mut all = votes.chain(entries);
        assert!(all.all(|signature| signature.scheme() == Scheme::MlDsa87));
    }
}

fn a_seat_goes_on_after_a_restart(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.act(1, Action::Bet(Side::Over, 1));
    table.restart(1);
    table.act(1, Action::CashOut);
    table.pass(SECOND);
    assert_eq!(table.height(), Height(3));
    table.agreed();
}

fn newcomer(key: &SecretKey, scheme: Scheme) -> Newcomer {
    Newcomer {
        key: key.public(),
        ml_dsa: key.signer(scheme).keys().ml_dsa,
        name: Name::new("Eve").unwrap(),
        kind: SeatKind::Player,
        nonce: [9; 32],
        buy_in: String::new(),
    }
}

fn a_newcomer_with_such_a_key_is_admitted_and_decides(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let state = table.engines[0].table();
    let small = state.may_admit(&newcomer(&key(50), Scheme::Ed25519));
    assert_eq!(small, Err(MembershipRefusal::WrongKey));
    let eve = newcomer(&key(50), Scheme::MlDsa87);
    let stolen = Newcomer {
        ml_dsa: table.genesis().seats[1].ml_dsa.clone(),
        ..eve.clone()
    };
    let same = state.may_admit(&stolen);
    assert_eq!(same, Err(MembershipRefusal::SameKey(seat(1))));
    let device = table.arrive(key(50));
    table.pass(2 * SECOND);
    table.operate(0, Operation::Propose(Motion::Admit(eve)));
    table.pass(SECOND);
    let id = table.engines[0].table().motions().all()[0].id;
    for voter in [1, 2] {
        table.operate(voter, Operation::Ballot(id, Choice::Yes));
    }
    table.pass(4 * SECOND);
    assert_eq!(table.engines[0].table().epoch(), Epoch(1));
    assert_eq!(table.engines[device].seat(), Some(seat(4)));
    table.down = vec![3]; // four of five are a quorum: without her nothing is decided
    let before = table.height();
    table.act(0, Action::Bet(Side::Over, 1));
    table.pass(20 * SECOND);
    assert!(table.height() > before);
}

fn drafted(seats: u8) -> (Genesis, Vec<SecretKey>) {
    let keys: Vec<_> = (1..=seats).map(key).collect();
    let mut genesis = genesis(&Chips::default(), &keys);
    genesis.signatures = Scheme::MlDsa87;
    for (chair, key) in genesis.seats.iter_mut().zip(&keys) {
        chair.ml_dsa = key.signer(Scheme::MlDsa87).keys().ml_dsa;
    }
    (genesis, keys)
}

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

/// Two Commits of the last seat in one slot, signed with the key of `number`.
fn contradiction(genesis: &Genesis, number: u8) -> Evidence {
    let signer = key(number).signer(Scheme::MlDsa87);
    let vote = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table: genesis.table(),
            epoch: Epoch(0),
            height: Height(2),
            round: Round(0),
            digest: Some(Digest::from_bytes([byte; 32])),
        };
        Statement::Vote(Vote::sign(unsigned, seat(3), &*signer))
    };
    Evidence {
        first: vote(1),
        second: vote(2),
    }
}

#[test]
fn a_stranger_checks_an_exported_proof_against_a_founder_and_against_a_newcomer() {
    let (genesis, _) = drafted(4);
    let holder = genesis.roster().holder(seat(3)).unwrap().clone();
    let verify = |proof: &Exported| proof.verify(Arc::new(AnyScheme));
    let proof = Exported::new(&contradiction(&genesis, 4), &genesis, &holder);
    assert!(verify(&proof).unwrap().founding);
    let eve = newcomer(&key(50), Scheme::MlDsa87).holder();
    let mut proof = Exported::new(&contradiction(&genesis, 50), &genesis, &eve);
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
    let proof = Exported::new(&contradiction(&genesis, 50), &genesis, &framed);
    let refused = proof.verify(Arc::new(AnyScheme));
    assert_eq!(refused, Err(EvidenceError::Signature(seat(3)).into()));
}

#[test]
fn the_messages_of_a_table_fit_their_frames() {
    let mut table = table(Protocol::Pbft, 8);
    table.overheard();
    table.act(0, Action::Bet(Side::Over, 1));
    let genesis = table.genesis().clone();
    let mut seen = 0;
    for (_, message) in table.overheard() {
        let bytes = codec::encode(&message).unwrap();
        assert!(bytes.len() <= Message::bytes_max(&bytes, &genesis, 8));
        seen = seen.max(bytes.len());
    }
    assert!(
        seen > 6 * 4_627,
        "a proposal brings its parent's certificate"
    );
    let all = Message::bytes_max(&[5], &genesis, 16);
    assert!(
        all < 4 * 1024 * 1024,
        "a full block with four certificates: {all}"
    );
}
