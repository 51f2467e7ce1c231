//! Known-wrong variants are caught; those of core need the feature `mutants`.

use quorate_testkit::{Invariant, Mutant, Run, Simulation};

/// Which invariants may tell, and within how many seeds.
#[rustfmt::skip] // a table reads by its rows
const CAUGHT: &[(Mutant, &[Invariant], u64)] = &[
    (Mutant::QuorumOffByOne, &[Invariant::Certificate], 3),
    (Mutant::ForgottenPrepare, &[Invariant::Framed], 3),
    (Mutant::SubjectiveReproposal, &[Invariant::Progress], 60),
    (Mutant::ClosingWithoutInclusion, &[Invariant::Late], 500),
    (Mutant::NilUnlocks, &[Invariant::Lock], 500),
    (Mutant::LateCommit, &[Invariant::Slot], 100),
    (Mutant::SkipWithF, &[Invariant::Alone], 500),
    (Mutant::CommitBelowChange, &[Invariant::Slot], 4),
    (Mutant::RosterOneHeightLate, &[Invariant::Certificate], 30),
    (Mutant::MotionsSurvive, &[Invariant::Ballot], 50),
    (Mutant::BallotTwice, &[Invariant::Ballot], 50),
    (Mutant::CourtOfToday, &[Invariant::Halted, Invariant::Accused], 40),
    (Mutant::UnprovenEvidence, &[Invariant::Accused], 70),
    (Mutant::SpentNonces, &[Invariant::Entry], 3),
    (Mutant::StaleTurns, &[Invariant::Entry], 25),
    (Mutant::UnsignedEntries, &[Invariant::Entry], 100),
    (Mutant::SealUnchecked, &[Invariant::Secret], 300),
    (Mutant::RevealUnchecked, &[Invariant::Secret], 150),
    (Mutant::BenchForgotten, &[Invariant::Secret], 35),
    (Mutant::SnapshotUnchecked, &[Invariant::State], 90),
    (Mutant::CleanUpTooEarly, &[Invariant::Disk], 3),
    (Mutant::ProposalBeforeDisk, &[Invariant::Disk], 4),
    (Mutant::EntryBeforeDisk, &[Invariant::Disk], 4),
    (Mutant::EarlyUnbounded, &[Invariant::Bounds], 500),
    (Mutant::SendBeforePersist, &[Invariant::Disk], 3),
    (Mutant::CountBeforePersist, &[Invariant::Disk], 3),
    (Mutant::CommitWithoutCertificate, &[Invariant::Framed], 40),
];

fn is_caught((mutant, invariants, seeds): &(Mutant, &[Invariant], u64)) {
    let simulation = Simulation::odds().mutant(Some(*mutant)).seeds(0..*seeds);
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
    let listed: Vec<_> = CAUGHT.iter().map(|(mutant, ..)| *mutant).collect();
    assert_eq!(listed, Mutant::ALL);
}

#[test]
fn mutants_of_the_host_are_caught() {
    CAUGHT
        .iter()
        .filter(|(mutant, ..)| !mutant.is_in_core())
        .for_each(is_caught);
}

#[test]
#[cfg(feature = "mutants")]
fn mutants_of_the_core_are_caught() {
    // The rarest take hundreds of seeds: `simulate --mutants` looks for them in release.
    let quick = |(mutant, _, seeds): &&(Mutant, _, u64)| mutant.is_in_core() && *seeds < 100;
    CAUGHT.iter().filter(quick).for_each(is_caught);
}
