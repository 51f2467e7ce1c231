//! Devices that die and come back.

use quorate_core::codec;
use quorate_core::journal::Record;
use quorate_p2p::store::{Folder, Store};
use quorate_p2p::{Node, Table};
use tempfile::TempDir;

use crate::race::{
    Action, Race, SOON, act, assert_level, decided, eventually, gathered, node_in, play,
};

const NAMES: [&str; 4] = ["Ann", "Bob", "Eve", "Mal"];

fn homes() -> (Vec<TempDir>, Vec<Node>) {
    let folders: Vec<_> = NAMES.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let nodes = NAMES
        .iter()
        .zip(&folders)
        .map(|(name, folder)| node_in(name, folder.path()));
    let nodes = nodes.collect();
    (folders, nodes)
}

#[test]
fn a_killed_seat_comes_back_with_its_folder_and_catches_up() {
    let (folders, mut nodes) = homes();
    let mut tables = gathered(&nodes);
    let link = tables[3].link().unwrap();
    play(&tables, 2);
    nodes[3].kill();
    let lost = tables.pop().unwrap();
    // Three of four go on, but for the turns of the seat that is gone.
    while tables[0].play().unwrap().awaited().only() != lost.seat() {
        act(&tables, Action::Step(1));
    }
    drop(lost);
    nodes[3] = node_in("Mal", folders[3].path());
    let back: Table<Race> = nodes[3].join(&link).unwrap();
    assert!(back.begun(SOON), "{:?}", back.status());
    assert!(
        back.reached(tables[0].pulse().height, SOON),
        "{:?}",
        back.status()
    );
    tables.push(back);
    play(&tables, 5);
    assert_level(&tables);
}

#[test]
fn all_can_go_home_and_play_on_another_day() {
    let (folders, nodes) = homes();
    let tables = gathered(&nodes);
    play(&tables, 3);
    assert_level(&tables);
    let link = tables[0].link().unwrap();
    let before = tables[0].play().unwrap().turn_number();
    drop(tables);
    nodes.iter().for_each(Node::shutdown);
    drop(nodes);

    let nodes: Vec<_> = NAMES
        .iter()
        .zip(&folders)
        .map(|(name, folder)| node_in(name, folder.path()))
        .collect();
    let tables: Vec<Table<Race>> = nodes
        .iter()
        .map(|node| node.reopen().unwrap().expect("a table in the folder"))
        .collect();
    for table in &tables {
        assert!(table.begun(SOON));
        assert_eq!(table.play().unwrap().turn_number(), before);
    }
    assert_eq!(
        tables[0].link().unwrap(),
        link,
        "the link is the same, ports included"
    );
    play(&tables, 3);
    assert_level(&tables);
}

/// Where the ports of last time are kept; without it the system gives others.
fn forget_ports(folder: &TempDir) {
    std::fs::remove_file(folder.path().join("ports")).unwrap();
}

#[test]
fn seats_that_moved_find_the_others_with_nothing_but_their_folders() {
    let (folders, mut nodes) = homes();
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    // The host, whom the link names, and another one come back at other ports.
    for moved in [0, 3] {
        let before = nodes[moved].listening();
        nodes[moved].shutdown();
        forget_ports(&folders[moved]);
        nodes[moved] = node_in(NAMES[moved], folders[moved].path());
        assert_ne!(nodes[moved].listening(), before);
        tables[moved] = nodes[moved].reopen().unwrap().expect("a saved table");
    }
    for table in &tables {
        assert!(table.begun(SOON), "{:?}", table.status());
    }
    play(&tables, 4);
    // Those that moved have found each other as well.
    let all = |table: &Table<Race>| table.seated().iter().all(|seat| seat.me || seat.connected);
    eventually("all connected", || tables.iter().all(all));
    assert_level(&tables);
}

#[test]
fn spent_dice_secrets_leave_the_disk_and_those_still_needed_stay() {
    let (folders, nodes) = homes();
    let tables = gathered(&nodes);
    let link = tables[0].link().unwrap();
    for _ in 0..5 {
        act(&tables, Action::Roll);
    }
    drop(tables);
    nodes.iter().for_each(Node::shutdown);
    drop(nodes);
    for folder in &folders {
        let folder = Folder::lock(folder.path()).unwrap();
        let records = folder.open(link.invite).unwrap().records().unwrap();
        let records = records
            .iter()
            .map(|(_, bytes)| codec::decode(bytes).unwrap());
        let secrets = records.filter(|record| matches!(record, Record::Secrets { .. }));
        let secrets = secrets.count();
        // Those under the standing commitment, and under one that is on its way.
        assert!((1..=2).contains(&secrets), "{secrets} secrets");
    }
    let nodes: Vec<_> = NAMES
        .iter()
        .zip(&folders)
        .map(|(name, folder)| node_in(name, folder.path()))
        .collect();
    let tables: Vec<Table<Race>> = nodes
        .iter()
        .map(|node| node.reopen().unwrap().expect("a table in the folder"))
        .collect();
    for table in &tables {
        assert!(table.begun(SOON));
    }
    act(&tables, Action::Roll);
    let proof = tables[0].last_roll().unwrap();
    assert_eq!(
        proof.thrown.len(),
        4,
        "everybody could open what it had sealed"
    );
}

#[test]
fn an_act_that_was_not_decided_is_pending_again_after_a_restart() {
    let (folders, mut nodes) = homes();
    let mut tables = gathered(&nodes);
    let link = tables[0].link().unwrap();
    act(&tables, Action::Step(1));
    // Seat 1 is to move, and nobody is there to decide it.
    for node in [&nodes[0], &nodes[2], &nodes[3]] {
        node.pause().unwrap();
    }
    let pending = tables[1].act(Action::Step(3)).unwrap();
    nodes[1].shutdown();
    assert_eq!(pending.settled(), None);
    tables.remove(1);
    nodes[1] = node_in("Bob", folders[1].path());
    let back: Table<Race> = nodes[1].join(&link).unwrap();
    assert!(back.begun(SOON));
    let pendings = back.pendings();
    assert_eq!(pendings.len(), 1);
    for node in [&nodes[0], &nodes[2], &nodes[3]] {
        node.resume().unwrap();
    }
    decided(&pendings[0]);
    tables.insert(1, back);
    assert_level(&tables);
    assert_eq!(*tables[2].view().unwrap(), [1, 3, 0, 0]);
}
