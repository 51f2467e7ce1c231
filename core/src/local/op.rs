//! What a table tells a game in play, as data.

use crate::game::{ActError, Game, Hidden, Roll, SeatChange, Shown};
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::{Play, Step};

/// One call that changes a [`Play`].
#[derive(Clone, Debug)]
pub(crate) enum Op<G: Game> {
    Act {
        seat: Seat,
        turn: u64,
        actions: Vec<G::Action>,
    },
    Rolled(Roll),
    Dealt(Vec<Hidden>),
    Shown(Shown),
    Clock(Seats),
    CloseSeals,
    Opened(PerSeat<Option<G::Action>>),
    Seat(Seat, SeatChange),
    Rematch,
    Abandon,
}

impl<G: Game> Op<G> {
    /// Makes the call.
    pub(crate) fn run(self, play: &mut Play<G>) -> Result<Step<G>, ActError> {
        Ok(match self {
            Self::Act {
                seat,
                turn,
                actions,
            } => play.act(seat, turn, &actions)?,
            Self::Rolled(roll) => play.rolled(roll),
            Self::Dealt(hidden) => play.dealt(&hidden),
            Self::Shown(shown) => play.shown(shown),
            Self::Clock(late) => play.clock(late),
            Self::CloseSeals => {
                play.close_seals();
                Step {
                    happened: Vec::new(),
                }
            }
            Self::Opened(moves) => play.opened(moves),
            Self::Seat(seat, change) => play.seat_changed(seat, change),
            Self::Rematch => play.rematch()?,
            Self::Abandon => play.abandon(),
        })
    }
}
