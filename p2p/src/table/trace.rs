//! How a height became final, as it showed on this device.

use quorate_core::message::VoteKind;
use quorate_core::{Digest, Height, Mono, Round, Seat, Seats};

/// How one height became final, for showing it slowed down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// The height.
    pub height: Height,
    /// The round that decided it here, or the one under way.
    pub round: Round,
    /// Who leads, or led, that round.
    pub leader: Option<Seat>,
    /// When the first vote was seen.
    pub started: Mono,
    /// The votes in the order in which they were counted here, at most
    /// [`TRACE_VOTES`](crate::limits::TRACE_VOTES).
    pub votes: Vec<Voted>,
    /// When it became final here.
    pub decided: Option<Mono>,
    /// The digest of the decided block.
    pub digest: Option<Digest>,
    /// Who signed the certificate.
    pub signers: Seats,
}

/// One vote of a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Voted {
    /// Who voted. The leader's own Prepare is its proposal.
    pub seat: Seat,
    /// First or second vote.
    pub kind: VoteKind,
    /// In which round.
    pub round: Round,
    /// Whether it is for no block.
    pub nil: bool,
    /// When it was counted on this device.
    pub at: Mono,
}

impl Trace {
    pub(crate) const fn new(height: Height, started: Mono) -> Self {
        Self {
            height,
            round: Round(0),
            leader: None,
            started,
            votes: Vec::new(),
            decided: None,
            digest: None,
            signers: Seats::NONE,
        }
    }
}
