//! Known-wrong variants are caught; those of core need the feature `mutants`.

use quorate_testkit::{Invariant, Mutant, Run, Simulation};

/// Which invariants may tell.
#[rustfmt::skip] // a table reads by its rows
const CAUGHT: &[(Mutant, &[Invariant])] = &[
    (Mutant::QuorumOffByOne, &[Invariant::Certificate]),
    (Mutant::ForgottenPrepare, &[Invariant::Framed]),
    (Mutant::SubjectiveReproposal, &[Invariant::Progress]),
    (Mutant::ClosingWithoutInclusion, &[Invariant::Late]),
    (Mutant::UnlockByAnyRound, &[Invariant::Lock]),
    (Mutant::NilUnlocks, &[Invariant::Lock]),
    (Mutant::LateCommit, &[Invariant::Slot]),
    (Mutant::SkipWithF, &[Invariant::Alone]),
    (Mutant::CommitBelowChange, &[Invariant::Slot]),
    (Mutant::RosterOneHeightLate, &[Invariant::Certificate]),
    (Mutant::MotionsSurvive, &[Invariant::Ballot]),
    (Mutant::BallotTwice, &[Invariant::Ballot]),
    (Mutant::CourtOfToday, &[Invariant::Halted, Invariant::Accused]),
    (Mutant::UnprovenEvidence, &[Invariant::Accused]),
    (Mutant::SpentNonces, &[Invariant::Entry]),
    (Mutant::StaleTurns, &[Invariant::Entry]),
    (Mutant::UnsignedEntries, &[Invariant::Entry]),
    (Mutant::SealUnchecked, &[Invariant::Secret]),
    (Mutant::RevealUnchecked, &[Invariant::Secret]),
    (Mutant::BenchForgotten, &[Invariant::Secret]),
    (Mutant::SnapshotUnchecked, &[Invariant::State]),
    (Mutant::CleanUpTooEarly, &[Invariant::Disk]),
    (Mutant::ProposalBeforeDisk, &[Invariant::Disk]),
    (Mutant::EntryBeforeDisk, &[Invariant::Disk]),
    (Mutant::SendBeforePersist, &[Invariant::Disk]),
    (Mutant::CountBeforePersist, &[Invariant::Disk]),
    (Mutant::CommitWithoutCertificate, &[Invariant::Framed]),
];

fn is_caught((mutant, invariants): &(Mutant, &[Invariant])) {
    let seeds = mutant.within();
    let simulation = Simulation::odds().mutant(Some(*mutant)).seeds(0..seeds);
    let report = simulation.enough(1).run();
    let caught = report.violations.first();
    let Some(violation) = caught.and_then(Run::violation) else {
        panic!("{mutant:?} was not caught by {seeds} seeds");
    };
    assert!(
        invariants.contains(&violation.invariant),
        "{mutant:?} shows as {violation}"
    );
}

/// The canary: it must fail, or nothing here can.
#[test]
#[should_panic(expected = "VIOLATES Disk")]
fn a_campaign_that_finds_something_fails_its_test() {
    let broken = Simulation::odds().mutant(Some(Mutant::SendBeforePersist));
    broken.seeds(0..3).run().assert_clean();
}

#[test]
fn every_mutant_is_expected_to_be_caught() {
    let listed: Vec<_> = CAUGHT.iter().map(|(mutant, _)| *mutant).collect();
    assert_eq!(listed, Mutant::ALL);
}

#[test]
fn mutants_of_the_host_are_caught() {
    CAUGHT
        .iter()
        .filter(|(mutant, _)| !mutant.is_in_core())
        .for_each(is_caught);
}

#[test]
#[cfg(feature = "mutants")]
fn mutants_of_the_core_are_caught() {
    // The rarest take hundreds of seeds: `simulate --mutants` looks for them in release.
    let quick = |(mutant, _): &&(Mutant, _)| mutant.is_in_core() && mutant.within() <= 30;
    CAUGHT.iter().filter(quick).for_each(is_caught);
}
