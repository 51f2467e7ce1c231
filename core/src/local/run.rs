//! How a local table carries a game on by itself: dice, sealed turns, clocks, absent seats.

use super::{Local, Op};
use crate::game::{ActError, Game, Hidden, SeatChange, Shown, Why};
use crate::limits::{AWAY_AFTER_TURNS, HAPPENED_KEPT_MAX, LOCAL_ROLLS_MAX};
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::{StallPolicy, Step};

impl<G: Game> Local<G> {
    /// Tells `play` something, and remembers that it did.
    pub(super) fn drive(&mut self, op: Op<G>) -> Result<Step<G>, ActError> {
        let told = self.record.is_some().then(|| op.clone());
        let step = op.run(&mut self.play)?;
        if let (Some(record), Some(op)) = (&mut self.record, told) {
            record.push(op);
        }
        Ok(step)
    }

    /// Takes what `play` was told since the last call, at a table that is
    /// [watched](Self::watched).
    pub(crate) fn recorded(&mut self) -> Vec<Op<G>> {
        self.record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes in a step, and whatever follows from it.
    pub(super) fn went(&mut self, step: Step<G>) {
        self.log(step);
        self.go_on();
    }

    fn log(&mut self, step: Step<G>) {
        self.log.extend(step.happened);
        let over = self.log.len().saturating_sub(HAPPENED_KEPT_MAX);
        self.log.drain(..over);
    }

    /// Supplies what the game needs until it waits for people.
    pub(super) fn go_on(&mut self) {
        for _ in 0..LOCAL_ROLLS_MAX {
            let Some(op) = self.next_op() else { break };
            // Invariant: only an entry or a rematch is ever refused.
            let step = self.drive(op).unwrap_or(Step {
                happened: Vec::new(),
            });
            self.log(step);
        }
        let play = &self.play;
        self.secrets
            .retain(|hidden, _| play.hidden().any(|open| open == hidden));
        self.wind_clock();
    }

    /// What the table can do for the game by itself.
    fn next_op(&mut self) -> Option<Op<G>> {
        let turn = self.play.turn();
        let waits = !(self.play.awaited() - self.sealed()).is_empty();
        if turn.is_sealed() && !turn.must().is_empty() && !waits {
            return Some(Op::CloseSeals);
        }
        let needs = self.play.needs();
        if !needs.open.is_empty() {
            return Some(self.opening(needs.open));
        }
        if needs.is_empty() || self.dice_held {
            return None;
        }
        let (roll, deal, show) = (needs.roll, needs.deal.clone(), needs.show.clone());
        if let Some(draw) = roll {
            return self.roll_without(self.seats() & self.withholding, |table| {
                table.dice.roll(draw).map(Op::Rolled)
            });
        }
        if let Some(hidden) = deal.first().copied() {
            let others = (self.seats() & self.withholding) - Seats::from(hidden.owner());
            return self.roll_without(others, |table| {
                let roll = table.dice.roll(hidden.draw())?;
                table.secrets.insert(hidden, roll);
                Some(Op::Dealt(vec![hidden]))
            });
        }
        let mut shown = Shown::default();
        for hidden in &show {
            let owner = hidden.owner();
            let withheld = self.withholding.contains(owner) || !self.seats().contains(owner);
            let roll = self.secrets.get(hidden).filter(|_| !withheld).cloned();
            shown.insert(hidden, roll);
        }
        let owners: Seats = show.iter().map(Hidden::owner).collect();
        self.withholding -= owners;
        Some(Op::Shown(shown))
    }

    /// A roll without the seats that withhold: the game is told of each, and abandoned if too few
    /// are left to make the dice.
    fn roll_without(
        &mut self,
        withheld: Seats,
        roll: impl FnOnce(&mut Self) -> Option<Op<G>>,
    ) -> Option<Op<G>> {
        let Some(seat) = withheld.nth(0) else {
            return roll(self);
        };
        if self.seats().len() - withheld.len() < self.rollers_min() {
            return Some(Op::Abandon);
        }
        self.withholding.remove(seat);
        Some(Op::Seat(seat, SeatChange::Withheld))
    }

    /// How many must contribute to a roll: more than could collude, and never one alone but in a
    /// game for one.
    fn rollers_min(&self) -> usize {
        let count = self.seats().len();
        let faulty = count.saturating_sub(1) / 3;
        (faulty + 1).max(2).min(count)
    }

    /// Opens the sealed turn of `actors`, once the game is told of everybody who keeps its move
    /// back.
    fn opening(&mut self, actors: Seats) -> Op<G> {
        if let Some(seat) = (self.sealed() & self.withholding).nth(0) {
            self.withholding.remove(seat);
            self.sealed.remove(seat);
            return Op::Seat(seat, SeatChange::Withheld);
        }
        let mut sealed = std::mem::take(&mut self.sealed);
        let now = self.sealed_turn == self.play.turn_number();
        Op::Opened(PerSeat::new(actors, |seat| {
            sealed.remove(seat).filter(|_| now)
        }))
    }

    /// Seals the move of a seat.
    pub(super) fn seal(
        &mut self,
        turn: u64,
        seat: Seat,
        actions: Vec<G::Action>,
    ) -> Result<(), ActError> {
        self.play.check_act(seat, turn, &actions)?;
        if self.sealed().contains(seat) {
            return Err(ActError::AlreadySealed);
        }
        // Coming back begins a new turn, so it comes before the move.
        if self.here(seat) {
            return self.act_in(self.play.turn_number(), seat, actions);
        }
        if self.sealed_turn != turn {
            (self.sealed_turn, self.sealed) = (turn, PerSeat::default());
        }
        self.sealed
            .extend(actions.into_iter().map(|action| (seat, action)));
        self.go_on();
        Ok(())
    }

    /// Tells the game that `seat` is back, if it was away.
    pub(super) fn here(&mut self, seat: Seat) -> bool {
        let back = self.lateness.here(seat);
        if back {
            self.seat_changed(seat, SeatChange::Back);
        }
        back
    }

    pub(super) fn seat_changed(&mut self, seat: Seat, change: SeatChange) {
        if let Ok(step) = self.drive(Op::Seat(seat, change)) {
            self.went(step);
        }
    }

    /// The clock of the turn has run out.
    pub(super) fn ring(&mut self) {
        self.deadline = None;
        let late = self.play.awaited() - self.sealed();
        let turn = self.play.turn();
        let op = if turn.is_sealed() && (turn.must() | turn.may()).is_empty() {
            Op::Opened(PerSeat::default())
        } else if turn.is_sealed() {
            Op::CloseSeals
        } else {
            Op::Clock(late)
        };
        if let Ok(step) = self.drive(op) {
            self.went(step);
        }
        for seat in self.lateness.late(late, AWAY_AFTER_TURNS) {
            self.seat_changed(seat, SeatChange::Away);
            if self.stall == StallPolicy::Forfeit {
                self.lateness.forget(seat);
                self.seat_changed(seat, SeatChange::Gone(Why::Removed));
            }
        }
    }

    /// Starts the clock that the game wants now, unless it runs already or the table is paused.
    fn wind_clock(&mut self) {
        let absent = self.play.awaited() & self.lateness.away();
        let paused = self.stall == StallPolicy::Pause && !absent.is_empty();
        let clock = self.play.clock_running().filter(|_| !paused);
        self.deadline = clock.map(|clock| match self.deadline {
            Some((serial, deadline)) if serial == clock.serial => (serial, deadline),
            _ => (clock.serial, self.now.saturating_add(clock.length)),
        });
    }

    /// True once in `times`, by the chance that also moves the bots.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.chance_below(times) == 0
    }

    /// A number below `bound`, by the chance that also moves the bots.
    pub(crate) fn chance_below(&mut self, bound: u32) -> u32 {
        crate::dice::draw::below(&mut self.chance, bound)
    }

    /// One of `seats`, each equally likely.
    pub(crate) fn any_of(&mut self, seats: Seats) -> Option<Seat> {
        let count = u32::try_from(seats.len()).ok().filter(|count| *count > 0)?;
        seats.nth(self.chance_below(count) as usize)
    }

    /// One of `actions`, as a bot would.
    pub(crate) fn any_action(&mut self, actions: Vec<G::Action>) -> Option<G::Action> {
        super::pick(actions, &mut self.chance)
    }
}
