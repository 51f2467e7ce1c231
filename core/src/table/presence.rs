//! Who lets the clock run out again and again, what becomes of them, and whether the table is
//! paused.

use serde::{Deserialize, Serialize};

use super::execution::Execution;
use super::{EntryRefusal, TableState};
use crate::game::{Game, SeatChange, Why};
use crate::genesis::{StallPolicy, Stalls};
use crate::seat::{Seat, Seats};
use crate::state::Lateness;

/// Who is away, and what becomes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    lateness: Lateness,
    policy: StallPolicy,
    paused: bool,
}

impl Presence {
    pub(super) fn new(stalls: &Stalls) -> Self {
        Self {
            policy: stalls.policy,
            ..Self::default()
        }
    }

    /// The seats that are away: late so many turns in a row that the stall policy applies to them.
    #[must_use]
    pub const fn away(&self) -> Seats {
        self.lateness.away()
    }

    /// What becomes of seats that are away.
    #[must_use]
    pub const fn policy(&self) -> StallPolicy {
        self.policy
    }

    /// Whether a motion paused the table.
    #[must_use]
    pub const fn paused(&self) -> bool {
        self.paused
    }

    pub(super) const fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(super) const fn set_policy(&mut self, policy: StallPolicy) {
        self.policy = policy;
    }

    /// Nobody is late any more: another game begins.
    pub(super) fn forgive(&mut self) {
        self.lateness = Lateness::default();
    }

    /// Forgets a seat that is gone.
    pub(super) fn forget(&mut self, seat: Seat) {
        self.lateness.forget(seat);
    }
}

impl<G: Game> TableState<G> {
    /// Who is away, and what becomes of them.
    #[must_use]
    pub const fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Whether the turn waits for somebody who is away, where the stall policy is to wait.
    #[must_use]
    pub fn waits_for_absent(&self) -> bool {
        let absent = self.awaited() & self.presence.away();
        self.presence.policy == StallPolicy::Pause && !absent.is_empty()
    }
}

impl<G: Game> Execution<G> {
    /// The seats `late` let a turn pass: those that did so too often are away from now on, and the
    /// stall policy applies to them.
    pub(super) fn were_late(&mut self, late: Seats) {
        let limit = self.state.genesis.stall.away_after;
        let away = self.state.presence.lateness.late(late, limit);
        for seat in away {
            self.tell_seat(seat, SeatChange::Away);
            if self.state.presence.policy == StallPolicy::Forfeit {
                self.state.presence.forget(seat);
                self.tell_seat(seat, SeatChange::Gone(Why::Removed));
            }
        }
    }

    /// A seat did something by which everybody sees that it is there.
    pub(super) fn is_here(&mut self, seat: Seat) {
        if self.state.presence.lateness.here(seat) {
            self.tell_seat(seat, SeatChange::Back);
        }
    }

    /// A seat says that it is here.
    pub(super) fn here(&mut self, seat: Seat) -> Result<(), EntryRefusal> {
        if !self.state.ready.contains(seat) {
            return Err(EntryRefusal::NotBegun);
        }
        self.is_here(seat);
        Ok(())
    }

    /// Tells the game that something changed about a seat.
    pub(super) fn tell_seat(&mut self, seat: Seat, change: SeatChange) {
        if let Some(play) = &mut self.state.play {
            let step = play.seat_changed(seat, change);
            self.took(step);
        }
    }
}
