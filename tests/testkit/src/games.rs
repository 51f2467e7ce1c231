//! A small game that uses what the protocol has to offer: seats that act at the same time, seats
//! that act alone, clocks, dice and money; in the dark, sealed turns and hidden rolls too.

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate_core::game::{
    Cx, Draw as Dice, Game, Hidden, Outcome, Roll, SeatChange, Shown, Turn, Verdict, Viewer,
};
use quorate_core::ledger::{Ledger, Money};
use quorate_core::limits::STATE_BYTES_MAX;
use quorate_core::{PerSeat, Seat, Seats, data, ensure};

/// Everybody bets at the same time, the dice fall, one seat names the next stake alone.
///
/// A bet is good whatever the others did in the same turn, so the oracle can tell who must not be
/// declared late.
#[data(crate = quorate_core)]
pub struct Odds {
    /// Chips of each seat at the start; the bank has as many as all seats together.
    pub chips: u32,
    /// Milliseconds a turn lasts; 0 is for ever.
    pub clock_ms: u32,
    /// Whether everybody names the next stake at the same time, in a sealed turn, and has a die
    /// under a cup meanwhile. The highest stake counts; what the dice show is added to it.
    pub dark: bool,
}

/// The highest stake there can be.
const STAKE_MAX: u32 = 50;

/// Where chips lie.
#[data(crate = quorate_core)]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub enum Purse {
    /// The bank's.
    Bank,
    /// A player's.
    Player(Seat),
    /// A player's bet.
    Bet(Seat),
}

/// The game's state.
#[data(crate = quorate_core)]
pub struct Table {
    /// Who plays.
    pub players: Seats,
    /// All chips.
    pub chips: Ledger<Purse>,
    /// Who has bet in this round.
    pub bets: PerSeat<u32>,
    /// Whether the stake is being named, by whom, and what it was.
    pub naming: bool,
    /// The seat that names the stake.
    pub caller: Seat,
    /// The largest bet allowed.
    pub stake: u32,
    /// Rounds played.
    pub rounds: u32,
    /// How often somebody was late.
    pub late: u32,
    /// In the dark: the die of each.
    pub cups: PerSeat<Hidden>,
    /// What was hoarded.
    pub hoard: Vec<u8>,
    /// A float has no canonical bytes, so there is none at any table.
    pub blot: Option<f32>,
}

/// What a seat can do.
#[data(crate = quorate_core)]
pub enum Move {
    /// Bet so many chips, or none.
    Bet(u32),
    /// Add a chip to a bet that stands; starts the clock again.
    Raise,
    /// Name the stake of the next round.
    Stake(u32),
    /// Keep so many bytes at the table: more than a state may hold are for cheats only.
    Hoard(u32),
    /// Leave the table with a state that has no bytes, as only a cheat does.
    Blot,
}

impl Default for Odds {
    fn default() -> Self {
        Self {
            chips: 1_000,
            clock_ms: 5_000,
            dark: false,
        }
    }
}

impl Odds {
    /// All chips there ever are at a table of `players`.
    #[must_use]
    pub fn value(&self, players: usize) -> u64 {
        2 * u64::from(self.chips) * players as u64
    }
}

impl Game for Odds {
    const NAME: &'static str = "odds";
    type State = Table;
    type Action = Move;
    type Event = u32;
    type View = u32;

    fn players(&self) -> RangeInclusive<u8> {
        1..=16
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Table> {
        let players = cx.players();
        let mut chips = Ledger::new();
        let each = Money::of(self.chips);
        for seat in players {
            chips.issue(cx, Purse::Player(seat), each)?;
            chips.issue(cx, Purse::Bank, each)?;
        }
        let mut table = Table {
            players,
            chips,
            bets: PerSeat::default(),
            naming: false,
            caller: players.nth(0).ok_or("nobody plays")?,
            stake: 10,
            rounds: 0,
            late: 0,
            cups: PerSeat::default(),
            hoard: Vec::new(),
            blot: None,
        };
        self.cover(&mut table, cx);
        Ok(table)
    }

    fn turn(&self, table: &Table) -> Turn {
        let bet = table.bets.seats();
        let turn = if table.naming && self.dark {
            Turn::sealed(table.players)
        } else if table.naming {
            Turn::of(table.caller)
        } else {
            Turn::of(table.players - bet).and_may(bet)
        };
        match self.clock_ms {
            0 => turn,
            length => turn.within(Duration::from_millis(u64::from(length))),
        }
    }

    fn apply(&self, table: &mut Table, cx: &mut Cx<Self>, seat: Seat, action: Move) -> Verdict {
        match action {
            Move::Bet(chips) => {
                ensure!(!table.naming, "the stake is being named");
                ensure!(table.bets.get(seat).is_none(), "your bet stands");
                ensure!(chips <= table.stake, "the stake is {}", table.stake);
                bet(table, seat, chips)?;
                if table.bets.seats() == table.players {
                    cx.roll(Dice::dice(2, 6));
                }
            }
            Move::Raise => {
                ensure!(!table.naming, "the stake is being named");
                let stands = table.bets.get(seat).copied().ok_or("bet first")?;
                bet(table, seat, stands.saturating_add(1))?;
                cx.restart_clock();
            }
            Move::Stake(stake) => {
                ensure!(table.naming, "the bets are open");
                ensure!(
                    (1..=STAKE_MAX).contains(&stake),
                    "a stake of 1 to {STAKE_MAX}"
                );
                if !self.dark {
                    table.stake = stake;
                    next_round(table);
                }
            }
            Move::Hoard(bytes) => {
                let most = STATE_BYTES_MAX.min(usize::try_from(bytes).unwrap_or(usize::MAX));
                table.hoard.resize(table.hoard.len() + most, 1);
            }
            Move::Blot => table.blot = Some(0.5),
        }
        Ok(())
    }

    fn outcome(&self, _: &Table) -> Option<Outcome> {
        None
    }

    fn view(&self, table: &Table, _: &Viewer) -> u32 {
        table.rounds
    }

    fn candidates(&self, table: &Table, seat: Seat) -> Vec<Move> {
        if table.naming {
            vec![Move::Stake(10), Move::Stake(5), Move::Stake(20)]
        } else if table.bets.get(seat).is_none() {
            vec![Move::Bet(0), Move::Bet(1), Move::Bet(5)]
        } else {
            vec![Move::Raise]
        }
    }

    fn on_roll(&self, table: &mut Table, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        let even = roll.sum().is_multiple_of(2);
        for seat in table.bets.seats() {
            let bet = table.chips.of(Purse::Bet(seat));
            if even {
                table.chips.pay_up_to(Purse::Bank, Purse::Player(seat), bet);
                table.chips.sweep(Purse::Bet(seat), Purse::Player(seat));
            } else {
                table.chips.sweep(Purse::Bet(seat), Purse::Bank);
            }
        }
        cx.emit(roll.sum());
        table.naming = true;
        Ok(())
    }

    fn on_clock(&self, table: &mut Table, cx: &mut Cx<Self>, late: Seats) -> Verdict {
        table.late += u32::try_from(late.len()).unwrap_or(0);
        if table.naming {
            next_round(table);
            return Ok(());
        }
        cx.default_moves(self, table, late)
    }

    fn on_open(
        &self,
        table: &mut Table,
        cx: &mut Cx<Self>,
        moves: &PerSeat<Option<Move>>,
    ) -> Verdict {
        let stake = |named: &Option<Move>| match named {
            Some(Move::Stake(stake)) => Some(*stake),
            _ => None,
        };
        let named = moves.iter().filter_map(|(_, named)| stake(named));
        table.stake = named.max().unwrap_or(1);
        let missing = moves.which(|named| stake(named).is_none());
        table.late += u32::try_from(missing.len()).unwrap_or(0);
        let cups: Vec<_> = table.cups.iter().map(|(_, cup)| *cup).collect();
        cx.show(&cups);
        Ok(())
    }

    fn on_show(&self, table: &mut Table, cx: &mut Cx<Self>, shown: &Shown) -> Verdict {
        let dice = table.cups.iter().filter_map(|(_, cup)| shown.get(cup));
        let sum: u32 = dice.flatten().sum();
        table.stake = (table.stake + sum).min(STAKE_MAX);
        next_round(table);
        self.cover(table, cx);
        Ok(())
    }

    fn may_join(&self, table: &Table) -> bool {
        !table.naming && table.players.len() < 32
    }

    fn on_seat(
        &self,
        table: &mut Table,
        cx: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        if change == SeatChange::Joined && table.players.insert(seat) {
            let each = Money::of(self.chips);
            table.chips.issue(cx, Purse::Player(seat), each)?;
            table.chips.issue(cx, Purse::Bank, each)?;
        }
        Ok(())
    }

    fn total(&self, table: &Table) -> Option<Money> {
        Some(table.chips.total())
    }
}

impl Odds {
    /// In the dark: rolls a die under the cup of each who is still in the game.
    fn cover(&self, table: &mut Table, cx: &mut Cx<Self>) {
        if self.dark {
            let here = table.players & cx.players();
            table.cups = PerSeat::new(here, |seat| cx.roll_hidden(seat, Dice::dice(1, 6)));
        }
    }
}

/// Makes the bet of `seat` this many chips, or all it has.
fn bet(table: &mut Table, seat: Seat, chips: u32) -> Verdict {
    let more = Money::of(chips).minus(table.chips.of(Purse::Bet(seat)))?;
    table
        .chips
        .pay_up_to(Purse::Player(seat), Purse::Bet(seat), more);
    table.bets.insert(seat, chips);
    Ok(())
}

fn next_round(table: &mut Table) {
    table.naming = false;
    table.bets = PerSeat::default();
    table.rounds += 1;
    table.caller = table.players.after(table.caller).unwrap_or(table.caller);
}
