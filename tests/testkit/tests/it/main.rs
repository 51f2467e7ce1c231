//! Scenarios at simulated tables, and the simulator's own tests.

mod attacks;
mod audit4;
mod crashes;
mod determinism;
mod kit;
mod latency;
mod mutants;
mod quiet;
mod regressions;
mod scenarios;
mod signatures;
mod storm;
mod threshold;

use std::sync::Arc;
use std::time::Duration;

use quorate_testkit::games::Odds;
use quorate_testkit::{Draw, Gamblers, World};

type Table = World<Odds>;

/// A table of so many seats without any fault.
fn calm(seats: usize) -> Table {
    World::new(
        Draw::calm(7).seats(seats),
        Odds::default(),
        Arc::new(Gamblers),
    )
}

/// Plays on until `top` is decided everywhere that is up.
#[track_caller]
fn reach(table: &mut Table, top: u64) {
    let seats = table.draw().seats;
    let there = |table: &Table| {
        let level = |seat| table.engine(seat).is_none() || table.height(seat) >= top;
        table.top() >= top && (0..seats).all(level)
    };
    let end = table.now() + Duration::from_secs(120);
    let reached = table.run_until(end, there);
    sound(table);
    assert!(
        reached,
        "height {top} was not reached: {:?}",
        heights(table)
    );
}

/// Lets time pass and returns how many heights were decided meanwhile.
#[track_caller]
fn decided_in(table: &mut Table, seconds: u64) -> u64 {
    let before = table.top();
    table.run_for(Duration::from_secs(seconds));
    sound(table);
    table.top() - before
}

#[track_caller]
fn sound(table: &Table) {
    if let Some(violation) = table.violation() {
        panic!("{violation}\n{}", table.trace().lines().join("\n"));
    }
}

fn heights(table: &Table) -> Vec<u64> {
    (0..table.draw().seats)
        .map(|seat| table.height(seat))
        .collect()
}
