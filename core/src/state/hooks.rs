//! What the table tells the game: its start, results, deadlines, seats.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use super::book::Book;
use super::step::NewTurn;
use super::{Play, Step};
use crate::game::{
    Cause, Cx, End, Game, Happened, Hidden, Rejection, Roll, SeatChange, Shown, Turn, Verdict,
    guarded,
};
use crate::limits::{GONE_STEPS_MAX, SEATS_MAX};
use crate::seat::{PerSeat, Seat, Seats};

impl<G: Game> Play<G> {
    /// Sets the game up for `players`.
    ///
    /// # Errors
    /// If there are too many or too few players, or the rules refuse their options.
    pub fn start(game: Arc<G>, players: Seats) -> Result<(Self, Step<G>), Rejection> {
        let range = player_range(&*game)?;
        Self::set_up(game, range, Book::new(players))
    }

    /// Sets the game up again for the same players, without those who are gone and with those who
    /// joined. Turn numbers rise on.
    ///
    /// # Errors
    /// As [`start`](Self::start), or while the table rolls; nothing has changed then.
    pub fn rematch(&mut self) -> Result<Step<G>, Rejection> {
        crate::ensure!(!self.is_rolling(), "no rematch while the dice roll");
        let book = self.book.for_rematch()?;
        let (next, step) = Self::set_up(Arc::clone(&self.game), self.range.clone(), book)?;
        *self = next;
        Ok(step)
    }

    /// Answers the open public roll. Ignored unless `roll` is a result of what was asked for.
    pub fn rolled(&mut self, roll: Roll) -> Step<G> {
        if self.book.needs.roll != Some(roll.draw()) {
            return Step {
                happened: Vec::new(),
            };
        }
        self.book.needs.roll = None;
        let cause = Cause::Rolled(roll.clone());
        self.hook(cause, move |game, state, cx| game.on_roll(state, cx, &roll))
    }

    /// Says that `hidden` have reached their owners; those not in [`Needs`](super::Needs) are
    /// ignored.
    pub fn dealt(&mut self, hidden: &[Hidden]) -> Step<G> {
        let before = self.book.needs.deal.len();
        self.book.needs.deal.retain(|open| !hidden.contains(open));
        if self.book.needs.deal.len() == before {
            return Step {
                happened: Vec::new(),
            };
        }
        self.hook(Cause::Dealt, |_, _, _| Ok(()))
    }

    /// Answers all shows that are asked for; what `shown` lacks was withheld. Ignored while
    /// something is still to be rolled or dealt, or if no show is asked for.
    pub fn shown(&mut self, shown: Shown) -> Step<G> {
        let needs = &self.book.needs;
        if needs.roll.is_some() || !needs.deal.is_empty() || needs.show.is_empty() {
            return Step {
                happened: Vec::new(),
            };
        }
        let shown = shown.only(&self.book.take_shows());
        self.hook(Cause::Shown, |game, state, cx| {
            game.on_show(state, cx, &shown)
        })
    }

    /// The clock of the turn ran out, and the seats `late` had to act. Ignored while nobody can
    /// act, and in a sealed turn, which is [`opened`](Self::opened) instead.
    pub fn clock(&mut self, late: Seats) -> Step<G> {
        if self.end.is_some() || self.is_rolling() || self.turn.is_sealed() {
            return Step {
                happened: Vec::new(),
            };
        }
        let late = late & self.turn.must();
        self.hook(Cause::Clock(late), |game, state, cx| {
            game.on_clock(state, cx, late)
        })
    }

    /// Sealing is over: from now on everything waits until the sealed turn is
    /// [opened](Self::opened). Ignored outside a sealed turn.
    pub fn close_seals(&mut self) {
        let actors = self.turn.must() | self.turn.may();
        if self.turn.is_sealed() && !actors.is_empty() {
            self.book.needs.open = actors;
            self.turn = Turn::nobody();
        }
    }

    /// The sealed turn is opened. The rules get a move or `None` for every seat that had to or
    /// could act; a move that they do not accept is `None`. Ignored outside a sealed turn.
    pub fn opened(&mut self, moves: PerSeat<Option<G::Action>>) -> Step<G> {
        if !self.turn.is_sealed() && self.book.needs.open.is_empty() {
            return Step {
                happened: Vec::new(),
            };
        }
        let closed = std::mem::take(&mut self.book.needs.open);
        let actors = closed | self.turn.must() | self.turn.may();
        let (cause, moves) = self.valid_moves(actors, moves);
        self.hook(cause, |game, state, cx| game.on_open(state, cx, &moves))
    }

    /// Something changed about a seat. While the table rolls the change waits for the result;
    /// when play has ended it only counts for a rematch. Ignored if there is nothing to change.
    pub fn seat_changed(&mut self, seat: Seat, change: SeatChange) -> Step<G> {
        let mut happened = Vec::new();
        if !self.is_rolling() {
            self.change_seat(seat, change, &mut happened);
            self.follow(&mut happened);
        } else if !self.book.waiting.contains(&(seat, change)) {
            self.book.waiting.push((seat, change));
        }
        Step { happened }
    }

    /// Ends play: too few players are left, or too few to make the dice. Ignored if it has ended.
    pub fn abandon(&mut self) -> Step<G> {
        let mut happened = Vec::new();
        if self.end.is_none() {
            self.finish(End::Abandoned);
            self.tell_abandoned(&mut happened);
        }
        Step { happened }
    }

    fn set_up(
        game: Arc<G>,
        range: RangeInclusive<u8>,
        book: Book,
    ) -> Result<(Self, Step<G>), Rejection> {
        let count = book.players.len();
        if !range.clone().any(|players| usize::from(players) == count) {
            let (min, max) = (range.start(), range.end());
            crate::reject!("this game is for {min} to {max} players, not {count}");
        }
        let mut cx = Cx::new(book.facts());
        let state = Arc::new(guarded("setup", || game.setup(&mut cx))??);
        let (bytes, turn) = (OnceLock::new(), Turn::nobody());
        let mut play = Self {
            game,
            range,
            state,
            bytes,
            book,
            turn,
            end: None,
        };
        let events = play.take_in(cx, NewTurn::Always)?;
        play.settle()?;
        let mut happened = vec![Happened {
            turn: play.book.turn,
            cause: Cause::Started,
            events,
        }];
        play.follow(&mut happened);
        Ok((play, Step { happened }))
    }

    /// One hook and what follows from it.
    fn hook(
        &mut self,
        cause: Cause<G::Action>,
        rules: impl FnOnce(&G, &mut G::State, &mut Cx<G>) -> Verdict,
    ) -> Step<G> {
        let mut happened = Vec::new();
        self.run_hook(cause, &mut happened, rules);
        self.follow(&mut happened);
        Step { happened }
    }

    fn run_hook(
        &mut self,
        cause: Cause<G::Action>,
        happened: &mut Vec<Happened<G>>,
        rules: impl FnOnce(&G, &mut G::State, &mut Cx<G>) -> Verdict,
    ) {
        let turn = self.book.turn;
        let mut next = self.clone();
        let hook = hook_of(&cause);
        let verdict = next.step(hook, NewTurn::Always, rules);
        let events = match verdict.and_then(|events| next.settle().map(|()| events)) {
            Ok(events) => {
                *self = next;
                events
            }
            Err(why) => {
                // What the rules refuse here does not say where; what the table found does.
                let text = match why.bug {
                    true => why.text.into_owned(),
                    false => format!("{hook} failed: {}", why.text),
                };
                self.finish(End::RulesBug(text));
                Vec::new()
            }
        };
        happened.push(Happened {
            turn,
            cause,
            events,
        });
        self.tell_abandoned(happened);
    }

    fn tell_abandoned(&self, happened: &mut Vec<Happened<G>>) {
        if self.end == Some(End::Abandoned) {
            let (turn, cause) = (self.book.turn, Cause::Abandoned);
            happened.push(Happened {
                turn,
                cause,
                events: Vec::new(),
            });
        }
    }

    /// Runs what follows from a step at once: seat changes that waited for a roll, and the turns
    /// of seats that are gone.
    pub(super) fn follow(&mut self, happened: &mut Vec<Happened<G>>) {
        let mut gone_steps = 0;
        while self.end.is_none() && !self.is_rolling() {
            if !self.book.waiting.is_empty() {
                let (seat, change) = self.book.waiting.remove(0);
                self.change_seat(seat, change, happened);
                continue;
            }
            if (self.turn.must() - self.book.players).is_empty() {
                return;
            }
            if self.turn.is_sealed() && !self.awaited().is_empty() {
                return; // the others seal; the gone are `None` when all open
            }
            gone_steps += 1;
            if !self.play_gone(happened) || gone_steps == GONE_STEPS_MAX {
                happened.extend(self.abandon().happened);
            }
        }
    }

    /// Plays the turn of seats that are gone; false if nothing came of it.
    fn play_gone(&mut self, happened: &mut Vec<Happened<G>>) -> bool {
        let before = (self.turn, self.state_bytes().ok());
        if self.turn.is_sealed() {
            let actors = self.turn.must() | self.turn.may();
            let (cause, moves) = self.valid_moves(actors, PerSeat::default());
            self.run_hook(cause, happened, |game, state, cx| {
                game.on_open(state, cx, &moves)
            });
        } else {
            let late = self.turn.must() - self.book.players;
            self.run_hook(Cause::Clock(late), happened, |game, state, cx| {
                game.on_clock(state, cx, late)
            });
        }
        self.end.is_some() || before != (self.turn, self.state_bytes().ok())
    }

    fn change_seat(&mut self, seat: Seat, change: SeatChange, happened: &mut Vec<Happened<G>>) {
        if !self.book.change(seat, change) {
            return;
        }
        let cause = Cause::Seat(seat, change);
        if self.end.is_some() {
            happened.push(Happened {
                turn: self.book.turn,
                cause,
                events: Vec::new(),
            });
        } else {
            self.run_hook(cause, happened, |game, state, cx| {
                game.on_seat(state, cx, seat, change)
            });
        }
    }

    /// The moves of a sealed turn as the rules get them.
    fn valid_moves(
        &self,
        actors: Seats,
        mut moves: PerSeat<Option<G::Action>>,
    ) -> (Cause<G::Action>, PerSeat<Option<G::Action>>) {
        let players = self.book.players;
        let valid = PerSeat::new(actors, |seat| {
            let action = moves.remove(seat)??;
            let valid = players.contains(seat) && self.try_sealed(seat, &action).is_ok();
            valid.then_some(action)
        });
        (Cause::Opened(valid.clone()), valid)
    }
}

/// Which hook of the rules answers to `cause`.
const fn hook_of<A>(cause: &Cause<A>) -> &'static str {
    match cause {
        Cause::Started => "setup",
        Cause::Acted(..) => "apply",
        Cause::Opened(_) => "on_open",
        Cause::Rolled(_) => "on_roll",
        Cause::Shown => "on_show",
        Cause::Clock(_) => "on_clock",
        Cause::Seat(..) => "on_seat",
        Cause::Dealt | Cause::Abandoned => "the table",
    }
}

/// How many can play, if the rules name a range that a table can seat.
pub(super) fn player_range<G: Game>(game: &G) -> Verdict<RangeInclusive<u8>> {
    let range = guarded("players", || game.players())?;
    let (min, max) = (*range.start(), *range.end());
    if min == 0 || min > max || max > SEATS_MAX {
        let text = format_args!("a game cannot be for {min} to {max} players");
        return Err(Rejection::formatted("an impossible number of players", text).as_bug());
    }
    Ok(min..=max)
}
