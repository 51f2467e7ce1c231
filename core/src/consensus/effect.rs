//! What a protocol wants done.

use std::sync::Arc;

use crate::certificate::{
    CommitsCertificate, DecisionCertificate, PrepareCertificate, RoundCertificate,
};
use crate::digest::Digest;
use crate::message::Block;
use crate::seat::Seats;
use crate::time::Round;

/// Something the engine does for the protocol, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Build a block if none is given, sign its Prepare, and send the proposal.
    Propose {
        /// The round this seat leads.
        round: Round,
        /// The block that must be proposed again; none is a free choice.
        again: Option<Arc<Block>>,
        /// What entitles to a round above 0.
        entitlement: Option<Entitlement>,
    },
    /// Sign the first vote.
    Prepare {
        /// The round.
        round: Round,
        /// The block, or nil.
        digest: Option<Digest>,
        /// The block's body, to be journalled beside the vote.
        block: Option<Arc<Block>>,
        /// For nil: why, as a hint for logs. It decides nothing.
        refusal: Option<Refusal>,
    },
    /// Sign the second vote, on the strength of this certificate.
    Commit {
        /// Certificate of the round and block committed to.
        certificate: PrepareCertificate,
        /// The block's body, to be journalled beside the vote.
        block: Arc<Block>,
    },
    /// Sign a second vote for no block.
    CommitNil {
        /// The round.
        round: Round,
    },
    /// Journal the proof that a round is over, for this seat is about to sign in a later one.
    KeepRound(CommitsCertificate),
    /// Sign a round change, claiming this certificate.
    ChangeRound {
        /// The round to enter.
        round: Round,
        /// The highest certificate held.
        claim: Option<PrepareCertificate>,
    },
    /// Ask these seats for a block's body.
    Fetch {
        /// Digest of the block.
        digest: Digest,
        /// Seats that must have it, for they voted for it.
        from: Seats,
    },
    /// The height is decided.
    Decide {
        /// A quorum's Commits.
        certificate: DecisionCertificate,
        /// What was decided.
        block: Arc<Block>,
    },
}

/// Why a block got a nil Prepare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The block.
    pub digest: Digest,
    /// What is wrong with it.
    pub why: String,
}

/// What entitles a leader to propose in a round above 0, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Round changes of a quorum, where the protocol has any.
    pub changes: Option<RoundCertificate>,
    /// The certificate of the block that is proposed again.
    pub prepared: Option<PrepareCertificate>,
}
