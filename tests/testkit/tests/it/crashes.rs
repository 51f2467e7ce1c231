//! Crashes and restarts from the journal.

use std::time::Duration;

use crate::{PROTOCOLS, Table, calm, reach, sound};

fn rolling(table: &Table) -> bool {
    let engine = (0..4).find_map(|seat| table.engine(seat));
    engine.is_some_and(|engine| engine.table().rolling().is_some())
}

#[test]
fn a_leader_that_crashes_in_the_middle_of_a_roll_delays_it_by_seconds() {
    for protocol in PROTOCOLS {
        crash_in_the_middle_of_a_roll(calm(protocol, 4));
    }
}

#[track_caller]
fn crash_in_the_middle_of_a_roll(mut table: Table) {
    reach(&mut table, 6);
    let end = table.now() + Duration::from_secs(60);
    assert!(table.run_until(end, rolling), "nobody rolled");
    let leader = table.engine(0).expect("up").consensus().leader().index();
    let (crashed, top) = (table.now(), table.top());
    table.crash(leader);

    let next = crashed + Duration::from_secs(5);
    assert!(
        table.run_until(next, |table| table.top() > top),
        "no next block"
    );
    let result = crashed + Duration::from_secs(10);
    assert!(
        table.run_until(result, |table| !rolling(table)),
        "no result"
    );
    let again = table.now() + Duration::from_secs(60);
    assert!(table.run_until(again, rolling), "no next roll");

    let (restarted, top) = (table.now(), table.top());
    table.start(leader);
    let back = restarted + Duration::from_secs(5);
    assert!(
        table.run_until(back, |table| table.height(leader) >= top),
        "not back"
    );
    reach(&mut table, top + 5);
    let state = |table: &Table, seat| table.engine(seat).expect("up").table().digest();
    let level = |table: &Table| (1..4).all(|seat| state(table, seat) == state(table, 0));
    let end = table.now() + Duration::from_secs(60);
    assert!(table.run_until(end, level), "not of one mind");
}

/// Crashes a seat at the moment its disk holds so many records.
#[test]
fn a_seat_restarts_from_every_boundary_between_two_records() {
    let cases = (1..60).flat_map(|count| PROTOCOLS.map(|protocol| (count, protocol)));
    for (count, protocol) in cases {
        let mut table = calm(protocol, 4);
        let end = Duration::from_secs(120);
        let full = |table: &Table| table.disk(1).records().len() >= count;
        assert!(table.run_until(end, full), "a disk of {count} records");
        table.crash(1);
        table.start(1);
        let top = table.top();
        reach(&mut table, top + 3);
    }
}

#[test]
fn a_table_whose_seats_all_crash_at_once_goes_on_from_its_journals() {
    for mut table in PROTOCOLS.map(|protocol| calm(protocol, 4)) {
        reach(&mut table, 10);
        (0..4).for_each(|seat| table.crash(seat));
        table.run_for(Duration::from_secs(3));
        (0..4).for_each(|seat| table.start(seat));
        sound(&table);
        reach(&mut table, 20);
    }
}
