//! Certificates: exactly a quorum of signatures of one kind in one round, seats ascending.
//!
//! A certificate convinces whoever holds the roster of its height, whoever brings it. Checking one
//! asks the [`Checker`], which remembers what it has seen, so that votes a seat counted itself are
//! not checked again inside a certificate.

use serde::{Deserialize, Serialize};

use crate::crypto::{SeatKeys, Signature, Verifier};
use crate::digest::Digest;
use crate::genesis::TableId;
use crate::limits::CHECKED_MAX;
use crate::message::{Claim, RoundChange, Unsigned, VoteKind};
use crate::roster::Roster;
use crate::seat::PerSeat;
use crate::time::{Epoch, Height, Round};

/// A quorum's signatures over one vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumVotes {
    /// The epoch.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block.
    pub digest: Digest,
    /// The signatures, exactly a quorum.
    pub signatures: PerSeat<Signature>,
}

/// A quorum prepared this block in this round: no other can be decided in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareCertificate(pub QuorumVotes);

/// A quorum committed to this block in this round: it is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionCertificate(pub QuorumVotes);

/// A quorum wished to enter this round, each with its claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundCertificate {
    /// The epoch.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// The round to enter.
    pub round: Round,
    /// Claim and signature of each signer, exactly a quorum.
    pub changes: PerSeat<(Option<Claim>, Signature)>,
}

/// A quorum committed in this round, to a block or to nil: the round is over (Tendermint's round
/// certificate).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitsCertificate {
    /// The epoch.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// The round that is over.
    pub round: Round,
    /// Choice and signature of each signer, exactly a quorum.
    pub commits: PerSeat<(Option<Digest>, Signature)>,
}

/// Why a certificate convinces nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not exactly a quorum of signatures.
    #[error("{have} signatures, a quorum is {need}")]
    Count {
        /// Signatures in the certificate.
        have: usize,
        /// The quorum.
        need: usize,
    },
    /// A signer without a seat.
    #[error("signer {0} has no seat")]
    Stranger(crate::Seat),
    /// A signature that its seat did not make over this content.
    #[error("the signature of seat {0} is false")]
    Signature(crate::Seat),
}

impl QuorumVotes {
    fn check(
        &self,
        kind: VoteKind,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<(), CertificateError> {
        let Self {
            epoch,
            height,
            round,
            digest,
            ..
        } = *self;
        let bytes = Unsigned {
            kind,
            table,
            epoch,
            height,
            round,
            digest: Some(digest),
        }
        .bytes();
        count(self.signatures.len(), roster)?;
        for (seat, signature) in self.signatures.iter() {
            let holder = roster
                .holder(seat)
                .ok_or(CertificateError::Stranger(seat))?;
            if !checker.check(&holder.keys(), &bytes, signature) {
                return Err(CertificateError::Signature(seat));
            }
        }
        Ok(())
    }
}

fn count(have: usize, roster: &Roster) -> Result<(), CertificateError> {
    let need = roster.quorum();
    if have == need {
        Ok(())
    } else {
        Err(CertificateError::Count { have, need })
    }
}

impl PrepareCertificate {
    /// Checks count, seats and signatures.
    ///
    /// # Errors
    /// [`CertificateError`] names the first seat or count that is wrong.
    pub fn check(
        &self,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<(), CertificateError> {
        self.0.check(VoteKind::Prepare, table, roster, checker)
    }

    /// What a round change claims by holding this.
    #[must_use]
    pub const fn claim(&self) -> Claim {
        Claim {
            round: self.0.round,
            digest: self.0.digest,
        }
    }
}

impl DecisionCertificate {
    /// Checks count, seats and signatures.
    ///
    /// # Errors
    /// [`CertificateError`] names the first seat or count that is wrong.
    pub fn check(
        &self,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<(), CertificateError> {
        self.0.check(VoteKind::Commit, table, roster, checker)
    }
}

impl RoundCertificate {
    /// Checks count, seats and signatures.
    ///
    /// # Errors
    /// [`CertificateError`] names the first seat or count that is wrong.
    pub fn check(
        &self,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<(), CertificateError> {
        count(self.changes.len(), roster)?;
        for (seat, (claim, signature)) in self.changes.iter() {
            let holder = roster
                .holder(seat)
                .ok_or(CertificateError::Stranger(seat))?;
            let change = RoundChange {
                epoch: self.epoch,
                height: self.height,
                round: self.round,
                claim: *claim,
                seat,
                signature: signature.clone(),
            };
            if !checker.check(&holder.keys(), &change.bytes(table), signature) {
                return Err(CertificateError::Signature(seat));
            }
        }
        Ok(())
    }

    /// The claim of the highest round among the signers'.
    #[must_use]
    pub fn highest(&self) -> Option<Claim> {
        self.changes
            .iter()
            .filter_map(|(_, (claim, _))| *claim)
            .max_by_key(|claim| claim.round)
    }
}

impl CommitsCertificate {
    /// Checks count, seats and signatures.
    ///
    /// # Errors
    /// [`CertificateError`] names the first seat or count that is wrong.
    pub fn check(
        &self,
        table: TableId,
        roster: &Roster,
        checker: &mut Checker,
    ) -> Result<(), CertificateError> {
        count(self.commits.len(), roster)?;
        for (seat, (digest, signature)) in self.commits.iter() {
            let holder = roster
                .holder(seat)
                .ok_or(CertificateError::Stranger(seat))?;
            let bytes = Unsigned {
                kind: VoteKind::Commit,
                table,
                epoch: self.epoch,
                height: self.height,
                round: self.round,
                digest: *digest,
            }
            .bytes();
            if !checker.check(&holder.keys(), &bytes, signature) {
                return Err(CertificateError::Signature(seat));
            }
        }
        Ok(())
    }

    /// Whether all commit to nil, so that nothing can be decided in this round.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.commits.iter().all(|(_, (digest, _))| digest.is_none())
    }

    /// The decision this amounts to, if all commit to one block.
    #[must_use]
    pub fn decision(&self) -> Option<DecisionCertificate> {
        let Self {
            epoch,
            height,
            round,
            ..
        } = *self;
        let digest = self
            .commits
            .iter()
            .next()
            .and_then(|(_, (first, _))| *first)?;
        let same = |(_, (other, _)): (_, &(Option<Digest>, _))| *other == Some(digest);
        let signatures = |(seat, (_, signature)): (_, &(_, Signature))| (seat, signature.clone());
        self.commits.iter().all(same).then(|| {
            DecisionCertificate(QuorumVotes {
                epoch,
                height,
                round,
                digest,
                signatures: self.commits.iter().map(signatures).collect(),
            })
        })
    }
}

/// Checks signatures and remembers those that held, so that none is checked twice.
pub struct Checker {
    verifier: std::sync::Arc<dyn Verifier>,
    held: rustc_hash::FxHashSet<Digest>,
}

impl Checker {
    /// A checker that asks `verifier`.
    #[must_use]
    pub fn new(verifier: std::sync::Arc<dyn Verifier>) -> Self {
        Self {
            verifier,
            held: rustc_hash::FxHashSet::default(),
        }
    }

    /// Whether `signature` over `bytes` is by who has these `keys`.
    pub fn check(&mut self, keys: &SeatKeys, bytes: &[u8], signature: &Signature) -> bool {
        let slot = Self::slot(keys, bytes, signature);
        if self.held.contains(&slot) {
            return true;
        }
        let holds = self.verifier.verify(keys, bytes, signature);
        if holds {
            self.insert(slot);
        }
        holds
    }

    /// Whether it is remembered that this signature holds.
    pub(crate) fn knows(&self, keys: &SeatKeys, bytes: &[u8], signature: &Signature) -> bool {
        self.held.contains(&Self::slot(keys, bytes, signature))
    }

    /// How many signatures are remembered.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Remembers a signature made here: one's own is never checked.
    pub fn trust(&mut self, keys: &SeatKeys, bytes: &[u8], signature: &Signature) {
        self.insert(Self::slot(keys, bytes, signature));
    }

    fn insert(&mut self, slot: Digest) {
        if self.held.len() >= CHECKED_MAX {
            self.held.clear();
        }
        self.held.insert(slot);
    }

    fn slot(keys: &SeatKeys, bytes: &[u8], signature: &Signature) -> Digest {
        let mut hasher = crate::digest::domain_hasher("checked");
        hasher.update(keys.identity.as_bytes());
        if let Some(key) = &keys.ml_dsa {
            hasher.update(key.digest().as_bytes());
        }
        // Where the signature ends and the content begins must not be for its author to say.
        hasher.update(&signature.as_bytes().len().to_be_bytes());
        hasher.update(signature.as_bytes());
        hasher.update(bytes);
        Digest::from_bytes(*hasher.finalize().as_bytes())
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker")
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}
