#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::ops::RangeInclusive;

use quorate_core::crypto::SecretKey;
use quorate_core::data;
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::genesis::Seating as Chair;
use quorate_core::roster::{Name, SeatKind};
use quorate_core::state::Play;
use quorate_core::table::TableState;
use quorate_core::{Digest, Height, Wall};

use super::*;
use crate::driver::Ledger;
use crate::gather::{Seating, Terms};
use crate::node::History;
use crate::store::MemoryStore;

/// A game in which nothing happens.
#[data(crate = quorate_core)]
struct Still;

impl Game for Still {
    const NAME: &'static str = "still";
    type State = ();
    type Action = ();
    type Event = ();
    type View = ();

    fn players(&self) -> RangeInclusive<u8> {
        1..=8
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<()> {
        Ok(())
    }

    fn turn(&self, (): &()) -> Turn {
        Turn::of(Seats::first(1))
    }

    fn apply(&self, (): &mut (), _: &mut Cx<Self>, _: Seat, (): ()) -> Verdict {
        Ok(())
    }

    fn outcome(&self, (): &()) -> Option<Outcome> {
        None
    }

    fn view(&self, (): &(), _: &Viewer) {}
}

fn seat(index: u8) -> Seat {
    Seat::new(index).unwrap()
}

fn key(index: u8) -> SecretKey {
    SecretKey::from_bytes(&[index + 1; 32])
}

/// The device of one of four seats of a forked table, of which none is proven guilty.
fn device(index: u8) -> Heirs {
    let chair = |index| Chair {
        name: Name::new("somebody").unwrap(),
        key: key(index).public(),
        ml_dsa: None,
        nonce: [index; 32],
        kind: SeatKind::Player,
    };
    let terms = Terms::of(&Still, &Seating::of(4)).unwrap();
    let genesis = terms.genesis((0..4).map(chair).collect(), Wall(0));
    let (play, _) = Play::start(Arc::new(Still), Seats::first(4)).unwrap();
    let branch = Branch {
        roster: Arc::new(genesis.roster()),
        genesis: Arc::new(genesis),
        height: Height(7),
        digest: Digest::of_bytes("test", b"branch"),
        carried: play.save().unwrap(),
        named: Digest::of_bytes("test", b"carried"),
        tip: Height(8),
    };
    Heirs::new(branch, Arc::new(key(index)), true)
}

/// Tells one device what another holds.
fn tell(to: &mut Heirs, from: &Heirs) {
    let heard = to.hear(from.me.unwrap(), from.part().unwrap());
    assert_eq!(heard, Ok(Heard::Taken));
}

/// The seats at the successor that is settled.
fn heirs(device: &Heirs) -> Option<Seats> {
    Some(device.settled()?.signed.genesis.indexes())
}

const EVERYBODY: Seats = Seats::first(4);
const THREE: Seats = Seats::first(3);

#[test]
fn who_gave_a_seat_up_is_not_drawn_back_by_it() {
    let [mut ann, mut bob, mut cat, mut dan] = [0, 1, 2, 3].map(device);
    for early in [&mut ann, &mut bob, &mut cat] {
        early.go_on(Seats::NONE);
    }
    // Dan hears of all of them, comes back too late, and has all that he needs.
    dan.go_on(Seats::NONE);
    [&ann, &bob, &cat]
        .iter()
        .for_each(|other| tell(&mut dan, other));
    for device in [&mut ann, &mut bob, &mut cat] {
        device.go_on(Seats::from(seat(3)));
    }
    assert!(dan.settle().is_some());
    tell(&mut bob, &dan);
    assert!(bob.settle().is_none(), "Bob does not count on Dan any more");
    tell(&mut bob, &ann);
    tell(&mut bob, &cat);
    assert!(bob.settle().is_some());
    assert_eq!((heirs(&dan), heirs(&bob)), (Some(EVERYBODY), Some(THREE)));
}

#[test]
fn who_counts_on_a_seat_that_has_entered_another_successor_enters_it_too() {
    let [mut ann, mut bob, mut cat, mut dan] = [0, 1, 2, 3].map(device);
    for device in [&mut ann, &mut bob, &mut cat, &mut dan] {
        device.go_on(Seats::NONE);
    }
    [&ann, &bob, &dan]
        .iter()
        .for_each(|other| tell(&mut cat, other));
    ann.go_on(Seats::from(seat(3)));
    assert!(cat.settle().is_some());
    assert_eq!(ann.may_go_on(Seats::NONE), Ok(()));
    assert_eq!(cat.may_go_on(Seats::NONE), Err(CannotGoOn::Settled));
    tell(&mut ann, &cat);
    assert!(ann.settle().is_some());
    assert_eq!(
        heirs(&ann),
        Some(EVERYBODY),
        "it will not get Cat's signature any more"
    );
}

#[test]
fn seats_that_are_given_up_stay_given_up() {
    let mut ann = device(0);
    ann.go_on(Seats::from(seat(3)));
    assert_eq!(ann.go_on(Seats::from(seat(2))), EVERYBODY - Seats::first(2));
    assert_eq!(ann.progress().heirs, Seats::first(2));
}

#[test]
fn what_goes_on_from_another_height_is_nobodys_fault_and_is_not_kept() {
    let [mut ann, mut bob] = [0, 1].map(device);
    bob.branch.height = Height(6);
    bob.go_on(Seats::NONE);
    let heard = ann.hear(seat(1), bob.part().unwrap());
    assert_eq!((heard, ann.heard.len()), (Ok(Heard::Elsewhere), 0));
}

#[test]
fn who_may_not_sign_does_not() {
    let mut watcher = Heirs::new(device(0).branch, Arc::new(key(0)), false);
    assert_eq!(watcher.may_go_on(Seats::NONE), Err(CannotGoOn::NoSeat));
    watcher.go_on(Seats::NONE);
    assert!(watcher.part().is_none());
}

#[test]
fn a_device_that_dropped_the_decisions_below_the_fork_says_which() {
    let (ledger, _) = Ledger::open(Box::new(MemoryStore::default()), History::Whole).unwrap();
    let table = TableState::new(device(0).branch.genesis, Arc::new(Still));
    let find = |fork| Branch::find(&ledger, &table, None, Height(fork)).unwrap_err();
    assert_eq!(find(1), CannotGoOn::NothingPlayed);
    let height = Height(1);
    assert_eq!(find(3), CannotGoOn::Forgotten { height });
}
