//! What once went wrong, each named after it. Where a seed found it, its draw may change with the
//! simulator; so the options that brought it out are written down here, or a mutant plants the bug
//! again (`mutants.rs`: `ProposalBeforeDisk`, `EntryBeforeDisk`), or core has a test of its own
//! (its `tests/engine/motions`).

use quorate_core::Seats;
use quorate_core::genesis::{DicePolicy, Protocol};
use quorate_testkit::attack::Kind;
use quorate_testkit::{Draw, Ending, Mark, Run};

use crate::{PROTOCOLS, plain, table};

fn run(draw: Draw) -> Run {
    let run = table(draw).run();
    assert_eq!(run.ending, Ending::Passed, "{run}");
    run
}

/// A calm table of four whose first seat cheats in this way all the time.
fn cheated(protocol: Protocol, seed: u64, kind: Kind) -> Draw {
    let first = Seats::first(1).iter();
    Draw {
        attackers: first.map(|seat| (seat, kind)).collect(),
        relentless: true,
        ..plain(protocol, seed)
    }
}

#[test]
fn a_nonce_at_the_end_of_the_numbers_made_its_seat_panic() {
    for seed in 0..4 {
        for protocol in PROTOCOLS {
            run(cheated(protocol, seed, Kind::NonceSkipper));
        }
    }
}

#[test]
fn with_too_few_left_to_make_dice_play_ends_and_everybody_learns_it() {
    for protocol in PROTOCOLS {
        let mut draw = cheated(protocol, 1, Kind::WithheldReveal);
        draw.dice = DicePolicy::CommitReveal {
            deadline_ms: 300,
            returns_after: 8,
        };
        draw.house.witnesses = 2;
        assert!(run(draw).marks.has(Mark::Ended));
    }
}

/// An entry that the state has no room for was left out by every leader and waited for by everybody
/// else.
#[test]
fn a_move_that_outgrows_the_state_stopped_the_table() {
    for seed in 0..4 {
        for protocol in PROTOCOLS {
            let mut draw = cheated(protocol, seed, Kind::OverfullMover);
            draw.heights = 20;
            let run = run(draw);
            assert!(run.faults.cheats > 0 && run.marks.has(Mark::Borne), "{run}");
        }
    }
}
