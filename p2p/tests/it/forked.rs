//! Tables that are forked: traitors with two devices each tell two sides two stories.

use std::fs;
use std::path::Path;

use quorate_core::crypto::SecretKey;
use quorate_core::genesis::{Schedule, Timing};
use quorate_core::{Height, Seat, Seats};
use quorate_p2p::{Config, Event, History, Node, Seating, Table};
use tempfile::TempDir;

use crate::hostile::key_in;
use crate::race::{Action, Race, SOON, act, assert_level, eventually, gathered_at};

/// A table of which one height was decided twice: by each side with the traitors. All are at home
/// now, and have their folders. Seats stand in the order of the sides, the traitors last.
pub(crate) struct Forked {
    names: Vec<&'static str>,
    pub(crate) folders: Vec<TempDir>,
    /// The height decided twice.
    pub(crate) at: Height,
    traitors: usize,
    history: History,
}

impl Forked {
    /// Ann and Bob are told two stories by Eve and Mal.
    pub(crate) fn two() -> Self {
        Self::new([&["Ann"], &["Bob"]], &["Eve", "Mal"], History::Whole)
    }

    pub(crate) fn new(
        sides: [&[&'static str]; 2],
        traitors: &[&'static str],
        history: History,
    ) -> Self {
        Self::long(sides, traitors, history, [1, 1])
    }

    /// The same, where each side played on for so many turns. The turns of two traitors and of one
    /// honest seat of the first side can be taken before somebody is missed.
    pub(crate) fn long(
        [first, second]: [&[&'static str]; 2],
        traitors: &[&'static str],
        history: History,
        turns: [usize; 2],
    ) -> Self {
        let names = [first, second, traitors].concat();
        let folders: Vec<_> = names.iter().map(|_| tempfile::tempdir().unwrap()).collect();
        let mut forked = Self {
            names,
            folders,
            at: Height(0),
            traitors: traitors.len(),
            history,
        };
        let honest = forked.honest();
        let nodes = forked.nodes(0..forked.names.len());
        let tables = gathered_at(&nodes, patient(nodes.len()));
        (0..honest).for_each(|_| act(&tables, Action::Step(1)));
        assert_level(&tables);
        go_home(nodes, tables);
        let copies: Vec<_> = forked.folders[honest..].iter().map(copied).collect();
        // The first traitor is to move, and so leads on both sides.
        let sides = [0..first.len(), first.len()..honest];
        for ((step, side), turns) in (1..).zip(sides).zip(turns) {
            let nodes = forked.nodes(side.chain(honest..forked.names.len()));
            let tables = reopened(&nodes);
            together(&tables);
            act(&tables, Action::Step(step));
            forked.at = tables[0].pulse().height;
            (1..turns).for_each(|_| act(&tables, Action::Step(step)));
            go_home(nodes, tables);
            for (folder, copy) in forked.folders[honest..].iter().zip(&copies) {
                fs::remove_dir_all(folder.path()).unwrap();
                copy_folder(copy.path(), folder.path());
            }
        }
        forked
    }

    fn honest(&self) -> usize {
        self.names.len() - self.traitors
    }

    /// The seats of the traitors.
    pub(crate) fn guilty(&self) -> Seats {
        Seats::first(self.names.len()) - Seats::first(self.honest())
    }

    /// The key in the folder of a seat.
    pub(crate) fn secret(&self, seat: usize) -> SecretKey {
        key_in(self.folders[seat].path())
    }

    pub(crate) fn node(&self, seat: usize) -> Node {
        let config = Config::loopback(self.names[seat]).unwrap();
        let config = config.folder(self.folders[seat].path());
        Node::start(config.history(self.history)).unwrap()
    }

    pub(crate) fn nodes(&self, seats: impl IntoIterator<Item = usize>) -> Vec<Node> {
        seats.into_iter().map(|seat| self.node(seat)).collect()
    }

    /// The devices of these seats meet, find the fork, and stop.
    pub(crate) fn meet(&self, seats: &[usize]) -> (Vec<Node>, Vec<Table<Race>>) {
        let nodes = self.nodes(seats.iter().copied());
        let tables = reopened(&nodes);
        tables.iter().for_each(halted);
        (nodes, tables)
    }
}

/// Rounds so long that the leader of the first is always in time.
fn patient(seats: usize) -> Seating {
    let timing = Timing {
        round_ms: 20_000,
        round_ms_min: 20_000,
        round_ms_max: 30_000,
    };
    let seating = Seating::of(u8::try_from(seats).unwrap());
    let seating = seating.timing(timing).schedule(Schedule::ToAct);
    seating.checkpoint(2)
}

pub(crate) fn reopened(nodes: &[Node]) -> Vec<Table<Race>> {
    let tables = nodes.iter().map(|node| node.reopen().unwrap());
    tables
        .map(|table| table.expect("a table in the folder"))
        .collect()
}

/// Everybody is connected with everybody.
fn together(tables: &[Table<Race>]) {
    for table in tables {
        assert!(table.begun(SOON), "{:?}", table.status());
    }
    let here: Seats = tables.iter().filter_map(Table::seat).collect();
    let connected = |table: &Table<Race>| {
        let seated = table.seated().into_iter();
        let others = seated.filter(|seated| here.contains(seated.seat) && !seated.me);
        let connected = others.filter(|seated| seated.connected && seated.present);
        connected.count() + 1 == tables.len()
    };
    eventually("together", || tables.iter().all(connected));
}

pub(crate) fn go_home(nodes: Vec<Node>, tables: Vec<Table<Race>>) {
    nodes.iter().for_each(Node::shutdown);
    drop((nodes, tables));
}

/// Waits for an event of `table` that `wanted` makes something of.
pub(crate) fn told<T>(table: &Table<Race>, wanted: impl Fn(&Event<Race>) -> Option<T>) -> T {
    let mut events = table.events_from(0);
    loop {
        match events.wait(SOON) {
            Some(event) => {
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            None => panic!("nothing comes: {:?}", table.succeeding()),
        }
    }
}

/// Waits until a fork halts the table.
pub(crate) fn halted(table: &Table<Race>) {
    eventually("halted by a fork", || table.succeeding().is_ok());
}

/// Waits until so many agree, as `table` sees it.
pub(crate) fn agreed(table: &Table<Race>, wanted: Seats) {
    told(table, |event| match event {
        Event::Agreed { agreed, .. } => (*agreed == wanted).then_some(()),
        _ => None,
    });
}

/// Waits for the successor of `table`.
pub(crate) fn heir(table: &Table<Race>) -> Table<Race> {
    let id = told(table, |event| match event {
        Event::Succeeded { table, seated } => seated.then_some(*table),
        _ => None,
    });
    let heir = table.successor().unwrap();
    assert!(heir.begun(SOON), "{:?}", heir.status());
    assert_eq!(heir.id(), Some(id));
    heir
}

pub(crate) fn seat(index: u8) -> Seat {
    Seat::new(index).unwrap()
}

fn copied(folder: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
