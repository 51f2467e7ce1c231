//! Whole tables in one process: every seat a peer with its own key, sockets and disk.

use std::time::Duration;

use quorate::{Event, Height, Protocol, Scheme, check_proof, proof_json, verify_file};

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
fn four_peers_that_sign_with_ml_dsa_agree_under_tendermint() {
    let options = Options {
        rounds: Some(2),
        seed: Some(1),
        protocol: Protocol::Tendermint,
        signatures: Scheme::MlDsa87,
        ..Options::default()
    };
    let game = Craps {
        rounds: Some(2),
        ..Craps::default()
    };
    let crew = Crew::alone(&game, &options).expect("four peers on loopback");
    let summary = auto::run(crew, &options).expect("two rolls");
    assert!(summary.agreed && summary.conserved, "{summary:?}");
    let each = summary.bytes_sent / summary.height.0;
    assert!(each > 4 * 4_627, "large signatures travel: {summary:?}");
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

#[test]
fn a_bot_that_cheats_is_named_loses_its_chips_and_leaves_a_proof_that_anybody_can_check() {
    let options = Options::default();
    let mut crew = Crew::alone(&Craps::default(), &options).expect("four peers on loopback");
    crew.employ(1, QUICK, 1).expect("threads for bots");
    assert!(crew.table().begun(LONG));
    let mut events = crew.table().events();
    assert_eq!(crew.cheat().as_deref(), Some("Mal"));
    let (guilty, offence) = loop {
        let event = events.wait(LONG).expect("the table names somebody");
        if let Event::Guilty { seat, offence } = event {
            break (seat, offence);
        }
    };
    let plays = |crew: &Crew| {
        crew.table()
            .play()
            .is_some_and(|p| p.players().contains(guilty))
    };
    while plays(&crew) {
        events.wait(LONG).expect("the game is told");
    }
    let proof = &crew.table().proofs()[0];
    let folder = tempfile::tempdir().expect("a folder");
    let file = crate::paper::write(proof, offence, folder.path()).expect("a file");
    let verified = verify_file::<Craps>(&file, None).expect("it holds");
    assert_eq!(verified.status(), 0);
    let proof = proof_json(proof);
    let says = check_proof(&proof).expect("it holds");
    // Which seat Mal got depends on who of the bots came first.
    let named = format!("Mal (seat {guilty}, key ");
    assert!(says.starts_with(&named), "{says}");
    assert_eq!(verified.to_string(), format!("proven: {says}"));
    let (his, anothers) = (format!("\"seat\": {guilty}"), "\"seat\": 0");
    let forged = proof.replacen(&his, anothers, 1);
    assert_ne!(forged, proof);
    let blames_ann = |says: String| says.starts_with("Ann");
    assert!(!check_proof(&forged).is_ok_and(blames_ann));
    let view = crew.table().view().expect("play goes on").view;
    assert!(
        view.seats.get(guilty).is_none(),
        "no chips and no bets are left"
    );
    let further = Height(crew.table().pulse().height.0 + 2);
    assert!(crew.table().reached(further, LONG), "the others play on");
    let file = folder.path().join("craps.transcript");
    crew.save(&file).expect("a transcript");
    let whole = verify_file::<Craps>(&file, None).expect("it holds");
    let said = whole.to_string();
    let mals = said.lines().find(|line| line.contains("  Mal  "));
    let why = format!("  out: {offence}");
    assert!(mals.is_some_and(|line| line.ends_with(&why)), "{said}");
    let nowhere = folder.path().join("nowhere").join("file");
    let error = crew.save(&nowhere).expect_err("no such folder").to_string();
    assert!(error.starts_with(&nowhere.display().to_string()), "{error}");
    let killed = crew.kill().expect("other bots are left");
    assert_ne!(
        killed, "Mal",
        "who has no seat any more is not worth killing"
    );
}
