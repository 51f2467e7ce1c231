//! What a net tells its owner.

use std::time::Duration;

use bytes::Bytes;
use libp2p::Multiaddr;
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;

use super::Answerer;
use crate::limits::{CONTROL_FRAME_BYTES_MAX, PROPOSALS_FRAME_BYTES_MAX, VOTES_FRAME_BYTES_MAX};

/// One of the three streams between two peers of a channel, first things first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Status, repair and heartbeats.
    Control,
    /// Votes and certificates: never behind a proposal.
    Votes,
    /// Proposals, and the entries they will carry.
    Proposals,
}

impl Lane {
    /// The lanes in the order in which they are drained.
    pub const ALL: [Self; 3] = [Self::Control, Self::Votes, Self::Proposals];

    /// Bytes of the largest frame the lane carries.
    #[must_use]
    pub const fn frame_bytes_max(self) -> usize {
        match self {
            Self::Control => CONTROL_FRAME_BYTES_MAX,
            Self::Votes => VOTES_FRAME_BYTES_MAX,
            Self::Proposals => PROPOSALS_FRAME_BYTES_MAX,
        }
    }
}

/// What a net tells its owner. Of one channel and peer, `Up`, frames and `Down` come in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// All three lanes to `peer` are open; what is sent from now on arrives or is followed by
    /// [`Event::Down`].
    Up {
        /// The channel.
        channel: Digest,
        /// The other side, proven by its signature.
        peer: PublicKey,
        /// What its upper layer says of itself, signed with the hello.
        greeting: Bytes,
    },
    /// The lanes to `peer` are gone; they come back by themselves where the roster names it.
    Down {
        /// The channel.
        channel: Digest,
        /// The other side.
        peer: PublicKey,
        /// Why.
        why: DownCause,
    },
    /// A frame arrived.
    Frame {
        /// The channel.
        channel: Digest,
        /// Who sent it.
        peer: PublicKey,
        /// On which lane.
        lane: Lane,
        /// Its bytes, unread by the net.
        bytes: Bytes,
    },
    /// A peer asks; answer with `answer`, or drop it to refuse.
    Request {
        /// The channel.
        channel: Digest,
        /// Who asks.
        peer: PublicKey,
        /// The question, unread by the net.
        bytes: Bytes,
        /// Where the answer goes.
        answer: Answerer,
    },
    /// What became of an own request.
    Answer {
        /// Which request.
        request: RequestId,
        /// Who was asked.
        peer: PublicKey,
        /// The answer, unread by the net.
        result: Result<Bytes, RequestError>,
    },
    /// A peer did something it must not do.
    Fault(Fault),
    /// The net listens on `address` now.
    Listening {
        /// Where, without the peer's identity.
        address: Multiaddr,
    },
    /// A peer of the local network announces something.
    Discovered {
        /// Who.
        peer: PublicKey,
        /// Where; hints only.
        addresses: Vec<Multiaddr>,
        /// What it says, unread by the net and signed by nobody.
        announcement: Bytes,
    },
    /// A lane to a slow peer was full: its oldest frames were dropped.
    SlowPeer {
        /// The channel.
        channel: Digest,
        /// Who reads too slowly.
        peer: PublicKey,
        /// On which lane.
        lane: Lane,
        /// Frames dropped since this was last told.
        dropped: u64,
    },
    /// A round trip to `peer` was measured.
    Rtt {
        /// To whom.
        peer: PublicKey,
        /// There and back.
        rtt: Duration,
    },
}

impl Event {
    /// Who sent the frame, if it is one.
    pub(crate) const fn frame_of(&self) -> Option<PublicKey> {
        match self {
            Self::Frame { peer, .. } => Some(*peer),
            _ => None,
        }
    }
}

/// Names an own request until its [`Event::Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// Why lanes went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownCause {
    /// This side closed the channel, or no longer admits the peer.
    #[error("closed here")]
    Closed,
    /// The peer broke the rules; an [`Event::Fault`] says how.
    #[error("the peer broke the rules")]
    Fault,
    /// The connection or one of its streams ended.
    #[error("connection lost")]
    Lost,
    /// A newer connection took over.
    #[error("a newer connection took over")]
    Replaced,
}

/// A local observation about a connection: who did what. It proves nothing to others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {cause}", Who(.peer))]
pub struct Fault {
    /// Who, if the connection got far enough to tell.
    pub peer: Option<PublicKey>,
    /// What.
    pub cause: FaultCause,
}

struct Who<'a>(&'a Option<PublicKey>);

impl std::fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(peer) => write!(f, "peer {peer}"),
            None => f.write_str("somebody"),
        }
    }
}

/// What a peer must not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultCause {
    /// A hello that does not decode, names another channel, or is signed wrongly.
    #[error("bad hello: {0}")]
    BadHello(HelloFault),
    /// A frame longer than its lane allows.
    #[error("frame of {bytes} bytes on the {lane:?} lane, at most {max} are allowed")]
    OversizeFrame {
        /// The lane.
        lane: Lane,
        /// The length it announced.
        bytes: u64,
        /// The length allowed.
        max: usize,
    },
    /// Bytes on a lane that are no frame, or a frame of the net's own that does not decode.
    #[error("garbage on the {lane:?} lane")]
    Garbage {
        /// The lane.
        lane: Lane,
    },
    /// More than its quota, for longer than we are patient.
    #[error("above its quota on the {lane:?} lane")]
    AboveQuota {
        /// The lane.
        lane: Lane,
    },
    /// No handshake from there: whatever it is, it does not speak our protocol.
    #[error("no handshake from {address}")]
    Handshake {
        /// Where it comes from.
        address: Multiaddr,
    },
    /// A connection of a peer that no channel admits.
    #[error("a stranger: no channel admits it")]
    Stranger,
    /// A peer that connects here asks for a channel that does not admit it.
    #[error("not admitted to channel {}", .channel.short())]
    NotAdmitted {
        /// The channel.
        channel: Digest,
    },
    /// A request that is too long, does not decode, or is one too many.
    #[error("bad request")]
    BadRequest,
    /// Another key answers at an address at which we dialled `expected`.
    #[error("answers where {expected} was expected")]
    WrongPeer {
        /// Who should have been there.
        expected: PublicKey,
    },
}

/// What is wrong with a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelloFault {
    /// Does not decode.
    #[error("not a hello")]
    Malformed,
    /// Signed by another key, or for another connection.
    #[error("wrong signature")]
    Signature,
    /// More hellos than one peer may start.
    #[error("too many hellos")]
    TooMany,
    /// A lane of no hello, or one that is already open.
    #[error("unknown lane")]
    UnknownLane,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Too many requests to that peer are under way.
    #[error("too many requests under way")]
    TooMany,
    /// The answer is too long or is cut off.
    #[error("malformed answer")]
    Malformed,
    /// The peer is not connected, or went away.
    #[error("not connected")]
    NotConnected,
    /// The peer refused: it has no answer, or too many requests.
    #[error("refused")]
    Refused,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
}
