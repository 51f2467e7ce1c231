//! Tables that sign with ML-DSA-87, over real connections.

use quorate_core::crypto::AnyScheme;
use quorate_core::genesis::{GenesisError, Scheme};
use quorate_core::transcript::{Part, Reader, replay};
use quorate_p2p::{OpenError, Seating, SeatingError, Table};

use crate::membership::{admit, asker, until};
use crate::race::{
    Action, LONG, Race, SOON, act, assert_level, gathered_at, node, node_in, play, seating,
};

const NAMES: [&str; 4] = ["Ann", "Bob", "Eve", "Mal"];

fn large(seats: u8) -> Seating {
    seating(seats).signatures(Scheme::MlDsa87)
}

/// How everything is signed that `table` has decided, as a stranger reads it.
fn schemes(table: &Table<Race>) -> Vec<Scheme> {
    let mut bytes = Vec::new();
    table.transcript(&mut bytes).unwrap();
    let told = replay::<Race>(&*bytes, AnyScheme, |_| {}).unwrap();
    assert_eq!(told.seats.len(), 4);
    let mut parts = Reader::new(&*bytes).unwrap();
    let mut schemes = Vec::new();
    while let Some(part) = parts.next_part().unwrap() {
        match part {
            Part::Genesis(signed) => {
                schemes.extend(signed.signatures.iter().map(|(_, by)| by.scheme()));
            }
            Part::Decision { block, certificate } => {
                let votes = certificate.0.signatures.iter();
                schemes.extend(votes.map(|(_, vote)| vote.scheme()));
                let entries = block.entries.iter();
                schemes.extend(entries.map(|entry| entry.signature.scheme()));
            }
            _ => {}
        }
    }
    schemes
}

#[test]
fn four_devices_play_with_large_signatures_and_one_comes_back_from_its_folder() {
    let folders = NAMES.map(|_| tempfile::tempdir().unwrap());
    let homes = NAMES.iter().zip(&folders);
    let mut nodes: Vec<_> = homes
        .map(|(name, home)| node_in(name, home.path()))
        .collect();
    let mut tables = gathered_at(&nodes, large(4));
    for _ in 0..4 {
        act(&tables, Action::Step(1));
    }
    nodes[3].kill();
    tables.pop();
    act(&tables, Action::Step(1)); // three are a quorum
    nodes[3] = node_in(NAMES[3], folders[3].path());
    tables.push(nodes[3].reopen().unwrap().unwrap());
    assert!(tables[3].begun(SOON), "{:?}", tables[3].status());
    act(&tables, Action::Roll); // with its secret
    play(&tables, 2); // up to its own turn
    assert_level(&tables);
    let schemes = schemes(&tables[3]);
    assert!(schemes.len() > 4 * 8, "{}", schemes.len());
    assert!(schemes.iter().all(|scheme| *scheme == Scheme::MlDsa87));
}

#[test]
fn who_comes_late_brings_a_large_key_and_plays() {
    let nodes = NAMES.map(node);
    let mut tables = gathered_at(&nodes, large(4));
    play(&tables, 2);
    let zoe = node("Zoe");
    let late: Table<Race> = zoe.join(&tables[0].link().unwrap()).unwrap();
    let asks = asker(&tables[0]);
    let vouched = |key: quorate_core::crypto::MlDsaKey| key.is_vouched_by(&zoe.key());
    assert!(asks.ml_dsa.clone().is_some_and(vouched));
    admit(&tables, &asks);
    until(&late, |late| late.seat().is_some());
    tables.push(late);
    play(&tables, 3); // up to her own turn
}

#[test]
fn a_table_too_large_for_such_signatures_is_refused_at_once() {
    let ann = node("Ann");
    let crowded = ann.host(LONG, large(8).witnesses(9)).unwrap_err();
    let why = GenesisError::Crowded {
        count: 17,
        scheme: Scheme::MlDsa87,
        most: 16,
    };
    assert!(
        matches!(&crowded, OpenError::Seating(SeatingError::Figures(error)) if *error == why),
        "{crowded}"
    );
}
