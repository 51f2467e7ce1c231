//! On one device: what is typed wrong, and what goes wrong.

use super::program::Program;

#[test]
fn a_game_that_is_played_to_its_end_ends_well() {
    let mut program = Program::start("2");
    program.types("3");
    program.types("2");
    program.says("won by player 1");
    assert_eq!(program.ends(), 0);
    assert!(
        program.has_said("a number, such as 1, 2, 3"),
        "{:?}",
        program.seen
    );
}

#[test]
fn which_rules_and_which_quorate_is_told() {
    let mut program = Program::start("--version");
    program.says("counting, version 1 of the rules; quorate 0.");
    assert_eq!(program.ends(), 0);
}

#[test]
fn every_way_to_cheat_is_listed_with_what_it_does() {
    let mut program = Program::start("storm --cheat help");
    program.says("* double-vote ");
    program.says("  wrong-opening ");
    assert_eq!(program.ends(), 0);
}

#[test]
fn a_bot_is_marked_as_one() {
    let mut program = Program::start("1 --bots 1");
    program.types("3");
    program.says("player 2 (bot): ");
    assert_eq!(program.ends(), 0, "who has had enough ends well");
}

#[test]
fn what_cannot_be_done_is_said_with_what_can() {
    let mut program = Program::start("2");
    program.types("9");
    program.says("no: one to three, not 9");
    program.types("well");
    program.says("\"well\" means nothing here");
    program.types("[1");
    program.says("as JSON that is wrong: ");
    program.types("help");
    program.says("a number from the list");
    program.types("q");
    assert_eq!(program.ends(), 0);
}

#[test]
fn a_command_line_that_means_nothing_ends_with_two() {
    let mut program = Program::start("hots");
    program.says("\"hots\" is no command");
    program.says("try: counting help");
    assert_eq!(program.ends(), 2);
}

#[test]
fn so_many_as_the_game_does_not_take_end_with_two() {
    for line in [
        "host --seats 99",
        "host --seats 2 --bots 2",
        "9",
        "check extra",
    ] {
        assert_eq!(Program::start(line).ends(), 2, "{line}");
    }
}

#[test]
fn a_view_that_panics_is_told_with_its_place_and_play_goes_on() {
    let mut program = Program::of("2", "view");
    let line = program.says("there is nothing to see: a bug in the rules: view panicked at ");
    assert!(line.contains("tests/play/counting.rs:"), "{line}");
    assert!(line.ends_with(": no such card"), "{line}");
    program.types("1");
    program.says("player 1: 1");
    program.types("q");
    assert_eq!(program.ends(), 0);
    assert!(!program.has_said("stack backtrace"), "{:?}", program.seen);
}

#[test]
fn a_hook_that_fails_ends_the_program_with_one() {
    let mut program = Program::of("2", "hook");
    program.types("1");
    let line = program.says("the rules failed: ");
    assert!(line.contains("on_roll"), "{line}");
    assert!(line.contains("the dice are lost"), "{line}");
    assert_eq!(program.ends(), 1);
}

#[test]
fn a_check_of_good_rules_ends_well_and_of_bad_ones_with_one() {
    let mut good = Program::start("check");
    assert_eq!(good.ends(), 0, "{:?}", good.seen);
    assert!(!good.has_said("overflow"), "this build checks arithmetic");
    let mut bad = Program::of("check", "view");
    assert_eq!(bad.ends(), 1);
    assert!(bad.has_said("no such card"), "{:?}", bad.seen);
}
