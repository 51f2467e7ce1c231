//! What a net is started with, and what may be changed while it runs.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use libp2p::Multiaddr;
use quorate_core::crypto::{PublicKey, SecretKey};

/// What a [`Net`](super::Net) is started with.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// The peer's identity. A seat's key *is* its peer's key.
    pub secret: SecretKey,
    /// Where to listen; port 0 lets the system choose.
    pub listen: Vec<Multiaddr>,
    /// Whether to find peers on the local network, and be found.
    pub mdns: bool,
    /// What one peer may send before its lanes are read more slowly.
    pub quotas: Quotas,
    /// Faults to make on purpose; none by default.
    pub chaos: Chaos,
}

impl NetConfig {
    /// Listens on loopback alone, QUIC and TCP, and looks for nobody: tests and demos.
    #[must_use]
    pub fn loopback(secret: SecretKey) -> Self {
        let listen = addresses(["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"]);
        Self {
            secret,
            listen,
            mdns: false,
            quotas: Quotas::default(),
            chaos: Chaos::default(),
        }
    }

    /// Listens on every interface, QUIC and TCP, and looks for peers on the local network.
    #[must_use]
    pub fn anywhere(secret: SecretKey) -> Self {
        let listen = addresses(["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"]);
        Self {
            listen,
            mdns: true,
            ..Self::loopback(secret)
        }
    }
}

fn addresses<const N: usize>(texts: [&str; N]) -> Vec<Multiaddr> {
    texts
        .into_iter()
        .filter_map(|text| text.parse().ok())
        .collect()
}

/// Who may use a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// These peers alone: a table's seats, and peers that may only follow. All are dialled, for
    /// ever.
    Roster(Vec<PublicKey>),
    /// Whoever comes, at most `max` at a time: the door of an invitation. Nobody is dialled.
    Anyone {
        /// Peers at a time.
        max: usize,
        /// Whoever comes is told where these may be found: those whom it can ask as well.
        tell: Vec<PublicKey>,
    },
}

/// How much one peer may send on one lane: a steady rate and a burst on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Frames a second.
    pub frames: NonZeroU32,
    /// Frames at once.
    pub frames_burst: NonZeroU32,
    /// Bytes a second.
    pub bytes: NonZeroU32,
    /// Bytes at once; no frame may be larger.
    pub bytes_burst: NonZeroU32,
}

/// How much one peer may send on each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Status, repair and heartbeats.
    pub control: Quota,
    /// Votes and certificates.
    pub votes: Quota,
    /// Proposals and entries.
    pub proposals: Quota,
}

impl Default for Quotas {
    /// Several times what a table that decides a hundred heights a second needs.
    fn default() -> Self {
        const fn quota(frames: u32, kib: u32, burst_kib: u32) -> Quota {
            Quota {
                frames: at_least_one(frames),
                frames_burst: at_least_one(2 * frames),
                bytes: at_least_one(kib * 1024),
                bytes_burst: at_least_one(burst_kib * 1024),
            }
        }
        Self {
            control: quota(1000, 1024, 2 * 1024),
            votes: quota(2000, 2 * 1024, 4 * 1024),
            proposals: quota(1000, 8 * 1024, 16 * 1024),
        }
    }
}

const fn at_least_one(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// Faults made on purpose in what this net *sends*: frames, requests and answers. For both
/// directions, set it on both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chaos {
    /// Peers that get nothing at all.
    pub cut: BTreeSet<PublicKey>,
    /// How much later each frame leaves; drawn evenly. Frames of one lane stay in order.
    pub delay: Option<Range<Duration>>,
    /// The part of all frames that is lost, from 0.0 to 1.0.
    pub loss: f64,
}
