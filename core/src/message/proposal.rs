//! Proposals: the leader's own Prepare with the block and what entitles it beside it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::{DecisionCertificate, PrepareCertificate, RoundCertificate};
use crate::crypto::{self, Signature};
use crate::digest::Digest;

use super::block::Block;
use super::vote::{Unsigned, Vote};

/// Why a leader may propose this block in a round above 0: PBFT's new view, Tendermint's valid
/// round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Justification {
    /// Round changes of a quorum to this round, under PBFT; Tendermint has none.
    pub changes: Option<RoundCertificate>,
    /// The certificate whose block is proposed again: under PBFT that of the highest round among
    /// the changes, under Tendermint the highest the leader holds. None is a free choice.
    pub prepared: Option<PrepareCertificate>,
    /// The leader's signature over both and its vote's content, so that no relayer can strip or
    /// exchange them.
    pub signature: Signature,
}

impl Justification {
    /// The bytes the leader's signature covers, beside the `vote` it proposes with.
    #[must_use]
    pub fn bytes(
        vote: &Unsigned,
        changes: Option<&RoundCertificate>,
        prepared: Option<&PrepareCertificate>,
    ) -> Vec<u8> {
        // Invariant: certificates hold integers, digests and signatures, which always encode.
        crypto::signing_bytes("justification", &(vote, changes, prepared))
            .expect("a justification always encodes")
    }
}

/// What a leader sends in its round.
///
/// Only the vote is signed by itself, and its digest binds the block; a body or justification that
/// does not fit what the leader signed is charged to whoever brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The leader's Prepare for the block.
    pub vote: Vote,
    /// The block; left out when relayed, for bodies are pulled.
    pub block: Option<Arc<Block>>,
    /// What entitles the leader, in rounds above 0.
    pub justification: Option<Justification>,
    /// Certificate of the parent for the round the block names, from height 2.
    pub parent: Option<DecisionCertificate>,
}

impl Proposal {
    /// Digest of the proposed block, if the leader did not propose nil, which no honest one does.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        self.vote.digest
    }
}
