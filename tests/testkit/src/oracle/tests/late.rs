//! Nobody is late whose entry everybody held.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::Seats;
use quorate_core::message::{Deadline, Entry};

use super::{Court, acts, breaks, seat};
use crate::oracle::lateness::{Judges, Lateness, safe};
use crate::oracle::{Invariant, Judgement, Sight};

const TURN: Duration = Duration::from_secs(5);

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn judges() -> Judges {
    Judges {
        seats: Seats::first(3),
        devices: vec![0, 1, 2],
    }
}

/// Three honest seats that see turn 1 begin, and an action of seat 0 for it.
struct Turn {
    lateness: Lateness,
    entry: Arc<Entry>,
    court: Court,
}

impl Turn {
    fn begins() -> Self {
        let court = Court::new();
        let entry = court.entry(0, acts(1));
        let mut lateness = Lateness::new(judges(), 4);
        lateness.signed(&entry);
        let sight = Sight {
            turn: Some((1, 1, TURN)),
            owed: None,
        };
        for device in 0..3 {
            lateness.started(device);
            lateness.sees(device, sight, |length| length);
        }
        Self {
            lateness,
            entry,
            court,
        }
    }

    fn arrives(&mut self, device: usize, at: Duration) {
        self.lateness.arrived(device, &self.entry, at);
    }

    /// The table declares seat 0 late at its turn.
    fn closes(&self, entries: Vec<Arc<Entry>>) -> Judgement {
        let mut block = self.court.first("closed");
        let fields = Arc::make_mut(&mut block);
        fields.entries = entries;
        fields.deadlines = vec![Deadline::Turn { turn: 1, clock: 1 }];
        let late = (seat(0).into(), Seats::NONE);
        self.lateness.judge(&block, late, |_| true)
    }
}

#[test]
fn a_seat_whose_entry_all_held_in_time_is_not_late() {
    let mut turn = Turn::begins();
    (0..3).for_each(|device| turn.arrives(device, ms(10)));
    breaks(turn.closes(Vec::new()), Invariant::Late);
    turn.closes(vec![turn.entry.clone()])
        .expect("the block has it, whatever the rules made of it");
}

#[test]
fn one_that_did_not_hold_it_may_have_been_enough() {
    let mut turn = Turn::begins();
    (0..2).for_each(|device| turn.arrives(device, ms(10)));
    turn.closes(Vec::new()).expect("device 2 never got it");
}

#[test]
fn what_arrives_when_a_clock_could_close_is_late() {
    let mut turn = Turn::begins();
    (0..2).for_each(|device| turn.arrives(device, ms(10)));
    let mut just = Turn::begins();
    (0..2).for_each(|device| just.arrives(device, ms(10)));
    turn.arrives(2, safe(TURN));
    just.arrives(2, safe(TURN) - ms(1));
    turn.closes(Vec::new()).expect("that may be too late");
    breaks(just.closes(Vec::new()), Invariant::Late);
}

#[test]
fn who_was_down_or_forgot_it_in_a_crash_did_not_hold_it() {
    let mut turn = Turn::begins();
    (0..3).for_each(|device| turn.arrives(device, ms(10)));
    turn.lateness.crashed(2);
    turn.closes(Vec::new()).expect("device 2 is down");
    turn.lateness.started(2);
    turn.closes(Vec::new()).expect("and starts with nothing");
}

#[test]
fn what_an_earlier_entry_blocks_cannot_have_been_decided() {
    let mut turn = Turn::begins();
    let second = turn.court.signed(0, (2, 1), acts(1));
    turn.lateness.signed(&second);
    for device in 0..3 {
        turn.lateness.arrived(device, &second, ms(10));
    }
    turn.closes(Vec::new()).expect("the first never arrived");
}
