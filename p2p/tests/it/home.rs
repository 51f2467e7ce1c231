//! Keys, folders and links of a node.

use quorate_core::{Digest, Height};
use quorate_p2p::store::StoreError;
use quorate_p2p::{Config, Link, Node, OpenError, StartError, Table};

use crate::race::{LONG, Race, node, node_in, seating};

#[test]
fn a_folder_keeps_key_and_ports_and_is_one_nodes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = node_in("Ann", folder.path());
    let config = Config::loopback("Ann").unwrap().folder(folder.path());
    let in_use = StoreError::FolderInUse {
        pid: Some(std::process::id()),
    };
    assert_eq!(Node::start(config).unwrap_err(), StartError::Store(in_use));
    let (key, ports) = (first.key(), first.listening());
    first.shutdown();
    let second = node_in("Ann", folder.path());
    assert_eq!((second.key(), second.listening()), (key, ports));
}

#[test]
fn a_node_without_a_folder_is_another_each_time() {
    assert_ne!(node("Ann").key(), node("Ann").key());
    assert_eq!(node("Ann").saved().unwrap(), []);
}

#[test]
fn saved_tables_can_be_listed_and_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let ann = node_in("Ann", folder.path());
    let table = ann.host(LONG, seating(2)).unwrap();
    let link = table.link().unwrap();
    drop(table);
    ann.shutdown();
    let ann = node_in("Ann", folder.path());
    let saved = ann.saved().unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!(
        (&*saved[0].game, saved[0].height, saved[0].table),
        ("race", Height(0), None)
    );
    assert!(saved[0].seated && !saved[0].ended);
    let table: Table<Race> = ann.reopen().unwrap().unwrap();
    assert_eq!(table.link(), Some(link));
    assert!(ann.reopen::<Race>().unwrap().is_none(), "it is open");
}

#[test]
fn a_link_of_ones_own_to_nothing_is_refused() {
    let ann = node("Ann");
    let link = Link::new(ann.key(), Digest::of_bytes("test", b"no such table"));
    assert_eq!(ann.join::<Race>(&link).unwrap_err(), OpenError::OwnLink);
}
