//! Faults brought together on purpose, each under both protocols, and what each must show.

use std::collections::BTreeSet;

use quorate_core::Seats;
use quorate_core::genesis::Protocol;
use quorate_testkit::attack::Kind;
use quorate_testkit::{Draw, Ending, House, Mark, Run, Scenario, Simulation};

use crate::{PROTOCOLS, plain, table};

/// Runs a scenario under both protocols; every seed must pass.
#[track_caller]
fn runs(scenario: Scenario, seeds: u64) -> Vec<Run> {
    let runs = PROTOCOLS.into_iter().flat_map(|protocol| {
        let table = Simulation::odds().scenario(scenario).protocol(protocol);
        (0..seeds).map(move |seed| table.one(seed))
    });
    let runs: Vec<_> = runs.collect();
    for run in &runs {
        assert_eq!(run.ending, Ending::Passed, "{scenario:?}\n{run}");
    }
    runs
}

#[track_caller]
fn meets(runs: &[Run], mark: Mark) {
    let met = runs.iter().any(|run| run.marks.has(mark));
    assert!(met, "no run met: {}", mark.text());
}

#[test]
fn who_is_censored_is_neither_late_nor_defaulted() {
    // Nothing but the censor keeps an entry from anybody, and the oracle knows who held it.
    let runs = runs(Scenario::CensoredTurn, 4);
    let censors = |run: &Run| {
        let mut kinds = run.draw.attackers.iter().map(|(_, kind)| *kind);
        kinds.all(|kind| kind == Kind::CensoringLeader)
    };
    assert!(runs.iter().all(|run| censors(run) && run.faults.cheats > 0));
}

#[test]
fn slow_disks_and_crashes_lose_records_and_nothing_else() {
    let runs = runs(Scenario::SlowDisks, 4);
    assert!(runs.iter().all(|run| run.faults.crashes > 0));
    meets(&runs, Mark::RecordsLost);
}

#[test]
fn clocks_far_off_are_noticed_and_stop_nobody() {
    meets(&runs(Scenario::WrongClocks, 4), Mark::ClockWrong);
}

#[test]
fn a_blackout_around_the_last_commit_leaves_one_block() {
    meets(&runs(Scenario::Blackout, 4), Mark::Blackout);
}

#[test]
fn what_cheats_forget_when_rounds_change_the_others_remember() {
    let runs = runs(Scenario::ForgetfulRounds, 4);
    meets(&runs, Mark::ReproposalDecided);
    meets(&runs, Mark::RoundThree);
}

#[test]
fn a_lock_that_one_seat_holds_alone_stops_nobody() {
    meets(&runs(Scenario::HiddenLock, 4), Mark::ReproposalDecided);
}

#[test]
fn people_come_and_go_under_partition_with_a_backup_and_a_second_device() {
    let runs = runs(Scenario::Churn, 4);
    meets(&runs, Mark::RosterChanged);
    meets(&runs, Mark::Seated);
    meets(&runs, Mark::MotionPassed);
    let both = |run: &&Run| kinds(&run.draw) == [Kind::RolledBack, Kind::Twins];
    assert!(runs.iter().filter(both).count() >= 2);
}

/// How the cheats of a table cheat.
fn kinds(draw: &Draw) -> Vec<Kind> {
    draw.attackers.iter().map(|(_, kind)| *kind).collect()
}

/// The tables that seeds draw for a scenario.
fn drawn(scenario: Scenario, seeds: u64) -> impl Iterator<Item = Draw> {
    let tables = Simulation::odds().scenario(scenario);
    (0..seeds).map(move |seed| tables.draw(seed))
}

#[test]
fn churn_has_a_restored_backup_and_a_second_device_at_one_table() {
    let both = |draw: &Draw| kinds(draw) == [Kind::RolledBack, Kind::Twins];
    let count = drawn(Scenario::Churn, 1_000).filter(both).count();
    assert!(count >= 400, "{count} of 1000 tables have both");
}

#[test]
fn every_table_with_slow_disks_has_crashes() {
    assert!(drawn(Scenario::SlowDisks, 100).all(|draw| draw.crashes.is_some()));
}

#[test]
fn loaded_dice_have_a_witness_among_the_colluders() {
    let colludes = |draw: &Draw| {
        let witnesses = Seats::first(draw.seats) - Seats::first(draw.seats - draw.house.witnesses);
        !(draw.cheats() & witnesses).is_empty() && draw.attackers.len() > 1
    };
    let count = drawn(Scenario::LoadedDice, 200).filter(colludes).count();
    assert!((40..100).contains(&count), "{count} of 200 tables");
}

#[test]
fn a_campaign_plays_tables_of_one_to_thirteen_with_their_customs() {
    let table = Simulation::odds();
    let (mut played, mut customs) = (BTreeSet::new(), 0);
    for seed in 0..5_000 {
        let draw = table.draw(seed);
        played.insert(draw.seats);
        customs += u32::from(draw.seats > 10 && draw.house != House::default());
    }
    assert_eq!(played, (1..=13).collect());
    assert!(customs > 0, "no large table has customs");
}

#[test]
fn traitors_beyond_the_bound_fork_a_table_which_halts_and_frame_nobody() {
    let runs = runs(Scenario::Traitors, 100); // such a fork takes luck
    meets(&runs, Mark::Forked);
    meets(&runs, Mark::ForkProven);
    meets(&runs, Mark::ForkedInRound);
    assert!(runs.iter().any(|run| run.marks.has(Mark::Equivocation)));
}

#[test]
fn framers_convict_nobody() {
    let runs = runs(Scenario::Framers, 4);
    meets(&runs, Mark::Relayed);
    assert!(runs.iter().all(|run| !run.marks.has(Mark::Convicted)));
}

#[test]
fn loaded_dice_are_thrown_again_once_for_each_colluder_at_most() {
    meets(&runs(Scenario::LoadedDice, 4), Mark::Withheld);
}

#[test]
fn who_was_long_away_goes_on_from_true_snapshots_whatever_it_is_offered() {
    let runs = runs(Scenario::LongAbsence, 4);
    meets(&runs, Mark::SnapshotCatchUp);
    // Not every run asks a cheat.
    assert!(runs.iter().any(|run| run.faults.cheats > 0));
}

#[test]
fn who_answers_twice_is_counted_once() {
    let runs = runs(Scenario::StuffedBallots, 4);
    meets(&runs, Mark::MotionPassed);
    assert!(runs.iter().all(|run| run.faults.cheats > 0));
}

#[test]
fn across_rounds_an_honest_seat_that_signed_both_sides_of_a_fork_is_not_named() {
    for (protocol, seed) in PROTOCOLS
        .into_iter()
        .flat_map(|protocol| (0..4).map(move |seed| (protocol, seed)))
    {
        let run = table(conspiracy(protocol, seed)).run();
        assert_eq!(run.ending, Ending::Passed, "{run}");
        for mark in [Mark::ForkProven, Mark::ForkedAcross, Mark::Relocked] {
            assert!(run.marks.has(mark), "{}: {run}", mark.text());
        }
    }
}

/// A calm table of four, half of which conspire.
fn conspiracy(protocol: Protocol, seed: u64) -> Draw {
    let conspirators = Seats::first(2).iter();
    Draw {
        attackers: conspirators.map(|seat| (seat, Kind::Conspirator)).collect(),
        beyond: true,
        relentless: true,
        ..plain(protocol, seed)
    }
}
