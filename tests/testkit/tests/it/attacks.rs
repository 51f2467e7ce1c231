//! Every way to cheat, alone at an otherwise quiet table: nothing honest breaks, and play goes on.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::Seats;
use quorate_core::genesis::{DicePolicy, Protocol};
use quorate_testkit::attack::Kind;
use quorate_testkit::games::Odds;
use quorate_testkit::{
    Draw, Ending, Gamblers, Invariant, Mark, Run, Scenario, Throws, Wishes, World,
};

use crate::{PROTOCOLS, plain, reach, table};

fn dark() -> Odds {
    Odds {
        dark: true,
        ..Odds::default()
    }
}

/// Seeds and protocols: under each another seat cheats.
const CASES: [(u64, Protocol); 4] = [
    (0, Protocol::Pbft),
    (1, Protocol::Tendermint),
    (2, Protocol::Pbft),
    (3, Protocol::Tendermint),
];

/// A calm table of four with one cheat, and twenty heights.
fn cheated(protocol: Protocol, seed: u64, kind: Kind) -> Draw {
    let mut draw = plain(protocol, seed);
    let nth = usize::try_from(seed % 4).expect("below four");
    let cheat = Seats::first(4).nth(nth).expect("a seat");
    draw.heights = 20;
    draw.attackers = vec![(cheat, kind)];
    draw
}

#[track_caller]
fn passes(draw: Draw) -> Run {
    let run = table(draw).run();
    assert_eq!(run.ending, Ending::Passed, "{run}");
    run
}

#[test]
fn one_cheat_of_four_breaks_nothing_whatever_it_tries() {
    for kind in Kind::every() {
        for (seed, protocol) in CASES {
            passes(cheated(protocol, seed, kind));
        }
    }
}

/// The first moment anybody cheats is after healing: what stops a table then was not there before.
#[test]
fn heights_are_decided_while_one_of_four_cheats_whatever_it_does() {
    for kind in Kind::ALL.into_iter().chain(Kind::OF_STATES) {
        for protocol in PROTOCOLS {
            let mut draw = cheated(protocol, 1, kind);
            (draw.storms, draw.heights) = (vec![Duration::from_millis(1)], 5);
            let run = passes(draw);
            assert!(run.heights >= 22, "{kind:?}: {}", run.heights);
        }
    }
}

/// Two cheats of four can do no worse than any two seats that fail: nothing is decided while they
/// are at work, and the judge says so.
#[test]
fn a_table_that_its_cheats_can_stop_is_found_out() {
    for protocol in PROTOCOLS {
        let mut draw = cheated(protocol, 0, Kind::AlwaysNil);
        draw.storms = vec![Duration::from_secs(1)];
        let other = Seats::first(2).nth(1).expect("a seat");
        draw.attackers.push((other, Kind::AlwaysNil));
        let run = table(draw).run();
        let violation = run.violation().map(|violation| violation.invariant);
        assert_eq!(violation, Some(Invariant::Progress), "{run}");
    }
}

#[test]
fn every_cheat_cheats() {
    for kind in Kind::ALL.into_iter().chain(Kind::OF_STATES) {
        let cheats = CASES.map(|(seed, protocol)| cheats(protocol, seed, kind));
        let sum: u64 = cheats.iter().sum();
        assert!(
            sum > 0,
            "{kind:?} did nothing that an honest seat would not"
        );
    }
}

fn cheats(protocol: Protocol, seed: u64, kind: Kind) -> u64 {
    let mut draw = cheated(protocol, seed, kind);
    // Rounds that fail, and questions, are what some of them need.
    draw.weather.loss_ppm = 250_000;
    draw.house.wishes = Some(Wishes {
        every: Duration::from_secs(1),
        guests: 1,
        dismissals: 0,
        churn: false,
    });
    table(draw).run().faults.cheats
}

#[test]
fn who_opens_nothing_or_something_else_stops_no_sealed_turn() {
    for kind in Kind::IN_THE_DARK {
        let mut hid = false;
        for seed in 0..4 {
            for protocol in PROTOCOLS {
                let draw = cheated(protocol, seed, kind);
                let run = World::new(draw, dark(), Arc::new(Gamblers)).run();
                assert_eq!(run.ending, Ending::Passed, "{kind:?}\n{run}");
                assert!(run.faults.cheats > 0, "{kind:?} did nothing");
                assert!(run.marks.has(Mark::Opened) && run.marks.has(Mark::Shown));
                hid |= run.marks.has(Mark::Hid);
            }
        }
        assert!(hid, "{kind:?} never withheld anything");
    }
}

#[test]
fn honest_seats_open_and_show_all_they_hid() {
    for protocol in PROTOCOLS {
        let run = World::new(plain(protocol, 1), dark(), Arc::new(Gamblers)).run();
        assert_eq!(run.ending, Ending::Passed, "{run}");
        assert!(run.marks.has(Mark::Opened) && run.marks.has(Mark::Shown));
        assert!(!run.marks.has(Mark::Hid) && !run.marks.has(Mark::Late));
    }
}

/// What the dice of some tables showed, whose first seat wants even sums if it cheats.
fn thrown(protocol: Protocol, cheats: bool) -> Throws {
    let mut sum = Throws::default();
    for seed in 0..4 {
        let mut draw = cheated(protocol, 4 * seed, Kind::LastRevealer);
        draw.heights = 200;
        draw.relentless = true;
        draw.dice = DicePolicy::CommitReveal {
            deadline_ms: 300,
            returns_after: 1,
        };
        draw.attackers.retain(|_| cheats);
        let throws = passes(draw).throws;
        sum.all += throws.all;
        sum.even += throws.even;
    }
    sum
}

/// Who keeps back one throw in two sits out the throw that takes its place: of both together three
/// in four please it, and no more.
#[test]
fn one_who_reveals_last_has_the_best_of_two_throws_and_no_better() {
    let share = |throws: Throws| 100 * throws.even / throws.all.max(1);
    for protocol in PROTOCOLS {
        let (fair, loaded) = (thrown(protocol, false), thrown(protocol, true));
        assert!(fair.all > 100 && loaded.all > 100, "{fair:?} {loaded:?}");
        assert!((38..=62).contains(&share(fair)), "{fair:?}");
        assert!((50..=84).contains(&share(loaded)), "{loaded:?}");
        assert!(share(loaded) > share(fair), "{fair:?} {loaded:?}");
    }
}

/// At a table where everybody is heard the judge asks who is asleep. One that crashes is.
#[test]
fn an_honest_seat_that_is_passed_over_is_found_out() {
    for protocol in PROTOCOLS {
        let mut draw = plain(protocol, 1);
        draw.scenario = Some(Scenario::CensoredTurn);
        let mut table = table(draw);
        reach(&mut table, 5);
        table.crash(1);
        let end = table.now() + Duration::from_secs(120);
        table.run_until(end, |table| table.violation().is_some());
        let found = table.violation().map(|violation| violation.invariant);
        assert_eq!(found, Some(Invariant::Asleep), "{protocol:?}");
    }
}
