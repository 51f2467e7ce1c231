//! The connections of one table: what the network calls by key, the engine calls by number.

use std::collections::BTreeMap;
use std::time::Duration;

use quorate_core::crypto::PublicKey;
use quorate_core::message::Peer;
use quorate_core::roster::Roster;
use quorate_core::{Seat, Seats};

/// On which of a table's two channels a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// The table's own: seats alone.
    Table,
    /// The invitation's: whoever has the link.
    Invite,
}

/// A connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    pub(crate) door: Door,
    pub(crate) key: PublicKey,
    pub(crate) seat: Option<Seat>,
}

/// The connections of one table that the engine knows.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    given: u64,
    up: BTreeMap<(Door, PublicKey), Connection>,
    rtt: BTreeMap<PublicKey, Duration>,
    failures: BTreeMap<PublicKey, u32>,
}

impl Peers {
    /// A new connection, in place of one of the same peer at the same door, which is returned.
    pub(crate) fn connect(
        &mut self,
        door: Door,
        key: PublicKey,
        seat: Option<Seat>,
    ) -> (Connection, Option<Connection>) {
        let connection = Connection {
            peer: Peer(self.given),
            door,
            key,
            seat,
        };
        self.given += 1;
        let before = self.up.insert((door, key), connection);
        (connection, before)
    }

    /// Follows a change of the roster: a connection is of the seat that its key has now.
    pub(crate) fn follow(&mut self, roster: &Roster) {
        for connection in self.up.values_mut() {
            connection.seat = roster.seat_of(&connection.key);
        }
    }

    pub(crate) fn disconnect(&mut self, door: Door, key: PublicKey) -> Option<Connection> {
        self.up.remove(&(door, key))
    }

    /// Forgets every connection at `door`.
    pub(crate) fn close(&mut self, door: Door) -> Vec<Connection> {
        let gone = self.at(door).copied().collect();
        self.up.retain(|(at, _), _| *at != door);
        gone
    }

    /// Forgets the connections at the invitation's door of seats that are connected at the table's.
    pub(crate) fn close_doubled(&mut self) -> Vec<Connection> {
        let doubled: Vec<_> = self
            .at(Door::Invite)
            .filter(|at| at.seat.is_some() && self.by_key(Door::Table, at.key).is_some())
            .map(|at| at.key)
            .collect();
        let gone = doubled.into_iter();
        gone.filter_map(|key| self.disconnect(Door::Invite, key))
            .collect()
    }

    /// Whether there is no connection at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    pub(crate) fn by_key(&self, door: Door, key: PublicKey) -> Option<Connection> {
        self.up.get(&(door, key)).copied()
    }

    pub(crate) fn by_peer(&self, peer: Peer) -> Option<Connection> {
        self.up
            .values()
            .find(|connection| connection.peer == peer)
            .copied()
    }

    pub(crate) fn at(&self, door: Door) -> impl Iterator<Item = &Connection> {
        self.up
            .values()
            .filter(move |connection| connection.door == door)
    }

    /// The seats with a direct connection.
    pub(crate) fn seats(&self) -> Seats {
        self.up
            .values()
            .filter_map(|connection| connection.seat)
            .collect()
    }

    pub(crate) fn set_rtt(&mut self, key: PublicKey, rtt: Duration) {
        self.rtt.insert(key, rtt);
    }

    pub(crate) fn rtt(&self, key: &PublicKey) -> Option<Duration> {
        self.rtt.get(key).copied()
    }

    /// Notes whether `key` answered as it should.
    pub(crate) fn answered(&mut self, key: PublicKey, well: bool) {
        let failures = self.failures.entry(key).or_default();
        *failures = if well {
            failures.saturating_sub(1)
        } else {
            failures.saturating_add(1)
        };
    }

    /// These connections, the most promising first: few failures, then a short way.
    pub(crate) fn ranked(&self, peers: &[Peer]) -> Vec<Connection> {
        let mut known: Vec<_> = peers
            .iter()
            .filter_map(|peer| self.by_peer(*peer))
            .collect();
        known.sort_by_key(|connection| {
            let failures = self.failures.get(&connection.key).copied().unwrap_or(0);
            (failures, self.rtt(&connection.key).unwrap_or(Duration::MAX))
        });
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> PublicKey {
        PublicKey::from_bytes([number; 32])
    }

    #[test]
    fn who_failed_least_and_then_who_is_nearest_is_asked_first() {
        let mut peers = Peers::default();
        let all: Vec<_> = (0..4)
            .map(|number| peers.connect(Door::Table, key(number), None).0.peer)
            .collect();
        for (number, ms) in [(0, 90), (1, 20), (2, 50)] {
            peers.set_rtt(key(number), Duration::from_millis(ms));
        }
        let order = |peers: &Peers| {
            let ranked = peers.ranked(&all).into_iter();
            ranked.map(|next| next.peer.0).collect::<Vec<_>>()
        };
        assert_eq!(order(&peers), [1, 2, 0, 3], "the unmeasured one is last");
        peers.answered(key(1), false);
        assert_eq!(order(&peers), [2, 0, 3, 1]);
        peers.answered(key(1), true);
        assert_eq!(
            order(&peers),
            [1, 2, 0, 3],
            "one good answer makes up for it"
        );
    }
}
