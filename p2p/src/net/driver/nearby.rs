//! The local network: who is there, and what they announce. Hints, all of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libp2p::request_response::{Message, OutboundRequestId};
use libp2p::{Multiaddr, mdns};
use quorate_core::crypto::PublicKey;

use super::Driver;
use crate::limits::{NEARBY_ADDRESSES_MAX, NEARBY_ASKED_MAX, NEARBY_PEERS_MAX};
use crate::net::book::{Source, normal};
use crate::net::{Browsing, Event, exchange, identity};

/// How often a peer is asked again while somebody looks at the list.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What is known of the local network.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    pub(super) announcement: Option<Bytes>,
    /// Whether own or others' addresses changed since peers were last told.
    pub(super) changed: bool,
    browsing: bool,
    found: BTreeMap<PublicKey, Found>,
    asked: BTreeMap<OutboundRequestId, PublicKey>,
}

#[derive(Debug, Default)]
struct Found {
    addresses: Vec<Multiaddr>,
    asked: Option<Instant>,
}

impl Nearby {
    pub(super) fn set(&mut self, browsing: Browsing) {
        self.browsing = browsing == Browsing::On;
        self.found.values_mut().for_each(|found| found.asked = None);
    }

    fn note(&mut self, peer: PublicKey, address: &Multiaddr) {
        let Some(address) = normal(address) else {
            return;
        };
        if self.found.len() >= NEARBY_PEERS_MAX && !self.found.contains_key(&peer) {
            return;
        }
        let addresses = &mut self.found.entry(peer).or_default().addresses;
        if !addresses.contains(&address) {
            addresses.truncate(NEARBY_ADDRESSES_MAX - 1);
            addresses.insert(0, address);
        }
    }
}

impl Driver {
    pub(super) fn on_mdns(&mut self, event: mdns::Event) {
        match event {
            mdns::Event::Discovered(found) => {
                for (peer, address) in found {
                    let Some(peer) = identity::public_key(&peer) else {
                        continue;
                    };
                    self.nearby.note(peer, &address);
                    if self.is_on_a_roster(&peer) {
                        self.learn([(peer, &address)], Source::Nearby);
                    }
                }
                self.browse(Instant::now());
            }
            mdns::Event::Expired(gone) => {
                for (peer, address) in gone {
                    let peer = identity::public_key(&peer);
                    let found = peer.and_then(|peer| self.nearby.found.get_mut(&peer));
                    if let Some(found) = found {
                        found
                            .addresses
                            .retain(|known| Some(known) != normal(&address).as_ref());
                    }
                }
                self.nearby
                    .found
                    .retain(|_, found| !found.addresses.is_empty());
            }
        }
    }

    /// Asks peers of the local network what they announce, a few at a time.
    pub(super) fn browse(&mut self, now: Instant) {
        if !self.nearby.browsing || self.paused {
            return;
        }
        for (peer, found) in &mut self.nearby.found {
            let fresh = |asked: Instant| now.duration_since(asked) < ASK_EVERY;
            if self.nearby.asked.len() >= NEARBY_ASKED_MAX || found.asked.is_some_and(fresh) {
                continue;
            }
            let Some(id) = identity::peer_id(peer) else {
                continue;
            };
            found.asked = Some(now);
            let asking = &mut self.swarm.behaviour_mut().nearby;
            let addresses = found.addresses.clone();
            let asked = asking.send_request_with_addresses(&id, Bytes::new(), addresses);
            self.nearby.asked.insert(asked, *peer);
        }
    }

    pub(super) fn on_nearby(&mut self, event: exchange::Event) {
        match event {
            exchange::Event::Message {
                message: Message::Request { channel, .. },
                ..
            } => {
                let announcement = self.nearby.announcement.clone();
                // Whoever asked may have given up: then there is nobody to tell.
                let _ = self
                    .swarm
                    .behaviour_mut()
                    .nearby
                    .send_response(channel, announcement);
            }
            exchange::Event::Message {
                message:
                    Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => {
                let Some(peer) = self.nearby.asked.remove(&request_id) else {
                    return;
                };
                let found = self.nearby.found.get(&peer);
                let addresses = found
                    .map(|found| found.addresses.clone())
                    .unwrap_or_default();
                if let Some(announcement) = response {
                    self.tell(Event::Discovered {
                        peer,
                        addresses,
                        announcement,
                    });
                }
            }
            exchange::Event::OutboundFailure { request_id, .. } => {
                self.nearby.asked.remove(&request_id);
            }
            exchange::Event::InboundFailure { .. } | exchange::Event::ResponseSent { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn a_network_full_of_made_up_peers_fills_a_list_and_no_more() {
        let mut nearby = Nearby::default();
        for number in 0..4 * NEARBY_PEERS_MAX as u64 {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            for port in 1..3 * NEARBY_ADDRESSES_MAX {
                let address = format!("/ip4/192.0.2.1/tcp/{port}").parse().unwrap();
                nearby.note(PublicKey::from_bytes(key), &address);
            }
        }
        assert_eq!(nearby.found.len(), NEARBY_PEERS_MAX);
        let addresses = nearby.found.values().map(|found| found.addresses.len());
        assert_eq!(addresses.max(), Some(NEARBY_ADDRESSES_MAX));
    }
}
