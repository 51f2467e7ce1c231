//! Who decides a height, counted by hand.

use std::collections::BTreeMap;

use super::flaw::Cause;
use crate::certificate::DecisionCertificate;
use crate::crypto::{PublicKey, Verifier};
use crate::digest::Digest;
use crate::genesis::{FaultProfile, TableId};
use crate::message::{Block, Unsigned, VoteKind};
use crate::roster::Roster;
use crate::seat::Seat;

/// The keys that decide the heights of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deciders {
    keys: BTreeMap<Seat, PublicKey>,
    profile: Option<FaultProfile>,
}

impl Deciders {
    pub(super) fn of(roster: &Roster, profile: Option<FaultProfile>) -> Self {
        let keys = roster.iter().map(|(seat, holder)| (seat, holder.key));
        Self {
            keys: keys.collect(),
            profile,
        }
    }

    pub(super) fn key(&self, seat: Seat) -> Option<&PublicKey> {
        self.keys.get(&seat)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Seat, &PublicKey)> {
        self.keys.iter().map(|(seat, key)| (*seat, key))
    }

    /// The least number of seats that is more than two thirds of them; with a profile, the least
    /// of which two such groups share more than the cheats there may be.
    pub(super) fn quorum(&self) -> usize {
        let seats = self.keys.len();
        let enough = |votes: &usize| match self.profile {
            None => 3 * votes > 2 * seats,
            Some(profile) => 2 * votes > seats + usize::from(profile.byzantine),
        };
        (1..=seats).find(enough).unwrap_or(usize::MAX)
    }

    /// Whether exactly a quorum committed to `block`, whose digest is `digest`.
    pub(super) fn decided(
        &self,
        (table, block, digest): (TableId, &Block, Digest),
        certificate: &DecisionCertificate,
        verifier: &dyn Verifier,
    ) -> Result<(), Cause> {
        let votes = &certificate.0;
        if (votes.height, votes.epoch, votes.digest) != (block.height, block.epoch, digest) {
            return Err(Cause::Certificate);
        }
        let (have, need) = (votes.signatures.len(), self.quorum());
        if have != need {
            return Err(Cause::Quorum { have, need });
        }
        let signed = Unsigned {
            kind: VoteKind::Commit,
            table,
            epoch: block.epoch,
            height: block.height,
            round: votes.round,
            digest: Some(digest),
        };
        let bytes = signed.bytes();
        for (seat, signature) in votes.signatures.iter() {
            let key = self.key(seat).ok_or(Cause::Stranger(seat))?;
            if !verifier.verify(key, &bytes, signature) {
                return Err(Cause::Vote(seat));
            }
        }
        Ok(())
    }
}
