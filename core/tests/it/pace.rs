//! Timeouts follow what is measured, within what the genesis allows.

use std::time::Duration;

use quorate_core::Round;
use quorate_core::consensus::Pace;
use quorate_core::genesis::Timing;

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// The pace after exchanges that took so many milliseconds, all in round 0.
fn after(exchanges: &[u64]) -> Pace {
    let mut pace = Pace::default();
    for exchange in exchanges {
        pace.exchanged(Round(0), ms(*exchange));
    }
    pace
}

fn first_round(pace: &Pace) -> Duration {
    pace.first_round(&Timing::default())
}

#[test]
fn while_nothing_is_measured_the_genesis_says_how_long() {
    assert_eq!(first_round(&Pace::default()), ms(2_000));
}

#[test]
fn three_exchanges_with_four_deviations_to_spare() {
    // RFC 6298: 80 smoothed with 40 off; then 80 with 30 off, and 90 with 42.5 off.
    assert_eq!(first_round(&after(&[80])), 3 * (ms(80) + 4 * ms(40)));
    assert_eq!(first_round(&after(&[80, 80])), 3 * (ms(80) + 4 * ms(30)));
    let third = 3 * (ms(90) + 4 * Duration::from_micros(42_500));
    assert_eq!(first_round(&after(&[80, 80, 160])), third);
}

#[test]
fn a_steady_network_is_trusted_down_to_the_least_figure() {
    assert_eq!(first_round(&after(&[5; 100])), ms(250));
    let far = first_round(&after(&[200; 100]));
    assert!((ms(600)..ms(620)).contains(&far), "{far:?}");
}

#[test]
fn no_measurement_lifts_it_above_the_greatest_figure() {
    assert_eq!(first_round(&after(&[u64::MAX / 2_000])), ms(30_000));
}

#[test]
fn a_height_that_took_a_later_round_casts_doubt_until_one_does_not() {
    let mut pace = after(&[5; 100]);
    pace.decided(Round(1));
    assert_eq!(first_round(&pace), ms(2_000));
    pace.decided(Round(0));
    assert_eq!(first_round(&pace), ms(250));
    // Doubt shortens nothing.
    let mut pace = after(&[900; 100]);
    let before = first_round(&pace);
    pace.decided(Round(2));
    assert_eq!(first_round(&pace), before);
}

#[test]
fn later_rounds_double_up_to_the_greatest_figure() {
    let timing = Timing::default();
    let rounds = [0, 1, 2, 7, 8, 40].map(|round| timing.later(ms(250), round));
    assert_eq!(rounds, [250, 500, 1_000, 30_000, 30_000, 30_000].map(ms));
}
