//! A small dice game for money: all may bet over or under seven while the shooter holds two dice.

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate_core::game::{Cx, Draw, Game, Outcome, Roll, SeatChange, Turn, Verdict, Viewer};
use quorate_core::ledger::{Ledger, Money};
use quorate_core::{PerSeat, Seat, Seats, data, ensure, reject};

#[data(crate = quorate_core)]
pub struct Chips {
    pub start: u32,
    pub rounds: u32,
}

impl Default for Chips {
    fn default() -> Self {
        Self {
            start: 100,
            rounds: 5,
        }
    }
}

#[data(crate = quorate_core)]
#[derive(Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purse {
    Bank,
    Seat(Seat),
    Bet(Seat),
}

#[data(crate = quorate_core)]
#[derive(Copy, PartialEq)]
pub enum Side {
    Over,
    Under,
}

#[data(crate = quorate_core)]
#[derive(PartialEq)]
pub enum Action {
    Bet(Side, u32),
    Roll,
    CashOut,
}

#[data(crate = quorate_core)]
#[derive(PartialEq)]
pub enum Event {
    Fell(u32),
    Paid(Seat, Money),
}

#[data(crate = quorate_core)]
pub struct Table {
    pub players: Seats,
    pub shooter: Seat,
    pub ledger: Ledger<Purse>,
    pub bets: PerSeat<Side>,
    pub round: u32,
    pub withheld: Seats,
}

impl Game for Chips {
    const NAME: &'static str = "chips";
    type State = Table;
    type Action = Action;
    type Event = Event;
    type View = PerSeat<u64>;

    fn players(&self) -> RangeInclusive<u8> {
        2..=10
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Table> {
        ensure!(self.rounds > 0, "play one round at least");
        let players = cx.players();
        let mut ledger = Ledger::new();
        ledger.issue(cx, Purse::Bank, Money::of(1_000_000))?;
        for seat in players {
            ledger.issue(cx, Purse::Seat(seat), Money::of(self.start))?;
        }
        let shooter = players.nth(0).ok_or("nobody plays")?;
        let (bets, withheld) = (PerSeat::default(), Seats::NONE);
        Ok(Table {
            players,
            shooter,
            ledger,
            bets,
            round: 0,
            withheld,
        })
    }

    fn turn(&self, table: &Table) -> Turn {
        Turn::of(table.shooter)
            .and_may(table.players)
            .within(Duration::from_secs(20))
    }

    fn apply(&self, table: &mut Table, cx: &mut Cx<Self>, seat: Seat, action: Action) -> Verdict {
        match action {
            Action::Bet(side, chips) => {
                ensure!(chips > 0, "bet something");
                ensure!(table.bets.get(seat).is_none(), "your bet stands");
                table
                    .ledger
                    .pay(Purse::Seat(seat), Purse::Bet(seat), Money::of(chips))?;
                table.bets.insert(seat, side);
                cx.restart_clock();
            }
            Action::Roll => {
                ensure!(seat == table.shooter, "seat {seat} does not hold the dice");
                cx.roll(Draw::dice(2, 6));
            }
            Action::CashOut => {
                let chips = table.ledger.of(Purse::Seat(seat));
                if chips.is_zero() {
                    reject!("nothing to cash out");
                }
                table.ledger.retire(cx, Purse::Seat(seat), chips)?;
            }
        }
        Ok(())
    }

    fn on_roll(&self, table: &mut Table, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        let sum = roll.sum();
        cx.emit(Event::Fell(sum));
        for (seat, side) in std::mem::take(&mut table.bets).iter() {
            let bet = table.ledger.of(Purse::Bet(seat));
            let won = match side {
                Side::Over => sum > 7,
                Side::Under => sum < 7,
            };
            if won {
                table.ledger.sweep(Purse::Bet(seat), Purse::Seat(seat));
                let paid = table.ledger.pay_up_to(Purse::Bank, Purse::Seat(seat), bet);
                cx.emit(Event::Paid(seat, paid));
            } else {
                table.ledger.sweep(Purse::Bet(seat), Purse::Bank);
            }
        }
        table.round += 1;
        table.shooter = table.players.after(table.shooter).ok_or("nobody plays")?;
        Ok(())
    }

    fn on_clock(&self, _: &mut Table, cx: &mut Cx<Self>, _: Seats) -> Verdict {
        cx.roll(Draw::dice(2, 6)); // the dice are thrown for who dawdles
        Ok(())
    }

    fn on_seat(
        &self,
        table: &mut Table,
        _: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        match change {
            SeatChange::Joined => {
                table.players.insert(seat);
            }
            SeatChange::Gone(_) => {
                if table.shooter == seat {
                    table.shooter = table.players.after(seat).ok_or("nobody plays")?;
                }
                table.players.remove(seat);
            }
            SeatChange::Withheld => {
                table.withheld.insert(seat);
            }
            _ => {}
        }
        Ok(())
    }

    fn may_join(&self, table: &Table) -> bool {
        table.round + 1 < self.rounds
    }

    fn outcome(&self, table: &Table) -> Option<Outcome> {
        let scores = |seat| (seat, table.ledger.of(Purse::Seat(seat)));
        let over = table.round == self.rounds;
        over.then(|| Outcome::scored(table.players.iter().map(scores)))
    }

    fn view(&self, table: &Table, _: &Viewer) -> Self::View {
        PerSeat::new(table.players, |seat| {
            table.ledger.of(Purse::Seat(seat)).units()
        })
    }

    fn candidates(&self, table: &Table, seat: Seat) -> Vec<Action> {
        let chips = u32::try_from(table.ledger.of(Purse::Seat(seat)).units()).unwrap_or(0);
        let bets = [1, chips / 2, chips].map(|chips| Action::Bet(Side::Over, chips));
        let under = Action::Bet(Side::Under, 10);
        bets.into_iter()
            .chain([under, Action::Roll, Action::CashOut])
            .collect()
    }

    fn total(&self, table: &Table) -> Option<Money> {
        Some(table.ledger.total())
    }
}
