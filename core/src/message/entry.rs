//! Entries: what a seat puts before the table.

use serde::{Deserialize, Serialize};

use crate::crypto::{self, Signature, Signer};
use crate::dice::{Commitment, Opening};
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::seat::Seat;
use crate::time::Height;

use super::block::Deadline;
use super::evidence::Evidence;
use super::motion::{Choice, Motion, MotionId};

/// The two independent nonce sequences of a seat, so that neither blocks or kills the other.
///
/// Operations order before actions in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Table operations: all that is no move.
    Operations,
    /// Game actions.
    Actions,
}

impl Stream {
    /// Both streams, in the order they stand in a block.
    pub const BOTH: [Self; 2] = [Self::Operations, Self::Actions];

    /// 0 for operations, 1 for actions.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What an entry submits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Content {
    /// Encoded actions of the game, applied all or none. No action at all withdraws what the seat
    /// submitted under lower nonces and is not decided yet.
    Actions {
        /// The turn the actions were meant for; at any other they are stale.
        turn: u64,
        /// Each action in canonical bytes.
        actions: Vec<Vec<u8>>,
    },
    /// I saw every genesis signature; here is my first commitment.
    Ready {
        /// The root of the seat's first dice secrets; none where the dice policy needs none.
        commitment: Option<Commitment>,
    },
    /// My secret for the open roll, and the commitment that replaces the spent one.
    Reveal {
        /// The height that decided the roll's request.
        roll: Height,
        /// The secret and its path to the commitment.
        opening: Opening,
        /// The seat's next commitment.
        next: Commitment,
    },
    /// A fresh commitment in place of one that was lost by withholding, or that has no secret left
    /// to keep back.
    Commit {
        /// The commitment.
        commitment: Commitment,
    },
    /// I am here: back if I was away, and awake if the leader schedule passes over me.
    Here,
    /// I was admitted, agree to these terms, and have followed the table: seat me.
    Join {
        /// Digest of the [`Newcomer`](crate::roster::Newcomer) that was admitted.
        invitation: Digest,
        /// The root of the seat's first dice secrets; none where the dice policy or the kind of
        /// the seat needs none.
        commitment: Option<Commitment>,
        /// The number of that commitment; 0 without one.
        counter: u64,
        /// A height that the newcomer has followed, one of the last
        /// [`STATES_KEPT`](crate::limits::STATES_KEPT).
        height: Height,
        /// Digest of the state after it.
        state: Digest,
    },
    /// A question to the table.
    Motion(Motion),
    /// An answer to an open question.
    Ballot {
        /// The question.
        motion: MotionId,
        /// The answer.
        choice: Choice,
    },
    /// I take back the operations that I submitted under lower nonces and that are not decided yet.
    Withdraw,
    /// Proof that a seat contradicted itself.
    Evidence(Box<Evidence>),
    /// I leave the game and the table for good.
    Leave,
    /// My move of a sealed turn, which nobody can read before I open it.
    Seal {
        /// The turn it is for; at any other it is stale.
        turn: u64,
        /// What binds me to it: [`dice::seal`](crate::dice::seal()) with the next secret that I
        /// keep back.
        seal: Digest,
    },
    /// The move that I sealed.
    Open {
        /// The turn.
        turn: u64,
        /// The move in canonical bytes.
        action: Vec<u8>,
        /// The secret in the seal, and its path to the commitment.
        opening: Opening,
    },
    /// Hidden rolls of mine that I was asked to show.
    Show {
        /// The height that decided the request.
        show: Height,
        /// My part of each, by ascending number of the roll, those first that are still to be
        /// shown.
        openings: Vec<Opening>,
    },
}

impl Content {
    /// The nonce stream this content belongs to.
    #[must_use]
    pub const fn stream(&self) -> Stream {
        match self {
            Self::Actions { .. } | Self::Seal { .. } => Stream::Actions,
            _ => Stream::Operations,
        }
    }

    /// Whether this is a move meant for a turn before `turn`. A withdrawal is good at any.
    #[must_use]
    pub fn is_stale(&self, turn: u64) -> bool {
        match self {
            Self::Actions { actions, .. } if actions.is_empty() => false,
            Self::Actions { turn: meant, .. } | Self::Seal { turn: meant, .. } => *meant < turn,
            _ => false,
        }
    }

    /// The deadline of the collection that this content contributes to, if it does.
    #[must_use]
    pub const fn contributes_to(&self) -> Option<Deadline> {
        match *self {
            Self::Reveal { roll, .. } => Some(Deadline::Reveal { roll }),
            Self::Open { turn, .. } => Some(Deadline::Open { turn }),
            Self::Show { show, .. } => Some(Deadline::Show { show }),
            _ => None,
        }
    }
}

/// The signed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryBody {
    /// The table it is for.
    pub table: TableId,
    /// Whose entry it is.
    pub seat: Seat,
    /// Its number in its stream, above [`follows`](Self::follows).
    pub nonce: u64,
    /// The nonce that must be the seat's last decided one in this stream, so that a leader cannot
    /// kill an earlier entry by taking a later one first.
    pub follows: u64,
    /// The last height that may decide it.
    pub valid_until: Height,
    /// What it submits.
    pub content: Content,
}

/// One signed submission of one seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is signed.
    pub body: EntryBody,
    /// The seat's signature.
    pub signature: Signature,
}

impl Entry {
    /// Signs `body`.
    #[must_use]
    pub fn sign(body: EntryBody, signer: &dyn Signer) -> Self {
        let signature = signer.sign(&Self::bytes(&body));
        Self { body, signature }
    }

    /// The bytes the signature covers.
    #[must_use]
    pub fn bytes(body: &EntryBody) -> Vec<u8> {
        // Invariant: an entry holds integers and bytes only, which always encode.
        crypto::signing_bytes("entry", body).expect("an entry always encodes")
    }

    /// The nonce stream the entry belongs to.
    #[must_use]
    pub const fn stream(&self) -> Stream {
        self.body.content.stream()
    }

    /// Digest of body and signature.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Invariant: as in `bytes`.
        Digest::of("entry", self).expect("an entry always encodes")
    }
}
