//! Evidence: what proves to anybody that a seat contradicted itself.
//!
//! # Rules
//! Evidence exists for proposals (a leader's Prepare), votes and round changes, and compares what
//! was signed, never the signatures: one key can sign one content in several ways.
//! 1. *Two contents in one slot.* Table, height, round and kind make a slot. The epoch is signed
//!    but is no part of it, or a seat could vote twice under two epochs.
//! 2. *A denied Commit*, in PBFT only. Whoever commits to a block in round r0 holds a certificate
//!    of r0, and claims it or a later one in every later round change. A Commit of r0 beside a
//!    round change to a round above r0 that claims less than r0, or nothing, proves that the seat
//!    forgot what it must not forget.
//!
//! Nothing else is evidence: not a second ballot, a reused nonce, a bad reveal or an illegal entry,
//! which are refused where they arrive, and not a seat in Tendermint that prevotes against a block
//! it precommitted to, for the rules let it change its lock.
//!
//! # Who can check it
//! Whoever knows the table's id, its protocol and the roster of the height. The journal keeps what
//! a seat signed, so that an honest seat that restarts repeats itself, byte for byte, and is never
//! named.

mod exported;
mod proven;
mod watch;

use std::fmt;

use crate::certificate::Checker;
use crate::genesis::{Protocol, TableId};
use crate::message::{RoundChange, StatementKind, Vote};
use crate::mutant::{self, Mutant};
use crate::roster::Roster;
use crate::seat::Seat;
use crate::time::{Height, Round};

pub use crate::message::{Evidence, Statement};
pub use exported::{Exported, ExportedError, Guilt, SignedBytes};
pub use proven::Proofs;
pub use watch::Watch;

/// Before whom a seat is judged: the table, its protocol, and the roster of the height.
#[derive(Clone, Copy, Debug)]
pub struct Court<'a> {
    /// The table that every signature covers.
    pub table: TableId,
    /// Whose rules an honest seat keeps.
    pub protocol: Protocol,
    /// Who held which seat at the height that the evidence is about.
    pub roster: &'a Roster,
}

/// What a seat did that no honest one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Offence {
    /// It signed two contents in one slot.
    SignedTwice {
        /// What it signed twice.
        kind: StatementKind,
        /// The height.
        height: Height,
        /// The round.
        round: Round,
    },
    /// It committed to a block and claimed later to hold no certificate of that round.
    DeniedCommit {
        /// The height.
        height: Height,
        /// The round it committed in.
        committed: Round,
        /// The later round whose round change denies it.
        denied_in: Round,
    },
}

impl Offence {
    /// The height at which it happened.
    #[must_use]
    pub const fn height(&self) -> Height {
        match self {
            Self::SignedTwice { height, .. } | Self::DeniedCommit { height, .. } => *height,
        }
    }

    /// The round in which it happened, the earlier of two.
    #[must_use]
    pub const fn round(&self) -> Round {
        match self {
            Self::SignedTwice { round, .. } => *round,
            Self::DeniedCommit { committed, .. } => *committed,
        }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedTwice {
                kind,
                height,
                round,
            } => write!(
                f,
                "signed two different {kind}s at height {height}, round {round}"
            ),
            Self::DeniedCommit {
                height,
                committed,
                denied_in,
            } => write!(
                f,
                "signed a Commit at height {height}, round {committed}, and denied it in a \
                 RoundChange to round {denied_in}"
            ),
        }
    }
}

/// Why evidence proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// An honest seat may have signed both.
    #[error("an honest seat may sign both statements")]
    NoContradiction,
    /// Signed by a seat that was not on the roster of that height.
    #[error("seat {0} is not on the roster of that height")]
    Stranger(Seat),
    /// A signature that the seat did not make.
    #[error("a signature is not seat {0}'s")]
    Signature(Seat),
}

/// What is wrong with two statements of one seat under `protocol`, if anything is. Says nothing of
/// the signatures.
#[must_use]
pub fn offence(protocol: Protocol, one: &Statement, other: &Statement) -> Option<Offence> {
    if one.slot() == other.slot() {
        let (_, height, round, kind) = one.slot();
        let twice = Offence::SignedTwice {
            kind,
            height,
            round,
        };
        return (!one.says_the_same(other)).then_some(twice);
    }
    match (one, other) {
        _ if protocol != Protocol::Pbft => None,
        (Statement::Vote(vote), Statement::RoundChange(change))
        | (Statement::RoundChange(change), Statement::Vote(vote)) => denied(vote, change),
        _ => None,
    }
}

fn denied(vote: &Vote, change: &RoundChange) -> Option<Offence> {
    let of_one_height = (vote.seat, vote.height) == (change.seat, change.height);
    let committed = vote.kind == crate::message::VoteKind::Commit && vote.digest.is_some();
    let claims_less = change.claim.is_none_or(|claim| claim.round < vote.round);
    let later = change.round > vote.round;
    (of_one_height && committed && later && claims_less).then_some(Offence::DeniedCommit {
        height: vote.height,
        committed: vote.round,
        denied_in: change.round,
    })
}

impl Evidence {
    /// The seat that is accused.
    #[must_use]
    pub const fn seat(&self) -> Seat {
        self.first.seat()
    }

    /// The height that it is about.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.first.height()
    }

    /// What the seat did.
    ///
    /// # Errors
    /// [`EvidenceError`] if it is no contradiction, the seat is not on the roster, or a signature
    /// is not its.
    pub fn check(
        &self,
        court: &Court<'_>,
        checker: &mut Checker,
    ) -> Result<Offence, EvidenceError> {
        let offence = offence(court.protocol, &self.first, &self.second)
            .ok_or(EvidenceError::NoContradiction)?;
        let seat = self.seat();
        let holder = court
            .roster
            .holder(seat)
            .ok_or(EvidenceError::Stranger(seat))?;
        for statement in [&self.first, &self.second] {
            let bytes = statement.bytes(court.table);
            let proven = mutant::is(Mutant::UnprovenEvidence)
                || checker.check(&holder.keys(), &bytes, statement.signature());
            if !proven {
                return Err(EvidenceError::Signature(seat));
            }
        }
        Ok(offence)
    }
}
