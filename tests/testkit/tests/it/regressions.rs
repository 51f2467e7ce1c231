//! What once went wrong, each named after it. Where a seed found it, its draw may change with the
//! simulator; so the options that brought it out are written down here, or a mutant plants the bug
//! again (`mutants.rs`: `ProposalBeforeDisk`, `EntryBeforeDisk`), or core has a test of its own
//! (its `tests/engine/motions`).

use std::sync::Arc;

use quorate_core::Seats;
use quorate_core::genesis::DicePolicy;
use quorate_testkit::attack::Kind;
use quorate_testkit::games::Odds;
use quorate_testkit::{Draw, Ending, Gamblers, Mark, Run, World};

fn run(draw: Draw) -> Run {
    let run = World::new(draw, Odds::default(), Arc::new(Gamblers)).run();
    assert_eq!(run.ending, Ending::Passed, "{run}");
    run
}

/// A calm table of four whose first seat cheats in this way all the time.
fn cheated(seed: u64, kind: Kind) -> Draw {
    let first = Seats::first(1).iter();
    Draw {
        attackers: first.map(|seat| (seat, kind)).collect(),
        relentless: true,
        ..Draw::calm(seed)
    }
}

#[test]
fn a_nonce_at_the_end_of_the_numbers_made_its_seat_panic() {
    for seed in 0..4 {
        run(cheated(seed, Kind::NonceSkipper));
    }
}

#[test]
fn with_too_few_left_to_make_dice_play_ends_and_everybody_learns_it() {
    let mut draw = cheated(1, Kind::WithheldReveal);
    draw.dice = DicePolicy::CommitReveal {
        deadline_ms: 300,
        returns_after: 8,
    };
    draw.house.witnesses = 2;
    assert!(run(draw).marks.has(Mark::Ended));
}
