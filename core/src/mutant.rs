//! Rules broken on purpose: known-wrong variants of the protocol that the simulator must catch.
//!
//! Only the feature `mutants` can break anything. A table is simulated on one thread and several
//! tables on several, so what is broken is broken per thread.

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
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

#[cfg(feature = "mutants")]
mod active {
    use std::cell::Cell;

    use super::Mutant;

    thread_local!(static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) });

    /// Breaks a rule on this thread, or mends all.
    pub fn set(mutant: Option<Mutant>) {
        ACTIVE.set(mutant);
    }

    pub(crate) fn is(mutant: Mutant) -> bool {
        ACTIVE.get() == Some(mutant)
    }
}

#[cfg(feature = "mutants")]
pub(crate) use active::is;
#[cfg(feature = "mutants")]
pub use active::set;

/// Whether `mutant` is active; without the feature, never.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn is(_: Mutant) -> bool {
    false
}
