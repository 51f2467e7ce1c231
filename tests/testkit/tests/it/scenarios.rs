//! Faults brought together on purpose, each under both protocols, and what each must show.

use quorate_core::genesis::Protocol;
use quorate_testkit::attack::Kind;
use quorate_testkit::{Ending, Mark, Run, Scenario, Simulation};

/// Runs a scenario under both protocols; every seed must pass.
#[track_caller]
fn runs(scenario: Scenario, seeds: u64) -> Vec<Run> {
    let both = [Protocol::Pbft, Protocol::Tendermint];
    let runs = both.into_iter().flat_map(|protocol| {
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
    meets(&runs(Scenario::SlowDisks, 4), Mark::RecordsLost);
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
}

#[test]
fn traitors_beyond_the_bound_fork_a_table_which_halts_and_frame_nobody() {
    let runs = runs(Scenario::Traitors, 100); // such a fork takes luck
    meets(&runs, Mark::Forked);
    meets(&runs, Mark::ForkProven);
    assert!(runs.iter().any(|run| run.marks.has(Mark::Equivocation)));
}

#[test]
fn framers_convict_nobody() {
    let runs = runs(Scenario::Framers, 4);
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
