//! Tables that sign with ML-DSA-87, over real connections.

use quorate_core::codec;
use quorate_core::crypto::{AnyScheme, MlDsaKey, SecretKey, Signer, signing_bytes};
use quorate_core::genesis::{GenesisError, Scheme, TableId};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use quorate_core::transcript::{Part, Reader, replay};
use quorate_p2p::net::{Admission, Lane, NetConfig};
use quorate_p2p::{Event, OpenError, Seating, SeatingError, Table};

use crate::hostile::GREETING;
use crate::membership::{admit, asker, sits_down};
use crate::peers::{Peer, secret};
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
    let vouched = |key: MlDsaKey| key.is_vouched_by(&zoe.key());
    assert!(asks.ml_dsa.clone().is_some_and(vouched));
    admit(&tables, &asks);
    sits_down(&mut tables, late);
    play(&tables, 3); // up to her own turn
}

/// What `mal` says at the door of `table` to apply with this large key, which `by` signs for.
fn application(mal: &SecretKey, key: MlDsaKey, by: &SecretKey, table: TableId) -> Vec<u8> {
    let newcomer = Newcomer {
        key: mal.public(),
        ml_dsa: Some(key),
        name: Name::new("Zoe").unwrap(),
        kind: SeatKind::Player,
        nonce: [9; 32],
        buy_in: String::new(),
    };
    let said = signing_bytes("application", &(table, newcomer.digest())).unwrap();
    let proof = Some(by.signer(Scheme::MlDsa87).sign(&said));
    let body = codec::encode(&(newcomer, proof)).unwrap();
    [&[0, 7], &*body].concat() // of the gathering, the eighth word
}

/// The large key of `other`, for which `mal` vouches.
fn claimed(mal: &SecretKey, other: &SecretKey) -> MlDsaKey {
    let large = other.signer(Scheme::MlDsa87).keys().ml_dsa.unwrap();
    let said = signing_bytes("ml-dsa-87 key", &large.as_bytes().as_slice()).unwrap();
    let parts = [large.as_bytes().as_slice(), mal.sign(&said).as_bytes()].concat();
    codec::decode(&parts).unwrap()
}

#[test]
fn nobody_applies_with_a_large_key_that_is_anothers() {
    let nodes = NAMES.map(node);
    let tables = gathered_at(&nodes, large(4));
    let [zoe, mal] = [50, 60].map(secret);
    let (link, ann) = (tables[0].link().unwrap(), nodes[0].key());
    let mut hostile = Peer::with(NetConfig::loopback(mal.clone()));
    hostile.net.hint(ann, nodes[0].listening()).unwrap();
    let greeting = codec::encode(&GREETING).unwrap().into();
    let admission = Admission::Roster(vec![ann]);
    hostile.net.open(link.invite, admission, greeting).unwrap();
    hostile.wait_up(link.invite, ann);
    let mut events = tables[0].events();
    let apply = |key, by| {
        let said = application(&mal, key, by, tables[0].id().unwrap());
        let told = hostile
            .net
            .send(link.invite, ann, Lane::Control, said.into());
        told.unwrap();
    };
    apply(claimed(&mal, &zoe), &mal);
    let charged = |event| matches!(event, Event::Fault(fault) if fault.peer == Some(mal.public()));
    while !charged(events.wait(SOON).unwrap()) {}
    assert_eq!(tables[0].asking(), []);
    apply(claimed(&mal, &mal), &mal);
    assert_eq!(asker(&tables[0]).key, mal.public());
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
