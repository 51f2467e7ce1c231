//! Who may sit down, who sat here before, and at which index: the roster's part of table state.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TableState;
use crate::crypto::{PublicKey, SeatKeys};
use crate::digest::Digest;
use crate::game::Game;
use crate::genesis::DicePolicy;
use crate::limits::{EPOCHS_KEPT, SEATS_MAX, STATES_KEPT};
use crate::roster::{Holder, Newcomer, NewcomerError, Roster};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::{Epoch, Height};

/// Admissions under way, past rosters, and the state digests a newcomer may name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Seats that ever had a holder: an index is taken again only when all were used.
    used: Seats,
    /// Newcomers that were admitted and have not sat down yet.
    pending: PerSeat<Pending>,
    /// Past epochs, the oldest first.
    past: Arc<Vec<Span>>,
    /// State digests of the last heights below the tip, the oldest first.
    states: Arc<VecDeque<Digest>>,
}

/// A newcomer that was admitted and has not sat down yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Who it is, and on what terms.
    pub newcomer: Newcomer,
    /// The last height whose block may seat it.
    pub until: Height,
}

/// The heights one roster decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The epoch.
    pub epoch: Epoch,
    /// The first height it decided.
    pub first: Height,
    /// The last height it decided.
    pub last: Height,
    /// Its roster.
    pub roster: Arc<Roster>,
}

/// Why a seat cannot be given or taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MembershipRefusal {
    /// Play has not begun.
    #[error("play has not begun")]
    NotBegun,
    /// The table is built for a fault profile, which is reckoned for its first seats.
    #[error("the table's fault profile fixes its seats")]
    Fixed,
    /// A note that is too long or holds control codes.
    #[error(transparent)]
    Note(#[from] NewcomerError),
    /// The key holds a seat, or was admitted already.
    #[error("the key has seat {0} already")]
    SameKey(Seat),
    /// Another seat is called so.
    #[error("seat {0} has the same name")]
    SameName(Seat),
    /// Every index has a holder.
    #[error("the table has all the seats it can have")]
    Full,
    /// It does not bring the key that the table's signatures ask for.
    #[error("the newcomer does not bring the key that the table's signatures ask for")]
    WrongKey,
    /// It sat here when the table began, and signed with another key.
    #[error("the newcomer is known at this table by another key")]
    OtherKey,
    /// The game takes nobody now.
    #[error("the game takes no more players now")]
    NoRoom,
    /// One more seat would ask for more secrets in a roll than there are players.
    #[error("{players} players would be too few to make dice at a table of {seats}")]
    Dice {
        /// Seats that would play.
        players: usize,
        /// Seats there would be.
        seats: usize,
    },
    /// The seat has no holder.
    #[error("seat {0} is not on the roster")]
    Stranger(Seat),
    /// Nobody else plays.
    #[error("seat {0} is the last that plays")]
    LastPlayer(Seat),
}

impl Membership {
    pub(super) fn new(roster: &Roster) -> Self {
        Self {
            used: roster.seats(),
            ..Self::default()
        }
    }

    /// Newcomers that were admitted and have not sat down yet.
    #[must_use]
    pub const fn pending(&self) -> &PerSeat<Pending> {
        &self.pending
    }

    /// Past epochs that are still known, the oldest first.
    #[must_use]
    pub fn past(&self) -> &[Span] {
        &self.past
    }

    /// The seat the next newcomer gets: the lowest never used, or, when all were, the lowest whose
    /// holder is gone.
    fn vacant(&self, roster: &Roster) -> Option<Seat> {
        let taken = roster.seats() | self.pending.seats();
        let all = Seats::first(usize::from(SEATS_MAX));
        let never = (all - self.used - taken).nth(0);
        never.or_else(|| (all - taken).nth(0))
    }

    pub(super) fn admit(&mut self, seat: Seat, pending: Pending) {
        self.pending.insert(seat, pending);
    }

    pub(super) fn forget(&mut self, seat: Seat) {
        self.pending.remove(seat);
    }

    /// Seats the newcomer that was expected at `seat`.
    pub(super) fn seat(&mut self, seat: Seat) -> Option<Holder> {
        let pending = self.pending.remove(seat)?;
        self.used.insert(seat);
        Some(pending.newcomer.holder())
    }

    /// Forgets newcomers that no block after `height` may seat.
    pub(super) fn expire(&mut self, height: Height) {
        for seat in self.pending.which(|pending| pending.until <= height) {
            self.pending.remove(seat);
        }
    }

    /// Notes that `height` was the last of an epoch.
    pub(super) fn close(&mut self, epoch: Epoch, height: Height, roster: Arc<Roster>) {
        let first = self.past.last().map_or(Height(1), |span| span.last.next());
        let past = Arc::make_mut(&mut self.past);
        if past.len() == EPOCHS_KEPT {
            past.remove(0);
        }
        past.push(Span {
            epoch,
            first,
            last: height,
            roster,
        });
    }

    /// The epoch and roster that decided `height`, or will, at a table that stands at `tip` and
    /// whose next height is up to `next`. Whoever asks need not trust what is written here.
    pub(super) fn decided_by<'a>(
        &'a self,
        height: Height,
        tip: Height,
        next: (Epoch, &'a Arc<Roster>),
    ) -> Option<(Epoch, &'a Arc<Roster>)> {
        let before = self.past.last().map_or(Height(0), |span| span.last);
        if height > before {
            return (height.previous() <= Some(tip)).then_some(next);
        }
        let mut past = self.past.iter();
        let span = past.find(|span| (span.first..=span.last).contains(&height))?;
        Some((span.epoch, &span.roster))
    }

    /// Notes the state digest of the height below the one that is being applied.
    pub(super) fn note_state(&mut self, digest: Digest) {
        let states = Arc::make_mut(&mut self.states);
        if states.len() == STATES_KEPT {
            states.pop_front();
        }
        states.push_back(digest);
    }
}

impl<G: Game> TableState<G> {
    /// Admissions under way, and who sat here before.
    #[must_use]
    pub const fn membership(&self) -> &Membership {
        &self.membership
    }

    /// The seats whose entries the next block may hold: those of the roster, and those of admitted
    /// newcomers, of which only their `Join` can stand.
    #[must_use]
    pub fn authors(&self) -> Seats {
        self.roster.seats() | self.membership.pending.seats()
    }

    /// What checks the entries of `seat`.
    #[must_use]
    pub fn author(&self, seat: Seat) -> Option<SeatKeys> {
        let pending = || Some(self.membership.pending.get(seat)?.newcomer.holder().keys());
        let holder = self.roster.holder(seat).map(Holder::keys);
        holder.or_else(pending)
    }

    /// The seat for which `key` signs entries: its own, or the one it was admitted to.
    #[must_use]
    pub fn seat_for(&self, key: &PublicKey) -> Option<Seat> {
        self.roster.seat_of(key).or_else(|| {
            let mut pending = self.membership.pending.iter();
            let (seat, _) = pending.find(|(_, pending)| pending.newcomer.key == *key)?;
            Some(seat)
        })
    }

    /// The epoch and roster that decide `height`, or decided it: up to the next height, and back
    /// as far as [`EPOCHS_KEPT`] epochs.
    #[must_use]
    pub fn roster_at(&self, height: Height) -> Option<(Epoch, &Arc<Roster>)> {
        let next = (self.epoch, &self.roster);
        self.membership.decided_by(height, self.height, next)
    }

    /// Whether `digest` was the state after `height`, as far as the table still knows: for the
    /// heights below the next block's, back to [`STATES_KEPT`] of them.
    #[must_use]
    pub fn knew(&self, height: Height, digest: Digest) -> bool {
        self.state_at(height) == Some(digest)
    }

    /// The digest of the state after `height`, as far as the table still knows; see
    /// [`knew`](Self::knew).
    #[must_use]
    pub fn state_at(&self, height: Height) -> Option<Digest> {
        let back = self.height.0.checked_sub(height.0)?;
        let states = &self.membership.states;
        match usize::try_from(back).ok()? {
            0 => Some(self.digest),
            back => states.get(states.len().checked_sub(back)?).copied(),
        }
    }

    /// The seat `newcomer` would get if it were admitted now.
    ///
    /// # Errors
    /// [`MembershipRefusal`] if it cannot be admitted.
    pub fn may_admit(&self, newcomer: &Newcomer) -> Result<Seat, MembershipRefusal> {
        newcomer.validate()?;
        if self.roster.is_fixed() {
            return Err(MembershipRefusal::Fixed);
        }
        let play = self.play.as_ref().ok_or(MembershipRefusal::NotBegun)?;
        if let Some(seat) = self.seat_for(&newcomer.key) {
            return Err(MembershipRefusal::SameKey(seat));
        }
        let holder = newcomer.holder();
        if holder.keys().scheme() != self.genesis.signatures {
            return Err(MembershipRefusal::WrongKey);
        }
        if self.genesis.knows_otherwise(&holder) {
            return Err(MembershipRefusal::OtherKey);
        }
        if let Some(seat) = self.like(&holder) {
            return Err(MembershipRefusal::SameKey(seat));
        }
        if let Some(seat) = self.called(newcomer) {
            return Err(MembershipRefusal::SameName(seat));
        }
        let pending = &self.membership.pending;
        let coming = pending.which(|pending| pending.newcomer.kind.plays()).len();
        let most = usize::from(*play.range().end());
        // While the table rolls the game is not asked; it is again when the newcomer sits down.
        let room = play.players().len() + coming < most && (play.may_join() || play.is_rolling());
        if newcomer.kind.plays() && !room {
            return Err(MembershipRefusal::NoRoom);
        }
        let seat = self.membership.vacant(&self.roster);
        let most = usize::from(self.genesis.signatures.seats_max());
        let crowded = self.authors().len() >= most;
        let seat = seat.filter(|_| !crowded).ok_or(MembershipRefusal::Full)?;
        let roster = self.roster.changed(Seats::NONE, [(seat, holder)]);
        let (players, seats) = (roster.players().len(), roster.len());
        if self.genesis.dice != DicePolicy::Local && players < roster.contributors() {
            return Err(MembershipRefusal::Dice { players, seats });
        }
        Ok(seat)
    }

    /// The seat, or the place that is kept, of somebody who has one of the keys of `holder`.
    fn like(&self, holder: &Holder) -> Option<Seat> {
        let mut pending = self.membership.pending.iter();
        let same = |coming: &Pending| coming.newcomer.holder().shares_a_key_with(holder);
        let coming = pending.find(|(_, coming)| same(coming));
        let seated = self.roster.like(holder);
        seated.or_else(|| coming.map(|(seat, _)| seat))
    }

    fn called(&self, newcomer: &Newcomer) -> Option<Seat> {
        let seated = self
            .roster
            .iter()
            .map(|(seat, holder)| (seat, &holder.name));
        let pending = self.membership.pending.iter();
        let pending = pending.map(|(seat, pending)| (seat, &pending.newcomer.name));
        let mut all = seated.chain(pending);
        all.find(|(_, name)| **name == newcomer.name)
            .map(|(seat, _)| seat)
    }

    /// Whether `seat` can be dismissed, or its admission taken back.
    ///
    /// # Errors
    /// [`MembershipRefusal`] if it cannot.
    pub fn may_remove(&self, seat: Seat) -> Result<(), MembershipRefusal> {
        if self.membership.pending.get(seat).is_some() {
            Ok(())
        } else if self.roster.holder(seat).is_none() {
            Err(MembershipRefusal::Stranger(seat))
        } else if self.roster.is_fixed() {
            Err(MembershipRefusal::Fixed)
        } else if self.play.is_none() {
            Err(MembershipRefusal::NotBegun)
        } else if self.roster.players() == Seats::from(seat) {
            Err(MembershipRefusal::LastPlayer(seat))
        } else {
            Ok(())
        }
    }
}
