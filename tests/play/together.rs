//! Several processes at one table.

use tempfile::TempDir;

use super::program::Program;

/// A host whose name is Ann, and the link to its table.
fn host(arguments: &str) -> (Program, String) {
    host_of("", arguments)
}

/// The same of a variant of the game.
fn host_of(variant: &str, arguments: &str) -> (Program, String) {
    let arguments = format!("host --loopback --name Ann {arguments}");
    let mut host = Program::of(&arguments, variant);
    host.says("the link to this table:");
    let link = host.says("quorate:");
    let told = host.seen.iter().filter(|line| line.contains(&link));
    assert_eq!(told.count(), 1, "once, to be copied: {:?}", host.seen);
    (host, link)
}

fn guest(link: &str, arguments: &str) -> Program {
    Program::start(&format!("join {link} --loopback {arguments}"))
}

#[test]
fn whose_turn_it_is_and_who_won_is_told_by_name() {
    let (mut ann, link) = host("");
    let mut bob = guest(&link, "--name Bob");
    ann.says("both seats decide together: a device that sleeps stops the table");
    bob.says("waiting for Ann");
    bob.types("1");
    bob.says("no: it is not your turn; waiting for Ann");
    bob.types("1000");
    bob.says("no: it is not your turn; waiting for Ann");
    bob.types("well");
    bob.says("no: \"well\" means nothing here");
    ann.says("your turn, what do you do?");
    ann.types("3");
    bob.says("your turn, what do you do?");
    bob.types("3");
    ann.says("won by Ann");
    bob.says("won by Ann");
    bob.types("rematch");
    let asked = ann.says("Bob asks (");
    assert!(asked.ends_with("play again? yes or no?"), "{asked}");
    let own = bob.says("Bob asks (");
    assert!(own.ends_with("play again?"), "to ask is to say yes: {own}");
    ann.types("r");
    ann.says("your turn, what do you do?");
    ann.types("q");
    bob.types("q");
    assert_eq!((ann.ends(), bob.ends()), (0, 0));
}

#[test]
fn who_was_killed_goes_on_and_does_not_begin() {
    let folder = TempDir::new().expect("a folder");
    let data = format!("--name Bob --data {}", folder.path().display());
    let (mut ann, link) = host("");
    let mut bob = guest(&link, &data);
    bob.says(" begins");
    ann.says("your turn, what do you do?");
    bob.kill();
    ann.says("Bob is not heard from any more");
    ann.says("waiting for Bob");
    ann.types("1");
    ann.says("sent; it is decided with Bob back");
    let mut bob = guest(&link, &data);
    bob.says(" goes on");
    bob.says("your turn, what do you do?");
    assert!(!bob.has_said(" begins"), "{:?}", bob.seen);
    ann.says("Bob is heard again");
    assert!(!bob.has_said("heard again"), "{:?}", bob.seen);
}

#[test]
fn two_of_the_same_name_are_told_apart() {
    let (mut ann, link) = host("--seats 2");
    let mut other = guest(&link, "--name Ann");
    ann.says("your turn, what do you do?");
    other.says("waiting for Ann (seat 0)");
    ann.types("1");
    other.says("Ann (seat 0): 1");
    ann.says("waiting for Ann (seat 1)");
}

#[test]
fn bots_of_the_host_play_and_are_marked_as_such() {
    let (mut ann, link) = host("--bots 1 --seats 3 --protocol tendermint");
    ann.says("player 2 (bot) takes a seat"); // before Bob, and so it plays before him
    let mut bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    ann.types("1");
    bob.says("player 2 (bot): ");
}

#[test]
fn who_comes_late_asks_and_is_told_why_it_cannot_sit_down() {
    let (mut ann, link) = host("");
    let _bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    ann.types("admit");
    ann.says("no: nobody asks for a seat");
    let mut eve = guest(&link, "--name Eve");
    eve.says("no seat at a table that plays already");
    assert_eq!(eve.ends(), 1);
    assert!(!eve.has_said("asked to let you in"), "{:?}", eve.seen);
    assert!(!eve.has_said("turned away"), "{:?}", eve.seen);
    ann.says("turned away somebody");
}

#[test]
fn who_comes_late_is_admitted_with_a_word_and_sits_down() {
    let (mut ann, link) = host_of("open", "");
    let mut bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    let mut eve = guest(&link, "--name Eve");
    ann.says("Eve asks for a seat: type admit to let the table answer");
    ann.types("admit Mal");
    ann.says("no: nobody called \"Mal\" asks for a seat");
    ann.types("admit");
    bob.says("let Eve sit down? yes or no?");
    bob.types("yes");
    eve.says("at the table now: Ann, Bob and Eve");
    bob.says("at the table now: Ann, Bob and Eve");
}

#[test]
fn a_seat_is_given_up_only_by_the_exact_word_typed_twice() {
    let (mut ann, link) = host("");
    let mut bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    bob.says("waiting for Ann");
    bob.types("leave now");
    bob.says("no: \"leave\" stands alone");
    bob.types("leave");
    bob.says("type leave again to give up your seat");
    bob.types("help");
    bob.says("give up your seat for good");
    bob.types("leave");
    bob.says("type leave again to give up your seat");
    bob.types("leave");
    ann.says("Bob has left the game");
}

#[test]
fn what_the_table_refuses_is_said() {
    let (mut ann, link) = host("");
    let mut bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    ann.types("resume");
    ann.says("resume: ");
    ann.types("yes");
    ann.says("no: nobody asks you anything");
    ann.types("save");
    ann.says("no: save where? name a file");
    ann.types("pause");
    bob.says("Ann asks (");
    bob.types("y");
    bob.says("pause? agreed");
    bob.says("the table is paused: type resume");
    bob.types("pause");
    bob.says("pause: ");
    ann.says("the table is paused: type resume");
    ann.types("resume");
    bob.says("go on? yes or no?");
    bob.types("y");
    ann.says("your turn, what do you do?");
}

#[test]
fn a_witness_is_told_what_it_is_and_how_it_joins() {
    let (ann, link) = host("--seats 2 --bots 1 --witnesses 1");
    assert!(
        ann.has_said("begins with a witness besides"),
        "{:?}",
        ann.seen
    );
    assert!(ann.has_said("--witness"), "{:?}", ann.seen);
    let mut eve = guest(&link, "--name Eve --witness");
    eve.says("you are a witness");
    eve.types("pause");
    eve.says("no: you are a witness");
    eve.types("1");
    eve.says("no: you are a witness");
}

#[test]
fn who_dawdles_is_told_before_the_turn_is_over() {
    let (mut ann, link) = host_of("clock", "");
    let _bob = guest(&link, "--name Bob");
    ann.says("your turn, what do you do?");
    ann.says("your turn ends in ");
}
