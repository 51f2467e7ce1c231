//! Snapshots: all that a device needs to go on from a checkpoint, without the blocks before it.
//!
//! Every so many heights ([`Genesis::checkpoint`](crate::genesis::Genesis::checkpoint)) a decided
//! height is a checkpoint. Its [`Snapshot`] holds game and table state in canonical bytes, whose
//! digest the block names as its post-state, and the certificate that makes the block final. So a
//! snapshot proves itself to whoever knows who sat at the table, whoever brings it. Reading one
//! back is the table's business ([`TableState::adopt`](crate::table::TableState::adopt)).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::DecisionCertificate;
use crate::codec::Blob;
use crate::digest::Digest;
use crate::message::Block;
use crate::time::Height;

/// A decided block, its certificate, and the state it led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The block decided at the checkpoint.
    pub block: Arc<Block>,
    /// Its certificate.
    pub certificate: DecisionCertificate,
    /// Game and table state after it: the very bytes that its state digest is of.
    pub state: Blob,
}

/// A decision that a device believes in without having seen who signed it: whoever invited it says
/// so, in the link (the trusted header of a light client, in Tendermint's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its height.
    pub height: Height,
    /// The digest of its block.
    pub digest: Digest,
}

/// How the parts of a snapshot do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The certificate is for another block.
    #[error("the certificate is for another block")]
    Certificate,
    /// The state is not the one that the block led to.
    #[error("the state is not the one that the block led to")]
    State,
}

impl Snapshot {
    /// The height of the checkpoint.
    #[must_use]
    pub fn height(&self) -> Height {
        self.block.height
    }

    /// The decision that it goes on from.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        let (height, digest) = (self.height(), self.block.digest());
        Anchor { height, digest }
    }

    /// The digest of the state it holds, whatever the block says.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(STATE, &self.state)
    }

    /// Whether its parts belong together; who signed the certificate is not looked at.
    ///
    /// # Errors
    /// [`Mismatch`] names the first part that does not.
    pub fn is_whole(&self) -> Result<(), Mismatch> {
        let Self {
            block, certificate, ..
        } = self;
        let signed = &certificate.0;
        let place = (block.epoch, block.height, block.digest());
        if place != (signed.epoch, signed.height, signed.digest) {
            Err(Mismatch::Certificate)
        } else if self.digest() != block.post_state && !unchecked() {
            Err(Mismatch::State)
        } else {
            Ok(())
        }
    }
}

fn unchecked() -> bool {
    crate::mutant::is(crate::mutant::Mutant::SnapshotUnchecked)
}

/// The domain of state digests.
pub const STATE: &str = "state";
