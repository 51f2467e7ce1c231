//! A table without a quorum: since when, and what those present sign about it.

use super::{Engine, Event, Fault, Misuse};
use crate::claim::{self, Claim};
use crate::crypto::Signature;
use crate::game::Game;
use crate::limits::TESTIMONY_EVERY_MS;
use crate::message::{Message, Peer, Testimony};
use crate::seat::{PerSeat, Seats};
use crate::time::{Height, Mono};

/// Since when there is no quorum, and what was signed about that.
#[derive(Debug, Default)]
pub(super) struct Stalled {
    since: Option<Mono>,
    told: bool,
    signed: PerSeat<Testimony>,
}

impl Stalled {
    /// A height was decided: what was signed about the one before is history.
    pub(super) fn over(&mut self) {
        self.signed = PerSeat::default();
    }
}

impl<G: Game> Engine<G> {
    /// Follows whether there is a quorum, and tells once it is gone for so long that a claim may be
    /// signed.
    pub(super) fn mind_quorum(&mut self, quorum: bool) {
        let stalled = &mut self.stalled;
        if quorum {
            (stalled.since, stalled.told) = (None, false);
            return;
        }
        stalled.since = stalled.since.or(Some(self.now.mono));
        let due = self.claim_due().is_some_and(|due| self.now.mono >= due);
        if due && !self.stalled.told && self.table.height() > Height(0) {
            self.stalled.told = true;
            let absent = self.table.roster().seats() - self.present;
            self.outbox.event(Event::Stalled { absent });
        }
    }

    /// When those present may sign a claim.
    fn claim_due(&self) -> Option<Mono> {
        let patience = u64::from(self.table.genesis().stall.claim_after_ms);
        let since = self.stalled.since?;
        Some(since.after(std::time::Duration::from_millis(patience)))
    }

    /// When that is still to come.
    pub(super) fn next_claim(&self) -> Option<Mono> {
        self.claim_due().filter(|due| *due > self.now.mono)
    }

    /// Whether a claim may be signed here.
    ///
    /// # Errors
    /// [`Misuse`] says why not.
    pub fn may_claim(&self) -> Result<(), Misuse> {
        if self.me.is_none() {
            Err(Misuse::NoSeat)
        } else if self.table.height() == Height(0) {
            Err(Misuse::NothingDecided)
        } else {
            let due = self.claim_due().ok_or(Misuse::QuorumHolds)?;
            let left = due.since(self.now.mono);
            if left.is_zero() {
                Ok(())
            } else {
                Err(Misuse::ClaimTooEarly { left })
            }
        }
    }

    /// Signs where the table stands, for a claim.
    pub(super) fn testify(&mut self) -> Result<(), Misuse> {
        self.may_claim()?;
        let (Some(seat), Some(signer)) = (self.me, self.signer.clone()) else {
            return Err(Misuse::NoSeat);
        };
        let unsigned = Testimony {
            height: self.table.height(),
            block: self.table.tip(),
            state: self.table.digest(),
            absent: self.table.roster().seats() - self.present,
            at: self.now.wall,
            seat,
            signature: Signature::from_bytes(&[0; 64]),
        };
        let testimony = unsigned.signed(self.table.table(), &*signer);
        self.outbox
            .broadcast(&Message::Testimony(testimony.clone()));
        self.file_testimony(testimony);
        Ok(())
    }

    fn file_testimony(&mut self, testimony: Testimony) {
        self.stalled.signed.insert(testimony.seat, testimony);
        let signed = self.stalled.signed.seats();
        self.outbox.event(Event::Claimed { signed });
    }

    /// Takes what another seat signed, if it is about this seat's last decision and news.
    pub(super) fn take_testimony(&mut self, peer: Peer, testimony: Testimony) {
        let known = self.stalled.signed.get(testimony.seat);
        let fresh = known
            .is_none_or(|known| testimony.at.0 >= known.at.0.saturating_add(TESTIMONY_EVERY_MS));
        let here = (testimony.height, testimony.block) == (self.table.height(), self.table.tip());
        let Some((_, certificate)) = self.recent.back().filter(|_| fresh && here) else {
            return;
        };
        let (table, roster) = (self.table.table(), self.table.roster());
        if claim::holds(&testimony, certificate, table, roster, &mut self.checker) {
            self.file_testimony(testimony);
        } else {
            let fault = Fault::FalseTestimony;
            self.outbox.event(Event::Fault { peer, fault });
        }
    }

    /// The claim that was signed so far; none if nobody has signed one.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let (_, certificate) = self.recent.back()?;
        let signed = &self.stalled.signed;
        let testimonies: Vec<_> = signed.iter().map(|(_, one)| one.clone()).collect();
        let (genesis, roster) = (self.table.genesis(), self.table.roster());
        (!signed.is_empty()).then(|| Claim::new(genesis, roster, certificate, &testimonies))
    }

    /// Who has signed the claim so far.
    #[must_use]
    pub fn claimed_by(&self) -> Seats {
        self.stalled.signed.seats()
    }
}
