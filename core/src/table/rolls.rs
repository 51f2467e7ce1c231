//! What a game needs before anybody can act: rolls, hidden ones too, shows and openings.

use super::TableState;
use super::execution::Execution;
use crate::dice::{self, OpenRoll, Thrown};
use crate::digest::{Digest, domain_hasher};
use crate::dispute::PastRoll;
use crate::game::{Draw, Game, Roll, SeatChange};
use crate::genesis::DicePolicy;
use crate::limits::LOCAL_ROLLS_PER_BLOCK_MAX;
use crate::message::Deadline;
use crate::seat::Seats;

impl<G: Game> TableState<G> {
    /// What is being collected from several seats before play goes on, by the deadline that closes
    /// it, and the seats that have yet to contribute: secrets of a roll, openings of sealed moves,
    /// shows of hidden rolls. There is one such thing at a time.
    #[must_use]
    pub fn collecting(&self) -> Option<(Deadline, Seats)> {
        let roll = self.pot.open_roll();
        let roll = roll.map(|open| (Deadline::Reveal { roll: open.id }, OpenRoll::awaited(open)));
        let opening = || {
            let (turn, awaited) = self.opening()?;
            Some((Deadline::Open { turn }, awaited))
        };
        let showing = || {
            let (show, awaited) = self.showing()?;
            Some((Deadline::Show { show }, awaited))
        };
        let open = roll.or_else(opening).or_else(showing);
        open.filter(|(_, awaited)| !awaited.is_empty())
    }
}

impl<G: Game> Execution<G> {
    /// Gives the game what it needs as far as that is there, and asks the seats for the rest.
    pub(super) fn go_on(&mut self) {
        for _ in 0..LOCAL_ROLLS_PER_BLOCK_MAX {
            if !self.supply() {
                return self.forget_hidden();
            }
        }
        self.abandon();
        self.forget_hidden();
    }

    /// Gives the game one thing that it needs, or asks the seats for it; false if there is nothing
    /// to be done now.
    fn supply(&mut self) -> bool {
        if let Some(thrown) = self.state_mut().complete_roll() {
            self.fell(thrown);
            return true;
        }
        if self.state().collecting().is_some() {
            return false;
        }
        let Some(play) = &self.state().play else {
            return false;
        };
        let needs = play.needs();
        if !needs.open.is_empty() {
            self.opened();
        } else if needs.roll.is_some() || !needs.deal.is_empty() {
            self.throw();
        } else if !needs.show.is_empty() {
            self.ask_or_show();
        } else if self.state().all_sealed() {
            self.close_sealing();
        } else {
            return false;
        }
        true
    }

    /// Asks for a roll; with practice dice, makes it.
    fn throw(&mut self) {
        let state = self.state_mut();
        let Some(play) = &state.play else { return };
        if state.genesis.dice == DicePolicy::Local {
            let public = play.needs().roll.is_some();
            let mut stream = self.practice();
            if public {
                return drop(self.result(stream));
            }
            let mut bytes = [0; 32];
            stream.fill(&mut bytes);
            return self.deal_practice(Digest::from_bytes(bytes));
        }
        let players = play.players() & state.roster.players();
        let (height, least) = (state.height, state.roster.contributors());
        match state.pot.open(height, players, least) {
            Some(contributors) => self.set_aside(contributors),
            None => self.abandon(),
        }
    }

    /// Everybody's secrets are there.
    fn fell(&mut self, thrown: Thrown) {
        if let Some((draw, values)) = self.result(thrown.stream) {
            let roll = PastRoll::new(&thrown.roll, draw, &values);
            self.state_mut().annals.rolled(thrown.roll.id, roll);
        }
        self.deal(thrown.dealt);
    }

    /// Gives the game the public roll that `stream` makes, if it asked for one, and tells both.
    fn result(&mut self, mut stream: blake3::OutputReader) -> Option<(Draw, Vec<u32>)> {
        let play = self.state_mut().play.as_mut()?;
        let wanted = play.needs().roll?;
        let values = dice::draw(&mut stream, &wanted);
        // A draw's own values always are a result of it; were they not, the roll would run again.
        let roll = Roll::new(wanted, values.clone())?;
        let step = play.rolled(roll);
        self.took(step);
        Some((wanted, values))
    }

    /// Dice that whoever knows the genesis can compute.
    fn practice(&mut self) -> blake3::OutputReader {
        let count = self.practised;
        self.practised += 1;
        let state = self.state();
        let mut hasher = domain_hasher("dice/local");
        hasher.update(state.table.0.as_bytes());
        hasher.update(&state.height.0.to_be_bytes());
        hasher.update(&count.to_be_bytes());
        hasher.finalize_xof()
    }

    /// Closes the open roll without those who have not revealed: it runs again.
    pub(super) fn withheld(&mut self) {
        let DicePolicy::CommitReveal { returns_after, .. } = self.state().genesis.dice else {
            return;
        };
        let state = self.state_mut();
        let roll = state.pot.open_roll().map(|open| open.id);
        let withheld = state.pot.withhold(returns_after);
        if let Some(roll) = roll {
            state.annals.withheld(roll, withheld);
        }
        for seat in withheld {
            self.tell_seat(seat, SeatChange::Withheld);
        }
    }

    pub(super) fn abandon(&mut self) {
        if let Some(play) = &mut self.state_mut().play {
            let step = play.abandon();
            self.took(step);
        }
    }
}

impl<G: Game> TableState<G> {
    fn complete_roll(&mut self) -> Option<Thrown> {
        self.pot.complete(self.table)
    }
}
