//! Craps: the rules, as one pure definition.
//!
//! Everybody bets, one seat shoots. The bank is no player: it is a purse, like every seat's chips
//! and every bet on the felt, and no chip is ever made or lost.

pub(crate) mod bet;
pub(crate) mod payout;
pub(crate) mod resolve;
mod view;
pub(crate) mod wager;

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate::{
    Cx, Draw, Game, Ledger, Money, Outcome, Roll, Seat, SeatChange, Seats, Turn, Verdict, Viewer,
    Why, data, ensure,
};

use bet::{Bet, Dice, Number};
pub(crate) use view::View;

const DICE: Draw = Draw::dice(2, 6);

/// The rules and their options.
#[data]
pub(crate) struct Craps {
    /// All chips at the table. The bank holds what the players do not.
    pub(crate) chips: Money,
    /// What every player gets of them to begin with.
    pub(crate) buy_in: Money,
    /// The smallest bet.
    pub(crate) least: Money,
    /// The most that may stand on one bet; odds have their own limit.
    pub(crate) limit: Money,
    /// How many times the bet behind which they stand odds may win.
    pub(crate) odds: u32,
    /// What the Field pays on 12 for each chip: 2 or 3.
    pub(crate) twelve: u32,
    /// Seconds the shooter has.
    pub(crate) clock_s: u32,
    /// Rolls after which the game ends; without end if `None`.
    pub(crate) rounds: Option<u32>,
}

impl Default for Craps {
    fn default() -> Self {
        Self {
            chips: Money::of(100_000),
            buy_in: Money::of(1_000),
            least: Money::of(1),
            limit: Money::of(10_000),
            odds: 3,
            twelve: 2,
            clock_s: 12,
            rounds: None,
        }
    }
}

/// Who can hold chips.
#[data]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purse {
    Bank,
    Chips(Seat),
    Bet(Seat, Bet),
}

#[data]
pub(crate) struct State {
    ledger: Ledger<Purse>,
    /// The seats in the game.
    seats: Seats,
    /// Those of them that let their clock run out again and again.
    away: Seats,
    shooter: Seat,
    point: Option<Number>,
    /// The last roll.
    dice: Option<Dice>,
    rolls: u32,
}

/// What a seat can do.
#[data]
#[derive(Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Put an amount on a bet.
    Bet(Bet, Money),
    /// Take a bet down, with the odds behind it.
    TakeDown(Bet),
    /// Throw the dice: the shooter's.
    Roll,
}

/// What the players are told about a step.
#[data]
#[derive(Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Won { seat: Seat, bet: Bet, won: Money },
    Lost { seat: Seat, bet: Bet, stake: Money },
    Returned { seat: Seat, bet: Bet, stake: Money },
    Moved { seat: Seat, bet: Bet, to: Bet },
    PointOn(Number),
    PointMade(Number),
    SevenOut(Seat),
}

impl Game for Craps {
    const NAME: &'static str = "craps";
    type State = State;
    type Action = Action;
    type Event = Event;
    type View = View;

    fn players(&self) -> RangeInclusive<u8> {
        1..=16
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
        let seats = cx.players();
        ensure!(
            matches!(self.twelve, 2 | 3),
            "the Field pays 2 or 3 on 12, not {}",
            self.twelve
        );
        ensure!(!self.least.is_zero(), "the least bet must be above 0");
        ensure!(self.rounds != Some(0), "a game has at least one roll");
        let mut ledger = Ledger::new();
        ledger.issue(cx, Purse::Bank, self.chips)?;
        for seat in seats {
            ledger.pay(Purse::Bank, Purse::Chips(seat), self.buy_in)?;
        }
        // With each rematch another seat shoots first.
        let first = cx.game() as usize % seats.len();
        let shooter = seats.nth(first).ok_or("nobody plays")?;
        let (away, point, dice) = (Seats::NONE, None, None);
        Ok(State {
            ledger,
            seats,
            away,
            shooter,
            point,
            dice,
            rolls: 0,
        })
    }

    fn turn(&self, state: &State) -> Turn {
        let turn = Turn::of(state.shooter).and_may(state.seats);
        if state.away.contains(state.shooter) {
            return turn; // everybody is away: the table sleeps until somebody acts
        }
        turn.within(Duration::from_secs(self.clock_s.into()))
    }

    fn apply(&self, state: &mut State, cx: &mut Cx<Self>, seat: Seat, action: Action) -> Verdict {
        match action {
            Action::Bet(bet, amount) => self.wager(state, seat, bet, amount),
            Action::TakeDown(bet) => Self::take_down(state, seat, bet),
            Action::Roll => {
                ensure!(seat == state.shooter, "only the shooter throws the dice");
                cx.roll(DICE);
                Ok(())
            }
        }
    }

    fn on_roll(&self, state: &mut State, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        let dice = roll.get::<2>()?.map(|value| value.to_le_bytes()[0]);
        self.resolve(state, cx, Dice(dice))?;
        if self.is_over(state) {
            for (seat, bet, _) in state.bets().collect::<Vec<_>>() {
                state
                    .ledger
                    .sweep(Purse::Bet(seat, bet), Purse::Chips(seat));
            }
        }
        Ok(())
    }

    /// A shooter who dawdles throws all the same.
    fn on_clock(&self, _: &mut State, cx: &mut Cx<Self>, _: Seats) -> Verdict {
        cx.roll(DICE);
        Ok(())
    }

    fn on_seat(
        &self,
        state: &mut State,
        _: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        match change {
            SeatChange::Joined => self.seat_newcomer(state, seat)?,
            SeatChange::Away => _ = state.away.insert(seat),
            SeatChange::Back => _ = state.away.remove(seat),
            SeatChange::Gone(why) => self.see_off(state, seat, why),
            _ => {}
        }
        if !(state.seats - state.away).contains(state.shooter) {
            state.pass_dice();
        }
        Ok(())
    }

    fn may_join(&self, state: &State) -> bool {
        let spare = self.owed(state).and_then(|owed| state.bank().minus(owed));
        spare.is_ok_and(|spare| spare >= self.buy_in)
    }

    fn outcome(&self, state: &State) -> Option<Outcome> {
        let chips = |seat| (seat, state.ledger.of(Purse::Chips(seat)));
        self.is_over(state)
            .then(|| Outcome::scored(state.seats.iter().map(chips)))
    }

    fn candidates(&self, state: &State, seat: Seat) -> Vec<Action> {
        let roll = (seat == state.shooter).then_some(Action::Roll);
        let chips = state.ledger.of(Purse::Chips(seat));
        let amounts = [10, 50]
            .map(Money::of)
            .into_iter()
            .filter(|amount| *amount <= chips);
        let stakes = Bet::all()
            .into_iter()
            .filter(|bet| wager::is_open(state, seat, *bet).is_ok());
        let stakes = stakes.flat_map(|bet| amounts.clone().map(move |sum| Action::Bet(bet, sum)));
        let downs = state.bets_of(seat).map(|(bet, _)| Action::TakeDown(bet));
        roll.into_iter().chain(stakes).chain(downs).collect()
    }

    fn total(&self, state: &State) -> Option<Money> {
        Some(state.ledger.total())
    }

    fn view(&self, state: &State, viewer: &Viewer) -> View {
        View::of(self, state, viewer)
    }
}

impl Craps {
    /// Whether chips, bets and bank, counted one by one, are what the table began with.
    pub(crate) fn conserves(&self, state: &State) -> bool {
        let held = Money::sum(state.ledger.iter().map(|(_, amount)| amount));
        held.is_ok_and(|held| held == self.chips)
    }

    /// The last roll has fallen, or nobody has anything left to bet.
    fn is_over(&self, state: &State) -> bool {
        let all_broke = state.seats.iter().all(|seat| !state.has_means(seat));
        self.rounds.is_some_and(|rounds| state.rolls >= rounds) || all_broke
    }

    /// A newcomer buys in from what the bank does not owe.
    fn seat_newcomer(&self, state: &mut State, seat: Seat) -> Verdict {
        let spare = state.bank().minus(self.owed(state)?).unwrap_or_default();
        let chips = spare.min(self.buy_in);
        state
            .ledger
            .pay_up_to(Purse::Bank, Purse::Chips(seat), chips);
        state.seats.insert(seat);
        Ok(())
    }

    /// Who leaves takes down what may be taken down, and the rest is played out; who cheated loses
    /// all to the bank.
    fn see_off(&self, state: &mut State, seat: Seat, why: Why) {
        if why == Why::Guilty {
            let bets: Vec<_> = state.bets_of(seat).map(|(bet, _)| bet).collect();
            for bet in bets {
                state.ledger.sweep(Purse::Bet(seat, bet), Purse::Bank);
            }
            state.ledger.sweep(Purse::Chips(seat), Purse::Bank);
        } else {
            Self::take_down_all(state, seat);
        }
        state.seats.remove(seat);
        state.away.remove(seat);
    }
}

impl State {
    /// How many rolls have fallen.
    pub(crate) const fn rolls(&self) -> u32 {
        self.rolls
    }

    fn bank(&self) -> Money {
        self.ledger.of(Purse::Bank)
    }

    fn stake(&self, seat: Seat, bet: Bet) -> Money {
        self.ledger.of(Purse::Bet(seat, bet))
    }

    /// Every bet on the felt, those of seats that are gone too.
    fn bets(&self) -> impl Iterator<Item = (Seat, Bet, Money)> {
        self.ledger.iter().filter_map(|(purse, stake)| match purse {
            Purse::Bet(seat, bet) => Some((*seat, *bet, stake)),
            Purse::Bank | Purse::Chips(_) => None,
        })
    }

    fn bets_of(&self, seat: Seat) -> impl Iterator<Item = (Bet, Money)> {
        let own = self.bets().filter(move |(whose, ..)| *whose == seat);
        own.map(|(_, bet, stake)| (bet, stake))
    }

    fn has_means(&self, seat: Seat) -> bool {
        !self.ledger.of(Purse::Chips(seat)).is_zero() || self.bets_of(seat).next().is_some()
    }

    /// Gives the dice to the next seat that is here and has something to bet, or at least is here.
    fn pass_dice(&mut self) {
        let here = self.seats - self.away;
        let able: Seats = here.iter().filter(|seat| self.has_means(*seat)).collect();
        let next = [able, here, self.seats].map(|seats| seats.after(self.shooter));
        if let Some(next) = next.into_iter().flatten().next() {
            self.shooter = next;
        }
    }
}
