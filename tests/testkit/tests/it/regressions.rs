//! What once went wrong, each named after it. Where a seed found it, its draw may change with the
//! simulator; so the options that brought it out are written down here, or a mutant plants the bug
//! again (`mutants.rs`: `ProposalBeforeDisk`, `EntryBeforeDisk`), or core has a test of its own
//! (its `tests/engine/motions`).

use std::time::Duration;

use quorate_core::genesis::{DicePolicy, Protocol, Schedule, Timing};
use quorate_core::{Seat, Seats};
use quorate_testkit::attack::Kind;
use quorate_testkit::draw::{Disks, Players, Skew};
use quorate_testkit::network::Weather;
use quorate_testkit::{Draw, Ending, Mark, Run, Scenario, Simulation};

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

/// A cheat that had been mute was back in the last moment of its clock, before everybody but the
/// leader that called it late. That round failed, as it must, and the judge held that nobody may
/// have passed over such a leader.
#[test]
fn a_leader_was_asleep_that_a_cheat_had_proven_wrong_in_the_last_moment() {
    let calm = plain(Protocol::Tendermint, 8518);
    let cheat = Seat::new(1);
    let draw = Draw {
        watcher: true,
        schedule: Schedule::RoundRobin,
        dice: DicePolicy::CommitReveal {
            deadline_ms: 2_000,
            returns_after: 8,
        },
        timing: Timing {
            round_ms: 1_000,
            round_ms_min: 1_000,
            round_ms_max: 4_000,
        },
        storms: [9_961_339, 3_034_887].map(Duration::from_micros).into(),
        weather: Weather {
            ordered: false,
            ..calm.weather
        },
        clocks: Some(Skew {
            wall_ms: 129,
            rate_ppm: 48_020,
        }),
        disks: Disks {
            sync_mean: Duration::ZERO,
            ..calm.disks
        },
        attackers: cheat
            .map(|seat| (seat, Kind::CensoringLeader))
            .into_iter()
            .collect(),
        players: Players {
            think: Duration::from_millis(20),
            idle_ppm: 0,
            may_ppm: 0,
            clock: Duration::from_millis(300),
        },
        scenario: Some(Scenario::CensoredTurn),
        ..calm
    };
    let run = Simulation::odds().world(draw).run();
    assert_eq!(run.ending, Ending::Passed, "{run}");
}
