#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::ops::RangeInclusive;

use quorate_core::codec;
use quorate_core::crypto::SecretKey;
use quorate_core::data;
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::genesis::{Scheme, Seating as Chair};
use quorate_core::message::{Statement, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::state::Play;
use quorate_core::table::TableState;
use quorate_core::{Digest, Epoch, Height, Round, Wall};

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
        1..=16
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

/// Where a table of so many seats goes on from that was forked above `height`.
fn branch(seats: u8, scheme: Scheme, height: u64) -> Branch {
    let chair = |index| Chair {
        name: Name::new("somebody").unwrap(),
        key: key(index).public(),
        ml_dsa: key(index).signer(scheme).keys().ml_dsa,
        nonce: [index; 32],
        kind: SeatKind::Player,
    };
    let terms = Terms::of(&Still, &Seating::of(seats).signatures(scheme)).unwrap();
    let genesis = terms.genesis((0..seats).map(chair).collect(), Wall(0));
    let (play, _) = Play::start(Arc::new(Still), Seats::first(seats.into())).unwrap();
    Branch {
        roster: Arc::new(genesis.roster()),
        genesis: Arc::new(genesis),
        height: Height(height),
        digest: Digest::of_bytes("test", &height.to_be_bytes()),
        carried: play.save().unwrap(),
        named: Digest::of_bytes("carried", &height.to_be_bytes()),
        tip: Height(8),
    }
}

/// The device of one of four seats of a forked table, of which none is proven guilty.
fn device(index: u8) -> Heirs {
    forked_above(7, index)
}

/// The same, where the fork that it knows of is above this height.
fn forked_above(height: u64, index: u8) -> Heirs {
    let branch = branch(4, Scheme::Ed25519, height);
    Heirs::new(branch, Arc::new(key(index)), true)
}

/// A proof that a seat of `branch` signed two blocks.
fn proof(branch: &Branch, index: u8) -> Evidence {
    let signer = key(index).signer(branch.genesis.signatures);
    let vote = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table: branch.genesis.table(),
            epoch: Epoch(0),
            height: Height(8),
            round: Round(0),
            digest: Some(Digest::from_bytes([byte; 32])),
        };
        Statement::Vote(Vote::sign(unsigned, seat(index), &*signer))
    };
    let (first, second) = (vote(1), vote(2));
    Evidence { first, second }
}

/// What becomes of what one device holds at another.
fn hears(to: &mut Heirs, from: &Heirs) -> Result<Heard, PartFault> {
    to.hear(from.signer.public(), from.part().unwrap())
}

/// Tells one device what another holds.
fn tell(to: &mut Heirs, from: &Heirs) {
    assert_eq!(hears(to, from), Ok(Heard::Taken));
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
    assert_eq!(
        ann.given_up(Seats::from(seat(2))),
        EVERYBODY - Seats::first(2)
    );
    ann.go_on(Seats::from(seat(2)));
    assert_eq!(ann.progress().heirs, Seats::first(2));
}

#[test]
fn a_seat_that_is_proven_guilty_is_not_heard_any_more() {
    let [mut ann, mut bob, mut dan] = [0, 1, 3].map(device);
    for device in [&mut ann, &mut bob, &mut dan] {
        device.go_on(Seats::NONE);
    }
    tell(&mut ann, &dan);
    assert!(ann.progress().agreed.contains(seat(3)));
    bob.learn([proof(&bob.branch, 3)].iter());
    tell(&mut ann, &bob); // with the proof
    assert_eq!(ann.speaker(key(3).public()), None);
    assert!(
        ann.speakers()
            .eq([0, 1, 2].map(|index| key(index).public()))
    );
    assert_eq!(hears(&mut ann, &dan), Ok(Heard::Passed));
    let progress = ann.progress();
    assert_eq!((progress.guilty, progress.heirs), (seat(3).into(), THREE));
    assert_eq!(progress.agreed, Seats::first(2));
    assert_eq!(progress.without.get(seat(3)), None);
}

#[test]
fn who_had_no_seat_where_it_goes_on_from_is_not_heard() {
    let [mut ann, mut bob] = [0, 1].map(device);
    bob.go_on(Seats::NONE);
    let stranger = key(9).public();
    assert_eq!(ann.speaker(stranger), None);
    let heard = ann.hear(stranger, bob.part().unwrap());
    assert_eq!((heard, ann.heard.len()), (Ok(Heard::Passed), 0));
}

#[test]
fn who_was_given_up_tells_of_the_successor_and_is_charged_with_nothing() {
    let [mut ann, mut bob, mut cat, mut dan] = [0, 1, 2, 3].map(device);
    for early in [&mut ann, &mut bob, &mut cat] {
        early.go_on(Seats::from(seat(3)));
    }
    tell(&mut bob, &ann);
    tell(&mut bob, &cat);
    assert!(bob.settle().is_some());
    tell(&mut dan, &bob);
    assert!(dan.settle().is_some() && !dan.inherits());
    tell(&mut cat, &dan);
    tell(&mut cat, &ann);
    assert!(cat.settle().is_some() && cat.inherits());
}

#[test]
fn a_seat_that_gives_up_fewer_than_it_did_is_not_heard() {
    let [mut ann, mut bob] = [0, 1].map(device);
    bob.go_on(Seats::NONE);
    let earlier = bob.part().unwrap();
    bob.go_on(Seats::from(seat(3)));
    tell(&mut ann, &bob);
    let heard = ann.hear(key(1).public(), earlier);
    assert_eq!(heard, Ok(Heard::Passed));
    let wants = ann.progress().without.get(seat(1)).copied();
    assert_eq!(wants, Some(seat(3).into()));
}

#[test]
fn a_device_enters_one_successor_alone_and_says_so_once() {
    let [mut ann, mut bob, mut cat, mut dan] = [0, 1, 2, 3].map(device);
    for device in [&mut ann, &mut bob, &mut cat, &mut dan] {
        device.go_on(Seats::NONE);
    }
    for other in [&bob, &cat, &dan] {
        tell(&mut ann, other);
    }
    assert!(ann.settle().is_some());
    let first = ann.settled().cloned();
    for device in [&mut bob, &mut cat] {
        device.go_on(Seats::from(seat(3))); // as traitors may who agreed before
    }
    ann.go_on(Seats::from(seat(3)));
    ann.learn([proof(&ann.branch, 3)].iter());
    tell(&mut ann, &bob);
    tell(&mut ann, &cat);
    assert_eq!(ann.settle(), None);
    assert_eq!(ann.settled(), first.as_ref());
    assert_eq!(
        ann.mine.as_ref(),
        first.as_ref(),
        "nor does it sign another"
    );
    assert_eq!(heirs(&ann), Some(EVERYBODY));
    assert_eq!(ann.part().map(|part| part.succession), first);
}

#[test]
fn who_hears_late_of_a_lower_fork_enters_what_it_signed_before_if_somebody_has() {
    let [mut ann, mut bob, mut cat, mut dan] = [0, 1, 2, 3].map(device);
    for device in [&mut ann, &mut bob, &mut cat, &mut dan] {
        device.go_on(Seats::NONE);
    }
    for other in [&ann, &cat, &dan] {
        tell(&mut bob, other);
    }
    assert!(bob.settle().is_some());
    let lower = |without| {
        let mut ann = forked_above(6, 0);
        ann.go_on(without);
        let part = bob.part().unwrap();
        assert!(matches!(hears(&mut ann, &bob), Ok(Heard::Elsewhere(_))));
        (ann.is_bound_by(key(1).public(), &part), ann, part)
    };
    let (bound, ..) = lower(Seats::from(seat(1)));
    assert!(!bound, "Ann does not count on Bob any more");
    let (bound, mut ann, part) = lower(Seats::NONE);
    assert!(bound);
    assert!(ann.settle().is_none());
    let elsewhere = forked_above(5, 0).branch;
    assert!(ann.follow(elsewhere, part.clone()).is_err());
    assert!(ann.settle().is_none());
    let at = |height| branch(4, Scheme::Ed25519, height);
    assert_eq!(ann.follow(at(7), part.clone()), Ok(()));
    assert!(ann.settle().is_some(), "for the disk");
    assert_eq!((heirs(&ann), ann.inherits()), (Some(EVERYBODY), true));
    assert!(!ann.is_bound_by(key(1).public(), &part), "once");
}

#[test]
fn nobody_is_bound_by_what_it_has_not_signed() {
    let [mut bob, mut cat, mut dan] = [1, 2, 3].map(device);
    for device in [&mut bob, &mut cat, &mut dan] {
        device.go_on(Seats::from(seat(0)));
    }
    for other in [&cat, &dan] {
        tell(&mut bob, other);
    }
    assert!(bob.settle().is_some());
    let mut ann = forked_above(6, 0);
    ann.go_on(Seats::NONE);
    let mut part = bob.part().unwrap();
    assert!(!ann.is_bound_by(key(1).public(), &part));
    // Somebody else's key stands in the genesis where Ann's did.
    let genesis = &mut part.succession.signed.genesis;
    genesis.predecessor.as_mut().unwrap().seats = Seats::first(3);
    genesis.seats[0].key = key(9).public();
    let forged = SignedGenesis::sign(genesis, &key(9));
    part.succession.signed.signatures.insert(seat(0), forged);
    assert!(!ann.is_bound_by(key(1).public(), &part));
}

#[test]
fn branches_are_compared_at_steps_that_double() {
    let heights = |fork| -> Vec<_> { Branch::landmarks(Height(fork)).map(|at| at.0).collect() };
    assert_eq!(heights(20), [20, 19, 18, 16, 12, 4]);
    assert_eq!(heights(1), [1]);
    assert_eq!(heights(u64::MAX).len(), 65);
}

#[test]
fn the_largest_part_is_read_and_a_larger_one_is_none() {
    let large = branch(16, Scheme::MlDsa87, 7);
    let mut whole = Succession::new(large.draft(Seats::NONE, Seats::NONE), PerSeat::default());
    for index in 0..16 {
        let signer = key(index).signer(Scheme::MlDsa87);
        whole.agree(&large.roster, &*signer);
    }
    let one = proof(&large, 0);
    let against = |seats| PerSeat::new(Seats::first(seats), |_| one.clone());
    let read = |seats| {
        let mut succession = whole.clone();
        succession.proofs = against(seats);
        let settled = true;
        let part = Part {
            succession,
            settled,
        };
        Part::read(&codec::encode(&part).unwrap()).map(|read| read == part)
    };
    assert_eq!(read(16), Ok(true));
    assert_eq!(read(64), Err(PartFault::Malformed));
}

#[test]
fn what_goes_on_from_another_height_is_nobodys_fault_and_is_not_kept() {
    let [mut ann, mut bob] = [0, 1].map(device);
    bob.branch.height = Height(6);
    bob.go_on(Seats::NONE);
    let elsewhere = Heard::Elsewhere(Box::new(bob.part().unwrap()));
    assert_eq!(hears(&mut ann, &bob), Ok(elsewhere));
    assert_eq!(ann.heard.len(), 0);
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
