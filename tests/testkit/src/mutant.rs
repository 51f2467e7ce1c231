//! Known-wrong variants of the protocol and its hosts, which the simulator must catch: a simulator
//! that lets one pass proves nothing by finding no fault.

use std::str::FromStr;

use quorate_core::genesis::Protocol;
use quorate_core::journal::{Journal, Record};

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// One seat less than a quorum decides. Needs the feature `mutants`.
    QuorumOffByOne,
    /// A round change claims nothing, whatever was prepared. Needs the feature `mutants`.
    ForgottenPrepare,
    /// A re-proposal waits for the seat's own clock and pool. Needs the feature `mutants`.
    SubjectiveReproposal,
    /// A block may close a deadline whatever entries a seat holds. Needs the feature `mutants`.
    ClosingWithoutInclusion,
    /// Tendermint: a seat commits on a certificate of a round that it has left. Needs the feature
    /// `mutants`.
    LateCommit,
    /// Tendermint: f seats move others to a later round. Needs the feature `mutants`.
    SkipWithF,
    /// PBFT: a seat that changed rounds still commits in the round it left. Needs the feature
    /// `mutants`.
    CommitBelowChange,
    /// The first height of an epoch is decided by the roster of the one before. Needs the feature
    /// `mutants`.
    RosterOneHeightLate,
    /// A motion stays open when the roster changes. Needs the feature
    /// `mutants`.
    MotionsSurvive,
    /// A second ballot of a seat counts in place of its first. Needs the feature
    /// `mutants`.
    BallotTwice,
    /// Evidence is judged by the roster of today. Needs the feature
    /// `mutants`.
    CourtOfToday,
    /// Evidence needs no signatures. Needs the feature
    /// `mutants`.
    UnprovenEvidence,
    /// A decided nonce may be decided again, whatever it follows. Needs the feature
    /// `mutants`.
    SpentNonces,
    /// A move counts at whatever turn it is. Needs the feature
    /// `mutants`.
    StaleTurns,
    /// A block may hold entries that nobody signed. Needs the feature
    /// `mutants`.
    UnsignedEntries,
    /// What a seat opens need not be what it sealed. Needs the feature
    /// `mutants`.
    SealUnchecked,
    /// What a seat reveals need not open its commitment. Needs the feature
    /// `mutants`.
    RevealUnchecked,
    /// Who withheld throws in again at the next roll. Needs the feature
    /// `mutants`.
    BenchForgotten,
    /// Tendermint: any certificate unlocks, also one of a round below the lock's. Needs the feature
    /// `mutants`.
    UnlockByAnyRound,
    /// Tendermint: a nil Commit unlocks. Needs the feature
    /// `mutants`.
    NilUnlocks,
    /// A snapshot is believed whatever its state's digest. Needs the feature `mutants`.
    SnapshotUnchecked,
    /// Decisions are dropped before a snapshot covers them. Needs the feature `mutants`.
    CleanUpTooEarly,
    /// The host says that records are on disk when they are not.
    SendBeforePersist,
    /// The seat counts its vote at once, though it leaves only when it is on disk.
    CountBeforePersist,
    /// A Commit is stored without the certificate it rests on.
    CommitWithoutCertificate,
}

impl Mutant {
    /// Every mutant.
    pub const ALL: [Self; 25] = [
        Self::QuorumOffByOne,
        Self::ForgottenPrepare,
        Self::SubjectiveReproposal,
        Self::ClosingWithoutInclusion,
        Self::LateCommit,
        Self::SkipWithF,
        Self::CommitBelowChange,
        Self::RosterOneHeightLate,
        Self::MotionsSurvive,
        Self::BallotTwice,
        Self::CourtOfToday,
        Self::UnprovenEvidence,
        Self::SpentNonces,
        Self::StaleTurns,
        Self::UnsignedEntries,
        Self::SealUnchecked,
        Self::RevealUnchecked,
        Self::BenchForgotten,
        Self::UnlockByAnyRound,
        Self::NilUnlocks,
        Self::SnapshotUnchecked,
        Self::CleanUpTooEarly,
        Self::SendBeforePersist,
        Self::CountBeforePersist,
        Self::CommitWithoutCertificate,
    ];

    /// Whether it is a rule of core that is broken, which takes the feature `mutants`.
    #[must_use]
    pub const fn is_in_core(self) -> bool {
        !matches!(
            self,
            Self::SendBeforePersist | Self::CountBeforePersist | Self::CommitWithoutCertificate
        )
    }

    /// The protocol whose rule it breaks; none if it can break either.
    #[must_use]
    pub const fn protocol(self) -> Option<Protocol> {
        match self {
            Self::ForgottenPrepare | Self::CommitBelowChange => Some(Protocol::Pbft),
            Self::LateCommit | Self::SkipWithF | Self::UnlockByAnyRound | Self::NilUnlocks => {
                Some(Protocol::Tendermint)
            }
            _ => None,
        }
    }

    /// Breaks the rule on this thread, or mends all.
    pub(crate) fn set(mutant: Option<Self>) {
        #[cfg(feature = "mutants")]
        {
            use quorate_core::mutant::Mutant as Core;
            quorate_core::mutant::set(mutant.and_then(|mutant| match mutant {
                Self::QuorumOffByOne => Some(Core::QuorumOffByOne),
                Self::ForgottenPrepare => Some(Core::ForgottenPrepare),
                Self::SubjectiveReproposal => Some(Core::SubjectiveReproposal),
                Self::ClosingWithoutInclusion => Some(Core::ClosingWithoutInclusion),
                Self::LateCommit => Some(Core::LateCommit),
                Self::SkipWithF => Some(Core::SkipWithF),
                Self::CommitBelowChange => Some(Core::CommitBelowChange),
                Self::RosterOneHeightLate => Some(Core::RosterOneHeightLate),
                Self::MotionsSurvive => Some(Core::MotionsSurvive),
                Self::BallotTwice => Some(Core::BallotTwice),
                Self::CourtOfToday => Some(Core::CourtOfToday),
                Self::UnprovenEvidence => Some(Core::UnprovenEvidence),
                Self::SpentNonces => Some(Core::SpentNonces),
                Self::StaleTurns => Some(Core::StaleTurns),
                Self::UnsignedEntries => Some(Core::UnsignedEntries),
                Self::SealUnchecked => Some(Core::SealUnchecked),
                Self::RevealUnchecked => Some(Core::RevealUnchecked),
                Self::BenchForgotten => Some(Core::BenchForgotten),
                Self::UnlockByAnyRound => Some(Core::UnlockByAnyRound),
                Self::NilUnlocks => Some(Core::NilUnlocks),
                Self::SnapshotUnchecked => Some(Core::SnapshotUnchecked),
                Self::CleanUpTooEarly => Some(Core::CleanUpTooEarly),
                Self::SendBeforePersist
                | Self::CountBeforePersist
                | Self::CommitWithoutCertificate => None,
            }));
        }
        #[cfg(not(feature = "mutants"))]
        let _ = mutant;
    }

    /// What a host that breaks this rule finds in its journal.
    pub(crate) fn journal(self, journal: Journal) -> Journal {
        if self != Self::CommitWithoutCertificate {
            return journal;
        }
        let strip = |record| match record {
            // The bare vote: as if only Prepares had bodies and nothing had certificates.
            Record::Commit { vote, block, .. } => Record::Prepare { vote, block },
            other => other,
        };
        Journal {
            records: journal.records.into_iter().map(strip).collect(),
            ..journal
        }
    }
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|mutant| format!("{mutant:?}") == name);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL
                .iter()
                .map(|mutant| format!("{mutant:?}"))
                .collect();
            format!("no mutant {name}; there are {}", names.join(", "))
        })
    }
}
