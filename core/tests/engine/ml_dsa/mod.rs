//! Tables that sign with ML-DSA-87.

mod frames;
mod keys;
mod playing;

use quorate_core::crypto::{Scheme, SecretKey};
use quorate_core::evidence::Evidence;
use quorate_core::genesis::{Genesis, Protocol};
use quorate_core::message::Motion;
use quorate_core::roster::Newcomer;
use quorate_core::{Epoch, Height, limits};

use crate::chips::Chips;
use crate::evidence::contradiction;
use crate::roster::{self, key, pass};
use crate::table::{SECOND, Table, genesis, seat};

fn table(protocol: Protocol, seats: u8) -> Table<Chips> {
    with_checkpoints(protocol, seats, limits::CHECKPOINT_EVERY)
}

fn with_checkpoints(protocol: Protocol, seats: u8, every: u32) -> Table<Chips> {
    let rounds = 100;
    let chips = Chips {
        rounds,
        ..Chips::default()
    };
    let mut table = Table::with(protocol, chips, seats, |genesis| {
        (genesis.signatures, genesis.checkpoint) = (Scheme::MlDsa87, every);
    });
    table.serves = true;
    table
}

fn newcomer(key: &SecretKey, scheme: Scheme) -> Newcomer {
    Newcomer {
        ml_dsa: key.signer(scheme).keys().ml_dsa,
        ..roster::newcomer(key, "Eve")
    }
}

/// The device of Eve comes to the table, and is admitted to seat 4.
fn admit(table: &mut Table<Chips>, eve: Newcomer) {
    let device = table.arrive(key(50));
    table.pass(2 * SECOND);
    pass(table, &[0, 1, 2], Motion::Admit(eve));
    table.pass(7 * SECOND);
    assert_eq!(table.engines[0].table().epoch(), Epoch(1));
    assert_eq!(table.engines[device].seat(), Some(seat(4)));
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

/// A proof against the seat of this index, signed with the key of `number`.
fn signed_twice(genesis: &Genesis, number: u8, index: usize) -> Evidence {
    let signer = key(number).signer(Scheme::MlDsa87);
    contradiction(genesis.table(), Height(2), (index, &*signer))
}
