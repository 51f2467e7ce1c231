//! What a seat says of a table that has lost its quorum.

use serde::{Deserialize, Serialize};

use crate::crypto::{self, Signature, Signer};
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::seat::{Seat, Seats};
use crate::time::{Height, Wall};

/// One seat's signed word on where a table stands that cannot go on. It decides nothing: play
/// resumes from the last decision whenever a quorum is back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// The last decided height.
    pub height: Height,
    /// Digest of its block.
    pub block: Digest,
    /// Digest of game and table state after it.
    pub state: Digest,
    /// Seats that the signer has not heard from, long enough.
    pub absent: Seats,
    /// The signer's wall clock.
    pub at: Wall,
    /// Who signs.
    pub seat: Seat,
    /// The seat's signature.
    pub signature: Signature,
}

impl Testimony {
    /// Fills in the signature of `self`'s content at `table`.
    #[must_use]
    pub fn signed(mut self, table: TableId, signer: &dyn Signer) -> Self {
        self.signature = signer.sign(&self.bytes(table));
        self
    }

    /// The bytes the signature covers at `table`.
    #[must_use]
    pub fn bytes(&self, table: TableId) -> Vec<u8> {
        let content = (self.height, self.block, self.state, self.absent, self.at);
        // Invariant: integers and digests always encode.
        crypto::signing_bytes("testimony", &(table, content)).expect("a testimony always encodes")
    }
}
