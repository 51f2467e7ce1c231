//! One seed, one run.

use quorate_testkit::Simulation;

#[test]
fn a_seed_gives_the_same_run_twice() {
    let simulation = Simulation::odds().heights(12);
    for seed in [1, 2, 3, 5, 8] {
        let (one, two) = (simulation.one(seed), simulation.one(seed));
        assert_eq!(
            (one.hash, one.inputs),
            (two.hash, two.inputs),
            "seed {seed}"
        );
    }
}

#[test]
fn two_seeds_give_two_runs() {
    let simulation = Simulation::odds().heights(5);
    assert_ne!(simulation.one(1).hash, simulation.one(2).hash);
}
