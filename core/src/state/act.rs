//! What a seat does by itself.

use super::step::NewTurn;
use super::{Play, Step};
use crate::codec;
use crate::game::{ActError, Cause, End, Game, Happened, Rejection, guarded};
use crate::limits::{ACTION_BYTES_MAX, CANDIDATES_MAX, ENTRY_ACTIONS_MAX};
use crate::mutant::{self, Mutant};
use crate::seat::Seat;

impl<G: Game> Play<G> {
    /// Applies the actions of one entry of `seat`, meant for turn number `turn`: all or none. An
    /// action that begins a new turn must be the last.
    ///
    /// # Errors
    /// [`ActError`]; nothing has changed then. [`ActError::Sealed`] in a sealed turn, whose moves
    /// come by [`opened`](Self::opened).
    pub fn act(
        &mut self,
        seat: Seat,
        turn: u64,
        actions: &[G::Action],
    ) -> Result<Step<G>, ActError> {
        let (mut next, mut happened) = self.acted(seat, turn, actions)?;
        next.settle()?;
        next.follow(&mut happened);
        *self = next;
        Ok(Step { happened })
    }

    /// [`act`](Self::act) without [`settle`](Self::settle), for a block of many entries on a large
    /// state: encoding is one pass over the state, everything else O(log n).
    ///
    /// # Errors
    /// See [`act`](Self::act). The caller settles after the last entry; if that fails, the block
    /// holds an entry that `act` would have refused.
    pub fn act_unsettled(
        &mut self,
        seat: Seat,
        turn: u64,
        actions: &[G::Action],
    ) -> Result<Step<G>, ActError> {
        let (mut next, mut happened) = self.acted(seat, turn, actions)?;
        next.follow(&mut happened);
        *self = next;
        Ok(Step { happened })
    }

    /// Whether [`act`](Self::act) would accept this, or, in a sealed turn, whether this one move
    /// is valid.
    ///
    /// # Errors
    /// [`ActError`], as `act` would answer.
    pub fn check_act(&self, seat: Seat, turn: u64, actions: &[G::Action]) -> Result<(), ActError> {
        if !self.turn.is_sealed() {
            return Ok(self.acted(seat, turn, actions)?.0.settle()?);
        }
        self.may_seal(seat, turn)?;
        let [action] = actions else {
            return Err(ActError::WrongCount {
                count: actions.len(),
            });
        };
        self.try_sealed(seat, action)
    }

    /// Whether `seat` may seal a move of turn number `turn`, whatever it is.
    ///
    /// # Errors
    /// [`ActError`], as [`act`](Self::act) would answer; [`ActError::NotSealed`] where moves are
    /// made openly.
    pub fn may_seal(&self, seat: Seat, turn: u64) -> Result<(), ActError> {
        self.admit(seat, turn)?;
        if self.turn.is_sealed() {
            Ok(())
        } else {
            Err(ActError::NotSealed)
        }
    }

    /// What `seat` can do now: the rules' candidates that the rules accept.
    #[must_use]
    pub fn legal(&self, seat: Seat) -> Vec<G::Action> {
        if !self.actors().contains(seat) {
            return Vec::new();
        }
        let mut legal =
            guarded("candidates", || self.game.candidates(&self.state, seat)).unwrap_or_default();
        legal.truncate(CANDIDATES_MAX);
        legal.retain(|action| self.try_action(seat, action).is_ok());
        legal
    }

    /// Whether `seat` could do `action` now, leaving aside what [`settle`](Self::settle) checks.
    pub(crate) fn try_action(&self, seat: Seat, action: &G::Action) -> Result<(), ActError> {
        if self.turn.is_sealed() {
            return self.try_sealed(seat, action);
        }
        self.acted(seat, self.book.turn, std::slice::from_ref(action))
            .map(|_| ())
    }

    /// A copy after `actions`, and what happened, without what follows from it.
    fn acted(
        &self,
        seat: Seat,
        turn: u64,
        actions: &[G::Action],
    ) -> Result<(Self, Vec<Happened<G>>), ActError> {
        self.admit(seat, turn)?;
        if self.turn.is_sealed() {
            return Err(ActError::Sealed);
        }
        if !(1..=ENTRY_ACTIONS_MAX).contains(&actions.len()) {
            return Err(ActError::WrongCount {
                count: actions.len(),
            });
        }
        let mut next = self.clone();
        let mut happened = Vec::with_capacity(actions.len());
        for action in actions {
            check_size(action)?;
            next.admit(seat, turn)?;
            let rules = action.clone();
            let events = next.step("apply", NewTurn::IfItChanged, |game, state, cx| {
                game.apply(state, cx, seat, rules)
            })?;
            happened.push(Happened {
                turn,
                cause: Cause::Acted(seat, action.clone()),
                events,
            });
        }
        Ok((next, happened))
    }

    /// Whether `seat` may act in turn number `turn` at all.
    fn admit(&self, seat: Seat, turn: u64) -> Result<(), ActError> {
        match &self.end {
            Some(End::RulesBug(text)) => return Err(ActError::RulesBug(text.clone())),
            Some(_) => return Err(ActError::Ended),
            None => {}
        }
        if self.is_rolling() {
            return Err(ActError::Rolling);
        }
        if turn != self.book.turn && !mutant::is(Mutant::StaleTurns) {
            return Err(ActError::Stale {
                meant: turn,
                now: self.book.turn,
            });
        }
        if self.actors().contains(seat) {
            Ok(())
        } else {
            Err(ActError::NotYourTurn)
        }
    }

    /// Whether the rules accept `action` as a sealed move.
    pub(super) fn try_sealed(&self, seat: Seat, action: &G::Action) -> Result<(), ActError> {
        check_size(action)?;
        let mut cx = crate::game::Cx::new(self.book.facts());
        let mut state = (*self.state).clone();
        let action = action.clone();
        guarded("apply", || {
            self.game.apply(&mut state, &mut cx, seat, action)
        })??;
        Ok(cx.into_effects().map(|_| ())?)
    }
}

fn check_size<A: serde::Serialize>(action: &A) -> Result<(), ActError> {
    let bytes = codec::encode(action).map_err(|error| {
        let place = codec::place_of_error(action);
        let text = format_args!("the action cannot be encoded{place}: {error}");
        Rejection::formatted("the action cannot be encoded", text).as_bug()
    })?;
    let bytes = bytes.len();
    if bytes > ACTION_BYTES_MAX {
        Err(ActError::ActionTooLarge { bytes })
    } else {
        Ok(())
    }
}
