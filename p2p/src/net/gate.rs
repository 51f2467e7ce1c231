//! The gatekeeper: who may connect, before any protocol sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};

use libp2p::core::{Endpoint, transport::PortUse};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::behaviour::{ConnectionClosed, ListenFailure};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};

use crate::limits::{CONNECTIONS_PER_ADDRESS, PENDING_PER_ADDRESS};

/// Admits the peers of rosters, and a bounded number of strangers while somebody is expected.
#[derive(Debug, Default)]
pub(super) struct Gate {
    expected: BTreeSet<PeerId>,
    strangers_max: usize,
    strangers: BTreeSet<ConnectionId>,
    /// Connections from public addresses.
    inbound: BTreeMap<ConnectionId, IpAddr>,
    /// Connections that have not shaken hands yet, but for those of this machine.
    pending: BTreeMap<ConnectionId, IpAddr>,
    paused: bool,
}

/// Why the gate refused a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the network is paused")]
    Paused,
    #[error("no channel admits this peer")]
    Stranger,
    #[error("too many connections from one address")]
    TooManyFromAddress,
}

impl Gate {
    /// Says who is expected from now on, and how many strangers at a time.
    pub(super) fn expect(&mut self, peers: BTreeSet<PeerId>, strangers_max: usize) {
        self.expected = peers;
        self.strangers_max = strangers_max;
    }

    /// Refuses everybody while `paused`.
    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        if self.paused {
            return Err(ConnectionDenied::new(Refusal::Paused));
        }
        let Some(ip) = ip(remote).filter(|ip| !ip.is_loopback()) else {
            return Ok(());
        };
        let of = |all: &BTreeMap<_, IpAddr>| all.values().filter(|other| **other == ip).count();
        if of(&self.pending) >= PENDING_PER_ADDRESS || of(&self.inbound) >= CONNECTIONS_PER_ADDRESS
        {
            return Err(ConnectionDenied::new(Refusal::TooManyFromAddress));
        }
        self.pending.insert(connection, ip);
        if !is_local(ip) {
            self.inbound.insert(connection, ip);
        }
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending.remove(&connection);
        if !self.expected.contains(&peer) {
            if self.strangers.len() >= self.strangers_max {
                return Err(ConnectionDenied::new(Refusal::Stranger));
            }
            self.strangers.insert(connection);
        }
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler) // we dial only whom we want
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let (FromSwarm::ConnectionClosed(ConnectionClosed {
            connection_id: connection,
            ..
        })
        | FromSwarm::ListenFailure(ListenFailure {
            connection_id: connection,
            ..
        })) = event
        else {
            return;
        };
        self.strangers.remove(&connection);
        self.inbound.remove(&connection);
        self.pending.remove(&connection);
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// The IP address an address begins with.
pub(super) fn ip(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

/// Whether `ip` is of this machine or of a local network, where many peers may share one.
fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    fn knock(gate: &mut Gate, number: usize, from: &str) -> bool {
        let connection = ConnectionId::new_unchecked(number);
        let (here, there) = ("/ip4/192.0.2.1/tcp/1", format!("/ip4/{from}/tcp/{number}"));
        let (here, there) = (here.parse().unwrap(), there.parse().unwrap());
        gate.handle_pending_inbound_connection(connection, &here, &there)
            .is_ok()
    }

    /// The handshake of `number` succeeds.
    fn shakes_hands(gate: &mut Gate, number: usize) {
        let (connection, peer) = (ConnectionId::new_unchecked(number), PeerId::random());
        let address = "/ip4/192.0.2.1/tcp/1".parse().unwrap();
        gate.expect([peer].into(), 0);
        let handler =
            gate.handle_established_inbound_connection(connection, peer, &address, &address);
        assert!(handler.is_ok());
    }

    #[test]
    fn one_public_address_holds_so_many_connections_and_a_local_network_any_number() {
        let mut gate = Gate::default();
        for number in 0..CONNECTIONS_PER_ADDRESS {
            assert!(knock(&mut gate, number, "203.0.113.9"));
            shakes_hands(&mut gate, number);
        }
        assert!(!knock(&mut gate, 100, "203.0.113.9"));
        assert!(knock(&mut gate, 101, "203.0.113.10"), "another address");
        for number in 200..300 {
            assert!(knock(&mut gate, number, "192.168.1.7"));
            shakes_hands(&mut gate, number);
        }
    }

    #[test]
    fn one_address_keeps_so_many_handshakes_waiting_and_this_machine_any_number() {
        let mut gate = Gate::default();
        for number in 0..PENDING_PER_ADDRESS {
            assert!(knock(&mut gate, number, "192.168.1.7"));
        }
        assert!(!knock(&mut gate, 100, "192.168.1.7"));
        assert!(knock(&mut gate, 101, "192.168.1.8"), "another address");
        shakes_hands(&mut gate, 0);
        assert!(knock(&mut gate, 102, "192.168.1.7"));
        for number in 200..300 {
            assert!(knock(&mut gate, number, "127.0.0.1"));
        }
    }

    #[test]
    fn nobody_comes_in_while_the_network_is_paused() {
        let mut gate = Gate::default();
        gate.set_paused(true);
        assert!(!knock(&mut gate, 1, "192.168.1.7"));
        gate.set_paused(false);
        assert!(knock(&mut gate, 1, "192.168.1.7"));
    }
}
