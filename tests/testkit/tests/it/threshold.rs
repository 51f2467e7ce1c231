//! Both sides of the threshold: what a table bears, and what it does not.

use std::time::Duration;

use quorate_testkit::network::Cut;

use crate::{calm, decided_in, reach, sound};

/// So many seats of a table may fail.
const SPARE: [(usize, usize); 6] = [(2, 0), (3, 0), (4, 1), (5, 1), (7, 2), (10, 3)];

#[test]
fn as_many_silent_seats_as_it_can_bear_do_not_stop_a_table() {
    for (seats, spare) in SPARE {
        let mut table = calm(seats);
        reach(&mut table, 5);
        (0..spare).for_each(|seat| table.crash(seat));
        reach(&mut table, 12);
    }
}

#[test]
fn one_more_stops_it_without_a_fork_and_it_resumes_when_one_returns() {
    for (seats, spare) in SPARE {
        let mut table = calm(seats);
        reach(&mut table, 5);
        (0..=spare).for_each(|seat| table.crash(seat));
        // What was in flight may still be decided.
        decided_in(&mut table, 2);
        assert_eq!(decided_in(&mut table, 60), 0, "{seats} seats");
        table.start(0);
        let top = table.top();
        reach(&mut table, top + 5);
    }
}

#[test]
fn two_of_four_that_sleep_for_half_a_minute_resume_by_themselves() {
    let mut table = calm(4);
    reach(&mut table, 5);
    for seat in [1, 2] {
        table.pause(seat, Duration::from_secs(30));
    }
    decided_in(&mut table, 2);
    assert_eq!(decided_in(&mut table, 27), 0);
    let top = table.top();
    reach(&mut table, top + 10);
}

#[test]
fn neither_half_of_a_split_table_decides_and_both_go_on_together() {
    let mut table = calm(4);
    reach(&mut table, 5);
    table.set_cut(Some(Cut::Halves(0b0011)));
    decided_in(&mut table, 2);
    assert_eq!(decided_in(&mut table, 60), 0);
    table.set_cut(None);
    let top = table.top();
    reach(&mut table, top + 10);
}

#[test]
fn three_that_cannot_hear_the_fourth_go_on_without_it() {
    for cut in [Cut::Isolate(2), Cut::Deaf(2), Cut::Mute(2)] {
        let mut table = calm(4);
        reach(&mut table, 5);
        table.set_cut(Some(cut));
        let top = table.top();
        let end = table.now() + Duration::from_secs(60);
        assert!(
            table.run_until(end, |table| table.top() >= top + 10),
            "{cut:?}"
        );
        sound(&table);
        table.set_cut(None);
        let top = table.top();
        reach(&mut table, top + 5);
    }
}

#[test]
fn a_table_of_one_plays_alone() {
    let mut table = calm(1);
    reach(&mut table, 50);
}
