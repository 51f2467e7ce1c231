//! The rules of Tendermint where they are easy to get wrong, with the paper's lines.

mod rounds;
mod solo;

use quorate_core::certificate::CertificateError;
use quorate_core::consensus::{Agreement, ReceiveError};
use quorate_core::{Digest, Round};

use solo::{Act, NIL, Solo, block};

fn digest(name: u64) -> Digest {
    block(name).digest()
}

fn some(name: u64) -> Option<Digest> {
    Some(digest(name))
}

/// This seat saw a quorum prepare block 1 in round 0 and committed to it; the others committed to
/// nil, and round 1 has begun.
fn locked() -> Solo {
    let mut solo = Solo::new();
    solo.propose(0, &block(1), None);
    solo.prepare(&[1, 2], 0, some(1));
    let acts = solo.go();
    assert_eq!(
        acts,
        [Act::Prepared(0, some(1)), Act::Committed(0, some(1))]
    );
    solo.commit(&[2, 3], 0, NIL);
    assert_eq!(solo.enter(1), [Act::Kept(0)]);
    solo
}

/// Nobody is locked, and round 1 has begun: everybody prepared and committed nil.
fn unlocked() -> Solo {
    let mut solo = Solo::new();
    solo.prepare(&[1, 2, 3], 0, NIL);
    solo.commit(&[1, 2, 3], 0, NIL);
    solo.enter(1);
    solo
}

#[test]
fn a_locked_seat_prepares_nil_against_a_fresh_block() {
    // L22
    let mut solo = locked();
    solo.propose(1, &block(2), None);
    assert_eq!(solo.go(), [Act::Prepared(1, NIL)]);

    let mut solo = unlocked();
    solo.propose(1, &block(2), None);
    assert_eq!(solo.go(), [Act::Prepared(1, some(2))]);
}

#[test]
fn a_locked_seat_prepares_its_own_block_however_it_is_proposed() {
    // L22, L29
    let mut solo = locked();
    solo.propose(1, &block(1), None);
    assert_eq!(solo.go(), [Act::Prepared(1, some(1))]);
}

#[test]
fn a_certificate_of_the_locked_round_or_later_unlocks() {
    // L28: the lock is of round 0; the certificate of block 2 of round 1.
    let mut solo = locked();
    solo.prepare(&[1, 2, 3], 1, NIL);
    solo.commit(&[1, 2, 3], 1, NIL);
    solo.enter(2);
    let certificate = solo.certificate(1, digest(2));
    solo.propose(2, &block(2), Some(certificate));
    assert_eq!(solo.go(), [Act::Prepared(2, some(2))]);
}

#[test]
fn a_certificate_of_a_round_below_the_lock_does_not_unlock() {
    assert_eq!(shown_an_older_certificate(), [Act::Prepared(2, NIL)]);
}

/// L29: locked on block 2 in round 1; the certificate of block 1 is of round 0.
fn shown_an_older_certificate() -> Vec<Act> {
    let mut solo = unlocked();
    solo.propose(1, &block(2), None);
    solo.prepare(&[2, 3], 1, some(2));
    let acts = solo.go();
    assert_eq!(
        acts,
        [Act::Prepared(1, some(2)), Act::Committed(1, some(2))]
    );
    solo.commit(&[2, 3], 1, NIL);
    solo.enter(2);
    let certificate = solo.certificate(0, digest(1));
    solo.propose(2, &block(1), Some(certificate));
    solo.go()
}

#[test]
fn neither_nil_commits_nor_time_unlock() {
    assert_eq!(offered_a_fresh_block_after_nil(), [Act::Prepared(2, NIL)]);
}

/// Locked on block 1 in round 0, then committed to nil in round 1.
fn offered_a_fresh_block_after_nil() -> Vec<Act> {
    let mut solo = locked();
    solo.prepare(&[1, 2, 3], 1, NIL);
    let acts = solo.pass(2);
    assert_eq!(acts, [Act::Prepared(1, NIL), Act::Committed(1, NIL)]);
    solo.commit(&[1, 2, 3], 1, NIL);
    solo.enter(2);
    solo.propose(2, &block(2), None);
    solo.go()
}

#[test]
fn lock_is_not_valid() {
    // L36, L42: the certificate comes after this seat's nil Commit, so it is what to propose and
    // no lock.
    let mut solo = unlocked();
    solo.prepare(&[1, 3], 1, NIL);
    let acts = solo.pass(2);
    assert_eq!(acts, [Act::Prepared(1, NIL), Act::Committed(1, NIL)]);
    solo.propose(1, &block(1), None);
    solo.show(solo.certificate(1, digest(1)));
    solo.go();
    assert_eq!(solo.it.locked(), None);
    solo.commit(&[1, 2, 3], 1, NIL);
    solo.enter(2);
    solo.propose(2, &block(2), None);
    assert_eq!(
        solo.go(),
        [Act::Prepared(2, some(2))],
        "not locked on block 1"
    );
    solo.prepare(&[1, 2], 2, NIL);
    solo.commit(&[1, 2, 3], 2, NIL);
    let acts = solo.enter(3);
    // L15: seat 0 leads round 3.
    assert!(
        acts.contains(&Act::Proposed(3, some(1), Some(1))),
        "{acts:?}"
    );
}

#[test]
fn a_hidden_lock_is_shown_and_then_proposed() {
    // Only another seat saw the quorum for block 1 and is locked on it. Shown the certificate, the
    // next leader proposes that block, which the locked seat may prepare.
    let (mut solo, holder) = (unlocked(), locked());
    let shown = holder
        .sends_to(0)
        .into_iter()
        .find_map(|message| match message {
            quorate_core::message::Message::Prepared(held) => Some(held),
            _ => None,
        });
    solo.show(shown.expect("who is locked shows why"));
    solo.take(solo.proposal(0, &block(1), None)).unwrap();
    let mut acts = Vec::new();
    for round in 1..3 {
        solo.prepare(&[1, 2, 3], round, NIL);
        solo.commit(&[1, 2, 3], round, NIL);
        acts = solo.enter(round + 1);
    }
    assert!(acts.contains(&Act::Fetched(digest(1))), "{acts:?}");
    solo.it.dossier_mut().take_body(digest(1), block(1));
    assert_eq!(solo.go(), [Act::Proposed(3, some(1), Some(0))]);
}

#[test]
fn a_certificate_wins_over_the_own_nil() {
    // The leader showed this seat nothing in time, so it prepared nil; a quorum saw the block.
    let mut solo = Solo::new();
    assert_eq!(solo.pass(1), [Act::Prepared(0, NIL)]);
    solo.propose(0, &block(1), None);
    solo.show(solo.certificate(0, digest(1)));
    assert_eq!(solo.go(), [Act::Committed(0, some(1))]);
}

#[test]
fn nobody_can_strip_or_exchange_what_a_proposal_travels_with() {
    let solo = locked();
    let certificate = solo.certificate(0, digest(1));
    let whole = solo.proposal(1, &block(1), Some(certificate));
    let mut bare = whole.clone();
    bare.justification = None;
    let mut stripped = whole.clone();
    stripped.justification.as_mut().unwrap().prepared = None;
    let mut moved = whole.clone();
    moved.justification = solo.proposal(5, &block(1), None).justification;
    for changed in [bare, stripped, moved] {
        let refused = solo_of(&solo).take(changed);
        assert!(matches!(
            refused,
            Err(ReceiveError::Justification(_) | ReceiveError::Signature(_))
        ));
    }
    assert_eq!(solo_of(&solo).take(whole), Ok(true));
}

/// Its leader signs the certificate as it is, so that whoever takes it passes it on as it is.
#[test]
fn a_false_certificate_is_refused_also_by_who_holds_one_of_the_same_claim() {
    let mut solo = locked();
    assert_eq!(solo.it.dossier().prepared().unwrap().0.digest, digest(1));
    let mut forged = solo.certificate(0, digest(1));
    let another = forged.0.signatures[solo::seat(1)].clone();
    forged.0.signatures.insert(solo::seat(3), another);
    let refused = solo.take(solo.proposal(1, &block(1), Some(forged)));
    let why = CertificateError::Signature(solo::seat(3));
    assert_eq!(refused, Err(ReceiveError::Certificate(why)));
}

/// The same seat again.
fn solo_of(solo: &Solo) -> Solo {
    let mut again = locked();
    again.it = solo.it.clone();
    again
}

#[test]
fn a_lock_survives_a_restart() {
    let before = locked();
    let certificate = before.certificate(0, digest(1));
    let mut solo = Solo::new();
    let dossier = solo.it.dossier_mut();
    dossier.resume_certificate(certificate);
    dossier.resume_vote(before.commit_of(0, some(1)), Some(block(1)));
    solo.it.resume_round_over(before.over(0, [NIL; 3]));
    assert_eq!(solo.it.round(), Round(1));
    solo.propose(1, &block(2), None);
    assert_eq!(solo.go(), [Act::Prepared(1, NIL)]);
}

/// With one rule broken the same seat does what it must not, so the tests above see the rule.
#[test]
#[cfg(feature = "mutants")]
fn each_rule_of_unlocking_can_be_seen_to_be_broken() {
    use quorate_core::mutant::{Mutant, set};
    let broken = |mutant, run: fn() -> Vec<Act>| {
        set(Some(mutant));
        let acts = run();
        set(None);
        acts
    };
    assert_eq!(
        broken(Mutant::UnlockByAnyRound, shown_an_older_certificate),
        [Act::Prepared(2, some(1))]
    );
    assert_eq!(
        broken(Mutant::NilUnlocks, offered_a_fresh_block_after_nil),
        [Act::Prepared(2, some(2))]
    );
}
