//! Who is shut out, who is not, and how it heals.

use quorate_core::Wall;
use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use quorate_core::limits::REPUTATIONS_MAX;
use quorate_core::reputation::{Detection, Reputation, Scale};

const HOUR: u64 = 60 * 60 * 1_000;
const START: Wall = Wall(1_000_000);

fn mal() -> PublicKey {
    key(7)
}

fn key(number: u32) -> PublicKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    PublicKey::from_bytes(bytes)
}

fn later(hours: u64) -> Wall {
    Wall(START.0 + hours * HOUR)
}

/// How many of `what` it takes until a ban, at most 50.
fn until_banned(scale: Scale, what: Detection) -> Option<usize> {
    let mut reputation = Reputation::new(scale);
    (1..=50).find(|_| reputation.note(mal(), what, START))
}

#[test]
fn proofs_and_bad_bytes_ban_by_the_figures_of_both_presets() {
    for what in Detection::ALL.into_iter().filter(|what| what.can_ban()) {
        assert_eq!(until_banned(Scale::Hundred, what), Some(3), "-60 <= -50");
        assert_eq!(until_banned(Scale::Unit, what), Some(8), "0.2 < 0.3");
    }
}

#[test]
fn keeping_others_waiting_costs_rank_and_never_leads_to_a_ban() {
    for what in [Detection::LeaderTimeout, Detection::Silence] {
        for scale in [Scale::Unit, Scale::Hundred] {
            assert_eq!(until_banned(scale, what), None);
            let mut reputation = Reputation::new(scale);
            let before = reputation.standing(&mal(), START).points();
            reputation.note(mal(), what, START);
            assert!(reputation.standing(&mal(), START).points() < before);
        }
    }
}

#[test]
fn standings_read_as_their_preset_shows_them() {
    let mut unit = Reputation::new(Scale::Unit);
    assert_eq!(unit.standing(&mal(), START).to_string(), "1.000");
    unit.note(mal(), Detection::Equivocation, START);
    assert_eq!(unit.standing(&mal(), START).to_string(), "0.900");
    let mut hundred = Reputation::new(Scale::Hundred);
    hundred.note(mal(), Detection::Equivocation, START);
    assert_eq!(hundred.standing(&mal(), START).to_string(), "-20");
    (0..200).for_each(|_| hundred.thank(key(9), START));
    assert_eq!(hundred.standing(&key(9), START).to_string(), "100");
}

#[test]
fn a_ban_ends_with_time_and_not_before() {
    let mut reputation = Reputation::new(Scale::Hundred);
    (0..3).for_each(|_| {
        reputation.note(mal(), Detection::Malformed, START);
    });
    assert!(reputation.is_banned(&mal(), later(5)));
    assert!(!reputation.is_banned(&mal(), later(6)), "-60 and 2 an hour");
    assert_eq!(reputation.standing(&mal(), later(1_000)).points(), 0);
}

#[test]
fn recovery_does_not_depend_on_how_often_one_looks() {
    let mut looked = Reputation::new(Scale::Hundred);
    let mut left = looked.clone();
    for reputation in [&mut looked, &mut left] {
        (0..4).for_each(|_| {
            reputation.note(mal(), Detection::Malformed, START);
        });
    }
    for minutes in (0..180).step_by(7) {
        looked.thank(key(1), Wall(START.0 + minutes * HOUR / 60));
        looked.note(
            mal(),
            Detection::LeaderTimeout,
            Wall(START.0 + minutes * HOUR / 60),
        );
    }
    let banned_until = |reputation: &Reputation| {
        (0..100).find(|hours| !reputation.is_banned(&mal(), later(*hours)))
    };
    assert_eq!(banned_until(&looked), banned_until(&left));
}

#[test]
fn a_clock_that_goes_back_heals_nobody() {
    let mut reputation = Reputation::new(Scale::Hundred);
    (0..3).for_each(|_| {
        reputation.note(mal(), Detection::Malformed, START);
    });
    reputation.note(mal(), Detection::Malformed, Wall(0));
    assert!(reputation.is_banned(&mal(), Wall(0)));
    assert!(reputation.is_banned(&mal(), Wall(HOUR)));
}

#[test]
fn it_is_the_same_after_it_was_written_down() {
    let mut reputation = Reputation::new(Scale::Unit);
    (0..8).for_each(|_| {
        reputation.note(mal(), Detection::InvalidSignature, START);
    });
    let bytes = codec::encode(&reputation).unwrap();
    let read: Reputation = codec::decode(&bytes).unwrap();
    assert_eq!(read, reputation);
    assert!(read.is_banned(&mal(), START));
}

#[test]
fn a_crowd_of_fresh_keys_washes_nobody_clean() {
    let mut reputation = Reputation::new(Scale::Hundred);
    (0..3).for_each(|_| {
        reputation.note(mal(), Detection::Malformed, START);
    });
    for number in 0..u32::try_from(REPUTATIONS_MAX).unwrap() + 10 {
        reputation.note(key(1_000 + number), Detection::LeaderTimeout, START);
    }
    assert!(reputation.is_banned(&mal(), START));
    let bytes = codec::encode(&reputation).unwrap();
    assert!(bytes.len() < 50 * REPUTATIONS_MAX, "{} bytes", bytes.len());
}
