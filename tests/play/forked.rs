//! A table that is forked: its honest players go on at another one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use quorate::{Config, Node, Schedule, Seating, Table, Timing};
use tempfile::TempDir;

use super::counting::Counting;
use super::program::Program;

/// Longer than anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(60);

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a file");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}

/// Four folders, and the link to the table that is in all of them.
struct Scene {
    folders: [TempDir; 4],
    link: String,
}

const NAMES: [&str; 4] = ["Ann", "Bob", "Eve", "Mal"];

impl Scene {
    fn program(&self, seat: usize) -> Program {
        let (link, name) = (&self.link, NAMES[seat]);
        let folder = self.folders[seat].path().display();
        Program::start(&format!(
            "join {link} --loopback --name {name} --data {folder}"
        ))
    }

    /// These come back; the third seat adds `more`, and all go home.
    fn side(&self, honest: usize, more: &str) {
        let mut honest = self.program(honest);
        let (mut eve, mut mal) = (self.program(2), self.program(3));
        eve.says("your turn, what do you do?");
        honest.says("waiting for Eve");
        mal.says("waiting for Eve");
        eve.types(more);
        let moved = format!("Eve: {more}");
        for program in [&mut honest, &mut mal, &mut eve] {
            program.says(&moved);
            program.types("q");
        }
        [honest, mal, eve]
            .iter_mut()
            .for_each(|program| assert_eq!(program.ends(), 0));
    }
}

/// A table that all four sat down at and where Ann and Bob have moved; everybody is at home again.
///
/// Its rounds are as long as rounds may be: were the two sides to decide in different rounds, for
/// the machine is busy, then nobody would be proven guilty.
fn scene() -> Scene {
    let folders = [(); 4].map(|()| TempDir::new().expect("a folder"));
    let nodes: Vec<_> = NAMES.iter().zip(&folders).map(node).collect();
    let timing = Timing {
        round_ms: 30_000,
        round_ms_min: 30_000,
        round_ms_max: 30_000,
    };
    let seating = Seating::of(4).schedule(Schedule::ToAct).timing(timing);
    let hosted = nodes[0].host(Counting::default(), seating);
    let mut tables = vec![hosted.expect("a table")];
    let link = tables[0].link().expect("a link");
    for node in &nodes[1..] {
        tables.push(node.join::<Counting>(&link).expect("a seat"));
        let mut events = tables[0].events();
        while tables[0].seated().len() < tables.len() {
            assert!(events.wait(LONG).is_some(), "{:?}", tables[0].status());
        }
    }
    assert!(tables.iter().all(|table| table.begun(LONG)));
    for seat in [0, 1] {
        let moved = |table: &Table<Counting>| table.view().is_some_and(|sum| *sum > seat);
        let pending = tables[usize::from(seat)].act(1).expect("its turn");
        assert!(pending.wait(LONG).is_some());
        for table in &tables {
            let mut events = table.events();
            while !moved(table) {
                assert!(events.wait(LONG).is_some(), "{:?}", table.status());
            }
        }
    }
    nodes.iter().for_each(Node::shutdown);
    let link = link.to_string();
    Scene { folders, link }
}

fn node((name, folder): (&&str, &TempDir)) -> Node {
    let config = Config::loopback(name).expect("a name");
    Node::start(config.folder(folder.path())).expect("a node")
}

#[test]
fn the_honest_say_go_on_and_are_at_a_new_table() {
    let scene = scene();
    let copies = [(); 2].map(|()| TempDir::new().expect("a folder"));
    let traitors = &scene.folders[2..];
    let both = || traitors.iter().zip(&copies);
    both().for_each(|(folder, to)| copy(folder.path(), to.path()));
    scene.side(0, "1");
    both().for_each(|(folder, from)| copy(from.path(), folder.path()));
    scene.side(1, "2");

    let (mut ann, mut bob) = (scene.program(0), scene.program(1));
    ann.says("proven guilty of it: Eve and Mal");
    bob.says("proven guilty of it: Eve and Mal");
    ann.types("go on without Zoe");
    ann.says("no: nobody called \"Zoe\" sits here");
    ann.types("go on");
    bob.says("agreed to go on: Ann");
    bob.says("waiting for Bob to say go on");
    bob.types("go on");
    for program in [&mut ann, &mut bob] {
        program.says("those who are left go on at a new table");
        program.says(" goes on");
        program.types("q");
        assert_eq!(program.ends(), 0);
    }
}
