//! Nets on loopback, and waiting for what they tell.

use std::time::{Duration, Instant};

use bytes::Bytes;
use quorate_core::Digest;
use quorate_core::crypto::{PublicKey, SecretKey, Signer};
use quorate_p2p::net::{Admission, Event, Lane, Net, NetConfig, NetEvents, NetHandle};

/// Longer than anything here takes on a slow machine: only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A net, and what it told that nobody asked about yet.
pub(crate) struct Peer {
    pub(crate) net: NetHandle,
    events: NetEvents,
    told: Vec<Event>,
}

pub(crate) fn secret(index: u8) -> SecretKey {
    SecretKey::from_bytes(&[index + 1; 32])
}

pub(crate) fn key(index: u8) -> PublicKey {
    secret(index).public()
}

pub(crate) fn channel(name: &str) -> Digest {
    Digest::of_bytes("test", name.as_bytes())
}

pub(crate) fn roster(count: u8) -> Admission {
    Admission::Roster((0..count).map(key).collect())
}

impl Peer {
    pub(crate) fn start(index: u8) -> Self {
        Self::with(NetConfig::loopback(secret(index)))
    }

    pub(crate) fn with(config: NetConfig) -> Self {
        let (net, events) = Net::start(config).unwrap();
        Self {
            net,
            events,
            told: Vec::new(),
        }
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.net.local()
    }

    pub(crate) fn open(&self, channel: Digest, admission: Admission) {
        let greeting = format!("greetings from {}", self.key());
        self.net.open(channel, admission, greeting.into()).unwrap();
    }

    /// The first event not taken before that `wanted` makes something of.
    pub(crate) fn wait_for<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        self.find(&wanted, PATIENCE)
            .unwrap_or_else(|| panic!("{}: no {what}", self.key()))
    }

    /// The same, if it comes within `time`.
    pub(crate) fn find<T>(
        &mut self,
        wanted: &impl Fn(&Event) -> Option<T>,
        time: Duration,
    ) -> Option<T> {
        let found = self
            .told
            .iter()
            .enumerate()
            .find_map(|(at, event)| Some((at, wanted(event)?)));
        if let Some((at, found)) = found {
            self.told.remove(at);
            return Some(found);
        }
        let until = Instant::now() + time;
        loop {
            let event = self
                .events
                .wait(until.saturating_duration_since(Instant::now()))?;
            if let Some(found) = wanted(&event) {
                return Some(found);
            }
            self.told.push(event);
        }
    }

    pub(crate) fn wait_event(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Event {
        if let Some(at) = self.told.iter().position(&wanted) {
            return self.told.remove(at);
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let event = self.events.wait(left);
            match event.unwrap_or_else(|| panic!("{}: no {what}", self.key())) {
                event if wanted(&event) => return event,
                event => self.told.push(event),
            }
        }
    }

    pub(crate) fn wait_up(&mut self, channel: Digest, peer: PublicKey) -> Bytes {
        self.wait_for("Up", |event| match event {
            Event::Up {
                channel: of,
                peer: with,
                greeting,
            } if (*of, *with) == (channel, peer) => Some(greeting.clone()),
            _ => None,
        })
    }

    pub(crate) fn wait_down(&mut self, channel: Digest, peer: PublicKey) {
        self.wait_for("Down", |event| match event {
            Event::Down {
                channel: of,
                peer: with,
                ..
            } => ((*of, *with) == (channel, peer)).then_some(()),
            _ => None,
        });
    }

    pub(crate) fn wait_frame(&mut self, channel: Digest, peer: PublicKey, lane: Lane) -> Bytes {
        self.wait_for("frame", |event| match event {
            Event::Frame {
                channel: of,
                peer: from,
                lane: on,
                bytes,
            } => ((*of, *from, *on) == (channel, peer, lane)).then(|| bytes.clone()),
            _ => None,
        })
    }

    /// Everything told and not taken yet.
    pub(crate) fn told(&mut self) -> &[Event] {
        while let Some(event) = self.events.try_next() {
            self.told.push(event);
        }
        &self.told
    }
}

/// Tells every peer where every other listens.
pub(crate) fn introduce(peers: &[Peer]) {
    for peer in peers {
        for other in peers.iter().filter(|other| other.key() != peer.key()) {
            peer.net.hint(other.key(), other.net.listening()).unwrap();
        }
    }
}

/// Peers 0 to `count - 1` with one channel, all lanes up.
pub(crate) fn table(count: u8, channel: Digest) -> Vec<Peer> {
    let mut peers: Vec<_> = (0..count).map(Peer::start).collect();
    introduce(&peers);
    peers
        .iter()
        .for_each(|peer| peer.open(channel, roster(count)));
    wait_all_up(&mut peers, channel);
    peers
}

pub(crate) fn wait_all_up(peers: &mut [Peer], channel: Digest) {
    let keys: Vec<_> = peers.iter().map(Peer::key).collect();
    for peer in peers {
        let own = peer.key();
        for other in keys.iter().filter(|other| **other != own) {
            peer.wait_up(channel, *other);
        }
    }
}
