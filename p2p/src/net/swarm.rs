//! The swarm: transports, and the behaviours in the order in which they may refuse.

use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    Swarm, SwarmBuilder, allow_block_list, identity::Keypair, mdns, noise, ping, tcp, yamux,
};

use super::gate::Gate;
use super::streams::Streams;
use super::{NetError, exchange};
use crate::limits::{CONNECTIONS_PER_PEER, PENDING_INBOUND};

/// A QUIC connection is given up after this much silence: a peer that was killed and comes back
/// finds its old connection gone, a stalled one is not dropped too early.
const QUIC_IDLE_MS: u32 = 4_000;
const QUIC_KEEP_ALIVE: Duration = Duration::from_secs(1);
const QUIC_STREAMS: u32 = 256;
const QUIC_STREAM_BYTES: u32 = 512 * 1024;
const QUIC_CONNECTION_BYTES: u32 = 2 * 1024 * 1024;
const YAMUX_STREAMS: usize = 256;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
const PING_EVERY: Duration = Duration::from_secs(2);
const PING_TIMEOUT: Duration = Duration::from_secs(4);
const NEGOTIATING_STREAMS: usize = 128;
const MDNS_TTL: Duration = Duration::from_secs(60);
const MDNS_EVERY: Duration = Duration::from_secs(15);
/// Idle connections are closed by the loop, which knows who is wanted.
const NEVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Limits are never tighter than for a table of this many peers.
const PEERS_MIN: u32 = 8;

/// Everything a connection speaks. Who may refuse it comes first.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) gate: Gate,
    pub(super) banned: allow_block_list::Behaviour<allow_block_list::BlockedPeers>,
    pub(super) limits: connection_limits::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
    pub(super) streams: Streams,
    pub(super) sync: exchange::Behaviour,
    pub(super) nearby: exchange::Behaviour,
}

/// Builds a swarm that listens nowhere yet.
pub(super) fn build(keypair: Keypair, mdns: bool) -> Result<Swarm<Behaviour>, NetError> {
    let cannot = |what: &dyn std::fmt::Display| NetError::CannotStart(what.to_string());
    let tcp = tcp::Config::default().nodelay(true);
    let yamux = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(YAMUX_STREAMS);
        config
    };
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp, noise::Config::new, yamux)
        .map_err(|error| cannot(&error))?
        .with_quic_config(|mut config| {
            config.handshake_timeout = HANDSHAKE_TIMEOUT;
            config.max_idle_timeout = QUIC_IDLE_MS;
            config.keep_alive_interval = QUIC_KEEP_ALIVE;
            config.max_concurrent_stream_limit = QUIC_STREAMS;
            config.max_stream_data = QUIC_STREAM_BYTES;
            config.max_connection_data = QUIC_CONNECTION_BYTES;
            config
        })
        .with_behaviour(|keypair| Behaviour {
            gate: Gate::default(),
            banned: allow_block_list::Behaviour::default(),
            limits: connection_limits::Behaviour::new(limits(0)),
            ping: ping::Behaviour::new(
                ping::Config::new()
                    .with_interval(PING_EVERY)
                    .with_timeout(PING_TIMEOUT),
            ),
            mdns: discovery(keypair, mdns).into(),
            streams: Streams::default(),
            sync: exchange::sync(),
            nearby: exchange::nearby(),
        })
        .map_err(|error| cannot(&error))?
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(NEVER)
                .with_max_negotiating_inbound_streams(NEGOTIATING_STREAMS)
                .with_smart_dial()
        })
        .with_connection_timeout(HANDSHAKE_TIMEOUT)
        .build();
    Ok(swarm)
}

/// Limits for `peers` expected peers.
pub(super) fn limits(peers: usize) -> ConnectionLimits {
    let peers = u32::try_from(peers).unwrap_or(u32::MAX / 4).max(PEERS_MIN);
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_INBOUND + 2 * peers))
        .with_max_pending_outgoing(Some(peers))
        .with_max_established_incoming(Some(2 * peers))
        .with_max_established(Some(3 * peers))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER))
}

/// Discovery on the local network. Where the system has none, links still work.
fn discovery(keypair: &Keypair, wanted: bool) -> Option<mdns::tokio::Behaviour> {
    let config = mdns::Config {
        ttl: MDNS_TTL,
        query_interval: MDNS_EVERY,
        ..mdns::Config::default()
    };
    let peer = keypair.public().to_peer_id();
    let discovery = wanted.then(|| mdns::tokio::Behaviour::new(config, peer))?;
    discovery
        .inspect_err(|error| tracing::warn!(%error, "no discovery on the local network"))
        .ok()
}
