//! Seats that let their turns pass, and what becomes of them.

use quorate_core::Seats;
use quorate_core::engine::{Event, Input};
use quorate_core::game::{Cause, SeatChange, Why};
use quorate_core::genesis::{StallPolicy, Stalls};
use quorate_core::message::{Choice, Motion};

use super::asking::{ballot, open, propose};
use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};

/// Two people; the turn is always the shooter's, and each clock throws the dice for who dawdles.
fn table(policy: StallPolicy) -> Table<Chips> {
    let game = Chips {
        rounds: 50,
        ..Chips::default()
    };
    let stall = Stalls {
        policy,
        ..Stalls::default()
    };
    Table::founded(game, 2, |genesis| genesis.stall = stall)
}

fn away(table: &Table<Chips>) -> Seats {
    table.engines[0].table().presence().away()
}

fn changes(table: &Table<Chips>) -> Vec<SeatChange> {
    let decided = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.happened),
        _ => None,
    });
    let causes = decided
        .flatten()
        .filter_map(|happened| match happened.cause {
            Cause::Seat(_, change) => Some(change),
            _ => None,
        });
    causes.collect()
}

/// Lets seat 0 miss its turns while seat 1 plays, until `misses`.
fn miss(table: &mut Table<Chips>, misses: usize) {
    for _ in 0..misses {
        table.pass(22 * SECOND); // seat 0 holds the dice and dawdles
        if !away(table).is_empty() {
            return;
        }
        table.act(1, Action::Roll);
        table.pass(SECOND);
    }
}

#[test]
fn the_third_missed_turn_in_a_row_makes_a_seat_away() {
    let mut table = table(StallPolicy::DefaultMove);
    miss(&mut table, 2);
    assert_eq!(away(&table), Seats::NONE);
    miss(&mut table, 1);
    assert_eq!(away(&table), seat(0).into());
    assert_eq!(changes(&table), [SeatChange::Away]);
    table.agreed();
}

#[test]
fn a_move_between_breaks_the_row() {
    let mut table = table(StallPolicy::DefaultMove);
    miss(&mut table, 2);
    table.act(0, Action::Bet(Side::Over, 1));
    miss(&mut table, 2);
    assert_eq!(away(&table), Seats::NONE);
}

#[test]
fn a_seat_is_back_with_its_next_move() {
    let mut table = table(StallPolicy::DefaultMove);
    miss(&mut table, 3);
    table.act(0, Action::Bet(Side::Over, 1));
    assert_eq!(away(&table), Seats::NONE);
    assert_eq!(changes(&table), [SeatChange::Away, SeatChange::Back]);
}

#[test]
fn a_device_that_nobody_looks_at_does_not_say_that_its_player_is_here() {
    let mut table = table(StallPolicy::DefaultMove);
    miss(&mut table, 3);
    table.pass(SECOND);
    assert_eq!(away(&table), seat(0).into(), "it was there all along");
    table.handle(0, Input::Attend);
    table.settle();
    assert_eq!(away(&table), Seats::NONE);
    assert_eq!(changes(&table), [SeatChange::Away, SeatChange::Back]);
}

#[test]
fn a_device_that_returns_says_that_its_player_is_here() {
    let mut table = Table::founded(
        Chips {
            rounds: 50,
            ..Chips::default()
        },
        4,
        |_| {},
    );
    table.down = vec![0];
    for _ in 0..12 {
        table.pass(25 * SECOND);
    }
    assert!(table.engines[1].table().presence().away().contains(seat(0)));
    table.restart(0);
    table.fetch(0, 1);
    table.pass(5 * SECOND);
    assert!(!table.engines[1].table().presence().away().contains(seat(0)));
}

#[test]
fn a_table_that_waits_has_no_clock_for_who_is_away() {
    let mut table = table(StallPolicy::Pause);
    miss(&mut table, 3);
    assert_eq!(away(&table), seat(0).into());
    table.act(1, Action::Roll);
    table.pass(SECOND);
    let height = table.height();
    table.pass(300 * SECOND);
    assert_eq!(table.height(), height, "its turn has no end");
    table.act(0, Action::Roll);
    assert!(table.height() > height);
}

#[test]
fn where_absence_forfeits_the_seat_is_out_of_the_game() {
    let game = Chips {
        rounds: 50,
        ..Chips::default()
    };
    let stall = Stalls {
        policy: StallPolicy::Forfeit,
        ..Stalls::default()
    };
    let mut table = Table::founded(game, 3, |genesis| genesis.stall = stall);
    for _ in 0..3 {
        table.pass(22 * SECOND);
        for by in [1, 2] {
            table.act(by, Action::Roll);
            table.pass(SECOND);
        }
    }
    let state = table.engines[1].table();
    assert!(!state.play().unwrap().players().contains(seat(0)));
    assert_eq!(state.roster().len(), 3, "it decides still");
    assert_eq!(
        changes(&table),
        [SeatChange::Away, SeatChange::Gone(Why::Removed)]
    );
}

#[test]
fn the_table_may_change_how_it_treats_who_is_away() {
    let mut table = table(StallPolicy::DefaultMove);
    let motion = Motion::Stall(StallPolicy::Pause);
    propose(&mut table, 0, motion);
    let id = open(&table);
    ballot(&mut table, 1, id, Choice::Yes);
    assert_eq!(
        table.engines[0].table().presence().policy(),
        StallPolicy::Pause
    );
}
