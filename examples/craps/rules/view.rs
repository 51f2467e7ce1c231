//! What everybody sees: nothing at a craps table is hidden.

use quorate::{Money, PerSeat, Seat, Viewer, data};

use super::bet::{Bet, Dice, Number};
use super::{Craps, Purse, State};

/// The table as one viewer sees it.
#[data]
pub(crate) struct View {
    /// Who looks; `None` for a watcher.
    pub(crate) me: Option<Seat>,
    pub(crate) shooter: Seat,
    /// The point; `None` on the come-out.
    pub(crate) point: Option<Number>,
    /// The last roll.
    pub(crate) dice: Option<Dice>,
    pub(crate) rolls: u32,
    /// The seats in the game.
    pub(crate) seats: PerSeat<SeatView>,
    pub(crate) bank: Money,
    /// Chips, bets and bank together.
    pub(crate) total: Money,
    /// Seconds the shooter has.
    pub(crate) clock_s: u32,
}

/// One seat at the table.
#[data]
pub(crate) struct SeatView {
    pub(crate) chips: Money,
    /// Its bets, in the order of the felt.
    pub(crate) bets: Vec<(Bet, Money)>,
    /// Whether it let its clock run out again and again.
    pub(crate) away: bool,
}

impl View {
    pub(super) fn of(game: &Craps, state: &State, viewer: &Viewer) -> Self {
        Self {
            me: viewer.seat(),
            shooter: state.shooter,
            point: state.point,
            dice: state.dice,
            rolls: state.rolls,
            seats: PerSeat::new(state.seats, |seat| SeatView {
                chips: state.ledger.of(Purse::Chips(seat)),
                bets: state.bets_of(seat).collect(),
                away: state.away.contains(seat),
            }),
            bank: state.bank(),
            total: state.ledger.total(),
            clock_s: game.clock_s,
        }
    }
}

impl SeatView {
    /// What stands on `bet`.
    pub(crate) fn stake(&self, bet: Bet) -> Money {
        let stake = self.bets.iter().find(|(on, _)| *on == bet);
        stake.map_or(Money::ZERO, |(_, stake)| *stake)
    }
}
