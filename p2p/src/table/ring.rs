//! A ring of events that any number of readers follow, each at its own pace.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::limits::TABLE_EVENTS;
use crate::lock;

/// The last [`TABLE_EVENTS`] events, numbered from 0.
#[derive(Debug)]
pub(crate) struct Ring<E> {
    state: Mutex<State<E>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<E> {
    events: VecDeque<E>,
    /// The number of the oldest event kept.
    first: u64,
    closed: bool,
    wakers: Vec<Waker>,
}

/// What a reader finds at its number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<E> {
    Event(E),
    /// So many events are gone; the reader goes on after them.
    Missed(u64),
    Nothing,
    Closed,
}

impl<E> Default for Ring<E> {
    fn default() -> Self {
        let events = VecDeque::new();
        let state = State {
            events,
            first: 0,
            closed: false,
            wakers: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }
}

impl<E: Clone> Ring<E> {
    pub(crate) fn push(&self, event: E) {
        let mut state = lock(&self.state);
        if state.events.len() == TABLE_EVENTS {
            state.events.pop_front();
            state.first += 1;
        }
        state.events.push_back(event);
        self.wake(&mut state);
    }

    /// No event comes after those that are there.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        self.wake(&mut state);
    }

    /// Whether nothing more comes.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// The number the next event will have.
    pub(crate) fn next_number(&self) -> u64 {
        let state = lock(&self.state);
        state.first + state.events.len() as u64
    }

    fn wake(&self, state: &mut State<E>) {
        self.changed.notify_all();
        state.wakers.drain(..).for_each(Waker::wake);
    }
}

impl<E: Clone> State<E> {
    /// What is at `number`, which moves on past it.
    fn find(&self, number: &mut u64) -> Found<E> {
        if *number < self.first {
            let missed = self.first - *number;
            *number = self.first;
            return Found::Missed(missed);
        }
        let index = usize::try_from(*number - self.first).unwrap_or(usize::MAX);
        match self.events.get(index) {
            Some(event) => {
                *number += 1;
                Found::Event(event.clone())
            }
            None if self.closed => Found::Closed,
            None => Found::Nothing,
        }
    }
}

/// One reader's place in a ring.
#[derive(Debug)]
pub(crate) struct Reader<E> {
    ring: Arc<Ring<E>>,
    pub(crate) number: u64,
}

impl<E> Clone for Reader<E> {
    fn clone(&self) -> Self {
        Self {
            ring: Arc::clone(&self.ring),
            number: self.number,
        }
    }
}

impl<E: Clone> Reader<E> {
    pub(crate) const fn new(ring: Arc<Ring<E>>, number: u64) -> Self {
        Self { ring, number }
    }

    pub(crate) fn try_next(&mut self) -> Found<E> {
        lock(&self.ring.state).find(&mut self.number)
    }

    pub(crate) fn wait(&mut self, timeout: Duration) -> Found<E> {
        let until = Instant::now().checked_add(timeout);
        let mut state = lock(&self.ring.state);
        loop {
            let left = until.map_or(timeout, |until| {
                until.saturating_duration_since(Instant::now())
            });
            match state.find(&mut self.number) {
                Found::Nothing if !left.is_zero() => {}
                found => return found,
            }
            let waited = self.ring.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Found<E>> {
        let mut state = lock(&self.ring.state);
        match state.find(&mut self.number) {
            Found::Nothing => {
                if !state
                    .wakers
                    .iter()
                    .any(|waker| waker.will_wake(context.waker()))
                {
                    state.wakers.push(context.waker().clone());
                }
                Poll::Pending
            }
            found => Poll::Ready(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_learns_how_much_it_missed_and_goes_on() {
        let ring = Arc::new(Ring::default());
        let mut reader = Reader::new(Arc::clone(&ring), 0);
        for event in 0..TABLE_EVENTS + 3 {
            ring.push(event);
        }
        assert_eq!(reader.try_next(), Found::Missed(3));
        assert_eq!(reader.try_next(), Found::Event(3));
    }

    #[test]
    fn a_reader_gets_what_is_left_before_the_end() {
        let ring = Arc::new(Ring::default());
        let mut reader = Reader::new(Arc::clone(&ring), 0);
        assert_eq!(reader.wait(Duration::ZERO), Found::Nothing);
        ring.push('a');
        ring.close();
        assert_eq!(reader.wait(Duration::MAX), Found::Event('a'));
        assert_eq!(reader.wait(Duration::MAX), Found::Closed);
    }
}
