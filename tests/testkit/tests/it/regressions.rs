//! Seeds that once found something, each named after it.

use quorate_testkit::{Ending, Simulation};

fn passes(seed: u64) {
    let run = Simulation::odds().one(seed);
    assert_eq!(run.ending, Ending::Passed, "{run}");
}

#[test]
fn an_own_proposal_left_by_repair_before_it_was_on_disk() {
    [0, 4, 9].into_iter().for_each(passes);
}

#[test]
fn an_own_entry_left_by_repair_while_the_app_was_frozen() {
    [1, 35].into_iter().for_each(passes);
}

#[test]
fn a_nonce_at_the_end_of_the_numbers_made_its_seat_panic() {
    [56, 65].into_iter().for_each(passes);
}

#[test]
fn with_too_few_left_to_make_dice_play_ends_and_everybody_learns_it() {
    passes(158);
}
