//! What a block does to the roster: newcomers sit down, seats are dismissed, an epoch ends.

use std::sync::Arc;

use super::execution::Execution;
use super::membership::{MembershipRefusal, Pending};
use super::refusal::JoinRefusal;
use crate::dice::{Commitment, OpenRoll};
use crate::digest::Digest;
use crate::game::{Game, Hidden, SeatChange, Why};
use crate::genesis::DicePolicy;
use crate::message::{Content, Deadline};
use crate::mutant::{self, Mutant};
use crate::roster::{Newcomer, Roster};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::Height;

/// What a block has decided about seats so far. It counts from the next height.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Seats that are dismissed.
    gone: PerSeat<Why>,
    /// Admissions that are taken back.
    cancelled: Seats,
    /// The newcomer that sits down: one a block, so that each finds the room the game promised.
    come: Option<Seat>,
}

impl<G: Game> Execution<G> {
    /// Admits `newcomer`: the table waits for its `Join`, from the next block on. Returns its seat.
    ///
    /// # Errors
    /// [`MembershipRefusal`] if it cannot be admitted; nothing has changed then.
    pub(super) fn admit(&mut self, newcomer: Newcomer) -> Result<Seat, MembershipRefusal> {
        let seat = self.state.may_admit(&newcomer)?;
        let lifetime = u64::from(self.state.genesis.bounds.entry_lifetime);
        let until = Height(self.state.height.0.saturating_add(lifetime));
        // The nonces of an index rise on over its holders, so that no entry returns from the past.
        if self.state.nonces.get(seat).is_none() {
            self.state.nonces.insert(seat, [0; 2]);
        }
        self.state.pot.await_from(seat);
        let pending = Pending { newcomer, until };
        self.state.membership.admit(seat, pending);
        Ok(seat)
    }

    /// Dismisses `seat` from the next height on, or takes back its admission. The first reason in
    /// a block stands.
    ///
    /// # Errors
    /// [`MembershipRefusal`] if it cannot be dismissed; nothing has changed then.
    pub(super) fn remove(&mut self, seat: Seat, why: Why) -> Result<(), MembershipRefusal> {
        self.state.may_remove(seat)?;
        let gone = self.changes.gone.seats();
        if self.state.membership.pending().get(seat).is_some() {
            self.changes.cancelled.insert(seat);
        } else if (self.state.roster.players() - gone) == Seats::from(seat) {
            return Err(MembershipRefusal::LastPlayer(seat));
        } else if !gone.contains(seat) {
            self.changes.gone.insert(seat, why);
        }
        Ok(())
    }

    /// An admitted newcomer sits down.
    pub(super) fn join(&mut self, seat: Seat, join: &Content) -> Result<(), JoinRefusal> {
        let Content::Join {
            invitation,
            commitment,
            counter,
            height,
            state,
        } = join
        else {
            return Err(JoinRefusal::NotAdmitted);
        };
        let pending = self.state.membership.pending().get(seat);
        let newcomer = &pending.ok_or(JoinRefusal::NotAdmitted)?.newcomer;
        if newcomer.digest() != *invitation {
            return Err(JoinRefusal::OtherTerms);
        }
        if self.changes.come.is_some() || self.changes.cancelled.contains(seat) {
            return Err(JoinRefusal::NotNow);
        }
        let plays = newcomer.kind.plays();
        let game = self.state.play.as_ref();
        if plays && !game.is_some_and(crate::state::Play::may_join) {
            return Err(JoinRefusal::NotNow);
        }
        if !self.parent_knew(*height, *state) {
            return Err(JoinRefusal::State(*height));
        }
        self.commit_of(seat, plays, (*commitment, *counter))?;
        self.changes.come = Some(seat);
        Ok(())
    }

    /// Whether `digest` was the state after `height`, among the heights below this block's.
    fn parent_knew(&self, height: Height, digest: Digest) -> bool {
        // A state on its way has a height of its own already, and still its parent's digests.
        let shifted = height.0.checked_add(1).map(Height);
        shifted.is_some_and(|height| self.state.knew(height, digest))
    }

    fn commit_of(
        &mut self,
        seat: Seat,
        plays: bool,
        commitment: (Option<Commitment>, u64),
    ) -> Result<(), JoinRefusal> {
        let wanted = plays && self.state.genesis.dice != DicePolicy::Local;
        let number = self.state.pot.given(seat) + 1;
        match commitment {
            (Some(commitment), counter) if wanted && counter == number => {
                self.state.pot.join(seat, commitment);
                Ok(())
            }
            (None, 0) if !wanted => Ok(()),
            _ => Err(JoinRefusal::Commitment),
        }
    }

    /// Ends the block for the roster: if it changed, the next height begins a new epoch.
    pub(super) fn change_roster(&mut self) {
        let Changes {
            gone,
            cancelled,
            come,
        } = std::mem::take(&mut self.changes);
        let state = &mut self.state;
        let come = come.filter(|seat| !cancelled.contains(*seat));
        let come = come.and_then(|seat| Some((seat, state.membership.seat(seat)?)));
        for seat in cancelled {
            state.membership.forget(seat);
        }
        state.membership.expire(state.height);
        if gone.is_empty() && come.is_none() {
            return;
        }
        let owed = match state.collecting() {
            Some((Deadline::Show { .. }, _)) | None => Seats::NONE,
            Some((_, awaited)) => awaited,
        };
        let before = Arc::clone(&state.roster);
        let newcomer = come.as_ref().map(|(seat, _)| *seat);
        state.roster = Arc::new(before.changed(gone.seats(), come));
        state
            .membership
            .close(state.epoch, state.height, Arc::clone(&before));
        state.epoch = state.epoch.next();
        state.ready = (state.ready - gone.seats()) | newcomer.map(Seats::from).unwrap_or_default();
        for seat in gone.seats() {
            state.pot.dismiss(seat);
            state.presence.forget(seat);
        }
        if let Some(play) = &state.play {
            let owner = |id| play.hidden_of(id).map(Hidden::owner);
            let lost = |id| owner(id).is_some_and(|owner| gone.seats().contains(owner));
            state.hidden.lose(lost);
        }
        if !mutant::is(Mutant::MotionsSurvive) {
            self.void_motions();
        }
        self.tell_gone(&gone, &before, owed);
        if let Some(seat) = newcomer.filter(|seat| self.state.roster.players().contains(*seat)) {
            self.tell_seat(seat, SeatChange::Joined);
        }
        self.close_hopeless_roll();
        self.go_on();
    }

    /// Tells the game who is gone. To leave with a reveal or an opening due, of those that are
    /// `owed`, is to withhold it.
    fn tell_gone(&mut self, gone: &PerSeat<Why>, before: &Roster, owed: Seats) {
        for (seat, why) in gone.iter() {
            if !before.players().contains(seat) {
                continue;
            }
            if owed.contains(seat) {
                self.tell_seat(seat, SeatChange::Withheld);
            }
            self.tell_seat(seat, SeatChange::Gone(*why));
        }
    }

    /// Closes a roll of which only dismissed seats still owe their secrets: those who revealed have
    /// committed anew, so the next one is as unpredictable as the first.
    pub(super) fn close_hopeless_roll(&mut self) {
        let seats = self.state.roster.seats();
        let awaited = self.state.pot.open_roll().map(OpenRoll::awaited);
        if awaited.is_some_and(|awaited| !awaited.is_empty() && (awaited & seats).is_empty()) {
            self.withheld();
        }
    }
}
