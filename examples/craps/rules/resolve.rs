//! What a roll does to the bets.

use quorate::{Cx, Seat, Verdict};

use super::bet::{Bet, Dice, Number, Pair, Side};
use super::{Craps, Event, Purse, State};

/// What a roll does to one bet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    Wins,
    Loses,
    /// A push, or odds that were off: the stake goes back.
    Returns,
    /// A Come bet goes to its number.
    Moves(Bet),
}

/// The fate of `bet` when `dice` fall while `point` is on, or on the come-out.
pub(crate) fn fate(bet: Bet, point: Option<Number>, dice: Dice) -> Fate {
    let sum = dice.sum();
    match (bet, point) {
        (Bet::Line(side), None) => come_out(side, sum).unwrap_or(Fate::Stays),
        (Bet::LineOdds(_), None) => Fate::Returns, // nobody can make them, nothing keeps them
        (Bet::Line(side) | Bet::LineOdds(side), Some(number)) | (Bet::Number(side, number), _) => {
            race(side, number, sum)
        }
        (Bet::Come(side), _) => come_out(side, sum).unwrap_or_else(|| moves(side, sum)),
        (Bet::NumberOdds(side, number), _) => match race(side, number, sum) {
            Fate::Wins | Fate::Loses if is_off(bet, point) => Fate::Returns,
            fate => fate,
        },
        (Bet::Field, _) => one_roll(matches!(sum, 2 | 3 | 4 | 9 | 10 | 11 | 12)),
        (Bet::AnySeven, _) => one_roll(sum == 7),
        (Bet::AnyCraps, _) => one_roll(matches!(sum, 2 | 3 | 12)),
        (Bet::Place(_) | Bet::Hard(_), None) => Fate::Stays, // off
        (Bet::Place(number), Some(_)) => race(Side::Right, number, sum),
        (Bet::Hard(pair), Some(_)) => hard_way(pair, dice),
    }
}

/// Whether `bet` stands and does not count: Place bets, Hardways and the odds of Come bets are off
/// on the come-out, when a seven is what most people at the table hope for.
pub(crate) const fn is_off(bet: Bet, point: Option<Number>) -> bool {
    let rests = matches!(
        bet,
        Bet::Place(_) | Bet::Hard(_) | Bet::NumberOdds(Side::Right, _)
    );
    rests && point.is_none()
}

/// The first roll of a line or Come bet; `None` if it goes on.
const fn come_out(side: Side, sum: u8) -> Option<Fate> {
    match (side, sum) {
        (Side::Right, 7 | 11) | (Side::Wrong, 2 | 3) => Some(Fate::Wins),
        (Side::Right, 2 | 3 | 12) | (Side::Wrong, 7 | 11) => Some(Fate::Loses),
        (Side::Wrong, 12) => Some(Fate::Returns), // or the Don'ts would have the edge
        _ => None,
    }
}

fn moves(side: Side, sum: u8) -> Fate {
    Number::of(sum).map_or(Fate::Stays, |number| Fate::Moves(Bet::Number(side, number)))
}

/// The point after a roll of `sum`: a number on the come-out is the point, and the point or a
/// seven ends it.
pub(crate) fn next_point(point: Option<Number>, sum: u8) -> Option<Number> {
    match point {
        None => Number::of(sum),
        Some(point) if sum == point.sum() || sum == 7 => None,
        on => on,
    }
}

/// The number against the seven.
fn race(side: Side, number: Number, sum: u8) -> Fate {
    let number_first = match sum {
        7 => false,
        sum if sum == number.sum() => true,
        _ => return Fate::Stays,
    };
    if number_first == (side == Side::Right) {
        Fate::Wins
    } else {
        Fate::Loses
    }
}

/// The pair against its sum any other way, and against the seven.
const fn hard_way(pair: Pair, dice: Dice) -> Fate {
    match dice.sum() {
        sum if sum == pair.sum() && dice.is_pair() => Fate::Wins,
        sum if sum == pair.sum() || sum == 7 => Fate::Loses,
        _ => Fate::Stays,
    }
}

const fn one_roll(wins: bool) -> Fate {
    if wins { Fate::Wins } else { Fate::Loses }
}

impl Craps {
    /// Pays and collects every bet, then moves the point and the shooter on.
    pub(super) fn resolve(&self, state: &mut State, cx: &mut Cx<Self>, dice: Dice) -> Verdict {
        let point = state.point;
        let fates = state
            .bets()
            .map(|(seat, bet, _)| (seat, bet, fate(bet, point, dice)));
        // A Come bet that moves must not meet the one that this roll takes off its number.
        let (moving, settled): (Vec<_>, Vec<_>) =
            fates.partition(|(_, _, fate)| matches!(fate, Fate::Moves(_)));
        for (seat, bet, fate) in settled.into_iter().chain(moving) {
            self.settle(state, cx, (seat, bet), (fate, dice))?;
        }
        state.rolls += 1;
        state.dice = Some(dice);
        state.move_point(cx, dice.sum());
        Ok(())
    }

    fn settle(
        &self,
        state: &mut State,
        cx: &mut Cx<Self>,
        (seat, bet): (Seat, Bet),
        (fate, dice): (Fate, Dice),
    ) -> Verdict {
        let (stand, chips) = (Purse::Bet(seat, bet), Purse::Chips(seat));
        match fate {
            Fate::Stays => {}
            Fate::Loses => {
                let stake = state.ledger.sweep(stand, Purse::Bank);
                cx.emit(Event::Lost { seat, bet, stake });
            }
            Fate::Returns => {
                let stake = state.ledger.sweep(stand, chips);
                cx.emit(Event::Returned { seat, bet, stake });
            }
            Fate::Moves(to) => {
                state.ledger.sweep(stand, Purse::Bet(seat, to));
                cx.emit(Event::Moved { seat, bet, to });
            }
            Fate::Wins => {
                let pays = self.pays(bet, state.point, dice);
                let won = pays.on(state.ledger.of(stand))?;
                let won = state.ledger.pay_up_to(Purse::Bank, chips, won); // covered: see `wager`
                if !bet.stays_up() || !self.is_covered(state)? {
                    state.ledger.sweep(stand, chips);
                }
                cx.emit(Event::Won { seat, bet, won });
            }
        }
        Ok(())
    }
}

impl State {
    /// Moves the point; a seven-out passes the dice.
    fn move_point(&mut self, cx: &mut Cx<Craps>, sum: u8) {
        let before = self.point;
        self.point = next_point(before, sum);
        match (before, self.point) {
            (None, Some(point)) => cx.emit(Event::PointOn(point)),
            (Some(_), None) if sum == 7 => {
                cx.emit(Event::SevenOut(self.shooter));
                self.pass_dice();
            }
            (Some(point), None) => cx.emit(Event::PointMade(point)),
            _ => {}
        }
    }
}
