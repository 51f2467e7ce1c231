//! Status: what a seat has, so that peers can send what it lacks.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::seat::{PerSeat, Seats};
use crate::time::{Height, Round, Wall};

use super::vote::VoteKind;

/// The votes of one round, kind and digest that a seat holds, all of them verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteSet {
    /// The round.
    pub round: Round,
    /// First or second vote.
    pub kind: VoteKind,
    /// The block, or nil.
    pub digest: Option<Digest>,
    /// Whose votes are held.
    pub seats: Seats,
}

/// What a seat shows its peers, on change and as a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The height being decided.
    pub height: Height,
    /// The round the seat is in.
    pub round: Round,
    /// Round of the highest prepare certificate held at this height.
    pub prepared: Option<Round>,
    /// Whether the proposal of this round is held.
    pub proposal: bool,
    /// Votes held at this height.
    pub votes: Vec<VoteSet>,
    /// Seats whose round change to this round or above is held.
    pub changes: Seats,
    /// Digest of the state after the last decided height.
    pub tip_state: Digest,
    /// Highest undecided or decided nonce held of each seat, operations and actions.
    pub nonces: PerSeat<[u64; 2]>,
    /// The sender's wall clock.
    pub clock: Wall,
    /// Seats heard from lately, oneself included, so that a quorum is seen across a broken link.
    pub heard: Seats,
    /// Seats that showed this height or a higher one: whoever finds itself here knows that its own
    /// status of the last decision has arrived.
    pub level: Seats,
}

/// What a seat showed last of what is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The last decided height.
    pub height: Height,
    /// Digest of the state there.
    pub state: Digest,
    /// Seats of which it knew by then that they had come as far.
    pub level: Seats,
}
