//! Acting: the rules are asked here and now, the table decides later.

use quorate_core::Seat;
use quorate_core::game::{ActError, End, Game};
use quorate_core::state::Play;

use super::{Board, InFlight, Kind, Pending, Status, Table};
use crate::driver::Mail;
use crate::limits::PENDING_MAX;

impl<G: Game> Table<G> {
    /// Does `action` in the turn that was seen last, by [`view`](Self::view); in the present one
    /// if nothing was looked at yet. At a local table it acts for the one seat whose turn it is.
    ///
    /// # Errors
    /// [`ActError`] at once if the rules refuse it as things stand here, moves of one's own that
    /// are on their way included: [`Stale`](ActError::Stale) if that turn is over,
    /// [`Rolling`](ActError::Rolling) while the dice are made, and so on. Nothing was sent then.
    pub fn act(&self, action: G::Action) -> Result<Pending, ActError> {
        self.act_all(self.turn_seen(), vec![action])
    }

    /// Does several actions in turn number `turn`, all or none. [`Seen`](quorate_core::game::Seen)
    /// has the number of the turn that was on the screen.
    ///
    /// # Errors
    /// See [`act`](Self::act).
    pub fn act_all(&self, turn: u64, actions: Vec<G::Action>) -> Result<Pending, ActError> {
        let shared = match &self.kind {
            Kind::Local(local) => return local.act_all(turn, actions),
            Kind::Net { running, .. } => &running.shared,
        };
        let (play, seat, flights) = shared.read(|board| {
            if matches!(
                board.status,
                Status::Halted(_) | Status::Refused(_) | Status::Stopped
            ) {
                return Err(ActError::Stopped);
            }
            if board.paused {
                return Err(ActError::Paused);
            }
            let play = board.play.clone().ok_or(ActError::NotBegun)?;
            let seat = board.seat.ok_or(ActError::NoSeat)?;
            if board.has_sealed(turn) {
                return Err(ActError::AlreadySealed);
            }
            let waiting = board.pendings.len();
            if waiting >= PENDING_MAX {
                return Err(ActError::Busy { waiting });
            }
            Ok((play, seat, board.pendings.clone()))
        })?;
        ahead(play, seat, turn, &flights).check_act(seat, turn, &actions)?;
        let pending = Pending::new();
        let flight = InFlight {
            pending: pending.clone(),
            turn,
            actions: actions.clone(),
        };
        shared.update(|board| board.pendings.push(flight));
        shared.inbox.push(Mail::Act {
            pending: pending.clone(),
            turn,
            actions,
        });
        Ok(pending)
    }

    /// What can be done now: the game's candidates that its rules accept. Empty unless it is this
    /// seat's turn.
    #[must_use]
    pub fn legal(&self) -> Vec<G::Action> {
        let shared = match &self.kind {
            Kind::Local(local) => return local.legal(),
            Kind::Net { running, .. } => &running.shared,
        };
        let read = shared.read(|board| {
            let play = board.play.clone()?;
            let free = !board.has_sealed(play.turn_number());
            Some((play, board.seat.filter(|_| free)?, board.pendings.clone()))
        });
        read.map_or_else(Vec::new, |(play, seat, flights)| {
            let turn = play.turn_number();
            let ahead = ahead(play, seat, turn, &flights);
            if ahead.turn_number() == turn {
                ahead.legal(seat)
            } else {
                Vec::new()
            }
        })
    }

    /// What this seat did and is not decided yet, the oldest first, acts from before a restart of
    /// the device included.
    #[must_use]
    pub fn pendings(&self) -> Vec<Pending> {
        self.shared().map_or_else(Vec::new, |shared| {
            shared.read(|board| {
                board
                    .pendings
                    .iter()
                    .map(|flight| flight.pending.clone())
                    .collect()
            })
        })
    }

    fn turn_seen(&self) -> u64 {
        match &self.kind {
            Kind::Local(local) => local.turn_seen(),
            Kind::Net { running, .. } => running.shared.read(|board| match board.seen {
                0 => board.play.as_ref().map_or(0, Play::turn_number),
                seen => seen,
            }),
        }
    }
}

impl<G: Game> Board<G> {
    /// Whether this seat has sealed its move of turn number `turn`, decided or on its way.
    fn has_sealed(&self, turn: u64) -> bool {
        let now = |play: &&Play<G>| play.turn().is_sealed() && play.turn_number() == turn;
        let sealing = self.pendings.iter().any(|flight| flight.turn == turn);
        let sealed = self.seat.is_some_and(|me| self.sealed.contains(me));
        self.play.as_ref().filter(now).is_some() && (sealing || sealed)
    }
}

/// The decided state with this seat's own moves of the turn that are on their way: what a second
/// tap must be judged by.
fn ahead<G: Game>(mut play: Play<G>, seat: Seat, turn: u64, flights: &[InFlight<G>]) -> Play<G> {
    for flight in flights.iter().filter(|flight| flight.turn == turn) {
        if matches!(play.end(), Some(End::RulesBug(_))) {
            break;
        }
        // One that is refused now will be refused by the table as well, and says so then.
        drop(play.act_unsettled(seat, turn, &flight.actions));
    }
    play
}
