//! Sealed turns: all commit, all open, then the rules get every move at once.

use serde::{Deserialize, Serialize};

use super::execution::Execution;
use super::{EntryRefusal, TableState};
use crate::codec;
use crate::dice::{self, Leaf, Opening, PotError};
use crate::digest::Digest;
use crate::game::{ActError, Game, SeatChange};
use crate::genesis::DicePolicy;
use crate::limits::ACTION_BYTES_MAX;
use crate::message::Content;
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::Play;

/// The sealed moves of one turn. Another turn voids them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seals {
    turn: u64,
    sealed: PerSeat<Sealed>,
    /// The moves that were opened so far, encoded.
    opened: PerSeat<Vec<u8>>,
}

/// A move that nobody but its seat knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// What binds the seat to it.
    pub seal: Digest,
    /// The secret in the seal; none where the dice are for practice and nobody commits.
    pub leaf: Option<Leaf>,
}

impl Seals {
    fn of(&self, turn: u64) -> Seats {
        if self.turn == turn {
            self.sealed.seats()
        } else {
            Seats::NONE
        }
    }

    fn take(&mut self, turn: u64, seat: Seat, sealed: Sealed) {
        if self.turn != turn {
            *self = Self {
                turn,
                ..Self::default()
            };
        }
        self.sealed.insert(seat, sealed);
    }
}

impl<G: Game> TableState<G> {
    /// The seats whose move of this sealed turn is sealed.
    #[must_use]
    pub fn sealed(&self) -> Seats {
        let turn = self.play.as_ref().map(Play::turn_number);
        turn.map_or(Seats::NONE, |turn| self.seals.of(turn))
    }

    /// What `seat` sealed in this turn.
    #[must_use]
    pub fn sealed_by(&self, seat: Seat) -> Option<&Sealed> {
        let sealed = self.sealed().contains(seat);
        self.seals.sealed.get(seat).filter(|_| sealed)
    }

    /// The seats that must act and have neither acted nor sealed their move.
    #[must_use]
    pub fn awaited(&self) -> Seats {
        let must = self.play.as_ref().map_or(Seats::NONE, Play::awaited);
        must - self.sealed()
    }

    /// The sealed turn that is being opened, and the seats that have yet to open their moves.
    #[must_use]
    pub fn opening(&self) -> Option<(u64, Seats)> {
        let play = self
            .play
            .as_ref()
            .filter(|play| !play.needs().open.is_empty())?;
        let able = play.players() & self.roster.players();
        let awaited = (self.sealed() - self.seals.opened.seats()) & able;
        Some((play.turn_number(), awaited))
    }

    /// Whether nobody is left to seal a move.
    pub(super) fn all_sealed(&self) -> bool {
        let sealed = self
            .play
            .as_ref()
            .is_some_and(|play| play.turn().is_sealed());
        sealed && self.awaited().is_empty() && !self.sealed().is_empty()
    }
}

impl<G: Game> Execution<G> {
    /// A seat binds itself to a move of a sealed turn.
    pub(super) fn seal(&mut self, seat: Seat, turn: u64, seal: Digest) -> Result<(), EntryRefusal> {
        self.player(seat)?;
        let state = self.state_mut();
        let play = state.play.as_ref().ok_or(EntryRefusal::NotBegun)?;
        if state.presence.paused() {
            return Err(ActError::Paused.into());
        }
        play.may_seal(seat, turn)?;
        if state.sealed().contains(seat) {
            return Err(ActError::AlreadySealed.into());
        }
        let leaf = match state.genesis.dice {
            DicePolicy::Local => None,
            DicePolicy::CommitReveal { .. } => Some(state.pot.take_leaf(seat)?),
        };
        state.seals.take(turn, seat, Sealed { seal, leaf });
        Ok(())
    }

    /// A seat opens what it sealed.
    pub(super) fn open(&mut self, seat: Seat, content: &Content) -> Result<(), EntryRefusal> {
        let Content::Open {
            turn,
            action,
            opening,
        } = content
        else {
            return Err(EntryRefusal::NotAwaited(seat));
        };
        let opens = self.state().opening();
        if opens.is_none_or(|(open, awaited)| open != *turn || !awaited.contains(seat)) {
            return Err(EntryRefusal::NotAwaited(seat));
        }
        if action.len() > ACTION_BYTES_MAX {
            return Err(EntryRefusal::Size(action.len()));
        }
        if !self.fits_seal(seat, *turn, opening, action) {
            return Err(PotError::Mismatch(seat).into());
        }
        self.state_mut().seals.opened.insert(seat, action.clone());
        Ok(())
    }

    fn fits_seal(&self, seat: Seat, turn: u64, opening: &Opening, action: &[u8]) -> bool {
        let state = self.state();
        let holder = state.roster.holder(seat);
        let (Some(holder), Some(sealed)) = (holder, state.seals.sealed.get(seat)) else {
            return false;
        };
        if mutant::is(Mutant::SealUnchecked) {
            return true;
        }
        let (table, key) = (state.table, holder.key);
        let leaf = sealed.leaf.as_ref();
        leaf.is_none_or(|leaf| opening.opens_leaf(leaf, table, key))
            && dice::seal(table, key, turn, opening.nonce(), action) == sealed.seal
    }

    /// The clock of a sealed turn ran out, or everybody has sealed: what is sealed is opened.
    pub(super) fn close_sealing(&mut self) {
        let nothing = self.state().sealed().is_empty();
        let Some(play) = &mut self.state_mut().play else {
            return;
        };
        if nothing {
            let step = play.opened(PerSeat::default());
            self.took(step);
        } else {
            play.close_seals();
        }
    }

    /// The openings are due: whoever has not opened withholds.
    pub(super) fn openings_due(&mut self) {
        let awaited = self
            .state()
            .opening()
            .map_or(Seats::NONE, |(_, awaited)| awaited);
        for seat in awaited {
            self.tell_seat(seat, SeatChange::Withheld);
        }
        self.opened();
    }

    /// Gives the rules the moves that were opened.
    pub(super) fn opened(&mut self) {
        let state = self.state_mut();
        let mut opened = std::mem::take(&mut state.seals).opened;
        let Some(play) = &mut state.play else { return };
        let here = opened.seats();
        let moves = PerSeat::new(play.needs().open, |seat| {
            codec::decode(&opened.remove(seat)?).ok()
        });
        let step = play.opened(moves);
        self.took(step);
        here.iter().for_each(|seat| self.is_here(seat));
    }
}
