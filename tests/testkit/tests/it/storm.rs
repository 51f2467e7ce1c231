//! Storms: one cheat that never rests at every table, and the table names it.

use quorate_testkit::Simulation;
use quorate_testkit::attack::Kind;
use quorate_testkit::games::Odds;

fn storm(kind: Kind) -> Simulation<Odds> {
    Simulation::of(Odds::default())
        .seats(4)
        .heights(8)
        .seeds(0..6)
        .cheat(kind)
}

#[test]
fn who_votes_twice_at_every_turn_is_named_at_every_table() {
    let report = storm(Kind::DoubleVoter).run();
    report.assert_clean();
    assert_eq!((report.agreed(), report.named), (6, 6));
    assert!(report.faults.cheats > 0);
}

#[test]
fn who_only_falls_silent_is_never_named() {
    let report = storm(Kind::Silent).run();
    report.assert_clean();
    assert_eq!((report.agreed(), report.named), (6, 0));
}

#[test]
fn who_offers_false_snapshots_finds_somebody_to_offer_them_to() {
    let report = storm(Kind::FalseSnapshot).run();
    report.assert_clean();
    assert_eq!((report.agreed(), report.named), (6, 0));
    assert!(report.faults.cheats > 0);
}

/// After the storm a cheat says nothing: its turn ends when the clock of the game says so, not when
/// the simulator's own would, and without a clock never.
#[test]
fn a_game_may_take_its_time() {
    for clock_ms in [60_000, 0] {
        let game = Odds {
            clock_ms,
            ..Odds::default()
        };
        let slow = Simulation::of(game).seats(4).heights(8).seeds(0..6);
        let report = slow.cheat(Kind::Silent).run();
        report.assert_clean();
        assert_eq!((clock_ms, report.agreed()), (clock_ms, 6));
    }
}

#[test]
fn every_table_has_one_cheat_of_that_kind_and_real_keys_where_proofs_matter() {
    for seed in 0..6 {
        let draw = storm(Kind::DoubleVoter).draw(seed);
        assert_eq!(draw.attackers.len(), 1);
        assert!(draw.real_keys && draw.relentless && draw.outage.is_none());
    }
    let small = storm(Kind::DoubleVoter).seats(3).draw(1);
    assert!(small.attackers.is_empty(), "three bear no cheat");
}

#[test]
fn kinds_are_called_by_their_names() {
    for kind in Kind::every() {
        assert_eq!(kind.name().parse(), Ok(kind));
    }
    let error = "nicely".parse::<Kind>().expect_err("no kind").to_string();
    assert!(error.contains("double-vote"), "{error}");
}

#[test]
fn a_game_is_seated_by_as_many_as_it_takes() {
    let odds = Simulation::of(Odds::default());
    for seed in 0..20 {
        let players = quorate_core::Game::players(&Odds::default());
        let seats = u8::try_from(odds.draw(seed).seats).expect("few seats");
        assert!(players.contains(&seats));
    }
}
