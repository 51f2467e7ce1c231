//! What the rules can ask of the table during one step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::guard::guarded;
use super::{Draw, Game, Hidden, Outcome, Rejection, Verdict};
use crate::limits::{CANDIDATES_MAX, EVENTS_PER_STEP_MAX, HIDDEN_MAX};
use crate::seat::{Seat, Seats};

/// The table as the rules meet it: who plays, and what they may ask for.
///
/// It is the table's, for one step. When the step ends in `Err` every effect vanishes with it.
/// Misuse, such as asking for two public rolls in one step, fails the step as a bug of the rules.
#[derive(Debug)]
pub struct Cx<G: Game> {
    facts: Facts,
    effects: Effects<G::Event>,
}

/// What the rules may know about the table.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) players: Seats,
    pub(crate) game: u32,
    pub(crate) previous: Option<Arc<Outcome>>,
    pub(crate) hidden: Arc<BTreeMap<u32, Hidden>>,
    pub(crate) hidden_next: u32,
}

/// What the rules asked for in one step.
#[derive(Clone, Debug)]
pub(crate) struct Effects<E> {
    pub(crate) roll: Option<Draw>,
    pub(crate) deal: Vec<Hidden>,
    pub(crate) show: Vec<Hidden>,
    pub(crate) discard: Vec<Hidden>,
    pub(crate) events: Vec<E>,
    pub(crate) next_turn: bool,
    pub(crate) restart_clock: bool,
    pub(crate) issued: u64,
    pub(crate) retired: u64,
    pub(crate) misuse: Option<Rejection>,
}

impl<E> Default for Effects<E> {
    fn default() -> Self {
        Self {
            roll: None,
            deal: Vec::new(),
            show: Vec::new(),
            discard: Vec::new(),
            events: Vec::new(),
            next_turn: false,
            restart_clock: false,
            issued: 0,
            retired: 0,
            misuse: None,
        }
    }
}

impl<G: Game> Cx<G> {
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            facts,
            effects: Effects::default(),
        }
    }

    /// The effects of the step, unless the rules misused the table.
    pub(crate) fn into_effects(self) -> Verdict<Effects<G::Event>> {
        match self.effects.misuse {
            Some(misuse) => Err(misuse),
            None => Ok(self.effects),
        }
    }

    /// The seats in the game now. A seat that is gone is not among them; one that is away is.
    #[must_use]
    pub const fn players(&self) -> Seats {
        self.facts.players
    }

    /// Which game of the table this is: 0, and one more with each rematch.
    #[must_use]
    pub const fn game(&self) -> u32 {
        self.facts.game
    }

    /// The outcome of the game before, if there was one and it finished.
    #[must_use]
    pub fn previous(&self) -> Option<&Outcome> {
        self.facts.previous.as_deref()
    }

    /// Asks for a public roll, one a step. No other hook runs and nobody acts before
    /// [`Game::on_roll`] gets the result.
    pub fn roll(&mut self, draw: Draw) {
        if !draw.is_valid() {
            self.misuse("a draw beyond its limits");
        } else if self.effects.roll.replace(draw).is_some() {
            self.misuse("two public rolls in one step");
        }
    }

    /// Asks for a roll that only the device of `owner` will see, until it is [shown](Self::show).
    /// Keep what this returns in the state. Nobody acts before it is dealt.
    ///
    /// At most [`HIDDEN_MAX`] can be open at a table; [discard](Self::discard) those that the game
    /// no longer needs.
    pub fn roll_hidden(&mut self, owner: Seat, draw: Draw) -> Hidden {
        let asked = u32::try_from(self.effects.deal.len()).unwrap_or(u32::MAX);
        let hidden = Hidden::new(self.facts.hidden_next.saturating_add(asked), owner, draw);
        let open = self.facts.hidden.len() + self.effects.deal.len();
        if !draw.is_valid() {
            self.misuse("a draw beyond its limits");
        } else if !self.facts.players.contains(owner) {
            self.misuse("a hidden roll for a seat that does not play");
        } else if open >= HIDDEN_MAX + self.effects.discard.len() || hidden.id() == u32::MAX {
            self.misuse("too many hidden rolls; discard those that are over");
        } else {
            self.effects.deal.push(hidden);
        }
        hidden
    }

    /// Asks the owners of `hidden` to show them to everybody. [`Game::on_show`] gets the results
    /// of all that one step asked for, once; then these hidden rolls are over.
    pub fn show(&mut self, hidden: &[Hidden]) {
        for hidden in hidden {
            if self.is_open(hidden) && !self.effects.show.contains(hidden) {
                self.effects.show.push(*hidden);
            } else {
                self.misuse("showing a hidden roll that is over, or twice");
            }
        }
    }

    /// Ends `hidden` unseen: nobody will ever be asked to show them.
    pub fn discard(&mut self, hidden: &[Hidden]) {
        for hidden in hidden {
            if self.is_open(hidden) && !self.effects.show.contains(hidden) {
                self.effects.discard.push(*hidden);
            } else {
                self.misuse("discarding a hidden roll that is over, or being shown");
            }
        }
    }

    /// Tells the players something, for an animation or the log. An event is public; it is no
    /// part of the state.
    pub fn emit(&mut self, event: G::Event) {
        if self.effects.events.len() < EVENTS_PER_STEP_MAX {
            self.effects.events.push(event);
        } else {
            self.misuse("too many events in one step");
        }
    }

    /// Begins a new turn, although the same seats must act: a new phase or a new hand. What is in
    /// flight for the old one will be refused as stale.
    pub const fn next_turn(&mut self) {
        self.effects.next_turn = true;
    }

    /// Starts the turn's clock anew within the same turn, as after each bid of an auction: what is
    /// in flight stays good.
    pub const fn restart_clock(&mut self) {
        self.effects.restart_clock = true;
    }

    /// Plays, for each of the seats that are `late` and still must act, the first of its
    /// [candidates](Game::candidates) that the rules accept. A seat without one does nothing.
    ///
    /// # Errors
    /// If the rules fail to say whose turn it is, or a panic.
    pub fn default_moves(&mut self, game: &G, state: &mut G::State, late: Seats) -> Verdict {
        for seat in late {
            if self.effects.roll.is_some() || game.outcome(state).is_some() {
                break;
            }
            if game.turn(state).must().contains(seat) {
                self.default_move(game, state, seat);
            }
        }
        Ok(())
    }

    fn default_move(&mut self, game: &G, state: &mut G::State, seat: Seat) {
        for action in game
            .candidates(state, seat)
            .into_iter()
            .take(CANDIDATES_MAX)
        {
            let mut trial = Self {
                facts: self.facts.clone(),
                effects: self.effects.clone(),
            };
            let mut after = state.clone();
            let verdict = guarded("apply", || game.apply(&mut after, &mut trial, seat, action));
            if matches!(verdict, Ok(Ok(()))) && trial.effects.misuse.is_none() {
                *state = after;
                self.effects = trial.effects;
                return;
            }
        }
    }

    /// Counts value that came into the game; what [`Ledger::issue`](crate::ledger::Ledger) does.
    pub(crate) fn count_issued(&mut self, amount: u64) {
        match self.effects.issued.checked_add(amount) {
            Some(issued) => self.effects.issued = issued,
            None => self.misuse("more value issued than can be counted"),
        }
    }

    /// Counts value that left the game.
    pub(crate) fn count_retired(&mut self, amount: u64) {
        match self.effects.retired.checked_add(amount) {
            Some(retired) => self.effects.retired = retired,
            None => self.misuse("more value retired than can be counted"),
        }
    }

    fn is_open(&self, hidden: &Hidden) -> bool {
        let known = self.facts.hidden.get(&hidden.id()) == Some(hidden);
        (known || self.effects.deal.contains(hidden)) && !self.effects.discard.contains(hidden)
    }

    fn misuse(&mut self, code: &'static str) {
        self.effects
            .misuse
            .get_or_insert(Rejection::new(code).as_bug());
    }
}
