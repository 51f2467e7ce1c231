//! Who is connected, what they showed last, and who has been heard from lately.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::crypto::PublicKey;
use crate::limits::{HEARTBEATS_MISSED, PEERS_MAX};
use crate::message::{Peer, Status, Tip};
use crate::roster::Roster;
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::{Height, Mono, Wall};

/// How often a seat shows its status when nothing changes and something is awaited.
const HEARTBEAT_LIVE: Duration = Duration::from_secs(1);

/// How often when nothing is awaited: nobody's clock runs and there is nothing to decide.
const HEARTBEAT_IDLE: Duration = Duration::from_secs(60);

/// How often at most it shows changes.
pub(super) const STATUS_EVERY: Duration = Duration::from_millis(250);

/// How often at most one peer is sent what it lacks.
const REPAIR_EVERY: Duration = Duration::from_millis(200);

/// The connections of this device.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: BTreeMap<Peer, Known>,
    /// When each seat was heard directly.
    heard: PerSeat<Heard>,
    /// When each seat was said to be heard, by whom.
    relayed: PerSeat<PerSeat<Mono>>,
    /// The median of the seats' wall clocks, and of ours, less ours, in milliseconds.
    offset_ms: i64,
    /// Since when something is awaited; none at an idle table.
    live: Option<Mono>,
}

#[derive(Debug, Default)]
struct Known {
    key: Option<PublicKey>,
    /// The seat of the key in the roster in force.
    seat: Option<Seat>,
    /// When the connection was made.
    since: Mono,
    /// The height it showed last.
    height: Option<Height>,
    /// What it showed last of what is decided.
    tip: Option<Tip>,
    repaired: Option<Mono>,
    given_body: Option<Mono>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    at: Mono,
    /// Its wall clock less ours, in milliseconds; what travelling took is part of it.
    offset_ms: i64,
}

impl Peers {
    /// Notes a connection; tells whether there was room for it.
    pub(super) fn connected(
        &mut self,
        peer: Peer,
        key: Option<PublicKey>,
        roster: &Roster,
        now: Mono,
    ) -> bool {
        if self.peers.len() >= PEERS_MAX && !self.peers.contains_key(&peer) {
            return false;
        }
        let seat = key.and_then(|key| roster.seat_of(&key));
        let known = Known {
            key,
            seat,
            since: now,
            ..Known::default()
        };
        self.peers.insert(peer, known);
        true
    }

    /// Follows a change of the roster: connections are of the seats that their keys have now, and
    /// who was heard at a seat with another holder was not heard.
    pub(super) fn follow(&mut self, before: &Roster, now: &Roster) {
        for known in self.peers.values_mut() {
            known.seat = known.key.and_then(|key| now.seat_of(&key));
        }
        let same = |seat: Seat| {
            let key = |roster: &Roster| roster.holder(seat).map(|holder| holder.key);
            key(before).is_some() && key(before) == key(now)
        };
        for (seat, _) in before.iter().filter(|(seat, _)| !same(*seat)) {
            self.heard.remove(seat);
            self.relayed.remove(seat);
            for (_, relays) in self.relayed.iter_mut() {
                relays.remove(seat);
            }
        }
    }

    /// How many connections there are.
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    /// The key of a connection.
    pub(super) fn key(&self, peer: Peer) -> Option<PublicKey> {
        self.peers.get(&peer)?.key
    }

    /// Notes that a connection is gone; its seat is no longer heard directly.
    pub(super) fn disconnected(&mut self, peer: Peer) {
        let Some(seat) = self.peers.remove(&peer).and_then(|known| known.seat) else {
            return;
        };
        if !self.peers.values().any(|known| known.seat == Some(seat)) {
            self.heard.remove(seat);
            self.mind_offset();
        }
    }

    /// The seat of a connection.
    pub(super) fn seat(&self, peer: Peer) -> Option<Seat> {
        self.peers.get(&peer)?.seat
    }

    /// Notes a status: its sender is there, says whom it hears and how far it has come.
    pub(super) fn status(&mut self, peer: Peer, status: &Status, now: Mono, wall: Wall) {
        let Some(known) = self.peers.get_mut(&peer) else {
            return;
        };
        known.height = Some(status.height);
        known.tip = status.height.previous().map(|height| Tip {
            height,
            state: status.tip_state,
            level: status.level,
        });
        let Some(seat) = known.seat else { return };
        let theirs = i64::try_from(status.clock.0).unwrap_or(i64::MAX);
        let offset_ms = theirs.saturating_sub(i64::try_from(wall.0).unwrap_or(i64::MAX));
        self.heard.insert(seat, Heard { at: now, offset_ms });
        self.mind_offset();
        for other in status.heard.iter().filter(|other| *other != seat) {
            match self.relayed.get_mut(other) {
                Some(relays) => drop(relays.insert(seat, now)),
                None => drop(
                    self.relayed
                        .insert(other, PerSeat::new(seat.into(), |_| now)),
                ),
            }
        }
    }

    fn mind_offset(&mut self) {
        let theirs = self.heard.iter().map(|(_, heard)| heard.offset_ms);
        let mut offsets: Vec<_> = theirs.chain([0]).collect();
        offsets.sort_unstable();
        self.offset_ms = offsets[offsets.len() / 2];
    }

    /// Notes whether something is awaited at the table, which sets the pace of heartbeats.
    pub(super) fn set_live(&mut self, live: bool, now: Mono) {
        self.live = live.then(|| self.live.unwrap_or(now));
    }

    /// How often a seat shows its status when nothing changes.
    pub(super) const fn heartbeat(&self) -> Duration {
        if self.live.is_some() {
            HEARTBEAT_LIVE
        } else {
            HEARTBEAT_IDLE
        }
    }

    /// How long a seat counts as present after it was heard. When a table comes to life, its seats
    /// have a moment to be heard at the new pace.
    fn patience(&self, now: Mono) -> Duration {
        let live = HEARTBEAT_LIVE * HEARTBEATS_MISSED;
        let settled = self.live.is_some_and(|since| now >= since.after(live));
        if settled {
            live
        } else {
            HEARTBEAT_IDLE * HEARTBEATS_MISSED
        }
    }

    /// Seats heard directly, lately; only these are told to others, or two seats would keep a
    /// third one alive for ever.
    pub(super) fn heard(&self, now: Mono) -> Seats {
        let patience = self.patience(now);
        self.heard.which(|heard| now <= heard.at.after(patience))
    }

    /// Seats heard from lately, directly or through so many seats that one of them is honest.
    pub(super) fn present(&self, now: Mono, faults: usize) -> Seats {
        let (directly, patience) = (self.heard(now), self.patience(now));
        let counts = |(by, at): &(Seat, &Mono)| directly.contains(*by) && now <= at.after(patience);
        let enough = |relays: &PerSeat<Mono>| relays.iter().filter(counts).count() > faults;
        directly | self.relayed.which(enough)
    }

    /// When the next seat counts as absent, unless it is heard again.
    pub(super) fn next_absence(&self, now: Mono) -> Option<Mono> {
        let patience = self.patience(now);
        let heard = self.heard.iter().map(|(_, heard)| heard.at);
        let relayed = self.relayed.iter().flat_map(|(_, relays)| relays.iter());
        let ends = heard
            .chain(relayed.map(|(_, at)| *at))
            .map(|at| at.after(patience));
        ends.filter(|end| *end >= now)
            .map(|end| Mono(end.0 + 1))
            .min()
    }

    /// The wall clock of the table: ours, corrected by the median of what the seats show.
    pub(super) const fn corrected(&self, wall: Wall) -> Wall {
        Wall(wall.0.saturating_add_signed(self.offset_ms))
    }

    /// What each connected seat showed last of what is decided.
    pub(super) fn tips(&self) -> PerSeat<Tip> {
        self.peers
            .values()
            .filter_map(|known| Some((known.seat?, known.tip?)))
            .collect()
    }

    /// Connected seats that showed at least `height` as the one they decide.
    pub(super) fn level(&self, height: Height) -> Seats {
        let there = self.peers.values();
        let there = there.filter(|known| known.height >= Some(height));
        there.filter_map(|known| known.seat).collect()
    }

    /// The connections of `seats`.
    pub(super) fn of(&self, seats: Seats) -> Vec<Peer> {
        let theirs = |known: &Known| known.seat.is_some_and(|seat| seats.contains(seat));
        self.peers
            .iter()
            .filter(|(_, known)| theirs(known))
            .map(|(peer, _)| *peer)
            .collect()
    }

    /// How many connections without a seat have not shown `height` as the one they wait for.
    pub(super) fn followers_behind(&self, height: Height) -> usize {
        let behind = |known: &&Known| known.seat.is_none() && known.height < Some(height);
        self.peers.values().filter(behind).count()
    }

    /// Connections that hold no seat.
    pub(super) fn watchers(&self) -> Vec<Peer> {
        self.peers
            .iter()
            .filter(|(_, known)| known.seat.is_none())
            .map(|(peer, _)| *peer)
            .collect()
    }

    /// Connections that the word of a seat to all other seats does not reach: those that hold none,
    /// and, where `me` is none, all.
    pub(super) fn beside_seats(&self, me: Option<Seat>) -> Vec<Peer> {
        match me {
            Some(_) => self.watchers(),
            None => self.peers.keys().copied().collect(),
        }
    }

    /// Whether the connection is older than `at`, so that what was sent then went over it.
    pub(super) fn is_older(&self, peer: Peer, at: Mono) -> bool {
        self.peers.get(&peer).is_some_and(|known| known.since <= at)
    }

    /// Whether `peer` may be sent what it lacks now; notes that it is.
    pub(super) fn may_repair(&mut self, peer: Peer, now: Mono) -> bool {
        let Some(known) = self.peers.get_mut(&peer) else {
            return false;
        };
        let lately = known
            .repaired
            .is_some_and(|at| now < at.after(REPAIR_EVERY));
        if !lately {
            known.repaired = Some(now);
        }
        !lately
    }

    /// Whether `peer` may be given a body now; notes that it is.
    pub(super) fn may_give_body(&mut self, peer: Peer, now: Mono) -> bool {
        let Some(known) = self.peers.get_mut(&peer) else {
            return false;
        };
        let lately = known
            .given_body
            .is_some_and(|at| now < at.after(REPAIR_EVERY));
        if !lately {
            known.given_body = Some(now);
        }
        !lately
    }

    /// The height that at least one honest seat shows, if it is above `height`, and the connections
    /// that show as much. Where fewer than `faults + 1` seats are connected, one is believed, and
    /// where none is, whoever is there: all that is believed is what to ask for, for what comes is
    /// checked.
    pub(super) fn ahead_of(&self, height: Height, faults: usize) -> Option<(Height, Vec<Peer>)> {
        let seated = |known: &Known| known.seat.is_some() && known.height.is_some();
        let alone = !self.peers.values().any(seated);
        let at = |known: &Known| known.height.filter(|_| alone || known.seat.is_some());
        if !self.peers.values().any(|known| at(known) > Some(height)) {
            return None;
        }
        let mut seats: PerSeat<Height> = PerSeat::default();
        for known in self.peers.values() {
            if let (Some(seat), Some(at)) = (known.seat, known.height) {
                let highest = seats.get(seat).copied().unwrap_or_default();
                seats.insert(seat, highest.max(at));
            }
        }
        let mut shown: Vec<_> = match alone {
            true => self
                .peers
                .values()
                .filter_map(|known| known.height)
                .collect(),
            false => seats.iter().map(|(_, at)| *at).collect(),
        };
        shown.sort_unstable_by(|a, b| b.cmp(a));
        let credible = *shown.get(faults).or(shown.first())?;
        let there = self
            .peers
            .iter()
            .filter(|(_, known)| at(known) >= Some(credible));
        let there = there.map(|(peer, _)| *peer);
        (credible > height).then(|| (credible, there.collect()))
    }
}
