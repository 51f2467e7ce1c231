//! Play at a table that signs with ML-DSA-87: rounds, restarts, newcomers, snapshots.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quorate_core::codec;
use quorate_core::crypto::{AnyScheme, Scheme};
use quorate_core::engine::{Engine, Event, Setup, StartError};
use quorate_core::genesis::Protocol;
use quorate_core::journal::{Journal, Record};
use quorate_core::roster::Newcomer;
use quorate_core::table::MembershipRefusal;
use quorate_core::{Height, Mono, Now, Wall};

use super::{admit, newcomer, table, with_checkpoints};
use crate::checkpoints::play;
use crate::chips::{Action, Chips, Side};
use crate::roster::key;
use crate::table::{SECOND, Table, seat};

under_both! {
    every_signature_is_a_large_one_and_the_work_is_the_same,
    a_seat_goes_on_after_a_restart,
    a_newcomer_with_such_a_key_is_admitted_and_decides,
    who_was_away_for_long_goes_on_from_a_snapshot_and_decides,
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
    admit(&mut table, eve);
    table.down = vec![3]; // four of five are a quorum: without her nothing is decided
    let before = table.height();
    table.act(0, Action::Bet(Side::Over, 1));
    table.pass(20 * SECOND);
    assert!(table.height() > before);
}

#[test]
fn a_signer_of_another_scheme_starts_no_engine() {
    let table = table(Protocol::Pbft, 4);
    let signed = table.signed().clone();
    let chips: Chips = codec::decode(&signed.genesis.options).unwrap();
    let setup = Setup {
        game: Arc::new(chips),
        fingerprint: signed.genesis.fingerprint,
        genesis: signed,
        signer: Some(key(1).signer(Scheme::Ed25519)),
        verifier: Arc::new(AnyScheme),
        entropy: [1; 32],
        anchor: None,
    };
    let now = Now {
        mono: Mono(0),
        wall: Wall(1_000),
    };
    let started = Engine::new(setup, Journal::default(), now).map(drop);
    let other = StartError::OtherScheme {
        theirs: Scheme::MlDsa87,
        ours: Scheme::Ed25519,
    };
    assert_eq!(started, Err(other));
}

fn who_was_away_for_long_goes_on_from_a_snapshot_and_decides(protocol: Protocol) {
    let mut table = with_checkpoints(protocol, 4, 4);
    table.down.push(3);
    play(&mut table, 9);
    table.restart(3);
    table.pass(10 * SECOND);
    let adopted = |event: &Event<Chips>| matches!(event, Event::Adopted { .. });
    assert!(table.events[3].iter().any(adopted));
    table.agreed();
    table.down.push(2); // three of four are a quorum: without it nothing is decided
    let height = table.height().0 + 2;
    play(&mut table, height);
    assert!(table.engines[3].table().height() >= Height(height));
}
