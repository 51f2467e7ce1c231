//! The outermost message and the lanes it travels on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::{CommitsCertificate, DecisionCertificate, PrepareCertificate};
use crate::digest::Digest;
use crate::limits::{CERTIFICATE_BYTES_MAX, ENTRY_BYTES_MAX, VOTE_BYTES_MAX};

use super::{Block, Entry, Evidence, Proposal, RoundChange, Statement, Status, Testimony, Vote};

/// Independent ordered ways between two peers, so that a large message never delays a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Status and heartbeats.
    Control,
    /// Votes, round changes and certificates.
    Votes,
    /// Proposals, entries and block bodies.
    Proposals,
}

/// A connection, numbered by the host. It may or may not be a seat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u64);

impl Peer {
    /// Not a connection: what comes from this device itself.
    pub const SELF: Self = Self(u64::MAX);
}

/// Everything one engine sends another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Message {
    /// What the sender has.
    Status(Status),
    /// A vote of any seat, relayed or not.
    Vote(Vote),
    /// A round change of any seat with the certificate it claims.
    RoundChange(RoundChange, Option<PrepareCertificate>),
    /// A certificate for a peer that holds none of that round.
    Prepared(PrepareCertificate),
    /// A decision for a peer that is at that height still.
    Decided(DecisionCertificate),
    /// A leader's proposal, relayed or not.
    Proposal(Proposal),
    /// An entry of any seat.
    Entry(Arc<Entry>),
    /// A request for the block with this digest.
    WantBody(Digest),
    /// The block somebody asked for.
    Body(Arc<Block>),
    /// The proof that a round is over, for a peer that is in that round or below.
    RoundOver(CommitsCertificate),
    /// Proof that a seat contradicted itself.
    Evidence(Box<Evidence>),
    /// What a seat says of a table without a quorum.
    Testimony(Testimony),
    /// The newest signature that the sender holds of the receiver: the first thing two devices
    /// tell each other beside their statuses, so that a seat whose journal has lost it notices.
    Held(Statement),
}

impl Message {
    /// How long a frame may be that begins like this one, at a table whose blocks hold
    /// `block_bytes` of entries: known before anything is decoded.
    #[must_use]
    pub fn bytes_max(frame: &[u8], block_bytes: usize) -> usize {
        // The first byte is the variant's index.
        match frame.first() {
            Some(1 | 7 | 11 | 12) => VOTE_BYTES_MAX,
            Some(5 | 8) => block_bytes + 4 * CERTIFICATE_BYTES_MAX,
            Some(6) => ENTRY_BYTES_MAX + VOTE_BYTES_MAX,
            _ => CERTIFICATE_BYTES_MAX,
        }
    }

    /// The lane this message travels on.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Status(_) => Lane::Control,
            Self::Vote(_)
            | Self::RoundChange(..)
            | Self::Prepared(_)
            | Self::Decided(_)
            | Self::RoundOver(_)
            | Self::WantBody(_)
            | Self::Evidence(_)
            | Self::Testimony(_)
            | Self::Held(_) => Lane::Votes,
            Self::Proposal(_) | Self::Entry(_) | Self::Body(_) => Lane::Proposals,
        }
    }
}
