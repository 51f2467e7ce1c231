//! Connections: whom to dial, who came, who may stay.

use std::sync::atomic::Ordering;
use std::time::Instant;

use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{PeerId, ping};
use quorate_core::crypto::PublicKey;

use super::Driver;
use crate::allowance::{Allowance, Rate};
use crate::limits::{
    ASKED_BURST, ASKED_EVERY, FAULT_EVERY, HELLO_BURST, HELLO_EVERY, PEER_FAULTS_BURST, TOLD_BURST,
    TOLD_EVERY, UNCLAIMED_CONNECTION,
};
use crate::net::book::{Source, is_loopback};
use crate::net::gate::Refusal;
use crate::net::swarm::BehaviourEvent;
use crate::net::{DownCause, Event, FaultCause, identity};

/// Pings in a row without an answer before a connection is given up.
const PINGS_LOST_MAX: u32 = 3;

/// A peer that is connected, or was.
#[derive(Debug)]
pub(super) struct Peer {
    /// The newest last.
    pub(super) connections: Vec<Connection>,
    pub(super) hellos: Allowance,
    /// Lists of addresses it tells.
    pub(super) lists: Allowance,
    pub(super) requests: Allowance,
    pub(super) faults: Allowance,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) since: Instant,
    pub(super) loopback: bool,
    /// Streams whose first message has not come yet.
    pub(super) waiting: usize,
    pings_lost: u32,
}

impl Peer {
    fn new() -> Self {
        let allowance = |burst, every| Allowance::of(Rate { burst, every });
        Self {
            connections: Vec::new(),
            hellos: allowance(HELLO_BURST, HELLO_EVERY),
            lists: allowance(TOLD_BURST, TOLD_EVERY),
            requests: allowance(ASKED_BURST, ASKED_EVERY),
            faults: allowance(PEER_FAULTS_BURST, FAULT_EVERY),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    pub(super) fn connection(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections
            .iter_mut()
            .find(|connection| connection.id == id)
    }
}

impl Driver {
    pub(super) fn dial_due(&mut self, now: Instant) {
        if self.paused {
            return;
        }
        for peer in self.dialer.due(now) {
            let addresses = self.book.addresses(&peer);
            let id = identity::peer_id(&peer).filter(|_| !addresses.is_empty());
            let dialled = id.is_some_and(|id| {
                let options = DialOpts::peer_id(id)
                    .condition(PeerCondition::DisconnectedAndNotDialing)
                    .addresses(addresses)
                    .build();
                self.swarm.dial(options).is_ok()
            });
            if !dialled {
                self.dialer.failed(&peer, now);
            }
        }
    }

    pub(super) fn on_connection_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.on_established(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                ..
            } => {
                if let Some(peer) = identity::public_key(&peer_id) {
                    self.on_closed(peer, connection_id, num_established == 0);
                }
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer_id),
                error,
                ..
            } => {
                if let Some(peer) = identity::public_key(&peer_id) {
                    self.on_dial_failed(peer, error);
                }
            }
            SwarmEvent::IncomingConnectionError {
                send_back_addr,
                error,
                peer_id,
                ..
            } => {
                let peer = peer_id.as_ref().and_then(identity::public_key);
                match error {
                    ListenError::Denied { cause } => {
                        if matches!(cause.downcast(), Ok(Refusal::Stranger)) {
                            self.fault(peer, FaultCause::Stranger);
                        }
                    }
                    ListenError::Transport(_) => {
                        self.fault(
                            peer,
                            FaultCause::Handshake {
                                address: send_back_addr,
                            },
                        );
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn on_established(&mut self, id: PeerId, connection: ConnectionId, at: &ConnectedPoint) {
        self.shared
            .counters
            .connections_opened
            .fetch_add(1, Ordering::Relaxed);
        let Some(peer) = identity::public_key(&id) else {
            self.swarm.close_connection(connection); // no ed25519 key: nobody a roster could name
            return;
        };
        let address = at.get_remote_address();
        if at.is_dialer() {
            self.book.learn(peer, address, Source::Proven);
        }
        let connection = Connection {
            id: connection,
            since: Instant::now(),
            loopback: is_loopback(address),
            waiting: 0,
            pings_lost: 0,
        };
        self.peers
            .entry(peer)
            .or_insert_with(Peer::new)
            .connections
            .push(connection);
        self.dialer.connected(&peer);
        self.approach_everywhere(peer);
    }

    fn on_closed(&mut self, peer: PublicKey, connection: ConnectionId, last: bool) {
        self.sessions.cancel_connection(connection, DownCause::Lost);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.connections.retain(|other| other.id != connection);
        }
        if last {
            self.dialer.lost(&peer, Instant::now());
            if !self.is_on_a_roster(&peer) {
                self.peers.remove(&peer);
            }
        }
    }

    fn on_dial_failed(&mut self, peer: PublicKey, error: DialError) {
        self.dialer.failed(&peer, Instant::now());
        if let DialError::WrongPeerId { obtained, address } = error {
            self.book.forget(peer, &address);
            let obtained = identity::public_key(&obtained);
            self.fault(obtained, FaultCause::WrongPeer { expected: peer });
        }
    }

    pub(super) fn on_ping(&mut self, event: &ping::Event) {
        let Some(peer) = identity::public_key(&event.peer) else {
            return;
        };
        let known = self.peers.get_mut(&peer);
        let Some(connection) = known.and_then(|peer| peer.connection(event.connection)) else {
            return;
        };
        match &event.result {
            Ok(rtt) => {
                connection.pings_lost = 0;
                self.tell(Event::Rtt { peer, rtt: *rtt });
            }
            Err(_) => {
                connection.pings_lost += 1;
                if connection.pings_lost >= PINGS_LOST_MAX {
                    self.swarm.close_connection(event.connection);
                }
            }
        }
    }

    /// Closes the connections of peers that nobody expects and that have opened no lane.
    pub(super) fn let_go_of_unclaimed(&mut self, now: Instant) {
        let mut unclaimed = Vec::new();
        for (peer, known) in &self.peers {
            if self.is_on_a_roster(peer) || self.sessions.any_with(peer) {
                continue;
            }
            let old = |since: Instant| now.duration_since(since) >= UNCLAIMED_CONNECTION;
            let connections = known.connections.iter();
            unclaimed.extend(
                connections
                    .filter(|other| old(other.since))
                    .map(|other| other.id),
            );
        }
        for connection in unclaimed {
            self.swarm.close_connection(connection);
        }
    }

    /// Closes the connections to `peer` that carry no lane, once every channel has its lanes.
    pub(super) fn close_spares(&mut self, peer: PublicKey) {
        let channels = self.channels_of(&peer);
        if !channels
            .iter()
            .all(|channel| self.sessions.is_up(peer, *channel))
        {
            return;
        }
        let spare = |id: &ConnectionId| !self.sessions.any_on(*id);
        let known = self
            .peers
            .get(&peer)
            .into_iter()
            .flat_map(|peer| &peer.connections);
        let spares: Vec<_> = known
            .map(|connection| connection.id)
            .filter(spare)
            .collect();
        for connection in spares {
            self.swarm.close_connection(connection);
        }
    }

    pub(super) fn ban(&mut self, peer: PublicKey) {
        if let Some(id) = identity::peer_id(&peer) {
            self.banned.insert(peer);
            self.swarm.behaviour_mut().banned.block_peer(id);
            self.expect();
        }
    }

    pub(super) fn pardon(&mut self, peer: PublicKey) {
        if let Some(id) = identity::peer_id(&peer) {
            self.banned.remove(&peer);
            self.swarm.behaviour_mut().banned.unblock_peer(id);
            self.expect();
        }
    }

    pub(super) fn pause(&mut self) {
        self.paused = true;
        self.swarm.behaviour_mut().gate.set_paused(true);
        let connected: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in connected {
            let _ = self.swarm.disconnect_peer_id(peer); // it may have gone by itself
        }
    }
}
