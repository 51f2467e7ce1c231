//! What a seat said under its signature, and two such statements that contradict each other.

use serde::{Deserialize, Serialize};

use crate::certificate::{
    CommitsCertificate, DecisionCertificate, PrepareCertificate, QuorumVotes, RoundCertificate,
};
use crate::codec::DecodeError;
use crate::crypto::Signature;
use crate::genesis::TableId;
use crate::seat::Seat;
use crate::time::{Epoch, Height, Round};

use super::proposal::Proposal;
use super::round_change::RoundChange;
use super::vote::{Vote, VoteKind};

/// Something a seat signed about one round of one height. A proposal is its leader's Prepare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Statement {
    /// A vote.
    Vote(Vote),
    /// A round change.
    RoundChange(RoundChange),
}

/// Two statements of one seat, of which an honest one makes at most one.
///
/// Whether they prove anything is for [`crate::evidence`] to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was seen first.
    pub first: Statement,
    /// What contradicts it.
    pub second: Statement,
}

/// Which of a round's statements: with table, height and round, the slot in which an honest seat
/// signs one content only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StatementKind {
    /// The first vote, which is also a leader's proposal.
    Prepare,
    /// The second vote.
    Commit,
    /// The wish to enter the round.
    RoundChange,
}

impl std::fmt::Display for StatementKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Prepare => "Prepare",
            Self::Commit => "Commit",
            Self::RoundChange => "RoundChange",
        })
    }
}

impl Statement {
    /// Which of the round's statements it is.
    #[must_use]
    pub const fn kind(&self) -> StatementKind {
        match self {
            Self::Vote(Vote {
                kind: VoteKind::Prepare,
                ..
            }) => StatementKind::Prepare,
            Self::Vote(_) => StatementKind::Commit,
            Self::RoundChange(_) => StatementKind::RoundChange,
        }
    }

    /// The seat that is said to have signed it.
    #[must_use]
    pub const fn seat(&self) -> Seat {
        match self {
            Self::Vote(vote) => vote.seat,
            Self::RoundChange(change) => change.seat,
        }
    }

    /// The height it is about.
    #[must_use]
    pub const fn height(&self) -> Height {
        match self {
            Self::Vote(vote) => vote.height,
            Self::RoundChange(change) => change.height,
        }
    }

    /// The round it is about.
    #[must_use]
    pub const fn round(&self) -> Round {
        match self {
            Self::Vote(vote) => vote.round,
            Self::RoundChange(change) => change.round,
        }
    }

    /// The epoch its signer named.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        match self {
            Self::Vote(vote) => vote.epoch,
            Self::RoundChange(change) => change.epoch,
        }
    }

    /// The seat's signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        match self {
            Self::Vote(vote) => &vote.signature,
            Self::RoundChange(change) => &change.signature,
        }
    }

    /// The bytes the signature covers at `table`.
    #[must_use]
    pub fn bytes(&self, table: TableId) -> Vec<u8> {
        match self {
            Self::Vote(vote) => vote.bytes(table),
            Self::RoundChange(change) => change.bytes(table),
        }
    }

    /// Whether `other` says the same, whatever the signatures.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |statement: &Self| match statement {
            Self::Vote(vote) => (None, vote.digest),
            Self::RoundChange(change) => (
                change.claim.map(|claim| claim.round),
                change.claim.map(|claim| claim.digest),
            ),
        };
        self.slot() == other.slot() && self.epoch() == other.epoch() && said(self) == said(other)
    }

    /// Where an honest seat says one thing only.
    #[must_use]
    pub const fn slot(&self) -> (Seat, Height, Round, StatementKind) {
        (self.seat(), self.height(), self.round(), self.kind())
    }

    /// What `seat` signed, read back from the bytes that its signature covers, and the table those
    /// bytes name.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are those of no statement.
    pub fn from_bytes(
        seat: Seat,
        bytes: &[u8],
        signature: Signature,
    ) -> Result<(TableId, Self), DecodeError> {
        let vote = Vote::from_bytes(seat, bytes, signature.clone());
        vote.map(|(table, vote)| (table, Self::Vote(vote)))
            .or_else(|_| {
                let (table, change) = RoundChange::from_bytes(seat, bytes, signature)?;
                Ok((table, Self::RoundChange(change)))
            })
    }
}

impl QuorumVotes {
    /// The votes of `kind` that this certificate is made of.
    pub fn statements(&self, kind: VoteKind) -> impl Iterator<Item = Statement> {
        let (epoch, height, round) = (self.epoch, self.height, self.round);
        let digest = Some(self.digest);
        self.signatures.iter().map(move |(seat, signature)| {
            Statement::Vote(Vote {
                kind,
                epoch,
                height,
                round,
                digest,
                seat,
                signature: signature.clone(),
            })
        })
    }
}

impl RoundCertificate {
    /// The round changes that this certificate is made of.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        let (epoch, height, round) = (self.epoch, self.height, self.round);
        self.changes.iter().map(move |(seat, (claim, signature))| {
            Statement::RoundChange(RoundChange {
                epoch,
                height,
                round,
                claim: *claim,
                seat,
                signature: signature.clone(),
            })
        })
    }
}

impl CommitsCertificate {
    /// The votes that this certificate is made of.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        let (epoch, height, round) = (self.epoch, self.height, self.round);
        self.commits.iter().map(move |(seat, (digest, signature))| {
            Statement::Vote(Vote {
                kind: VoteKind::Commit,
                epoch,
                height,
                round,
                digest: *digest,
                seat,
                signature: signature.clone(),
            })
        })
    }
}

impl Proposal {
    /// Everything in it that some seat signed.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let mut statements = vec![Statement::Vote(self.vote.clone())];
        if let Some(justification) = &self.justification {
            let changes = justification.changes.iter();
            statements.extend(changes.flat_map(RoundCertificate::statements));
            let prepared = justification.prepared.as_ref();
            statements.extend(
                prepared
                    .into_iter()
                    .flat_map(PrepareCertificate::statements),
            );
        }
        let parent = self.parent.iter();
        statements.extend(parent.flat_map(DecisionCertificate::statements));
        statements
    }
}

impl PrepareCertificate {
    /// The votes that this certificate is made of.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        self.0.statements(VoteKind::Prepare)
    }
}

impl DecisionCertificate {
    /// The votes that this certificate is made of.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        self.0.statements(VoteKind::Commit)
    }
}
