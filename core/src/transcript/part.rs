//! What a transcript is made of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::DecisionCertificate;
use crate::codec::Blob;
use crate::genesis::SignedGenesis;
use crate::message::Block;
use crate::state::Saved;
use crate::time::Height;

/// The first line of every transcript: what it is, and the version of its form.
pub const MAGIC: &[u8] = b"quorate transcript 1\n";

/// One part of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// What everybody signed before the first move.
    Genesis(Box<SignedGenesis>),
    /// The game that a successor of a forked table goes on with.
    Carried(Box<Saved>),
    /// What one height decided.
    Decision {
        /// The block.
        block: Arc<Block>,
        /// A quorum's signatures under it.
        certificate: DecisionCertificate,
    },
    /// The bytes that the state digest of the block before covers: its roster decides the heights
    /// that follow.
    State(Blob),
    /// There is no more; the last decided height.
    End(Height),
}

/// [`Part`] with borrowed insides, for writing. Variants stand in the same order.
#[derive(Serialize)]
pub(super) enum PartRef<'a> {
    Genesis(&'a SignedGenesis),
    Carried(&'a Saved),
    Decision {
        block: &'a Block,
        certificate: &'a DecisionCertificate,
    },
    State(&'a Blob),
    End(Height),
}
