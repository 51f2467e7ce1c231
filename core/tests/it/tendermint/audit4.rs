//! Findings of the audit of issue 4. Each test fails while the finding stands.

use quorate_core::consensus::Agreement;

use super::solo::{Act, NIL, Solo, block};

/// Rounds fail while too many seats are faulty or gone, each with the body of another fresh block.
/// Once they are back within the bound, the table must go on: the body of the next proposal has to
/// find room, whatever lies there of rounds that can decide nothing any more.
#[test]
fn a_height_that_failed_for_long_still_takes_the_next_block() {
    let mut solo = Solo::new();
    let rounds = 120;
    for round in 0..rounds {
        let leader = (round as usize + 1) % 4;
        solo.go();
        if leader != 0 {
            solo.propose(round, &block(2_000 + u64::from(round)), None);
        }
        solo.go();
        let others: Vec<_> = (1..4).filter(|by| *by != leader).collect();
        solo.prepare(&others, round, NIL);
        solo.commit(&[1, 2, 3], round, NIL);
        solo.enter(round + 1);
    }
    // Round 120 belongs to seat 1, which is honest.
    let fresh = block(9_999);
    solo.propose(rounds, &fresh, None);
    let mut acts = solo.go();
    solo.it
        .dossier_mut()
        .take_body(fresh.digest(), fresh.clone());
    acts.extend(solo.go());
    let wanted = Act::Prepared(rounds, Some(fresh.digest()));
    assert!(acts.contains(&wanted), "{acts:?}");
}
