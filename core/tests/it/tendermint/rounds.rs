//! How rounds end, and how nobody is left behind in one.

use std::time::Duration;

use quorate_core::consensus::Agreement;
use quorate_core::limits::CERTIFICATE_BYTES_MAX;
use quorate_core::message::Message;
use quorate_core::{Round, codec};

use super::solo::{Act, NIL, Solo, block};
use super::{digest, locked, some, unlocked};

#[test]
fn two_seats_in_a_later_round_take_a_third_along_and_one_does_not() {
    // L55, f + 1 = 2
    let mut solo = Solo::new();
    solo.prepare(&[1], 5, NIL);
    solo.commit(&[1], 5, NIL);
    solo.prepare(&[1], 6, NIL);
    solo.go();
    assert_eq!(solo.it.round(), Round(0), "one seat is one seat");
    solo.prepare(&[2], 4, NIL);
    solo.go();
    assert_eq!(
        solo.it.round(),
        Round(4),
        "the highest that two have reached"
    );
}

#[test]
fn a_quorum_of_commits_of_a_past_round_decides() {
    // L49
    let mut solo = unlocked();
    solo.propose(1, &block(2), None);
    solo.go();
    let journalled = solo.prepare_of(0, some(1));
    let dossier = solo.it.dossier_mut();
    dossier.resume_vote(journalled, Some(block(1)));
    let over = solo.over(0, [some(1); 3]);
    solo.end(over).unwrap();
    assert_eq!(solo.go(), [Act::Decided(digest(1))]);
}

#[test]
fn commits_that_trickle_in_decide_two_rounds_later() {
    let mut solo = Solo::new();
    solo.propose(0, &block(1), None);
    solo.prepare(&[1, 2], 0, some(1));
    solo.go();
    solo.commit(&[3], 0, NIL);
    solo.prepare(&[2, 3], 2, NIL);
    solo.go();
    assert_eq!(solo.it.round(), Round(2));
    solo.commit(&[1, 2], 0, some(1));
    assert_eq!(solo.go(), [Act::Decided(digest(1))]);
}

#[test]
fn commits_of_two_rounds_do_not_add_up() {
    let mut solo = Solo::new();
    solo.propose(0, &block(1), None);
    solo.commit(&[1], 0, some(1));
    solo.commit(&[2], 1, some(1));
    solo.commit(&[3], 2, some(1));
    let acts = solo.go();
    assert!(!acts.contains(&Act::Decided(digest(1))), "{acts:?}");
}

#[test]
fn who_is_past_a_round_helps_who_is_not() {
    // Seat 0 saw the Commits of 2, 3 and itself; the cheat 3 committed to nobody else. Without the
    // certificate the two left behind wait for ever: seat 0 may sign nothing in round 0 any more.
    let ahead = locked();
    let over = ahead
        .sends_to(0)
        .into_iter()
        .find_map(|message| match message {
            Message::RoundOver(over) => Some(over),
            _ => None,
        });
    let over = over.expect("it shows how round 0 ended");
    let mut behind = Solo::new();
    behind.propose(0, &block(1), None);
    behind.prepare(&[2], 0, NIL);
    behind.commit(&[2], 0, NIL);
    behind.pass(60);
    assert_eq!(behind.it.round(), Round(0), "stuck");
    assert_eq!(behind.end(over.clone()), Ok(true));
    assert_eq!(behind.end(over), Ok(false), "known");
    behind.enter(1);
}

#[test]
fn the_end_of_a_round_is_on_disk_before_anything_is_signed_in_a_later_one() {
    let mut solo = Solo::new();
    solo.prepare(&[1, 2, 3], 0, NIL);
    solo.commit(&[1, 2, 3], 0, NIL);
    let mut acts = solo.enter(1);
    acts.extend(solo.pass(60));
    let kept = acts.iter().position(|act| *act == Act::Kept(0));
    let signed = acts
        .iter()
        .position(|act| matches!(act, Act::Prepared(1, _)));
    assert!(kept.is_some() && kept < signed, "{acts:?}");
}

#[test]
fn a_skip_needs_no_certificate() {
    let mut solo = Solo::new();
    solo.prepare(&[1, 2], 3, NIL);
    let acts = solo.pass(60);
    assert_eq!(solo.it.round(), Round(3));
    assert!(
        acts.iter().all(|act| !matches!(act, Act::Kept(_))),
        "{acts:?}"
    );
}

#[test]
fn commits_of_a_certificate_that_all_name_one_block_decide() {
    let mut solo = Solo::new();
    solo.propose(0, &block(1), None);
    let over = solo.over(0, [some(1); 3]);
    assert_eq!(solo.end(over), Ok(true));
    assert_eq!(solo.go(), [Act::Decided(digest(1))]);
}

#[test]
fn nil_ends_round_0_at_once_and_later_rounds_after_their_patience() {
    let mut solo = Solo::new();
    solo.prepare(&[1, 2, 3], 0, NIL);
    solo.commit(&[1, 2, 3], 0, NIL);
    solo.go();
    assert_eq!(solo.it.round(), Round(1), "one exchange");
    let begun = solo.now;
    solo.prepare(&[1, 2, 3], 1, NIL);
    solo.commit(&[1, 2, 3], 1, NIL);
    solo.enter(2);
    let patience = solo.it.dossier().place().patience(Round(1));
    assert_eq!(solo.now.since(begun), patience);
    assert!(patience >= Duration::from_secs(2), "doubled");
}

#[test]
fn a_seat_that_is_alone_climbs_no_further() {
    let mut solo = unlocked();
    solo.pass(600);
    assert_eq!(solo.it.round(), Round(1));
    assert_eq!(solo.it.next_timeout(), None, "and waits without a timer");
}

/// Rounds that fail for hours, while too many are faulty or away: each brings the body of another
/// block, and half of them this seat prepares.
fn failed_for_long(rounds: u32) -> Solo {
    let mut solo = Solo::new();
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
    solo
}

#[test]
fn a_height_that_failed_for_long_still_takes_the_next_block() {
    let mut solo = failed_for_long(120);
    solo.propose(120, &block(9_999), None);
    let wanted = Act::Prepared(120, some(9_999));
    let acts = solo.go();
    assert!(acts.contains(&wanted), "{acts:?}");
}

#[test]
fn what_a_seat_prepared_it_can_hand_over_after_any_number_of_rounds() {
    // A cheat may keep its Prepare of round 0 back until now: then there is a certificate, and
    // nobody but those who prepared the block has it.
    let solo = failed_for_long(120);
    assert!(solo.it.dossier().body(digest(2_000)).is_some());
}

/// One seat that commits to another made-up block in each round must not make the status of every
/// honest seat longer than what they accept from each other.
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
    let bytes = codec::encode(&votes).unwrap().len();
    assert!(
        bytes <= CERTIFICATE_BYTES_MAX,
        "{} sets of votes are {bytes} bytes",
        votes.len()
    );
    // The newest rounds are shown, and what is not shown is not sent either.
    let past: Vec<_> = votes.iter().filter(|set| set.round < Round(900)).collect();
    assert!(past.iter().all(|set| set.round >= Round(900 - 256)));
    assert!(past.iter().any(|set| set.round == Round(899)));
    let old = |message: &Message| matches!(message, Message::Vote(vote) if vote.round == Round(0));
    assert!(!solo.sends_to(0).iter().any(old));
}
