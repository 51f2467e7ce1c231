//! Findings of the audit of issue 4. Each test fails while the finding stands.

use std::collections::BTreeSet;

use quorate_testkit::attack::Kind;
use quorate_testkit::{Draw, Scenario, Simulation};

/// Issue 4, item 9: the simulator runs n 1 to 13. `Draw::of` draws them; a campaign plays no table
/// of more than ten.
#[test]
fn a_campaign_plays_tables_of_one_to_thirteen() {
    let drawn: BTreeSet<_> = (0..5_000).map(|seed| Draw::of(seed).seats).collect();
    assert_eq!(drawn, (1..=13).collect());
    let table = Simulation::odds();
    let played: BTreeSet<_> = (0..5_000).map(|seed| table.draw(seed).seats).collect();
    assert_eq!(played, drawn);
}

/// Item 9: "slow disk then crash".
#[test]
fn every_run_with_slow_disks_has_crashes() {
    let table = Simulation::odds().scenario(Scenario::SlowDisks);
    let without: Vec<_> = (0..100)
        .filter(|seed| table.draw(*seed).crashes.is_none())
        .collect();
    assert!(
        without.is_empty(),
        "{} of 100 seeds crash nobody",
        without.len()
    );
}

/// Item 9: "loaded dice (k colluders with leader and witness)".
#[test]
fn loaded_dice_have_a_witness_among_the_colluders() {
    let table = Simulation::odds().scenario(Scenario::LoadedDice);
    let with = (0..200).filter(|seed| table.draw(*seed).house.witnesses > 0);
    assert!(with.count() > 0, "no table of two hundred has a witness");
}

/// Item 9: "churn .. with a restored backup and a second device".
#[test]
fn churn_has_a_restored_backup_and_a_second_device_at_one_table() {
    let table = Simulation::odds().scenario(Scenario::Churn);
    let both = |seed: &u64| {
        let kinds: Vec<_> = table
            .draw(*seed)
            .attackers
            .iter()
            .map(|(_, kind)| *kind)
            .collect();
        kinds.contains(&Kind::RolledBack) && kinds.contains(&Kind::Twins)
    };
    let count = (0..1_000).filter(both).count();
    assert!(count >= 100, "{count} of 1000 tables have both");
}
