//! When whom to dial: for ever, more and more slowly, and not both at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use quorate_core::crypto::PublicKey;

use crate::limits::{DIAL_AGAIN, DIAL_COURTESY, REDIAL_FIRST, REDIAL_LAST};

/// The share of a wait by which it is varied, so that peers do not dial in step.
const JITTER: f64 = 0.2;

/// Waits that double.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    wait: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: REDIAL_FIRST }
    }
}

impl Backoff {
    /// The next wait.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (2 * wait).min(REDIAL_LAST);
        wait.mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0))
    }
}

#[derive(Debug)]
enum State {
    Connected,
    Dialling,
    Waiting { due: Instant },
}

#[derive(Debug)]
struct Dial {
    state: State,
    backoff: Backoff,
    /// When it was dialled last.
    last: Option<Instant>,
}

/// Keeps every wanted peer connected.
#[derive(Debug)]
pub(super) struct Dialer {
    local: PublicKey,
    dials: BTreeMap<PublicKey, Dial>,
}

impl Dialer {
    pub(super) const fn new(local: PublicKey) -> Self {
        Self {
            local,
            dials: BTreeMap::new(),
        }
    }

    /// Says who is wanted from now on.
    pub(super) fn want(
        &mut self,
        wanted: &BTreeSet<PublicKey>,
        connected: impl Fn(&PublicKey) -> bool,
        now: Instant,
    ) {
        self.dials.retain(|peer, _| wanted.contains(peer));
        for peer in wanted.iter().filter(|peer| **peer != self.local) {
            if !self.dials.contains_key(peer) {
                let state = if connected(peer) {
                    State::Connected
                } else {
                    self.fresh(peer, now)
                };
                self.dials.insert(
                    *peer,
                    Dial {
                        state,
                        backoff: Backoff::default(),
                        last: None,
                    },
                );
            }
        }
    }

    /// The wanted peers to dial now; each is being dialled until told otherwise.
    pub(super) fn due(&mut self, now: Instant) -> Vec<PublicKey> {
        let mut peers = Vec::new();
        for (peer, dial) in &mut self.dials {
            if matches!(dial.state, State::Waiting { due } if due <= now) {
                (dial.state, dial.last) = (State::Dialling, Some(now));
                peers.push(*peer);
            }
        }
        peers
    }

    /// When the next peer is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let waiting = self.dials.values().filter_map(|dial| match dial.state {
            State::Waiting { due } => Some(due),
            _ => None,
        });
        waiting.min()
    }

    pub(super) fn connected(&mut self, peer: &PublicKey) {
        if let Some(dial) = self.dials.get_mut(peer) {
            (dial.state, dial.backoff) = (State::Connected, Backoff::default());
        }
    }

    /// The last connection to `peer` is gone.
    pub(super) fn lost(&mut self, peer: &PublicKey, now: Instant) {
        let state = self.fresh(peer, now);
        if let Some(dial) = self.dials.get_mut(peer) {
            dial.state = state;
        }
    }

    /// A dial failed, or could not even be tried.
    pub(super) fn failed(&mut self, peer: &PublicKey, now: Instant) {
        if let Some(dial) = self.dials.get_mut(peer)
            && !matches!(dial.state, State::Connected)
        {
            dial.state = State::Waiting {
                due: now + dial.backoff.next(),
            };
        }
    }

    /// A new address of `peer` is known: no reason to wait any longer, unless it was dialled just
    /// now. Whoever makes up addresses shall not have us dial them all.
    pub(super) fn learnt(&mut self, peer: &PublicKey, now: Instant) {
        let courtesy = self.courtesy(peer);
        if let Some(Dial {
            state: State::Waiting { due },
            last,
            ..
        }) = self.dials.get_mut(peer)
        {
            let soon = now + courtesy;
            let soon = last.map_or(soon, |last| soon.max(last + DIAL_AGAIN));
            *due = (*due).min(soon);
        }
    }

    /// Dials everybody that is not connected at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        for dial in self.dials.values_mut() {
            if let State::Waiting { due } = &mut dial.state {
                *due = now;
                dial.backoff = Backoff::default();
            }
        }
    }

    fn fresh(&self, peer: &PublicKey, now: Instant) -> State {
        State::Waiting {
            due: now + self.courtesy(peer),
        }
    }

    /// The lower key dials first; the other gives it a moment.
    fn courtesy(&self, peer: &PublicKey) -> Duration {
        if self.local < *peer {
            Duration::ZERO
        } else {
            DIAL_COURTESY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_seconds_and_never_end() {
        let mut backoff = Backoff::default();
        let mut expected = REDIAL_FIRST;
        for _ in 0..100 {
            let wait = backoff.next();
            assert!(wait >= expected.mul_f64(0.79) && wait <= expected.mul_f64(1.21));
            expected = (2 * expected).min(REDIAL_LAST);
        }
        assert_eq!(expected, REDIAL_LAST);
    }

    #[test]
    fn the_lower_key_dials_first_and_a_lost_peer_is_dialled_again() {
        let [low, high] = [1, 2].map(|byte| PublicKey::from_bytes([byte; 32]));
        let now = Instant::now();
        let mut first = Dialer::new(low);
        first.want(&BTreeSet::from([low, high]), |_| false, now);
        assert_eq!(first.due(now), [high]);
        let mut second = Dialer::new(high);
        second.want(&BTreeSet::from([low, high]), |_| false, now);
        assert_eq!(second.due(now), []);
        assert_eq!(second.next_due(), Some(now + DIAL_COURTESY));
        second.connected(&low);
        assert_eq!(second.next_due(), None);
        second.lost(&low, now);
        assert_eq!(second.due(now + DIAL_COURTESY), [low]);
        assert_eq!(second.due(now + DIAL_COURTESY), [], "it is being dialled");
        second.failed(&low, now);
        assert!(second.next_due().is_some());
    }

    #[test]
    fn made_up_addresses_are_not_all_dialled() {
        let [low, high] = [1, 2].map(|byte| PublicKey::from_bytes([byte; 32]));
        let now = Instant::now();
        let mut dialer = Dialer::new(low);
        dialer.want(&BTreeSet::from([high]), |_| false, now);
        assert_eq!(dialer.due(now), [high]);
        let mut dials = 0;
        for millisecond in 0..900 {
            let now = now + Duration::from_millis(millisecond);
            dialer.failed(&high, now);
            dialer.learnt(&high, now);
            dials += dialer.due(now).len();
        }
        // As often as the back-off alone allows.
        assert!(dials <= 4, "{dials} dials");
        let mut waits = Dialer::new(low);
        waits.want(&BTreeSet::from([high]), |_| false, now);
        assert_eq!(waits.due(now), [high]);
        for _ in 0..20 {
            waits.failed(&high, now); // the back-off is at its longest
        }
        waits.learnt(&high, now + DIAL_AGAIN);
        assert_eq!(waits.due(now + DIAL_AGAIN), [high], "a new address hurries");
    }
}
