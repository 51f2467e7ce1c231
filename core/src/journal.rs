//! The journal: what must be on disk before a signature leaves the device, or counts on it.
//!
//! After a restart the journal is the truth. Stored bytes are sent again, nothing is derived anew,
//! and the signer refuses other bytes for a slot, any lower round and any decided height.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::certificate::{CommitsCertificate, DecisionCertificate, PrepareCertificate};
use crate::fork::Fork;
use crate::message::{Block, Entry, Evidence, Proposal, RoundChange, Statement, Vote};
use crate::snapshot::Snapshot;
use crate::time::Height;

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Record {
    /// The seed of the secrets under one's `counter`-th commitment, before it leaves.
    Secrets {
        /// Which commitment of this seat, from 1.
        counter: u64,
        /// The seed all sixteen secrets derive from.
        seed: [u8; 32],
    },
    /// An own entry.
    Entry(Arc<Entry>),
    /// An own proposal, whose vote is the leader's Prepare.
    Proposal {
        /// The proposal, without the block.
        proposal: Proposal,
        /// The block.
        block: Arc<Block>,
    },
    /// An own Prepare and the body it is for.
    Prepare {
        /// The vote.
        vote: Vote,
        /// The block; none for nil.
        block: Option<Arc<Block>>,
    },
    /// An own Commit, the certificate it rests on, and the body.
    Commit {
        /// The vote.
        vote: Vote,
        /// The certificate; none for nil.
        certificate: Option<PrepareCertificate>,
        /// The block, unless it was journalled before; none for nil.
        block: Option<Arc<Block>>,
    },
    /// An own round change and the certificate it claims.
    RoundChange {
        /// The round change.
        change: RoundChange,
        /// The certificate.
        claim: Option<PrepareCertificate>,
    },
    /// A decided block.
    Decision {
        /// The block.
        block: Arc<Block>,
        /// Its certificate.
        certificate: DecisionCertificate,
    },
    /// The proof that a round is over, before this seat's first signature of a later one: whoever
    /// still waits in that round may hear of it from nobody else.
    RoundOver(CommitsCertificate),
    /// Proof against a seat, kept for ever.
    Evidence(Box<Evidence>),
    /// Proof that one height was decided twice, kept for ever.
    Fork(Box<Fork>),
    /// An own move of a sealed turn, before what binds this seat to it leaves.
    Sealed {
        /// The turn.
        turn: u64,
        /// The move in canonical bytes.
        action: Vec<u8>,
    },
    /// A checkpoint: everything that its decision and those before it have led to. A journal is
    /// replayed from the newest one.
    Snapshot(Box<Snapshot>),
    /// A signature of this seat that was shown to it and is not in this journal: it signs no more.
    RolledBack(Box<Statement>),
}

impl Record {
    /// What must be spent before this record may go; none of a record that holds no secret.
    #[must_use]
    pub const fn until_spent(&self) -> Option<Spent> {
        match *self {
            Self::Secrets { counter, .. } => Some(Spent {
                counter: counter.saturating_add(1),
                turn: 0,
            }),
            Self::Sealed { turn, .. } => Some(Spent {
                counter: 0,
                turn: turn.saturating_add(1),
            }),
            _ => None,
        }
    }

    /// The height from whose decision on this record is no longer needed; none if that height is
    /// not known beforehand: decisions and snapshots are kept until the engine says so
    /// ([`Request::CleanUp`](crate::engine::Request::CleanUp)), secrets likewise
    /// ([`Request::Forget`](crate::engine::Request::Forget)), proofs for ever.
    #[must_use]
    pub fn until(&self) -> Option<Height> {
        match self {
            Self::Proposal { block, .. } => Some(block.height),
            Self::Prepare { vote, .. } | Self::Commit { vote, .. } => Some(vote.height),
            Self::RoundChange { change, .. } => Some(change.height),
            Self::RoundOver(over) => Some(over.height),
            Self::Entry(entry) => Some(entry.body.valid_until),
            Self::Secrets { .. }
            | Self::Sealed { .. }
            | Self::Snapshot(_)
            | Self::RolledBack(_)
            | Self::Decision { .. }
            | Self::Evidence(_)
            | Self::Fork(_) => None,
        }
    }
}

/// What decided blocks have spent of a seat's secrets: records of them may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The lowest commitment whose secrets may still be asked for.
    pub counter: u64,
    /// The lowest turn whose sealed moves may still be opened.
    pub turn: u64,
}

impl Spent {
    /// Whether as much is spent as `other` says, or more.
    #[must_use]
    pub const fn covers(&self, other: &Self) -> bool {
        self.counter >= other.counter && self.turn >= other.turn
    }
}

/// What a seat finds on its disk when it starts again.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The newest snapshot, if there is one.
    pub snapshot: Option<Box<Snapshot>>,
    /// Every decided block above that snapshot with its certificate, ascending without a gap, or
    /// from height 1. Those below may be there or not.
    pub decisions: Vec<(Arc<Block>, DecisionCertificate)>,
    /// The other records, in the order they were written; those no longer needed may be missing.
    pub records: Vec<Record>,
}

impl Journal {
    /// Sorts a plain list of records into decisions and others.
    #[must_use]
    pub fn from_records(records: impl IntoIterator<Item = Record>) -> Self {
        let mut journal = Self::default();
        for record in records {
            match record {
                Record::Snapshot(snapshot) => journal.goes_on_from(snapshot),
                Record::Decision { block, certificate } => {
                    journal.decisions.push((block, certificate));
                }
                other => journal.records.push(other),
            }
        }
        journal
    }

    /// Takes `snapshot` if it is newer than the one there is.
    pub fn goes_on_from(&mut self, snapshot: Box<Snapshot>) {
        let height = |held: &Snapshot| held.height();
        let newest = self.snapshot.as_deref().map(height);
        if newest < Some(snapshot.height()) {
            self.snapshot = Some(snapshot);
        }
    }

    /// The last height that is decided in it.
    #[must_use]
    pub fn height(&self) -> Height {
        let covered = self.snapshot.as_ref().map(|held| held.height());
        let decided = self.decisions.last().map(|(block, _)| block.height);
        covered.max(decided).unwrap_or_default()
    }
}

/// A journal that cannot be trusted: stop, never guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corrupt {
    /// A gap or repetition in the decided heights.
    #[error("decision {found} stands where {wanted} should")]
    Gap {
        /// The height wanted.
        wanted: Height,
        /// The height found.
        found: Height,
    },
    /// A snapshot that is damaged, or of another table.
    #[error("the snapshot of height {height} does not hold: {why}")]
    Snapshot {
        /// The height.
        height: Height,
        /// What is wrong.
        why: String,
    },
    /// A decided block that does not follow from the one before, or leads to another state.
    #[error("the decision at height {height} does not hold: {why}")]
    Decision {
        /// The height.
        height: Height,
        /// What is wrong.
        why: String,
    },
    /// Two different records for one slot, or one signed by another key.
    #[error("a record of height {0} contradicts another or is not this seat's")]
    Contradiction(Height),
}
