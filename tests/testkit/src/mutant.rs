//! Known-wrong variants of the protocol and its hosts, which the simulator must catch: a simulator
//! that lets one pass proves nothing by finding no fault.

use std::str::FromStr;

use quorate_core::genesis::Protocol;
use quorate_core::journal::{Journal, Record};

use crate::scenario::Scenario;

macro_rules! mutants {
    (
        core { $($(#[$doc:meta])* $core:ident,)* }
        host { $($(#[$own:meta])* $host:ident,)* }
    ) => {
        /// A rule that is broken on purpose.
        ///
        /// Those of core need the feature `mutants`; those of the host are broken by the simulator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$doc])* $core,)*
            $($(#[$own])* $host,)*
        }

        impl Mutant {
            /// Every mutant.
            pub const ALL: &'static [Self] = &[$(Self::$core,)* $(Self::$host,)*];

            /// Whether it is a rule of core that is broken, which takes the feature `mutants`.
            #[must_use]
            pub const fn is_in_core(self) -> bool {
                matches!(self, $(Self::$core)|*)
            }

            #[cfg(feature = "mutants")]
            const fn core(self) -> Option<quorate_core::mutant::Mutant> {
                match self {
                    $(Self::$core => Some(quorate_core::mutant::Mutant::$core),)*
                    $(Self::$host => None,)*
                }
            }
        }
    };
}

mutants! {
    core {
        /// One seat less than a quorum decides.
        QuorumOffByOne,
        /// A round change claims nothing, whatever was prepared.
        ForgottenPrepare,
        /// A re-proposal waits for the seat's own clock and pool.
        SubjectiveReproposal,
        /// A block may close a deadline whatever entries a seat holds.
        ClosingWithoutInclusion,
        /// Tendermint: any certificate unlocks, also one of a round below the lock's.
        UnlockByAnyRound,
        /// Tendermint: a nil Commit unlocks.
        NilUnlocks,
        /// Tendermint: a seat commits on a certificate of a round that it has left.
        LateCommit,
        /// Tendermint: f seats, who may all be faulty, move others to a later round.
        SkipWithF,
        /// PBFT: a seat that changed rounds still commits in the round it left.
        CommitBelowChange,
        /// The first height of an epoch is decided by the roster of the one before.
        RosterOneHeightLate,
        /// A motion stays open when the roster changes.
        MotionsSurvive,
        /// A second ballot of a seat counts in place of its first.
        BallotTwice,
        /// Evidence is judged by the roster of today.
        CourtOfToday,
        /// Evidence needs no signatures.
        UnprovenEvidence,
        /// A decided nonce may be decided again, whatever it follows.
        SpentNonces,
        /// A move counts at whatever turn it is.
        StaleTurns,
        /// A block may hold entries that nobody signed.
        UnsignedEntries,
        /// What a seat opens need not be what it sealed.
        SealUnchecked,
        /// What a seat reveals need not open its commitment.
        RevealUnchecked,
        /// Who withheld throws in again at the next roll.
        BenchForgotten,
        /// A snapshot is believed whatever its state's digest.
        SnapshotUnchecked,
        /// Decisions are dropped before a snapshot covers them.
        CleanUpTooEarly,
        /// Repair hands out a seat's own proposal before that is on its disk.
        ProposalBeforeDisk,
        /// Repair hands out a seat's own entry before that is on its disk.
        EntryBeforeDisk,
    }
    host {
        /// The host says that records are on disk when they are not.
        SendBeforePersist,
        /// The seat counts its vote at once, though it leaves only when it is on disk.
        CountBeforePersist,
        /// A Commit is stored without the certificate it rests on.
        CommitWithoutCertificate,
    }
}

impl Mutant {
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

    /// Where it is looked for, if that is so rare a meeting of faults that few seeds draw it.
    #[must_use]
    pub const fn aim(self) -> Option<Scenario> {
        match self {
            Self::LateCommit | Self::UnlockByAnyRound | Self::NilUnlocks => {
                Some(Scenario::HiddenLock)
            }
            Self::SkipWithF => Some(Scenario::ForgetfulRounds),
            _ => None,
        }
    }

    /// Seeds, from the first, within which the simulator must catch it: two or three times as many
    /// as it took when this was written.
    #[must_use]
    pub const fn within(self) -> u64 {
        match self {
            Self::QuorumOffByOne
            | Self::ForgottenPrepare
            | Self::CleanUpTooEarly
            | Self::SendBeforePersist
            | Self::CountBeforePersist => 3,
            Self::CommitBelowChange | Self::ProposalBeforeDisk | Self::EntryBeforeDisk => 4,
            Self::StaleTurns | Self::SkipWithF => 25,
            Self::RosterOneHeightLate => 30,
            Self::BenchForgotten => 35,
            Self::CourtOfToday | Self::CommitWithoutCertificate | Self::SpentNonces => 40,
            Self::BallotTwice => 50,
            Self::SubjectiveReproposal => 60,
            Self::UnprovenEvidence => 70,
            Self::SnapshotUnchecked => 90,
            Self::LateCommit | Self::UnsignedEntries | Self::NilUnlocks => 100,
            Self::MotionsSurvive | Self::RevealUnchecked => 150,
            Self::SealUnchecked => 300,
            _ => 500,
        }
    }

    /// Breaks the rule on this thread, or mends all.
    pub(crate) fn set(mutant: Option<Self>) {
        #[cfg(feature = "mutants")]
        quorate_core::mutant::set(mutant.and_then(Self::core));
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
            .iter()
            .find(|mutant| format!("{mutant:?}") == name);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL
                .iter()
                .map(|mutant| format!("{mutant:?}"))
                .collect();
            format!("no mutant {name}; there are {}", names.join(", "))
        })
    }
}
