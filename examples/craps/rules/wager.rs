//! Which bets are taken, and which may be taken down.
//!
//! The bank takes a bet only if it can pay the most that *every* bet on the felt could win. A win
//! lowers what it holds and what it may owe alike, and a bet that would stay up beyond its means
//! comes down, so no roll ever finds it short.

use quorate::{Money, Seat, Verdict, ensure, reject};

use super::bet::{Bet, Number, Side};
use super::{Craps, Purse, State};

impl Craps {
    /// Puts `amount` of `seat` on `bet`, or adds it to what stands there.
    pub(super) fn wager(&self, state: &mut State, seat: Seat, bet: Bet, amount: Money) -> Verdict {
        let (least, limit, bank) = (self.least, self.limit, state.bank());
        is_open(state, seat, bet)?;
        ensure!(amount >= least, "the least bet is {least}");
        let chips = state.ledger.of(Purse::Chips(seat));
        ensure!(chips >= amount, "you have {chips} chips");
        let stake = state.stake(seat, bet).plus(amount)?;
        match bet.flat() {
            Some(flat) => self.check_odds(state, (seat, flat), (bet, stake))?,
            None => ensure!(stake <= limit, "the limit is {limit} on one bet"),
        }
        state
            .ledger
            .pay(Purse::Chips(seat), Purse::Bet(seat, bet), amount)?;
        ensure!(
            self.is_covered(state)?,
            "the bank has {bank} and could not pay this bet"
        );
        Ok(())
    }

    /// Takes `bet` of `seat` down, and the odds behind it.
    pub(super) fn take_down(state: &mut State, seat: Seat, bet: Bet) -> Verdict {
        ensure!(
            !state.stake(seat, bet).is_zero(),
            "you have no bet on {bet}"
        );
        ensure!(
            !is_contract(bet, state.point),
            "{bet} stands until it is decided"
        );
        for bet in [Some(bet), bet.odds()].into_iter().flatten() {
            state
                .ledger
                .sweep(Purse::Bet(seat, bet), Purse::Chips(seat));
        }
        Ok(())
    }

    /// Takes down what `seat` may take down.
    pub(super) fn take_down_all(state: &mut State, seat: Seat) {
        let bets: Vec<_> = state.bets_of(seat).map(|(bet, _)| bet).collect();
        for bet in bets
            .into_iter()
            .filter(|bet| !is_contract(*bet, state.point))
        {
            state
                .ledger
                .sweep(Purse::Bet(seat, bet), Purse::Chips(seat));
        }
    }

    /// Whether the bank holds the most that all bets could win.
    pub(super) fn is_covered(&self, state: &State) -> Verdict<bool> {
        Ok(self.owed(state)? <= state.bank())
    }

    /// The most that all bets could win together, and more than they ever do: some exclude others.
    pub(super) fn owed(&self, state: &State) -> Verdict<Money> {
        state.bets().try_fold(Money::ZERO, |owed, (_, bet, stake)| {
            owed.plus(self.pays_at_most(bet, state.point).on(stake)?)
        })
    }

    /// Odds are for a flat bet that stands, and win at most `odds` times what it does: with the
    /// shooter the stake is capped, against the shooter the win.
    fn check_odds(
        &self,
        state: &State,
        (seat, flat): (Seat, Bet),
        (bet, stake): (Bet, Money),
    ) -> Verdict {
        let most = state.stake(seat, flat).times(self.odds.into())?;
        let capped = match bet {
            Bet::LineOdds(Side::Wrong) | Bet::NumberOdds(Side::Wrong, _) => {
                self.pays_at_most(bet, state.point).on(stake)?
            }
            _ => stake,
        };
        ensure!(
            capped <= most,
            "odds are limited to {} times the bet",
            self.odds
        );
        Ok(())
    }
}

/// Refuses a bet that `seat` cannot make now, whatever the amount.
pub(super) fn is_open(state: &State, seat: Seat, bet: Bet) -> Verdict {
    match (bet, state.point) {
        (Bet::Line(_), Some(_)) => reject!("{bet} is for the come-out"),
        (Bet::LineOdds(_) | Bet::Come(_), None) => reject!("{bet} needs a point"),
        (Bet::Number(..), _) => reject!("a Come bet moves to its number by itself"),
        _ => {}
    }
    if let Some(flat) = bet.flat() {
        ensure!(
            !state.stake(seat, flat).is_zero(),
            "odds need a bet on {flat}"
        );
    }
    Ok(())
}

/// Whether a bet stands until it is decided: one that begins with an edge for the player and gives
/// it back on its number.
pub(crate) const fn is_contract(bet: Bet, point: Option<Number>) -> bool {
    match bet {
        Bet::Line(Side::Right) => point.is_some(),
        Bet::Number(Side::Right, _) => true,
        _ => false,
    }
}
