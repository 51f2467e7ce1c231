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
    pub const ALL: [Self; 11] = [
        Self::QuorumOffByOne,
        Self::ForgottenPrepare,
        Self::SubjectiveReproposal,
        Self::ClosingWithoutInclusion,
        Self::LateCommit,
        Self::SkipWithF,
        Self::SnapshotUnchecked,
        Self::CleanUpTooEarly,
        Self::SendBeforePersist,
        Self::CountBeforePersist,
        Self::CommitWithoutCertificate,
    ];

    /// Whether it is a rule of core that is broken, which takes the feature `mutants`.
    #[must_use]
    pub const fn is_in_core(self) -> bool {
        matches!(
            self,
            Self::QuorumOffByOne
                | Self::ForgottenPrepare
                | Self::SubjectiveReproposal
                | Self::ClosingWithoutInclusion
                | Self::LateCommit
                | Self::SkipWithF
                | Self::SnapshotUnchecked
                | Self::CleanUpTooEarly
        )
    }

    /// The protocol whose rule it breaks; none if it can break either.
    #[must_use]
    pub const fn protocol(self) -> Option<Protocol> {
        match self {
            Self::ForgottenPrepare => Some(Protocol::Pbft),
            Self::LateCommit | Self::SkipWithF => Some(Protocol::Tendermint),
            _ => None,
        }
    }

    /// Breaks the rule on this thread, or mends all.
    pub(crate) fn set(mutant: Option<Self>) {
        #[cfg(feature = "mutants")]
        {
            use quorate_core::mutant::Mutant as Core;
            quorate_core::mutant::set(match mutant {
                Some(Self::QuorumOffByOne) => Some(Core::QuorumOffByOne),
                Some(Self::ForgottenPrepare) => Some(Core::ForgottenPrepare),
                Some(Self::SubjectiveReproposal) => Some(Core::SubjectiveReproposal),
                Some(Self::ClosingWithoutInclusion) => Some(Core::ClosingWithoutInclusion),
                Some(Self::LateCommit) => Some(Core::LateCommit),
                Some(Self::SkipWithF) => Some(Core::SkipWithF),
                Some(Self::SnapshotUnchecked) => Some(Core::SnapshotUnchecked),
                Some(Self::CleanUpTooEarly) => Some(Core::CleanUpTooEarly),
                _ => None,
            });
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
