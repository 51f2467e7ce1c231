//! Votes: the first and the second of a round.

use serde::{Deserialize, Serialize};

use crate::codec::DecodeError;
use crate::crypto::{self, Signature, Signer};
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::seat::Seat;
use crate::time::{Epoch, Height, Round};

/// What a signature of a vote says it is of.
const KIND: &str = "vote";

/// Which vote of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VoteKind {
    /// The first vote; the leader's own stands for its proposal.
    Prepare,
    /// The second vote, given by whoever holds a quorum of the first.
    Commit,
}

/// One seat's vote for a block, or for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// First or second vote.
    pub kind: VoteKind,
    /// The epoch.
    pub epoch: Epoch,
    /// The height voted on.
    pub height: Height,
    /// The round voted in.
    pub round: Round,
    /// The block, or none: nil.
    pub digest: Option<Digest>,
    /// Who votes.
    pub seat: Seat,
    /// The seat's signature.
    pub signature: Signature,
}

impl Vote {
    /// Signs `unsigned` as `seat`.
    #[must_use]
    pub fn sign(unsigned: Unsigned, seat: Seat, signer: &dyn Signer) -> Self {
        let signature = signer.sign(&unsigned.bytes());
        Self::of(unsigned, seat, signature)
    }

    /// What `seat` signed, read back from the bytes that its signature covers, and the table those
    /// bytes name.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are those of no vote.
    pub fn from_bytes(
        seat: Seat,
        bytes: &[u8],
        signature: Signature,
    ) -> Result<(TableId, Self), DecodeError> {
        let unsigned: Unsigned = crypto::signed_content(KIND, bytes)?;
        Ok((unsigned.table, Self::of(unsigned, seat, signature)))
    }

    const fn of(unsigned: Unsigned, seat: Seat, signature: Signature) -> Self {
        let Unsigned {
            kind,
            epoch,
            height,
            round,
            digest,
            ..
        } = unsigned;
        Self {
            kind,
            epoch,
            height,
            round,
            digest,
            seat,
            signature,
        }
    }

    /// The bytes the signature covers at `table`.
    #[must_use]
    pub fn bytes(&self, table: TableId) -> Vec<u8> {
        self.unsigned(table).bytes()
    }

    /// What the signature covers at `table`.
    #[must_use]
    pub const fn unsigned(&self, table: TableId) -> Unsigned {
        let Self {
            kind,
            epoch,
            height,
            round,
            digest,
            ..
        } = *self;
        Unsigned {
            kind,
            table,
            epoch,
            height,
            round,
            digest,
        }
    }
}

/// A vote before it is signed: exactly what the signature covers. The seat is no part of it, for
/// its key is what checks the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    /// First or second vote.
    pub kind: VoteKind,
    /// The table.
    pub table: TableId,
    /// The epoch.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block, or nil.
    pub digest: Option<Digest>,
}

impl Unsigned {
    /// The bytes a signature of this vote covers.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // Invariant: integers and digests always encode.
        crypto::signing_bytes(KIND, self).expect("a vote always encodes")
    }
}
