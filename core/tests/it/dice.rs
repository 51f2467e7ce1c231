//! Dice from a stream of bytes: unbiased, reproducible, and within their bounds.

use blake3::OutputReader;
use proptest::prelude::*;
use quorate_core::codec;
use quorate_core::dice::draw;
use quorate_core::game::{Draw, Roll};

fn stream(seed: u64) -> OutputReader {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.finalize_xof()
}

/// Pearson's statistic of `counts` against the uniform distribution.
fn chi_square(counts: &[u32]) -> f64 {
    let total: u32 = counts.iter().sum();
    let expected = f64::from(total) / counts.len() as f64;
    counts
        .iter()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum()
}

/// The statistic has the mean k and the variance 2k for k degrees of freedom; five deviations above
/// the mean is less likely than one in a hundred thousand, and the seeds are fixed.
fn assert_uniform(counts: &[u32]) {
    let freedom = (counts.len() - 1) as f64;
    let statistic = chi_square(counts);
    assert!(
        statistic < freedom + 5.0 * (2.0 * freedom).sqrt(),
        "{statistic}: {counts:?}"
    );
}

#[test]
fn every_face_is_equally_likely() {
    for sides in [2, 3, 6, 7, 20, 33, 100] {
        let mut counts = vec![0; sides as usize];
        let mut xof = stream(u64::from(sides));
        for _ in 0..200 {
            for face in draw(&mut xof, &Draw::dice(100, sides)) {
                counts[face as usize - 1] += 1;
            }
        }
        assert_uniform(&counts);
    }
}

#[test]
fn every_number_below_a_bound_is_equally_likely() {
    let mut counts = [0; 37];
    let mut xof = stream(37);
    for _ in 0..20_000 {
        counts[draw(&mut xof, &Draw::below(37))[0] as usize] += 1;
    }
    assert_uniform(&counts);
}

#[test]
fn a_bound_just_above_half_the_range_has_no_favourites() {
    // Reduced modulo the bound, low numbers would come twice as often.
    let bound = (1u32 << 31) + (1 << 30);
    let mut counts = [0; 3];
    let mut xof = stream(31);
    for _ in 0..20_000 {
        counts[(draw(&mut xof, &Draw::below(bound))[0] >> 30) as usize] += 1;
    }
    assert_uniform(&counts);
}

#[test]
fn every_order_is_equally_likely() {
    let mut counts = [0; 24];
    let mut xof = stream(24);
    for _ in 0..20_000 {
        let order = draw(&mut xof, &Draw::order(4));
        // The rank of a permutation: for each place, how many later ones are smaller.
        let rank = (0..4).fold(0, |rank, place| {
            let smaller = order[place..]
                .iter()
                .filter(|other| **other < order[place])
                .count();
            rank * (4 - place) + smaller
        });
        counts[rank] += 1;
    }
    assert_uniform(&counts);
}

#[test]
fn two_dice_do_not_depend_on_each_other() {
    let mut counts = [0; 36];
    let mut xof = stream(2);
    for _ in 0..20_000 {
        let dice = draw(&mut xof, &Draw::dice(2, 6));
        counts[(dice[0] * 6 + dice[1] - 7) as usize] += 1;
    }
    assert_uniform(&counts);
}

#[test]
fn the_same_bytes_give_the_same_dice_for_ever() {
    // Tables of different versions must agree; these figures may never change.
    assert_eq!(draw(&mut stream(1), &Draw::dice(8, 6)), DICE);
    assert_eq!(draw(&mut stream(1), &Draw::below(1_000_000)), [BELOW]);
    assert_eq!(draw(&mut stream(1), &Draw::order(8)), ORDER);
}

// From an independent program that followed the description by hand.
const DICE: [u32; 8] = [3, 2, 2, 6, 4, 1, 6, 6];
const BELOW: u32 = 134_426;
const ORDER: [u32; 8] = [7, 4, 5, 0, 3, 6, 1, 2];

#[test]
fn what_cannot_be_drawn_reads_nothing() {
    for bad in [
        Draw::below(0),
        Draw::dice(0, 6),
        Draw::dice(1, 0),
        Draw::order(0),
    ] {
        let mut xof = stream(1);
        assert!(draw(&mut xof, &bad).is_empty());
        assert_eq!(xof.position(), 0);
    }
}

#[test]
fn bytes_of_a_roll_that_cannot_be_are_refused() {
    for (draw, values) in [
        (Draw::dice(2, 6), vec![1]),
        (Draw::dice(2, 6), vec![0, 1]),
        (Draw::dice(2, 6), vec![1, 7]),
        (Draw::below(5), vec![5]),
        (Draw::order(3), vec![0, 1, 1]),
        (Draw::order(3), vec![1, 2, 3]),
        (Draw::below(0), vec![]),
    ] {
        assert!(Roll::new(draw, values.clone()).is_none());
        assert!(codec::decode::<Roll>(&codec::encode(&(draw, values)).unwrap()).is_err());
    }
}

#[test]
fn a_roll_is_taken_apart_by_how_many_values_it_has() {
    let roll = Roll::new(Draw::dice(2, 6), vec![3, 4]).unwrap();
    assert_eq!(roll.get::<2>(), Ok([3, 4]));
    assert_eq!(roll.get::<3>().unwrap_err().text, "the roll has 2 values");
    assert_eq!(roll.sum(), 7);
    let most = Draw::dice(1_024, 1_000_000);
    assert_eq!(
        Roll::new(most, vec![1_000_000; 1_024]).unwrap().sum(),
        1_024_000_000
    );
}

fn draws() -> impl Strategy<Value = Draw> {
    prop_oneof![
        (1..=64u16, 1..=1_000_000u32).prop_map(|(count, sides)| Draw::dice(count, sides)),
        (1..=u32::MAX).prop_map(Draw::below),
        (1..=200u16).prop_map(Draw::order),
    ]
}

proptest! {
    #[test]
    fn every_draw_accepts_what_is_drawn(drawn in draws(), seed: u64) {
        let values = draw(&mut stream(seed), &drawn);
        prop_assert!(drawn.accepts(&values));
        let roll = Roll::new(drawn, values).unwrap();
        let again: Roll = codec::decode(&codec::encode(&roll).unwrap()).unwrap();
        prop_assert_eq!(again, roll);
    }
}
