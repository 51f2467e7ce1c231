//! What will happen, in the order of true time; what is due at the same time happens in the order
//! in which it was put in.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

/// A queue of future events.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    heap: BinaryHeap<Due<E>>,
    put: u64,
}

#[derive(Debug)]
struct Due<E> {
    at: Duration,
    order: u64,
    event: E,
}

impl<E> Queue<E> {
    pub(crate) const fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            put: 0,
        }
    }

    pub(crate) fn put(&mut self, at: Duration, event: E) {
        self.put += 1;
        let order = self.put;
        self.heap.push(Due { at, order, event });
    }

    /// When the next event is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|due| due.at)
    }

    pub(crate) fn pop(&mut self) -> Option<E> {
        self.heap.pop().map(|due| due.event)
    }

    /// Drops what `keep` does not want.
    pub(crate) fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        self.heap.retain(|due| keep(&due.event));
    }
}

impl<E> Due<E> {
    const fn key(&self) -> (Duration, u64) {
        (self.at, self.order)
    }
}

impl<E> PartialEq for Due<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Due<E> {}

impl<E> PartialOrd for Due<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Due<E> {
    /// Reversed: the heap gives its greatest, and the earliest is wanted.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}
