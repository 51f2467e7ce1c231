//! One step: the rules change a copy, and what they did is taken in or refused.

use std::sync::Arc;

use super::book::Ended;
use super::{Play, Saved};
use crate::codec::{self, Blob};
use crate::game::{Cx, End, Game, Rejection, Turn, Verdict, guarded};
use crate::limits::STATE_BYTES_MAX;
use crate::seat::Seats;

/// Whether a step begins a new turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NewTurn {
    Always,
    IfItChanged,
}

impl<G: Game> Play<G> {
    /// Runs one step of the rules, which `hook` names, on `self`, which the caller drops on `Err`.
    pub(super) fn step(
        &mut self,
        hook: &'static str,
        new_turn: NewTurn,
        rules: impl FnOnce(&G, &mut G::State, &mut Cx<G>) -> Verdict,
    ) -> Verdict<Vec<G::Event>> {
        let mut cx = Cx::new(self.book.facts());
        let state = Arc::make_mut(&mut self.state);
        self.bytes.take();
        guarded(hook, || rules(&self.game, state, &mut cx))??;
        self.take_in(cx, new_turn)
    }

    /// Takes in the effects of a step, checks the value, and asks the rules what comes next.
    pub(super) fn take_in(&mut self, cx: Cx<G>, new_turn: NewTurn) -> Verdict<Vec<G::Event>> {
        let effects = cx.into_effects()?;
        self.book.enter(&effects)?;
        self.check_total()?;
        let new_turn = if effects.next_turn {
            NewTurn::Always
        } else {
            new_turn
        };
        self.ask_turn(new_turn, effects.restart_clock)?;
        Ok(effects.events)
    }

    fn check_total(&self) -> Verdict {
        let Some(total) = guarded("total", || self.game.total(&self.state))? else {
            return Ok(());
        };
        let counted = self.book.issued.checked_sub(self.book.retired);
        if counted == Some(total.units()) {
            return Ok(());
        }
        let (issued, retired) = (self.book.issued, self.book.retired);
        Err(Rejection::formatted(
            "value was made or lost",
            format_args!("the game holds {total}, and {issued} were issued, {retired} retired"),
        )
        .as_bug())
    }

    /// Asks the rules for the outcome or the turn, and numbers it.
    pub(super) fn ask_turn(&mut self, new_turn: NewTurn, restart_clock: bool) -> Verdict {
        let rolling = self.is_rolling();
        let outcome = if rolling {
            None
        } else {
            guarded("outcome", || self.game.outcome(&self.state))?
        };
        if let Some(outcome) = outcome {
            self.finish(End::Finished(outcome));
        } else if self.book.players.len() < usize::from(*self.range.start()) {
            self.finish(End::Abandoned);
        } else if rolling {
            self.turn = Turn::nobody();
        } else {
            let turn = self.asked_turn()?;
            let renewed = new_turn == NewTurn::Always || !turn.continues(&self.turn);
            let more = |count: u64| {
                let over = || Rejection::new("more turns than can be counted").as_bug();
                count.checked_add(1).ok_or_else(over)
            };
            if renewed {
                self.book.turn = more(self.book.turn)?;
            }
            if turn.clock().is_some()
                && (renewed || restart_clock || turn.clock() != self.turn.clock())
            {
                self.book.clock = more(self.book.clock)?;
            }
            self.turn = turn;
        }
        Ok(())
    }

    /// What the rules answer for this state.
    pub(super) fn asked_turn(&self) -> Verdict<Turn> {
        let turn = guarded("turn", || self.game.turn(&self.state))?;
        let strangers: Seats = (turn.must() | turn.may()) - self.book.seated;
        if strangers.is_empty() {
            return Ok(turn);
        }
        let text = format_args!("the turn names seats that never sat in this game: {strangers:?}");
        Err(Rejection::formatted("the turn names a seat that never sat here", text).as_bug())
    }

    /// Ends play.
    pub(super) fn finish(&mut self, end: End) {
        self.book.ended = Some(Ended::from(&end));
        self.end = Some(end);
        self.turn = Turn::nobody();
        self.book.needs = super::Needs::default();
        self.book.hidden = Arc::default();
        for (seat, change) in std::mem::take(&mut self.book.waiting) {
            self.book.change(seat, change);
        }
    }

    /// Checks that the state has canonical bytes, not too many, and keeps them for the digest.
    ///
    /// [`act`](Self::act) and the hooks do this themselves.
    ///
    /// # Errors
    /// A bug of the rules: a float, an unordered map, too many bytes.
    pub fn settle(&self) -> Verdict {
        self.state_bytes().map(|_| ())
    }

    pub(crate) fn state_bytes(&self) -> Verdict<Blob> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes.clone());
        }
        let bytes = guarded("serialize", || codec::encode(&*self.state))?;
        let bytes = bytes.map_err(|error| {
            let place = codec::place_of_error(&*self.state);
            let text = format_args!("the state cannot be encoded{place}: {error}");
            Rejection::formatted("the state cannot be encoded", text).as_bug()
        })?;
        let length = bytes.len();
        if length > STATE_BYTES_MAX {
            let text = format_args!("the state has {length} bytes, more than {STATE_BYTES_MAX}");
            return Err(Rejection::formatted("the state is too large", text).as_bug());
        }
        Ok(self.bytes.get_or_init(|| bytes.into()).clone())
    }

    /// The game as bytes hold it.
    ///
    /// # Errors
    /// As [`settle`](Self::settle), which every step but
    /// [`act_unsettled`](Self::act_unsettled) has done.
    pub fn save(&self) -> Verdict<Saved> {
        Ok(Saved {
            book: self.book.clone(),
            state: self.state_bytes()?,
        })
    }
}
