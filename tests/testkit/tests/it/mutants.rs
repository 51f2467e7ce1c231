//! Known-wrong variants are caught; those of core need the feature `mutants`.

use quorate_testkit::{Invariant, Mutant, Run, Simulation};

/// Which invariant tells, and within how many seeds.
const CAUGHT: [(Mutant, &[Invariant], u64); 11] = [
    (Mutant::QuorumOffByOne, &[Invariant::Certificate], 3),
    (Mutant::ForgottenPrepare, &[Invariant::Framed], 10),
    (Mutant::SubjectiveReproposal, &[Invariant::Progress], 20),
    (Mutant::ClosingWithoutInclusion, &[Invariant::Late], 500),
    (Mutant::LateCommit, &[Invariant::Slot], 200),
    (Mutant::SkipWithF, &[Invariant::Alone], 100),
    (Mutant::SnapshotUnchecked, &[Invariant::State], 400),
    (Mutant::CleanUpTooEarly, &[Invariant::Disk], 20),
    (Mutant::SendBeforePersist, &[Invariant::Disk], 3),
    (Mutant::CountBeforePersist, &[Invariant::Disk], 3),
    (Mutant::CommitWithoutCertificate, &[Invariant::Framed], 300),
];

fn is_caught((mutant, invariants, seeds): (Mutant, &[Invariant], u64)) {
    let simulation = Simulation::odds().mutant(Some(mutant)).seeds(0..seeds);
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
fn mutants_of_the_host_are_caught() {
    CAUGHT
        .into_iter()
        .filter(|(mutant, ..)| !mutant.is_in_core())
        .for_each(is_caught);
}

#[test]
#[cfg(feature = "mutants")]
fn mutants_of_the_core_are_caught() {
    // The rarest takes hundreds of seeds: `simulate --mutant` looks for it in release.
    let quick = |(mutant, _, seeds): &(Mutant, _, u64)| mutant.is_in_core() && *seeds < 100;
    CAUGHT.into_iter().filter(quick).for_each(is_caught);
}
