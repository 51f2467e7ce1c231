//! Findings of the audit of issue 4. Each test fails while the finding stands.

use quorate_core::consensus::Agreement;

use super::solo::{NIL, Solo, block};

/// A status names every choice of every round's second vote, for ever. One seat that commits to
/// another made-up block in each round makes the status of every honest seat longer than what they
/// accept from each other; each then charges the others with an oversize message.
#[test]
fn a_status_fits_its_bound_however_many_rounds_failed() {
    let mut solo = Solo::new();
    for round in 0..900 {
        solo.prepare(&[1, 2], round, NIL);
        solo.commit(&[1, 2], round, NIL);
        solo.commit(&[3], round, Some(block(u64::from(round)).digest()));
        solo.enter(round + 1);
    }
    let votes = solo.it.dossier().vote_sets();
    let bytes = quorate_core::codec::encode(&votes).unwrap().len();
    assert!(
        bytes <= quorate_core::limits::CERTIFICATE_BYTES_MAX,
        "{} sets of votes are {bytes} bytes",
        votes.len()
    );
}
