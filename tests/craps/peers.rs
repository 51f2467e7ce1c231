//! Whole tables in one process: every seat a peer with its own key, sockets and disk.

use std::time::Duration;

use quorate::Height;

use crate::auto;
use crate::bots::Pace;
use crate::cli::Options;
use crate::crew::Crew;
use crate::rules::Craps;

/// Longer than anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(120);
const QUICK: Pace = Pace::Machine(Duration::from_millis(30));

#[test]
fn four_peers_agree_on_every_chip_over_ten_rolls() {
    let options = Options {
        rounds: Some(10),
        seed: Some(1),
        ..Options::default()
    };
    let game = Craps {
        rounds: Some(10),
        ..Craps::default()
    };
    let crew = Crew::alone(&game, &options).expect("four peers on loopback");
    let summary = auto::run(crew, &options).expect("ten rolls");
    assert!(summary.agreed && summary.conserved, "{summary:?}");
    assert_eq!((summary.rolls, summary.seats.len()), (10, 4));
    assert_eq!(
        summary.digests.len(),
        4,
        "every seat told its digest: {summary:?}"
    );
    assert!(
        summary.actions >= 20 && summary.p50_ms.is_some(),
        "{summary:?}"
    );
}

#[test]
fn a_peer_that_is_killed_comes_back_from_its_disk_and_catches_up() {
    let options = Options::default();
    let mut crew = Crew::alone(&Craps::default(), &options).expect("four peers on loopback");
    crew.employ(1, QUICK, 1).expect("threads for bots");
    assert!(crew.table().begun(LONG));
    assert!(crew.kill().is_some());
    let without = Height(crew.table().pulse().height.0 + 4);
    assert!(crew.table().reached(without, LONG), "three of four decide");
    assert!(crew.revive().expect("its folder is there").is_some());
    let with = crew.table().pulse().height;
    let back = crew.peers().last().expect("four peers");
    assert!(back.table.reached(with, LONG), "it fetched what it missed");
}
