//! Who is connected, what they showed last, and who has been heard from lately.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::digest::Digest;
use crate::limits::{HEARTBEATS_MISSED, PEERS_MAX};
use crate::message::{Peer, Status};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::{Height, Mono, Wall};

/// How often a seat shows its status when nothing changes.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);

/// How often at most it shows changes.
pub(super) const STATUS_EVERY: Duration = Duration::from_millis(250);

/// How often at most one peer is sent what it lacks.
const REPAIR_EVERY: Duration = Duration::from_millis(200);

/// The connections of this device.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: BTreeMap<Peer, Known>,
    heard: PerSeat<Heard>,
}

#[derive(Debug, Default)]
struct Known {
    seat: Option<Seat>,
    /// The height it showed last.
    height: Option<Height>,
    /// The last decided height it showed, and the digest of the state there.
    tip: Option<(Height, Digest)>,
    repaired: Option<Mono>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    at: Mono,
    directly: bool,
    /// Its wall clock less ours, in milliseconds; what travelling took is part of it.
    offset_ms: i64,
}

impl Peers {
    /// Notes a connection; tells whether there was room for it.
    pub(super) fn connected(&mut self, peer: Peer, seat: Option<Seat>) -> bool {
        if self.peers.len() >= PEERS_MAX && !self.peers.contains_key(&peer) {
            return false;
        }
        self.peers.insert(
            peer,
            Known {
                seat,
                ..Known::default()
            },
        );
        true
    }

    /// Notes that a connection is gone; its seat is no longer heard.
    pub(super) fn disconnected(&mut self, peer: Peer) {
        let Some(seat) = self.peers.remove(&peer).and_then(|known| known.seat) else {
            return;
        };
        if !self.peers.values().any(|known| known.seat == Some(seat)) {
            self.heard.remove(seat);
        }
    }

    /// Notes a status: its sender is there, and so is whom it hears.
    pub(super) fn status(&mut self, peer: Peer, status: &Status, now: Mono, wall: Wall) {
        let Some(known) = self.peers.get_mut(&peer) else {
            return;
        };
        known.height = Some(status.height);
        known.tip = status
            .height
            .previous()
            .map(|height| (height, status.tip_state));
        let Some(seat) = known.seat else { return };
        let offset_ms = i64::try_from(status.clock.0)
            .unwrap_or(i64::MAX)
            .saturating_sub(i64::try_from(wall.0).unwrap_or(i64::MAX));
        self.heard.insert(
            seat,
            Heard {
                at: now,
                directly: true,
                offset_ms,
            },
        );
        for other in status.heard.iter().filter(|other| *other != seat) {
            match self.heard.get_mut(other) {
                Some(heard) if heard.directly && now < heard.at.after(HEARTBEAT * 2) => {}
                Some(heard) => (heard.at, heard.directly) = (now, false),
                None => {
                    self.heard.insert(
                        other,
                        Heard {
                            at: now,
                            directly: false,
                            offset_ms: 0,
                        },
                    );
                }
            }
        }
    }

    /// Seats heard from lately, directly or through another; only the former are told to others,
    /// or two seats would keep a third one alive for ever.
    pub(super) fn present(&self, now: Mono, directly: bool) -> Seats {
        let lately = |heard: &Heard| now <= heard.at.after(HEARTBEAT * HEARTBEATS_MISSED);
        self.heard
            .which(|heard| lately(heard) && (heard.directly || !directly))
    }

    /// When the next of them counts as absent, unless it is heard again.
    pub(super) fn next_absence(&self, now: Mono) -> Option<Mono> {
        let ends = self
            .heard
            .iter()
            .map(|(_, h)| h.at.after(HEARTBEAT * HEARTBEATS_MISSED));
        ends.filter(|end| *end >= now)
            .map(|end| Mono(end.0 + 1))
            .min()
    }

    /// The wall clock of the table: ours, corrected by the median of what the seats show.
    pub(super) fn corrected(&self, wall: Wall) -> Wall {
        let direct = self.heard.iter().filter(|(_, heard)| heard.directly);
        let mut offsets: Vec<i64> = direct
            .map(|(_, heard)| heard.offset_ms)
            .chain([0])
            .collect();
        offsets.sort_unstable();
        Wall(wall.0.saturating_add_signed(offsets[offsets.len() / 2]))
    }

    /// The last decided height each connected seat showed, and the digest of the state there.
    pub(super) fn tips(&self) -> PerSeat<(Height, Digest)> {
        self.peers
            .values()
            .filter_map(|known| Some((known.seat?, known.tip?)))
            .collect()
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

    /// Connections that hold no seat.
    pub(super) fn watchers(&self) -> Vec<Peer> {
        self.peers
            .iter()
            .filter(|(_, known)| known.seat.is_none())
            .map(|(peer, _)| *peer)
            .collect()
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

    /// Connections that showed a height above `height`, and the highest shown.
    pub(super) fn ahead_of(&self, height: Height) -> Option<(Height, Vec<Peer>)> {
        let shown = |(peer, known): (&Peer, &Known)| Some((known.height?, *peer));
        let ahead: Vec<_> = self
            .peers
            .iter()
            .filter_map(shown)
            .filter(|(at, _)| *at > height)
            .collect();
        let highest = ahead.iter().map(|(at, _)| *at).max()?;
        Some((highest, ahead.into_iter().map(|(_, peer)| peer).collect()))
    }
}
