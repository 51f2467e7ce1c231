//! Going on from a snapshot: who was away for long, who comes late, who lost a journal.

use std::fs;
use std::path::Path;

use quorate_core::Height;
use quorate_p2p::store::{Folder, Store};
use quorate_p2p::{Config, Event, History, Node, Table};

use crate::membership::{admit, asker, leaves};
use crate::race::{
    Action, Race, SOON, act, assert_level, eventually, gathered_at, node, node_in, play, seating,
    until,
};

const NAMES: [&str; 4] = ["Ann", "Bob", "Eve", "Mal"];

/// A node that drops what a snapshot covers.
fn brief(name: &str, folder: &Path) -> Node {
    let config = Config::loopback(name).unwrap().folder(folder);
    Node::start(config.history(History::SinceCheckpoint)).unwrap()
}

#[test]
fn who_was_away_for_long_and_who_comes_late_go_on_from_a_snapshot() {
    let folders = NAMES.map(|_| tempfile::tempdir().unwrap());
    let homes = NAMES.iter().zip(&folders);
    let mut nodes: Vec<_> = homes.map(|(name, home)| brief(name, home.path())).collect();
    let mut tables = gathered_at(&nodes, seating(4).checkpoint(2));
    let link = tables[3].link().unwrap();
    play(&tables, 4);
    nodes[3].kill();
    let gone = tables.pop().unwrap().pulse().height;
    for _ in 0..3 {
        act(&tables, Action::Roll); // each takes several heights
    }
    let top = tables[0].pulse().height;
    assert!(top.0 > gone.0 + 4, "from {gone} to {top}");

    // Nobody has the first blocks any more, so both can only have come by a snapshot.
    let late = node("Zoe"); // keeps what it gets, and wants all there is
    let watching: Table<Race> = late.watch(&link).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    assert!(watching.reached(top, SOON), "{:?}", watching.status());
    nodes[3] = brief(NAMES[3], folders[3].path());
    let back: Table<Race> = nodes[3].join(&link).unwrap();
    assert!(back.begun(SOON), "{:?}", back.status());
    assert!(back.reached(top, SOON), "{:?}", back.status());
    tables.push(back);
    play(&tables, 5);
    assert_level(&tables);
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());

    let invite = link.invite;
    drop(tables);
    nodes.iter().for_each(Node::shutdown);
    drop(nodes);
    for folder in &folders {
        let folder = Folder::lock(folder.path()).unwrap();
        let store = folder.open(invite).unwrap();
        let kept = store.decisions(Height(1), usize::MAX).unwrap();
        assert!(
            kept[0].height > Height(1) && kept.len() <= 6,
            "{}",
            kept.len()
        );
        assert_eq!(store.tip().unwrap(), Some(height));
    }
    // Another day they go on from their snapshots.
    let homes = NAMES.iter().zip(&folders);
    let nodes: Vec<_> = homes.map(|(name, home)| brief(name, home.path())).collect();
    let reopened = nodes.iter().map(|node| node.reopen().unwrap().unwrap());
    let tables: Vec<Table<Race>> = reopened.collect();
    assert!(tables.iter().all(|table| table.begun(SOON)));
    play(&tables, 4);
    assert_level(&tables);
}

/// Nobody of the first seats but Ann is left, and nobody has the first blocks any more.
#[test]
fn a_fresh_link_leads_to_a_table_of_strangers_and_an_old_one_does_not() {
    let names = [NAMES.as_slice(), &["Gus", "Ida", "Joe"]].concat();
    let folders = [(); 7].map(|()| tempfile::tempdir().unwrap());
    let homes = names.iter().zip(&folders);
    let nodes: Vec<_> = homes.map(|(name, home)| brief(name, home.path())).collect();
    let mut tables = gathered_at(&nodes[..4], seating(4).checkpoint(2));
    let old = tables[0].link().unwrap();
    for newcomer in &nodes[4..] {
        let late: Table<Race> = newcomer.join(&tables[0].link().unwrap()).unwrap();
        assert!(late.begun(SOON), "{:?}", late.status());
        admit(&tables, &asker(&tables[0]));
        tables.push(late);
        for table in &tables {
            until(table, |table| {
                table.seat().is_some() && table.seated().len() == 5
            });
        }
        drop(leaves(&mut tables, 1));
        play(&tables, 4);
    }
    let stranger = node("Zoe");
    let stale: Table<Race> = stranger.watch(&old).unwrap();
    let mut events = stale.events();
    let told = |event| {
        matches!(
            event,
            Event::LinkStale {
                known: 1,
                needed: 2
            }
        )
    };
    while !told(events.wait(SOON).unwrap()) {}

    let height = tables[0].pulse().height;
    let other = node("Eye");
    let fresh: Table<Race> = other.watch(&tables[0].link().unwrap()).unwrap();
    assert!(fresh.reached(height, SOON), "{:?}", fresh.status());
    assert_eq!(stale.pulse().height, Height(0));
}

#[test]
fn a_watcher_verifies_on_after_a_restart_beyond_checkpoints() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered_at(&nodes, seating(2).checkpoint(2));
    let home = tempfile::tempdir().unwrap();
    let watcher = node_in("Zoe", home.path());
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    play(&tables, 6);
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    drop(watching);
    watcher.shutdown();

    let watcher = node_in("Zoe", home.path());
    let watching: Table<Race> = watcher.reopen().unwrap().unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    play(&tables, 3);
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    let verified = || watching.verdict().map(|verdict| verdict.heights);
    eventually("verified from the first height on", || {
        verified() == Some(height)
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &there);
        } else {
            fs::copy(entry.path(), there).unwrap();
        }
    }
}

#[test]
fn a_restored_backup_only_watches() {
    let folders = NAMES.map(|_| tempfile::tempdir().unwrap());
    let homes = NAMES.iter().zip(&folders);
    let mut nodes: Vec<_> = homes
        .map(|(name, home)| node_in(name, home.path()))
        .collect();
    let mut tables = gathered_at(&nodes, seating(4));
    play(&tables, 4);
    let backup = tempfile::tempdir().unwrap();
    tables.pop();
    nodes[3].shutdown();
    copy(folders[3].path(), &backup.path().join("folder"));
    nodes[3] = node_in(NAMES[3], folders[3].path());
    tables.push(nodes[3].reopen().unwrap().unwrap());
    assert!(tables[3].begun(SOON));
    play(&tables, 4);
    tables.pop();
    nodes[3].shutdown();

    nodes[3] = node_in(NAMES[3], &backup.path().join("folder"));
    let restored: Table<Race> = nodes[3].reopen().unwrap().unwrap();
    eventually("noticed by the others", || restored.seat().is_none());
    act(&tables, Action::Step(1));
    let height = tables[0].pulse().height;
    assert!(restored.reached(height, SOON), "{:?}", restored.status());
}
