//! Traitors at a real table: named, shown the door, and remembered.

use std::sync::Arc;

use quorate_core::codec;
use quorate_core::crypto::AnyScheme;
use quorate_core::evidence::Guilt;
use quorate_core::reputation::{Detection, Reputation, Scale};
use quorate_core::{Seat, Wall};
use quorate_p2p::{Event, Node, Refusal, Status, Table};

use crate::race::{LONG, Race, SOON, gathered, node, node_in, play, seating, until};

/// Waits until `table` tells of a guilty seat.
fn convicted(table: &Table<Race>) -> Seat {
    let mut events = table.events_from(0);
    loop {
        match events.wait(SOON) {
            Some(Event::Guilty { seat, .. }) => return seat,
            Some(_) => {}
            None => panic!("nobody is named: {:?}", table.status()),
        }
    }
}

/// Waits until `seat` no longer plays as `table` sees it.
fn gone(table: &Table<Race>, seat: Seat) {
    until(table, |table| {
        !table.play().unwrap().players().contains(seat)
    });
}

fn proven(table: &Table<Race>) -> Guilt {
    let proofs = table.proofs();
    assert_eq!(proofs.len(), 1, "one proof for one seat");
    proofs[0].verify(Arc::new(AnyScheme)).unwrap()
}

#[test]
fn a_seat_that_contradicts_itself_is_proven_guilty_and_the_others_play_on() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 2);
    let mal = tables[3].seat().unwrap();
    tables[3].contradict();
    for table in &tables[..3] {
        assert_eq!(convicted(table), mal);
        gone(table, mal);
        let guilt = proven(table);
        assert_eq!((guilt.seat, guilt.holder.key), (mal, nodes[3].key()));
        assert!(guilt.to_string().starts_with("Mal (seat 3, key "));
    }
    assert!(nodes[0].standing(&nodes[3].key()).points() < 0);
    assert_eq!(nodes[0].standing(&nodes[1].key()).points(), 0);
    play(&tables[..3], 4);
}

#[test]
fn a_proof_and_what_it_costs_survive_a_restart() {
    let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let names = ["Ann", "Bob", "Eve", "Mal"];
    let nodes: Vec<Node> = names
        .iter()
        .zip(&folders)
        .map(|(name, folder)| node_in(name, folder.path()))
        .collect();
    let tables = gathered(&nodes);
    let link = tables[0].link().unwrap();
    let (mal, key) = (tables[3].seat().unwrap(), nodes[3].key());
    tables[3].contradict();
    gone(&tables[0], mal);
    let before = (proven(&tables[0]), nodes[0].standing(&key));
    drop(tables);
    nodes.iter().for_each(Node::shutdown);
    drop(nodes);

    let ann = node_in("Ann", folders[0].path());
    let table: Table<Race> = ann.join(&link).unwrap();
    assert!(table.begun(SOON), "{:?}", table.status());
    assert_eq!((proven(&table), ann.standing(&key)), before);
}

#[test]
fn a_key_that_is_shut_out_gets_no_seat_at_the_next_table() {
    let (folder, mal) = (tempfile::tempdir().unwrap(), node("Mal"));
    let mut reputation = Reputation::new(Scale::default());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = Wall(u64::try_from(now.unwrap().as_millis()).unwrap());
    (0..3).for_each(|_| {
        reputation.note(mal.key(), Detection::Malformed, now);
    });
    let bytes = codec::encode(&reputation).unwrap();
    std::fs::write(folder.path().join("reputation"), bytes).unwrap();
    let ann = node_in("Ann", folder.path());
    assert_eq!(ann.banned(), [mal.key()]);
    let host = ann.host(LONG, seating(2)).unwrap();
    let guest: Table<Race> = mal.join(&host.link().unwrap()).unwrap();
    let banned = Status::Refused(Refusal::Banned);
    until(&guest, |guest| guest.status() == banned);
    assert_eq!(host.seated().len(), 1);
}
