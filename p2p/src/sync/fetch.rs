//! Fetching one range of decided blocks, hedged over peers.

use quorate_core::message::Peer;
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
    /// Who was asked for what comes next, and which of them have nothing of it any more.
    asked: Vec<Peer>,
    denied: Vec<Peer>,
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
            asked: Vec::new(),
            denied: Vec::new(),
            next: now,
        }
    }

    /// What to do now; none once there is nobody left to ask and the wait is over: the engine
    /// brings it up again.
    pub(crate) fn next(&mut self, now: Mono) -> Option<Fetch> {
        if now < self.next {
            return Some(Fetch::Wait);
        }
        let connection = self.left.pop().filter(|_| self.asked.len() < FETCH_TRIES);
        match connection {
            Some(connection) => {
                self.asked.push(connection.peer);
                let wait = if self.is_last() {
                    FETCH_PAUSE
                } else {
                    HEDGE_AFTER
                };
                self.next = now.after(wait);
                Some(Fetch::Ask(connection))
            }
            None => None,
        }
    }

    /// A peer failed: the next one is asked at once.
    pub(crate) fn failed(&mut self, now: Mono) {
        if !self.is_last() {
            self.next = now;
        }
    }

    /// A peer has nothing of what is wanted any more. Tells whether all say so who can be asked:
    /// one of them alone is not to be believed.
    pub(crate) fn denied(&mut self, by: Peer, now: Mono) -> bool {
        if self.asked.contains(&by) && !self.denied.contains(&by) {
            self.denied.push(by);
        }
        self.failed(now);
        self.is_last() && self.denied.len() == self.asked.len()
    }

    /// Whether nobody else will be asked for what comes next.
    const fn is_last(&self) -> bool {
        self.left.is_empty() || self.asked.len() >= FETCH_TRIES
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
            self.asked.clear();
            self.denied.clear();
            self.left.retain(|other| other.peer != by.peer);
            self.left.push(by);
            self.next = now;
        }
        self.from <= self.to
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use quorate_core::crypto::PublicKey;

    use super::*;
    use crate::driver::Door;

    fn connection(number: u8) -> Connection {
        Connection {
            peer: Peer(number.into()),
            door: Door::Table,
            key: PublicKey::from_bytes([number; 32]),
            seat: None,
        }
    }

    fn asked(fetching: &mut Fetching, now: Mono) -> Option<u64> {
        match fetching.next(now) {
            Some(Fetch::Ask(connection)) => Some(connection.peer.0),
            Some(Fetch::Wait) | None => None,
        }
    }

    #[test]
    fn the_best_three_peers_are_asked_one_after_the_other_and_then_there_is_a_wait() {
        let ranked = (1..=5).map(connection).collect();
        let mut now = Mono::default();
        let mut fetching = Fetching::new(Height(1), Height(9), ranked, now);
        for number in 1..=FETCH_TRIES as u64 {
            assert_eq!(asked(&mut fetching, now), Some(number));
            assert_eq!(asked(&mut fetching, now), None, "nobody else at once");
            now = now.after(HEDGE_AFTER);
        }
        fetching.failed(now); // of three that were asked the last one fails, too
        assert!(matches!(fetching.next(now), Some(Fetch::Wait)));
        assert!(fetching.due() >= now && fetching.due() <= now.after(FETCH_PAUSE));
        assert!(
            fetching.next(now.after(FETCH_PAUSE)).is_none(),
            "the engine asks again"
        );
    }

    #[test]
    fn blocks_are_gone_when_everybody_who_can_be_asked_says_so() {
        let now = Mono::default();
        let mut fetching =
            Fetching::new(Height(1), Height(9), (1..=2).map(connection).collect(), now);
        assert_eq!(asked(&mut fetching, now), Some(1));
        assert!(!fetching.denied(Peer(1), now), "another may have them");
        assert!(!fetching.denied(Peer(1), now), "and one counts once");
        assert_eq!(asked(&mut fetching, now), Some(2));
        assert!(!fetching.denied(Peer(9), now), "nobody asked it");
        assert!(fetching.denied(Peer(2), now));
    }

    #[test]
    fn who_answers_well_is_asked_for_the_rest_and_who_fails_makes_room_at_once() {
        let now = Mono::default();
        let ranked = (1..=3).map(connection).collect();
        let mut fetching = Fetching::new(Height(1), Height(9), ranked, now);
        assert_eq!(asked(&mut fetching, now), Some(1));
        fetching.failed(now);
        assert_eq!(asked(&mut fetching, now), Some(2));
        assert!(fetching.advance(Height(5), connection(2), now));
        assert_eq!(fetching.from(), Height(5));
        assert_eq!(
            asked(&mut fetching, now.after(Duration::from_millis(1))),
            Some(2)
        );
        assert!(
            !fetching.advance(Height(10), connection(2), now),
            "that was all"
        );
    }
}
