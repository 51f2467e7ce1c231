//! Both sides of the threshold: what a table bears, and what it does not.

use std::time::Duration;

use quorate_testkit::network::Cut;

use crate::{PROTOCOLS, Table, calm, decided_in, reach, sound};

/// So many seats of a table may fail.
const SPARE: [(usize, usize); 6] = [(2, 0), (3, 0), (4, 1), (5, 1), (7, 2), (10, 3)];

/// Tables of each of these sizes under both protocols, and how many seats of them may fail.
fn tables() -> impl Iterator<Item = (Table, usize)> {
    let of = |protocol| SPARE.map(|(seats, spare)| (calm(protocol, seats), spare));
    PROTOCOLS.into_iter().flat_map(of)
}

/// A table of four under each protocol.
fn fours() -> [Table; 2] {
    PROTOCOLS.map(|protocol| calm(protocol, 4))
}

#[test]
fn as_many_silent_seats_as_it_can_bear_do_not_stop_a_table() {
    for (mut table, spare) in tables() {
        reach(&mut table, 5);
        (0..spare).for_each(|seat| table.crash(seat));
        reach(&mut table, 12);
    }
}

#[test]
fn one_more_stops_it_without_a_fork_and_it_resumes_when_one_returns() {
    for (mut table, spare) in tables() {
        reach(&mut table, 5);
        (0..=spare).for_each(|seat| table.crash(seat));
        // What was in flight may still be decided.
        decided_in(&mut table, 2);
        assert_eq!(decided_in(&mut table, 60), 0, "{:?}", table.draw());
        table.start(0);
        let top = table.top();
        reach(&mut table, top + 5);
    }
}

#[test]
fn two_of_four_that_sleep_for_half_a_minute_resume_by_themselves() {
    for mut table in fours() {
        reach(&mut table, 5);
        for seat in [1, 2] {
            table.pause(seat, Duration::from_secs(30));
        }
        decided_in(&mut table, 2);
        assert_eq!(decided_in(&mut table, 27), 0);
        let top = table.top();
        reach(&mut table, top + 10);
    }
}

#[test]
fn neither_half_of_a_split_table_decides_and_both_go_on_together() {
    for mut table in fours() {
        reach(&mut table, 5);
        table.set_cut(Some(Cut::Halves(0b0011)));
        decided_in(&mut table, 2);
        assert_eq!(decided_in(&mut table, 60), 0);
        table.set_cut(None);
        let top = table.top();
        reach(&mut table, top + 10);
    }
}

#[test]
fn three_that_cannot_hear_the_fourth_go_on_without_it() {
    for protocol in PROTOCOLS {
        for cut in [Cut::Isolate(2), Cut::Deaf(2), Cut::Mute(2)] {
            go_on_through(calm(protocol, 4), cut);
        }
    }
}

#[track_caller]
fn go_on_through(mut table: Table, cut: Cut) {
    reach(&mut table, 5);
    table.set_cut(Some(cut));
    let top = table.top();
    let end = table.now() + Duration::from_secs(60);
    let on = table.run_until(end, |table| table.top() >= top + 10);
    assert!(on, "{cut:?} under {:?}", table.draw().protocol);
    sound(&table);
    table.set_cut(None);
    let top = table.top();
    reach(&mut table, top + 5);
}

#[test]
fn a_table_of_one_plays_alone() {
    for protocol in PROTOCOLS {
        reach(&mut calm(protocol, 1), 50);
    }
}
