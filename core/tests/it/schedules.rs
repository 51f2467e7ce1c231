//! Who leads: known answers, so that no build ranks seats in another way than the rest. Those by
//! score were computed by another implementation of BLAKE3 and ed25519.

use quorate_core::crypto::{SecretKey, Signer};
use quorate_core::genesis::{FaultProfile, Schedule, TableId};
use quorate_core::roster::{Holder, Name, Roster, SeatKind, faults, quorum};
use quorate_core::schedule::Leaders;
use quorate_core::{Digest, Height, Round};

use crate::seats::seats;

/// Seats whose secret keys are 32 times their number.
fn roster(seats: u8) -> Roster {
    let holder = |seat: u8| Holder {
        name: Name::new(&format!("Player {seat}")).unwrap(),
        key: SecretKey::from_bytes(&[seat; 32]).public(),
        ml_dsa: None,
        kind: SeatKind::Player,
    };
    Roster::new((0..seats).map(holder))
}

fn leaders(schedule: Schedule, height: u64, asleep: &[u8]) -> Leaders {
    let table = TableId(Digest::from_bytes([7; 32]));
    Leaders::of(schedule, table, &roster(5), Height(height), seats(asleep))
}

/// The leaders of the first eight rounds at a table of five.
fn led(leaders: &Leaders) -> [usize; 8] {
    [0, 1, 2, 3, 4, 5, 6, 7].map(|round| leaders.leader(Round(round)).index())
}

#[test]
fn hash_score_has_these_answers() {
    let led = |height, asleep| led(&leaders(Schedule::HashScore, height, asleep));
    assert_eq!(led(1, &[]), [2, 4, 0, 1, 3, 2, 4, 0]);
    assert_eq!(led(2, &[]), [2, 1, 3, 0, 4, 2, 1, 3]);
    assert_eq!(led(1_000_000, &[]), [3, 4, 0, 1, 2, 3, 4, 0]);
    // Awake are 2, 0, 1 and 3.
    assert_eq!(led(1, &[4]), [2, 0, 1, 3, 2, 2, 4, 0]);
}

#[test]
fn round_robin_has_these_answers() {
    let led = |height, asleep| led(&leaders(Schedule::RoundRobin, height, asleep));
    assert_eq!(led(1, &[]), [1, 2, 3, 4, 0, 1, 2, 3]);
    assert_eq!(led(2, &[]), [2, 3, 4, 0, 1, 2, 3, 4]);
    assert_eq!(led(5, &[]), [0, 1, 2, 3, 4, 0, 1, 2]);
    // Awake are 0, 1, 3 and 4; from round 5 on nobody is skipped.
    assert_eq!(led(1, &[2]), [1, 3, 4, 0, 1, 1, 2, 3]);
    assert_eq!(led(2, &[2]), [3, 4, 0, 1, 3, 2, 3, 4]);
}

#[test]
fn to_act_has_these_answers() {
    let to_act = |height, asleep: &[u8], act: &[u8]| {
        led(&leaders(Schedule::ToAct, height, asleep).beginning_with(seats(act)))
    };
    assert_eq!(
        to_act(1, &[], &[]),
        led(&leaders(Schedule::HashScore, 1, &[])),
        "nobody is to act"
    );
    assert_eq!(to_act(1, &[], &[0]), [0, 2, 4, 1, 3, 2, 4, 0]);
    let best = to_act(1, &[], &[1, 3]);
    assert_eq!(best, [1, 2, 4, 0, 3, 2, 4, 0], "the best-ranked of them");
    let asleep = to_act(1, &[0], &[0]);
    assert_eq!(
        asleep,
        [2, 4, 1, 3, 2, 2, 4, 0],
        "who is asleep leads nothing"
    );
}

#[test]
fn each_seat_leads_each_height_equally_often_by_score() {
    let mut count = [0; 5];
    for height in 1..=5_000 {
        count[leaders(Schedule::HashScore, height, &[])
            .leader(Round(0))
            .index()] += 1;
    }
    assert!(
        count.iter().all(|led| (900..1_100).contains(led)),
        "{count:?}"
    );
}

#[test]
fn whoever_is_asleep_leads_again_once_every_seat_had_a_round() {
    for schedule in [Schedule::HashScore, Schedule::RoundRobin, Schedule::ToAct] {
        let leaders = leaders(schedule, 3, &[1]);
        let led: Vec<_> = (0..10)
            .map(|round| leaders.leader(Round(round)).index())
            .collect();
        assert!(!led[..5].contains(&1), "{schedule:?} {led:?}");
        let mut later = led[5..].to_vec();
        later.sort_unstable();
        assert_eq!(later, [0, 1, 2, 3, 4], "{schedule:?}");
    }
}

#[test]
fn a_profile_says_how_many_decide() {
    let profile = |byzantine, crashed| FaultProfile { byzantine, crashed };
    let quorum_of = |n: u8, profile| roster(n).with_profile(Some(profile)).quorum();
    // Seats, profile, quorum; the rest may sleep.
    for (n, f, c, decide) in [
        (4, 1, 0, 3),
        (5, 1, 0, 4),
        (6, 1, 1, 4),
        (8, 1, 2, 5),
        (9, 2, 1, 6),
        (12, 3, 1, 8),
        (12, 1, 4, 7),
        (16, 3, 3, 10),
    ] {
        assert!(profile(f, c).fits(n.into()));
        assert_eq!(
            quorum_of(n, profile(f, c)),
            decide,
            "{n} seats, f {f}, c {c}"
        );
    }
    assert!(!profile(1, 1).fits(5), "five cannot bear one of each");
}

#[test]
fn quorums_share_an_honest_seat_and_the_rest_still_are_one() {
    for n in 1..=64 {
        assert!(
            2 * quorum(n) > n + faults(n) && quorum(n) <= n - faults(n),
            "{n} seats"
        );
        for f in 0..=21_u8 {
            for c in 0..=31_u8 {
                let profile = FaultProfile {
                    byzantine: f,
                    crashed: c,
                };
                if !profile.fits(n) {
                    continue;
                }
                let (quorum, faulty) = (profile.quorum(n), usize::from(f) + usize::from(c));
                assert!(2 * quorum > n + usize::from(f), "{n} seats, {profile:?}");
                assert!(quorum <= n - faulty, "{n} seats, {profile:?}");
            }
        }
    }
}

#[test]
fn a_profile_without_a_byzantine_seat_carries_a_warning() {
    let warning = |byzantine| {
        FaultProfile {
            byzantine,
            crashed: 1,
        }
        .warning()
    };
    assert!(warning(0).is_some_and(|words| words.contains("trusts every player")));
    assert_eq!(warning(1), None);
}
