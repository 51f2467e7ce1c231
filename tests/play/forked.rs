//! A table that is forked: its honest players go on at another one.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::program::Program;

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

#[test]
fn the_honest_say_go_on_and_are_at_a_new_table() {
    let folders = [(); 4].map(|()| TempDir::new().expect("a folder"));
    let data = folders[0].path().display();
    let host = "host --loopback --name Ann --seats 4 --schedule to-act";
    let mut ann = Program::start(&format!("{host} --data {data}"));
    let link = ann.says("link: ").trim_start_matches("link: ").to_owned();
    let scene = Scene { folders, link };
    let mut all = vec![ann];
    for (seat, name) in NAMES.iter().enumerate().skip(1) {
        all.push(scene.program(seat));
        all[0].says(&format!("{name} takes a seat"));
    }
    for seat in [0, 1] {
        all[seat].says("your turn, what do you do?");
        all[seat].types("1");
    }
    all.iter_mut()
        .for_each(|program| drop(program.says("Bob: 1")));
    all.iter_mut().for_each(|program| program.types("q"));
    all.iter_mut()
        .for_each(|program| assert_eq!(program.ends(), 0));

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
