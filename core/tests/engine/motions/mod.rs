//! Questions to the table and the ballots that answer them.

mod ballots;
mod deadlines;
mod pause;
mod refusals;
mod rematch;
mod seats;

use quorate_core::message::{Choice, Content, Entry, Motion, MotionId};

use crate::asking::{entry, open, propose};
use crate::chips::Chips;
use crate::table::{Table, seat};

/// A table of four with chips, on which seat 0 has asked for a pause.
fn asked() -> (Table<Chips>, MotionId) {
    let mut table = table();
    propose(&mut table, 0, Motion::Pause);
    let id = open(&table);
    (table, id)
}

fn table() -> Table<Chips> {
    Table::founded(Chips::default(), 4, |_| {})
}

fn ballot_of(table: &Table<Chips>, author: usize, motion: MotionId) -> Entry {
    let choice = Choice::Yes;
    let content = Content::Ballot { motion, choice };
    entry(table, (author, seat(author)), content)
}
