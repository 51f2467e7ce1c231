//! A million rolls through the dice that every table uses.

use quorate::Draw;
use quorate::core::dice::draw;

const ROLLS: u32 = 1_000_000;

#[test]
fn a_million_rolls_pass_a_chi_square_test() {
    let mut pairs = [[0u32; 6]; 6];
    let mut sums = [0u32; 13];
    let mut stream = blake3::Hasher::new().update(b"a fixed seed").finalize_xof();
    for _ in 0..ROLLS {
        let [first, second] = draw(&mut stream, &Draw::dice(2, 6))[..] else {
            panic!("two dice give two values");
        };
        pairs[first as usize - 1][second as usize - 1] += 1;
        sums[(first + second) as usize] += 1;
    }
    // Beyond these one in a thousand fair streams falls: 35 degrees of freedom, and 10.
    let pairs = chi_square(pairs.as_flattened().iter().map(|count| (*count, 1)));
    assert!(pairs < 66.62, "pairs of dice: {pairs}");
    let ways = |sum: u32| 6 - sum.abs_diff(7);
    let sums = chi_square((2..=12).map(|sum| (sums[sum as usize], ways(sum))));
    assert!(sums < 29.59, "sums: {sums}");
}

/// The statistic of what was counted against what so many of the 36 rolls make.
fn chi_square(counted: impl Iterator<Item = (u32, u32)>) -> f64 {
    counted
        .map(|(count, ways)| {
            let expected = f64::from(ROLLS) * f64::from(ways) / 36.0;
            (f64::from(count) - expected).powi(2) / expected
        })
        .sum()
}
