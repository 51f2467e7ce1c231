//! Round changes: a seat gives up a round (PBFT's view change).

use serde::{Deserialize, Serialize};

use crate::codec::DecodeError;
use crate::crypto::{self, Signature, Signer};
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::seat::Seat;
use crate::time::{Epoch, Height, Round};

/// The highest prepare certificate a seat holds: what it may have helped to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The certificate's round.
    pub round: Round,
    /// The certificate's block.
    pub digest: Digest,
}

/// One seat's wish to enter `round`, with what it holds from the rounds below.
///
/// The claimed certificate travels beside it; without it the message is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundChange {
    /// The epoch.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// The round to enter, from 1.
    pub round: Round,
    /// The signer's highest prepare certificate, from a round below.
    pub claim: Option<Claim>,
    /// Who signs.
    pub seat: Seat,
    /// The seat's signature.
    pub signature: Signature,
}

/// What a signature of a round change says it is of.
const KIND: &str = "round-change";

/// What the signature covers.
#[derive(Serialize, Deserialize)]
struct Signed {
    table: TableId,
    epoch: Epoch,
    height: Height,
    round: Round,
    claim: Option<Claim>,
}

impl RoundChange {
    /// Fills in the signature of `self`'s content at `table`.
    #[must_use]
    pub fn signed(mut self, table: TableId, signer: &dyn Signer) -> Self {
        self.signature = signer.sign(&self.bytes(table));
        self
    }

    /// What `seat` signed, read back from the bytes that its signature covers, and the table those
    /// bytes name.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are those of no round change.
    pub fn from_bytes(
        seat: Seat,
        bytes: &[u8],
        signature: Signature,
    ) -> Result<(TableId, Self), DecodeError> {
        let Signed {
            table,
            epoch,
            height,
            round,
            claim,
        } = crypto::signed_content(KIND, bytes)?;
        let change = Self {
            epoch,
            height,
            round,
            claim,
            seat,
            signature,
        };
        Ok((table, change))
    }

    /// The bytes the signature covers at `table`.
    #[must_use]
    pub fn bytes(&self, table: TableId) -> Vec<u8> {
        let Self {
            epoch,
            height,
            round,
            claim,
            ..
        } = *self;
        // Invariant: integers and digests always encode.
        crypto::signing_bytes(
            KIND,
            &Signed {
                table,
                epoch,
                height,
                round,
                claim,
            },
        )
        .expect("a round change always encodes")
    }
}
