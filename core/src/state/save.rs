//! A game as bytes hold it.

use std::sync::{Arc, OnceLock};

use serde::ser::{Error as _, SerializeStruct};
use serde::{Serialize, Serializer};

use super::hooks::player_range;
use super::{Play, Saved};
use crate::codec::{self, DecodeError};
use crate::game::{End, Game, Rejection, Turn};

/// Why a saved game cannot be taken up again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The rules cannot say whose turn it is.
    #[error("the rules fail on the saved state: {0}")]
    Rules(Rejection),
    /// The saved state is not one of this game.
    #[error("the saved state is not one of this game: {0}")]
    State(DecodeError),
}

impl<G: Game> Play<G> {
    /// Takes up a [saved](Self::save) game. `game` must be the same rules with the same options.
    ///
    /// # Errors
    /// [`RestoreError`] if `saved` is of another game.
    pub fn restore(game: Arc<G>, saved: Saved) -> Result<Self, RestoreError> {
        let range = player_range(&*game).map_err(RestoreError::Rules)?;
        let state = codec::decode(&saved.state).map_err(RestoreError::State)?;
        let Saved { book, state: bytes } = saved;
        let end = book.ended.as_ref().map(End::from);
        let (state, bytes) = (Arc::new(state), OnceLock::from(bytes));
        let mut play = Self {
            game,
            range,
            state,
            bytes,
            book,
            turn: Turn::nobody(),
            end,
        };
        if play.end.is_none() && !play.is_rolling() {
            play.turn = play.asked_turn().map_err(RestoreError::Rules)?;
        }
        Ok(play)
    }
}

/// The same bytes as those of [`Saved`].
impl<G: Game> Serialize for Play<G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = self
            .state_bytes()
            .map_err(|bug| S::Error::custom(bug.text))?;
        let mut saved = serializer.serialize_struct("Saved", 2)?;
        saved.serialize_field("book", &self.book)?;
        saved.serialize_field("state", &state)?;
        saved.end()
    }
}
