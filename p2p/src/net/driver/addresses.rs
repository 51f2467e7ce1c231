//! Peers of a channel tell each other where they, and the others, may be found.

use std::time::Instant;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use quorate_core::Digest;
use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::Driver;
use crate::limits::{ADDRESS_BYTES_MAX, BOOK_ADDRESSES_MAX, CHANNEL_PEERS_MAX};
use crate::net::book::{Source, is_loopback, normal};
use crate::net::{Admission, FaultCause, Lane};

/// What one peer tells another.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    own: Vec<Vec<u8>>,
    others: Vec<(PublicKey, Vec<Vec<u8>>)>,
    /// The teller expects others than before: what it was told of them then, it did not keep.
    asks: bool,
}

impl Driver {
    /// Notes addresses, and dials sooner if there is a new one of somebody who is missing.
    pub(super) fn learn<'a>(
        &mut self,
        addresses: impl IntoIterator<Item = (PublicKey, &'a Multiaddr)>,
        source: Source,
    ) {
        let mut news = false;
        for (peer, address) in addresses {
            if peer != self.shared.local && self.book.learn(peer, address, source) {
                self.dialer.learnt(&peer, Instant::now());
                news = true;
            }
        }
        if news {
            self.publish_book();
        }
    }

    pub(super) fn note_listening(&mut self) {
        let mut addresses: Vec<_> = self.swarm.listeners().filter_map(normal).collect();
        // What is most use to others first: another machine's way in, then QUIC before TCP.
        let is_tcp = |address: &Multiaddr| address.iter().any(|p| matches!(p, Protocol::Tcp(_)));
        addresses.sort_by_key(|address| (is_loopback(address), is_tcp(address), address.to_vec()));
        self.shared.set_listening(addresses);
        self.nearby.changed = true;
    }

    pub(super) fn publish_book(&mut self) {
        self.shared.set_book(self.book.all());
        self.nearby.changed = true;
    }

    /// Tells every peer again, if there is news.
    pub(super) fn tell_addresses_if_changed(&mut self) {
        if std::mem::take(&mut self.nearby.changed) {
            let up: Vec<_> = self
                .sessions
                .up()
                .map(|(peer, channel, _)| (peer, channel))
                .collect();
            for (peer, channel) in up {
                self.tell_addresses(peer, channel, false);
            }
        }
    }

    /// Whom `channel` admits has changed: its peers are told of the others that it has now, and
    /// are asked where those are.
    pub(super) fn tell_of_change(&mut self, channel: Digest) {
        let admission = self.channels.get(&channel).map(|open| &open.admission);
        let asks = matches!(admission, Some(Admission::Roster(_)));
        let up = self.sessions.up().filter(|(_, of, _)| *of == channel);
        let up: Vec<_> = up.map(|(peer, ..)| peer).collect();
        for peer in up {
            self.tell_addresses(peer, channel, asks);
        }
    }

    /// Tells `peer` where we listen, and where the others may be found: of the channel's roster,
    /// or those whom its open door names.
    pub(super) fn tell_addresses(&mut self, peer: PublicKey, channel: Digest, asks: bool) {
        let loopback = self.is_on_loopback(peer);
        let tellable = |address: &Multiaddr| loopback || !is_loopback(address);
        let encode = |addresses: Vec<Multiaddr>| -> Vec<Vec<u8>> {
            let bare = addresses.iter().filter_map(normal).filter(tellable);
            bare.take(BOOK_ADDRESSES_MAX)
                .map(|address| address.to_vec())
                .collect()
        };
        let roster = match self.channels.get(&channel).map(|open| &open.admission) {
            Some(Admission::Roster(peers) | Admission::Anyone { tell: peers, .. }) => &peers[..],
            None => &[],
        };
        let others = roster
            .iter()
            .filter(|other| **other != peer && **other != self.shared.local);
        let others = others.map(|other| (*other, encode(self.book.addresses(other))));
        let own = encode(self.shared.listening());
        let told = Told {
            own,
            others: others.filter(|(_, known)| !known.is_empty()).collect(),
            asks,
        };
        let Ok(bytes) = codec::encode(&told) else {
            return;
        };
        if bytes.len() > Lane::Control.frame_bytes_max() {
            return; // 128 peers with the longest addresses: better nothing than a fault
        }
        let outbox = self
            .sessions
            .up()
            .find(|(to, of, _)| (*to, *of) == (peer, channel));
        if let Some((_, _, outbox)) = outbox {
            outbox.push_addresses(bytes.into());
        }
    }

    pub(super) fn on_addresses(&mut self, peer: PublicKey, channel: Digest, bytes: &[u8]) {
        let within_quota = |known: &super::Peer| known.lists.take();
        if !self.peers.get(&peer).is_some_and(within_quota) {
            return;
        }
        let decoded = codec::decode::<Told>(bytes).ok();
        let sound = |told: &Told| {
            told.own.len() <= BOOK_ADDRESSES_MAX && told.others.len() <= CHANNEL_PEERS_MAX
        };
        let Some(told) = decoded.filter(sound) else {
            return self.fault(
                Some(peer),
                FaultCause::Garbage {
                    lane: Lane::Control,
                },
            );
        };
        let loopback = self.is_on_loopback(peer);
        let decode = |addresses: &[Vec<u8>]| -> Vec<Multiaddr> {
            let short = addresses
                .iter()
                .filter(|bytes| bytes.len() <= ADDRESS_BYTES_MAX);
            let known = short.filter_map(|bytes| Multiaddr::try_from(bytes.clone()).ok());
            let usable = known.filter(|address| loopback || !is_loopback(address));
            usable.take(BOOK_ADDRESSES_MAX).collect()
        };
        if self.book.learn_own(peer, &decode(&told.own)) {
            self.publish_book();
        }
        if told.asks {
            self.tell_addresses(peer, channel, false);
        }
        let Some(Admission::Roster(roster)) = self
            .channels
            .get(&channel)
            .map(|open| open.admission.clone())
        else {
            return;
        };
        let others = told.others.iter();
        let others = others.filter(|(other, _)| roster.contains(other) && *other != peer);
        let learnt: Vec<_> = others
            .flat_map(|(other, addresses)| {
                let known = decode(addresses).into_iter();
                known.map(|address| (*other, address))
            })
            .collect();
        let learnt = learnt.iter().map(|(other, address)| (*other, address));
        self.learn(learnt, Source::Told);
    }

    fn is_on_loopback(&self, peer: PublicKey) -> bool {
        let newest = self
            .peers
            .get(&peer)
            .and_then(|peer| peer.connections.last());
        newest.is_some_and(|connection| connection.loopback)
    }
}
