//! What a device keeps of a table, for strangers.

use quorate_core::Height;
use quorate_core::crypto::Ed25519;
use quorate_core::transcript::{replay, verify};
use quorate_p2p::{Table, TranscriptError};

use crate::race::{Action, Race, SOON, act, gathered, node, play};

fn transcript(table: &Table<Race>) -> (Vec<u8>, Height) {
    let mut bytes = Vec::new();
    let tip = table.transcript(&mut bytes).unwrap();
    (bytes, tip)
}

#[test]
fn seats_and_watchers_write_transcripts_that_hold_for_strangers() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    let watcher = node("Zoe");
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    play(&tables, 4);
    act(&tables, Action::Roll);
    let height = tables[1].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    for table in [&tables[1], &watching] {
        let (bytes, tip) = transcript(table);
        assert!(tip >= height);
        let told = replay::<Race>(&*bytes, Ed25519, |_| {}).unwrap();
        assert_eq!(told.heights, tip);
        assert_eq!(told.seats.len(), 4);
        verify(&*bytes, Ed25519).unwrap();
    }
    let own = watching.verdict().unwrap();
    assert!(
        own.heights >= height && own.replayed && own.rolls > 0,
        "{own}"
    );
    assert!(
        tables[0].verdict().is_none(),
        "a seat decides with the others"
    );
}

#[test]
fn a_transcript_follows_who_comes_and_goes() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 2);
    let left = tables[1].leave().unwrap().wait(SOON);
    assert!(left.is_some(), "{:?}", tables[1].status());
    let height = tables[0].pulse().height;
    assert!(tables[2].reached(height, SOON));
    let (bytes, _) = transcript(&tables[2]);
    let told = verify(&*bytes, Ed25519).unwrap();
    assert_eq!(told.epochs, 2);
    assert!(told.seats[1].until.is_some(), "{told:?}");
    replay::<Race>(&*bytes, Ed25519, |_| {}).unwrap();
}

#[test]
fn there_is_none_before_play_nor_of_a_table_on_one_device() {
    let local = Table::local(Race { goal: 9 }, 2).unwrap();
    let none = local.transcript(Vec::new());
    assert!(matches!(none, Err(TranscriptError::Local)));
    let ann = node("Ann");
    let seating = quorate_p2p::Seating::of(2);
    let table = ann.host(Race { goal: 9 }, seating).unwrap();
    let none = table.transcript(Vec::new());
    assert!(matches!(none, Err(TranscriptError::NotBegun)));
    ann.shutdown();
    let none = table.transcript(Vec::new());
    assert!(none.is_err());
}
