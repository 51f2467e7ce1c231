//! Following without a seat.

use std::thread;

use quorate_core::game::ActError;
use quorate_p2p::Table;

use crate::race::{Action, Race, SOON, act, gathered, node, play};

#[test]
fn a_watcher_follows_and_cannot_act() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 3);
    let watcher = node("Zoe");
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    act(&tables, Action::Step(2));
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    assert_eq!(*watching.view().unwrap(), *tables[0].view().unwrap());
    assert_eq!(watching.seat(), None);
    assert_eq!(watching.act(Action::Roll).unwrap_err(), ActError::NoSeat);
    assert_eq!(tables[0].seated().len(), 4);
}

#[test]
fn whoever_leaves_waits_for_who_looks_on() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let watcher = node("Zoe");
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    act(&tables, Action::Step(2));
    let height = tables[0].pulse().height;
    let leaving = nodes.into_iter().zip(tables).map(|(node, table)| {
        thread::spawn(move || {
            let _ = table.linger(SOON);
            node.kill(); // what is on its way is lost: nobody else can tell the watcher
        })
    });
    for leaver in leaving.collect::<Vec<_>>() {
        leaver.join().unwrap();
    }
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
}
