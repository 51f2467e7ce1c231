//! Coming to a table that plays, leaving it, and deciding without playing.

use quorate_core::game::ActError;
use quorate_core::message::{Choice, Motion};
use quorate_core::roster::{Newcomer, SeatKind};
use quorate_core::snapshot::Anchor;
use quorate_core::{Digest, Height, Seat};
use quorate_p2p::{Event, Halt, Node, Status, Table};

use crate::race::{
    Action, LONG, Race, SOON, act, decided, eventually, gathered, node, play, seating, until,
};

pub(crate) fn seat(index: u8) -> Seat {
    Seat::new(index).unwrap()
}

/// Whoever asks is admitted.
pub(crate) fn admit(tables: &[Table<Race>], newcomer: &Newcomer) {
    pass(tables, Motion::Admit(newcomer.clone()));
}

/// The first of `tables` moves it; the others say yes until it is decided.
pub(crate) fn pass(tables: &[Table<Race>], motion: Motion) {
    decided(&tables[0].propose(motion).unwrap());
    let id = tables[0].motions()[0].id;
    let needed = 2 * tables.len() / 3;
    for table in &tables[1..=needed] {
        until(table, |table| !table.motions().is_empty());
        decided(&table.ballot(id, Choice::Yes).unwrap());
    }
}

/// Who asks for a seat at `table`.
pub(crate) fn asker(table: &Table<Race>) -> Newcomer {
    until(table, |table| !table.asking().is_empty());
    table.asking().remove(0)
}

/// An admitted newcomer takes seat 4, and everybody sees it there.
pub(crate) fn sits_down(tables: &mut Vec<Table<Race>>, newcomer: Table<Race>) {
    until(&newcomer, |table| table.seat() == Some(seat(4)));
    tables.push(newcomer);
    for table in tables {
        until(table, |table| {
            table.seated().iter().any(|seated| seated.seat == seat(4))
        });
    }
}

/// The table of this index gives its seat up, and everybody sees that.
pub(crate) fn leaves(tables: &mut Vec<Table<Race>>, index: usize) -> Table<Race> {
    let seats = tables[0].seated().len();
    let left = tables.remove(index);
    decided(&left.leave().unwrap());
    until(&left, |left| left.seat().is_none());
    for table in tables {
        until(table, |table| table.seated().len() == seats - 1);
    }
    left
}

/// All tables come to one state.
fn agree(tables: &[Table<Race>]) {
    let most = tables.iter().map(|table| table.pulse().height).max();
    for table in tables {
        assert!(table.reached(most.unwrap(), SOON), "{:?}", table.status());
    }
    let view = |table: &Table<Race>| table.view().unwrap();
    assert!(tables.iter().all(|table| view(table) == view(&tables[0])));
}

#[test]
fn who_comes_late_asks_is_admitted_and_plays() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 3);
    let zoe = node("Zoe");
    let late: Table<Race> = zoe.join(&tables[0].link().unwrap()).unwrap();
    assert!(late.begun(SOON), "{:?}", late.status());
    let asks = asker(&tables[0]);
    assert_eq!((asks.key, asks.name.as_str()), (zoe.key(), "Zoe"));
    until(&late, |late| {
        late.status() == Status::Asking { admitted: false }
    });
    assert_eq!(late.act(Action::Step(1)).unwrap_err(), ActError::NoSeat);
    admit(&tables, &asks);
    sits_down(&mut tables, late);
    // Once round the table, so that she acts too; and the dice need her secret.
    play(&tables, 6);
    act(&tables, Action::Roll);
    agree(&tables);
}

#[test]
fn a_seat_leaves_watches_on_and_comes_back_to_another() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    let bob = leaves(&mut tables, 1);
    play(&tables, 4);
    let height = tables[0].pulse().height;
    assert!(bob.reached(height, SOON), "{:?}", bob.status());
    assert_eq!(bob.leave().unwrap_err(), ActError::NoSeat);
    bob.ask("I am back");
    let asks = asker(&tables[0]);
    assert_eq!(asks.buy_in, "I am back");
    admit(&tables, &asks);
    sits_down(&mut tables, bob);
    play(&tables, 5);
    agree(&tables);
}

#[test]
fn a_table_whose_host_has_left_is_found_through_any_other_seat() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    drop(leaves(&mut tables, 0));
    nodes[0].shutdown();
    play(&tables, 2);
    let zoe = node("Zoe");
    let link = tables[0].link().unwrap();
    assert!(link.recent.is_some_and(|recent| recent.height > Height(2)));
    let late: Table<Race> = zoe.join(&link).unwrap();
    assert!(late.begun(SOON), "{:?}", late.status());
    admit(&tables, &asker(&tables[0]));
    until(&late, |late| late.seat() == Some(seat(4)));
    let watcher = node("Eye");
    let watching: Table<Race> = watcher.watch(&link).unwrap();
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    assert_eq!(watching.seated().len(), 4, "it follows the roster");
}

/// Waits until `watching` is connected to so many seats.
fn follows(watching: &Table<Race>, seats: usize) {
    eventually("connected to every seat", || {
        let seated = watching.seated();
        seated.iter().filter(|seated| seated.connected).count() == seats
    });
}

#[test]
fn who_watches_is_not_cut_off_when_the_host_leaves_and_nor_is_the_host() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    let watcher = node("Eye");
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    follows(&watching, 4);
    let ann = leaves(&mut tables, 0);
    play(&tables, 4);
    let height = tables[0].pulse().height;
    for follower in [&ann, &watching] {
        assert!(follower.reached(height, SOON), "{:?}", follower.status());
    }
    follows(&ann, 3);
    ann.ask("I am back");
    for table in &tables {
        assert_eq!(asker(table).key, nodes[0].key(), "every player is asked");
    }
    admit(&tables, &asker(&tables[0]));
    sits_down(&mut tables, ann);
    play(&tables, 4);
    agree(&tables);
    assert!(watching.reached(tables[0].pulse().height, SOON));
}

#[test]
fn who_watches_goes_on_without_the_host_and_says_so_when_all_are_gone() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    let watcher = node("Eye");
    let watching: Table<Race> = watcher.watch(&tables[0].link().unwrap()).unwrap();
    assert!(watching.begun(SOON), "{:?}", watching.status());
    follows(&watching, 4);
    nodes[0].kill();
    drop(tables.remove(0));
    play(&tables, 2); // then it is Ann's turn
    let height = tables[0].pulse().height;
    assert!(watching.reached(height, SOON), "{:?}", watching.status());
    nodes.iter().for_each(Node::shutdown);
    until(&watching, |watching| watching.status() == Status::CutOff);
}

#[test]
fn who_left_is_charged_with_nothing() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    let bob = leaves(&mut tables, 1);
    play(&tables, 2);
    assert!(bob.reached(tables[0].pulse().height, SOON));
    let _ = bob.linger(SOON); // shows how far it is, as a program does that ends
    follows(&bob, 3);
    bob.ask(""); // on the same lane: what it said before has been heard
    for (table, node) in tables.iter().zip([&nodes[0], &nodes[2], &nodes[3]]) {
        assert_eq!(asker(table).key, nodes[1].key());
        assert_eq!(table.faults(), 0);
        let standing = node.standing(&nodes[1].key());
        assert!(standing.points() >= 0, "{standing}");
    }
}

#[test]
fn a_link_to_another_history_stops_whoever_follows_it() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 2);
    let mut link = tables[0].link().unwrap();
    let (height, digest) = (Height(2), Digest::of_bytes("another", b"history"));
    link.recent = Some(Anchor { height, digest });
    let watching: Table<Race> = node("Zoe").watch(&link).unwrap();
    until(&watching, |watching| watching.status().is_final());
    let halt = Halt::OtherHistory { height };
    assert_eq!(watching.status(), Status::Halted(halt));
}

#[test]
fn three_people_and_a_witness_play_on_without_one_of_them() {
    let nodes = ["Ann", "Bob", "Eve"].map(node);
    let seating = seating(3).witnesses(1);
    let host = nodes[0].host(LONG, seating).unwrap();
    let link = host.link().unwrap();
    let eye = node("Ann's tablet");
    let witness: Table<Race> = eye.witness(&link).unwrap();
    let guests = nodes[1..]
        .iter()
        .map(|node: &Node| node.join(&link).unwrap());
    let guests: Vec<Table<Race>> = guests.collect();
    for table in guests.iter().chain([&host, &witness]) {
        assert!(table.begun(SOON), "{:?}", table.status());
    }
    let kind = |seated: &quorate_p2p::Seated| match &seated.kind {
        SeatKind::Witness { run_by } => Some(run_by.to_string()),
        _ => None,
    };
    let kinds: Vec<_> = host.seated().iter().filter_map(kind).collect();
    assert_eq!(kinds, ["Ann's tablet"]);
    assert_eq!(host.play().unwrap().players().len(), 3);
    assert_eq!(
        witness.view().map(|seen| seen.len()),
        Some(3),
        "it sees what a watcher sees"
    );
    assert!(witness.act(Action::Step(1)).is_err());
    nodes[2].kill();
    // Ann's turn, or Bob's after hers: three of four still decide.
    let mut done = 0;
    for table in [&host, &guests[0]] {
        if table.play().unwrap().awaited().only() == table.seat() {
            decided(&table.act(Action::Step(1)).unwrap());
            done += 1;
        }
    }
    assert!(done > 0);
    assert!(witness.reached(host.pulse().height, SOON));
}

#[test]
fn a_game_that_takes_nobody_says_so() {
    let ann = node("Ann");
    let closed = Race { goal: 1_000 };
    let host = ann.host(closed, seating(1)).unwrap();
    assert!(host.begun(SOON));
    let late: Table<Race> = node("Bob").join(&host.link().unwrap()).unwrap();
    until(&late, |late| late.status().is_final());
    assert!(
        matches!(late.status(), Status::Refused(_)),
        "{:?}",
        late.status()
    );
    let mut events = host.events_from(0);
    let told = std::iter::from_fn(|| events.wait(SOON))
        .find(|event| matches!(event, Event::TurnedAway { .. }));
    assert!(told.is_some());
}
