//! Fetching one range of decided blocks, hedged over peers.

use quorate_core::{Height, Mono};

use crate::driver::Connection;
use crate::limits::{FETCH_PAUSE, FETCH_TRIES, HEDGE_AFTER};

/// What to do about a range now.
#[derive(Debug)]
pub(crate) enum Fetch {
    /// Ask this connection as well.
    Ask(Connection),
    /// Nothing before [`Fetching::due`].
    Wait,
}

/// The range of decided blocks that this device is after.
#[derive(Debug)]
pub(crate) struct Fetching {
    from: Height,
    to: Height,
    /// Whom to ask, the most promising last.
    left: Vec<Connection>,
    asked: usize,
    next: Mono,
}

impl Fetching {
    /// After decisions `from` to `to`, which the peers of `ranked` have, the most promising first.
    pub(crate) fn new(from: Height, to: Height, mut ranked: Vec<Connection>, now: Mono) -> Self {
        ranked.reverse();
        Self {
            from,
            to,
            left: ranked,
            asked: 0,
            next: now,
        }
    }

    /// What to do now; none once there is nobody left to ask and the wait is over: the engine
    /// brings it up again.
    pub(crate) fn next(&mut self, now: Mono) -> Option<Fetch> {
        if now < self.next {
            return Some(Fetch::Wait);
        }
        let connection = self.left.pop().filter(|_| self.asked < FETCH_TRIES);
        match connection {
            Some(connection) => {
                self.asked += 1;
                let last = self.left.is_empty() || self.asked == FETCH_TRIES;
                self.next = now.after(if last { FETCH_PAUSE } else { HEDGE_AFTER });
                Some(Fetch::Ask(connection))
            }
            None => None,
        }
    }

    /// A peer failed: the next one is asked at once.
    pub(crate) fn failed(&mut self, now: Mono) {
        if self.asked < FETCH_TRIES && !self.left.is_empty() {
            self.next = now;
        }
    }

    /// When [`next`](Self::next) has something to say.
    pub(crate) const fn due(&self) -> Mono {
        self.next
    }

    /// The first height wanted.
    pub(crate) const fn from(&self) -> Height {
        self.from
    }

    /// The last height wanted.
    pub(crate) const fn to(&self) -> Height {
        self.to
    }

    /// Heights below `decided` are here; tells whether some are wanted still. Whoever answered well
    /// is asked for the rest.
    pub(crate) fn advance(&mut self, next: Height, by: Connection, now: Mono) -> bool {
        if next > self.from {
            self.from = next;
            self.asked = 0;
            self.left.retain(|other| other.peer != by.peer);
            self.left.push(by);
            self.next = now;
        }
        self.from <= self.to
    }
}
