//! Players who are programs: what they like to bet on, and how fast.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quorate::{Cause, Event, Events, Money, Seats, Settled, Status, Table};

use crate::rules::bet::{Bet, Number, Pair, Side};
use crate::rules::{Action, Craps, View};
use crate::summary::Tally;

/// How long a bot looks up at least, to see whether it should stop.
const LOOK_UP: Duration = Duration::from_millis(200);

/// A bot at one seat.
#[derive(Clone)]
pub(crate) struct Bot {
    pub(crate) taste: Taste,
    pub(crate) pace: Pace,
    pub(crate) chance: Chance,
    /// Set when it should leave off.
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) tally: Arc<Tally>,
}

/// What a bot likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taste {
    /// With the shooter: Pass, odds, Come.
    Right,
    /// Against the shooter: Don't Pass, odds, Don't Come.
    Wrong,
    /// Numbers: Place bets and the Field.
    Numbers,
    /// Long shots: Hardways, Any Seven, Any Craps.
    LongShots,
}

impl Taste {
    /// All, in the order in which bots sit down.
    pub(crate) const ALL: [Self; 4] = [Self::Numbers, Self::Wrong, Self::LongShots, Self::Right];
}

/// How fast a bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Bets at once, and rolls when everybody has bet or this time is over.
    Machine(Duration),
    /// Bets within this time, and rolls after it.
    Person(Duration),
}

/// A small generator for choices that nobody needs to trust.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `bound - 1`, for a `bound` above 0 (splitmix64).
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap_or(0)]
    }
}

/// What a bot knows of the present turn.
struct Watch {
    turn: u64,
    since: Instant,
    /// When it bets.
    bets_at: Duration,
    has_bet: bool,
    /// The seats that have bet.
    bettors: Seats,
}

impl Bot {
    /// Plays at `table` until the game ends, the table closes, or it is told to stop.
    pub(crate) fn play(mut self, table: &Table<Craps>) {
        let mut events = table.events();
        let mut watch = self.watch(0);
        while !self.stop.load(Ordering::Relaxed) {
            let status = table.status();
            if status.is_final() || matches!(status, Status::Ended(_)) {
                return;
            }
            let wait = match table.view() {
                Some(seen) if matches!(status, Status::Playing { .. }) => {
                    if seen.turn != watch.turn {
                        watch = self.watch(seen.turn);
                    }
                    self.take_turn(table, &seen.view, &mut watch)
                }
                _ => LOOK_UP,
            };
            self.follow(&mut events, &mut watch, wait);
        }
    }

    fn watch(&mut self, turn: u64) -> Watch {
        let bets_at = match self.pace {
            Pace::Machine(_) => Duration::ZERO,
            Pace::Person(time) => time.mul_f64(0.2 + self.chance.below(60) as f64 / 100.0),
        };
        let (since, bettors) = (Instant::now(), Seats::NONE);
        Watch {
            turn,
            since,
            bets_at,
            has_bet: false,
            bettors,
        }
    }

    /// Bets or rolls if it is time to, and tells how long to wait for something else.
    fn take_turn(&mut self, table: &Table<Craps>, view: &View, watch: &mut Watch) -> Duration {
        let passed = watch.since.elapsed();
        if !watch.has_bet {
            if passed < watch.bets_at {
                return watch.bets_at - passed;
            }
            watch.has_bet = true;
            self.bet(table, view);
        }
        if view.me != Some(view.shooter) {
            return LOOK_UP;
        }
        let able = view.seats.which(|seat| !seat.chips.is_zero() && !seat.away);
        let (patience, all_bet) = match self.pace {
            Pace::Machine(patience) => (patience, (able - watch.bettors).is_empty()),
            Pace::Person(patience) => (patience, false),
        };
        if passed < patience && !all_bet {
            return patience - passed;
        }
        self.act(table, Action::Roll);
        LOOK_UP
    }

    /// Bets on the first thing it fancies that the table allows.
    fn bet(&mut self, table: &Table<Craps>, view: &View) {
        let Some(purse) = view.me.and_then(|me| view.seats.get(me)) else {
            return;
        };
        let wishes = self.taste.wishes(view, &mut self.chance);
        for (bet, amount) in wishes {
            let amount = purse.chips.min(Money::of(amount));
            let enough = purse.stake(bet) >= Money::of(200); // leave chips for other bets
            if !amount.is_zero() && !enough && self.act(table, Action::Bet(bet, amount)) {
                return;
            }
        }
    }

    /// Acts and waits until it is known what came of it; false if the rules refuse it here.
    fn act(&self, table: &Table<Craps>, action: Action) -> bool {
        let Ok(pending) = table.act(action) else {
            return false;
        };
        while !self.stop.load(Ordering::Relaxed) && !table.status().is_final() {
            if let Some(settled) = pending.wait(LOOK_UP) {
                if matches!(settled, Settled::Decided { .. }) {
                    self.tally.took(pending.took());
                }
                break;
            }
        }
        true
    }

    /// Reads what happens until something concerns the bot, at most for `wait`.
    fn follow(&self, events: &mut Events<Craps>, watch: &mut Watch, wait: Duration) {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Some(event) = events.wait(left) else {
                return;
            };
            match event {
                Event::RoundChanged { .. } => self.tally.round_changed(),
                Event::Status(_) => return,
                Event::Happened { happened, .. } => {
                    if let Cause::Acted(seat, _) = happened.cause
                        && happened.turn == watch.turn
                    {
                        watch.bettors.insert(seat);
                    }
                    return;
                }
                _ => {}
            }
        }
    }
}

impl Taste {
    /// What to bet on, the dearest wish first; the last one is always possible.
    fn wishes(self, view: &View, chance: &mut Chance) -> Vec<(Bet, u32)> {
        let unit = 5 * (1 + u32::try_from(chance.below(4)).unwrap_or(0));
        let number = chance.one_of(&Number::ALL);
        let pair = chance.one_of(&Pair::ALL);
        let line = |side| {
            let mut wishes = vec![(Bet::Line(side), 2 * unit), (Bet::LineOdds(side), 2 * unit)];
            wishes.extend([
                (Bet::NumberOdds(side, number), unit),
                (Bet::Come(side), unit),
            ]);
            wishes
        };
        let mut wishes = match self {
            Self::Right => line(Side::Right),
            Self::Wrong => line(Side::Wrong),
            Self::Numbers if view.point.is_some() => vec![(Bet::Place(number), 6 * (unit / 5))],
            Self::LongShots if view.point.is_some() => vec![(Bet::Hard(pair), 5)],
            Self::LongShots => vec![(chance.one_of(&[Bet::AnySeven, Bet::AnyCraps]), 5)],
            Self::Numbers => Vec::new(),
        };
        wishes.push((Bet::Field, unit));
        wishes
    }
}
