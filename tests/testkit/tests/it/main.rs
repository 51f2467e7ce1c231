//! Scenarios at simulated tables, and the simulator's own tests.

mod attacks;
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

use quorate_core::genesis::Protocol;
use quorate_testkit::games::Odds;
use quorate_testkit::{Draw, Gamblers, World};

type Table = World<Odds>;

/// How blocks are agreed on: what holds at a table holds under both.
const PROTOCOLS: [Protocol; 2] = [Protocol::Pbft, Protocol::Tendermint];

/// The draw of a table of four without any fault.
fn plain(protocol: Protocol, seed: u64) -> Draw {
    Draw {
        protocol,
        ..Draw::calm(seed)
    }
}

/// The table of a draw, playing the simulator's own game.
fn table(draw: Draw) -> Table {
    World::new(draw, Odds::default(), Arc::new(Gamblers))
}

/// A table of so many seats without any fault.
fn calm(protocol: Protocol, seats: usize) -> Table {
    table(plain(protocol, 7).seats(seats))
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
