//! Proven guilt at the table: who is judged by which roster, and what a proof does to the game.

use super::execution::Execution;
use super::{EntryRefusal, TableState};
use crate::certificate::Checker;
use crate::evidence::{Court, Evidence, EvidenceError, Offence, Proofs};
use crate::game::{Game, SeatChange, Why};
use crate::message::{Content, Motion};
use crate::mutant::{self, Mutant};
use crate::roster::Holder;
use crate::time::{Epoch, Height};

impl<G: Game> TableState<G> {
    /// The proofs that have been decided.
    #[must_use]
    pub const fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// Before whom a seat is judged for what it signed at `height`, and in which epoch that was;
    /// none if that height is not reached yet, or too many epochs past.
    #[must_use]
    pub fn court(&self, height: Height) -> Option<(Epoch, Court<'_>)> {
        let (epoch, mut roster) = self.roster_at(height).filter(|_| height > Height(0))?;
        if mutant::is(Mutant::CourtOfToday) {
            roster = &self.roster;
        }
        let court = Court {
            table: self.table,
            protocol: self.genesis.protocol,
            roster,
        };
        Some((epoch, court))
    }

    /// What `evidence` proves: the epoch of the offence, who held the seat then, and what it did;
    /// none if nobody can tell any more, or yet.
    ///
    /// # Errors
    /// [`EvidenceError`] if it proves nothing.
    pub fn judge(
        &self,
        evidence: &Evidence,
        checker: &mut Checker,
    ) -> Result<Option<(Epoch, Holder, Offence)>, EvidenceError> {
        let Some((epoch, court)) = self.court(evidence.height()) else {
            return Ok(None);
        };
        let offence = evidence.check(&court, checker)?;
        let seat = evidence.seat();
        let holder = court.roster.holder(seat);
        let holder = holder.ok_or(EvidenceError::Stranger(seat))?.clone();
        Ok(Some((epoch, holder, offence)))
    }

    /// Whether the signatures hold that `content` carries within it, if it carries any.
    pub(crate) fn proves(
        &self,
        content: &Content,
        checker: &mut Checker,
    ) -> Result<(), EntryRefusal> {
        match content {
            Content::Evidence(evidence) => {
                let judged = self.judge(evidence, checker)?;
                let height = evidence.height();
                judged.map(|_| ()).ok_or(EntryRefusal::NoCourt(height))
            }
            Content::Motion(Motion::Dispute(dispute)) => self.exhibit(dispute, checker),
            _ => Ok(()),
        }
    }
}

impl<G: Game> Execution<G> {
    /// Takes a proof whose signatures hold: the first against a seat and epoch takes from whoever
    /// held that seat the one it has now, though it may have left and come back at another since.
    pub(super) fn evidence(&mut self, evidence: &Evidence) -> Result<(), EntryRefusal> {
        if self.state().play.is_none() {
            return Err(EntryRefusal::NotBegun);
        }
        let seat = evidence.seat();
        // The state on the way stands at the height of the block already.
        let reached = evidence.height() <= self.state().height;
        let court = self.state().court(evidence.height()).filter(|_| reached);
        let (epoch, court) = court.ok_or(EntryRefusal::NoCourt(evidence.height()))?;
        let stranger = EntryRefusal::Evidence(EvidenceError::Stranger(seat));
        let key = court.roster.holder(seat).ok_or(stranger)?.key;
        let now = self.state().seat_for(&key);
        let height = self.state().height;
        if !self.state_mut().proofs.note(epoch, seat, height) {
            return Err(EntryRefusal::Proven(seat));
        }
        // Where the seat cannot leave the roster, it leaves the game at least.
        if let Some(now) = now
            && self.remove(now, Why::Guilty).is_err()
        {
            self.tell_seat(now, SeatChange::Gone(Why::Guilty));
        }
        Ok(())
    }
}
