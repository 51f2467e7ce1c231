//! What players ask of a table, and what comes of it.

use quorate_core::engine::{Event, Operation};
use quorate_core::game::Settled;
use quorate_core::message::{Choice, Content, Entry, EntryBody, Motion, MotionId, Stream};
use quorate_core::motion::{ClosedMotion, Resolution};
use quorate_core::table::MotionNews;
use quorate_core::{Height, Seat};

use crate::chips::Chips;
use crate::table::Table;

pub(crate) fn propose(table: &mut Table<Chips>, by: usize, motion: Motion) {
    table.operate(by, Operation::Propose(motion));
}

pub(crate) fn ballot(table: &mut Table<Chips>, by: usize, id: MotionId, choice: Choice) {
    table.operate(by, Operation::Ballot(id, choice));
}

/// The oldest question that is open.
pub(crate) fn open(table: &Table<Chips>) -> MotionId {
    table.engines[0].table().motions().all()[0].id
}

/// What the last request of a seat came to.
pub(crate) fn told(table: &Table<Chips>, seat: usize) -> Settled {
    let settled = table.events[seat]
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Settled { settled, .. } => Some(settled.clone()),
            _ => None,
        });
    settled.unwrap()
}

/// The questions that were closed, and how.
pub(crate) fn closed(table: &Table<Chips>) -> Vec<(MotionId, Resolution)> {
    let news = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.news),
        _ => None,
    });
    let closed = news.flatten().filter_map(|news| match news {
        MotionNews::Closed(ClosedMotion { motion, resolution }) => Some((motion.id, *resolution)),
        _ => None,
    });
    closed.collect()
}

/// An entry of an operation that `author` signs as `seat`, fit for the next block.
pub(crate) fn entry(
    table: &Table<Chips>,
    (author, seat): (usize, Seat),
    content: Content,
) -> Entry {
    let state = table.engines[0].table();
    let follows = state.nonce(seat, Stream::Operations);
    let body = EntryBody {
        table: state.table(),
        seat,
        nonce: follows + 1,
        follows,
        valid_until: Height(state.height().0 + 8),
        content,
    };
    Entry::sign(body, &table.keys[author])
}
