//! Every way to cheat, alone at an otherwise quiet table: nothing honest breaks.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::Seats;
use quorate_core::genesis::Protocol;
use quorate_testkit::attack::Kind;
use quorate_testkit::games::Odds;
use quorate_testkit::{Draw, Ending, Gamblers, Mark, Wishes, World};

fn dark() -> Odds {
    Odds {
        dark: true,
        ..Odds::default()
    }
}

#[test]
fn one_cheat_of_four_breaks_nothing_whatever_it_tries() {
    for kind in Kind::ALL {
        for seed in 0..4 {
            let cheat = Seats::first(4).iter().nth(seed % 4).expect("a seat");
            let mut draw = Draw::calm(seed as u64);
            draw.heights = 20;
            draw.attackers = vec![(cheat, kind)];
            let run = World::new(draw, Odds::default(), Arc::new(Gamblers)).run();
            assert_eq!(run.ending, Ending::Passed, "{kind:?}\n{run}");
        }
    }
}

#[test]
fn every_cheat_cheats() {
    for kind in Kind::ALL {
        let cheats: u64 = (0..4)
            .map(|seed| {
                let cheat = Seats::first(4).iter().next().expect("a seat");
                let mut draw = Draw::calm(seed);
                draw.attackers = vec![(cheat, kind)];
                draw.heights = 20;
                // Rounds that fail, and questions, are what some of them need.
                draw.weather.loss_ppm = 100_000;
                draw.house.wishes = Some(Wishes {
                    every: Duration::from_secs(1),
                    guests: 1,
                    dismissals: 0,
                    churn: false,
                });
                World::new(draw, Odds::default(), Arc::new(Gamblers))
                    .run()
                    .faults
                    .cheats
            })
            .sum();
        assert!(
            cheats > 0,
            "{kind:?} did nothing that an honest seat would not"
        );
    }
}

#[test]
fn who_opens_nothing_or_something_else_stops_no_sealed_turn() {
    for kind in Kind::IN_THE_DARK {
        let mut hid = false;
        for seed in 0..4 {
            let mut draw = Draw::calm(seed);
            draw.heights = 20;
            if seed % 2 == 1 {
                draw.protocol = Protocol::Tendermint;
            }
            draw.attackers = vec![(Seats::first(4).iter().next().expect("a seat"), kind)];
            let run = World::new(draw, dark(), Arc::new(Gamblers)).run();
            assert_eq!(run.ending, Ending::Passed, "{kind:?}\n{run}");
            assert!(run.faults.cheats > 0, "{kind:?} did nothing");
            assert!(run.marks.has(Mark::Opened) && run.marks.has(Mark::Shown));
            hid |= run.marks.has(Mark::Hid);
        }
        assert!(hid, "{kind:?} never withheld anything");
    }
}

#[test]
fn honest_seats_open_and_show_all_they_hid() {
    for protocol in [Protocol::Pbft, Protocol::Tendermint] {
        let mut draw = Draw::calm(1);
        draw.protocol = protocol;
        let run = World::new(draw, dark(), Arc::new(Gamblers)).run();
        assert_eq!(run.ending, Ending::Passed, "{run}");
        assert!(run.marks.has(Mark::Opened) && run.marks.has(Mark::Shown));
        assert!(!run.marks.has(Mark::Hid) && !run.marks.has(Mark::Late));
    }
}
