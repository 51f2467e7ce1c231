//! Taking over from a table that was forked: the game goes on where all were of one mind.

use std::sync::Arc;

use super::{BlockRefusal, TableState};
use crate::certificate::Checker;
use crate::crypto::{SeatKeys, Signature, Verifier};
use crate::digest::Digest;
use crate::fork::Origin;
use crate::game::{Game, SeatChange, Why};
use crate::genesis::Genesis;
use crate::message::Block;
use crate::state::{Play, RestoreError, Saved, Step};
use crate::time::Height;

/// Why a game cannot be carried over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CarryError {
    /// The genesis takes over from no table, or there is no game to take over.
    #[error("there is nothing to take over")]
    Nothing,
    /// Not the game that the genesis names.
    #[error("this is not the game that everybody signed")]
    Other,
    /// Hidden rolls or sealed moves are open: their secrets belong to the old table.
    #[error("secrets of the old table are open, and cannot be carried over")]
    Secrets,
    /// The saved state does not fit the rules.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

impl<G: Game> TableState<G> {
    /// The table before the first block of a successor, which goes on with the `carried` game.
    ///
    /// # Errors
    /// [`CarryError`] if that is not the game that the genesis names.
    pub fn succeeding(
        genesis: Arc<Genesis>,
        game: Arc<G>,
        carried: Saved,
    ) -> Result<Self, CarryError> {
        let predecessor = genesis.predecessor.as_ref();
        let named = predecessor.ok_or(CarryError::Nothing)?.carried;
        if digest(&carried) != Some(named) {
            return Err(CarryError::Other);
        }
        let play = Play::restore(Arc::clone(&game), carried.clone())?;
        if holds_secrets(&play) {
            return Err(CarryError::Secrets);
        }
        let mut table = Self::new(genesis, game);
        table.carried = Some(Arc::new(carried));
        Ok(table)
    }

    /// Whether the game can be carried over as it stands: it has begun, and no secrets of this
    /// table are open.
    #[must_use]
    pub fn may_carry(&self) -> bool {
        self.play.as_ref().is_some_and(|play| !holds_secrets(play))
    }

    /// The game as it stands, for a successor to carry over, and its digest.
    ///
    /// # Errors
    /// [`CarryError`] if there is none, or it holds secrets of this table.
    pub fn carry(&self) -> Result<(Saved, Digest), CarryError> {
        let play = self.play.as_ref().ok_or(CarryError::Nothing)?;
        if !self.may_carry() {
            return Err(CarryError::Secrets);
        }
        let saved = play.save().map_err(RestoreError::Rules)?;
        let digest = digest(&saved).ok_or(CarryError::Nothing)?;
        Ok((saved, digest))
    }

    /// What a successor that starts from here is measured by, on a device that saw `tip` decided.
    ///
    /// # Errors
    /// [`CarryError`] if the game cannot be carried over.
    pub fn origin(&self, tip: Height) -> Result<Origin<'_>, CarryError> {
        Ok(Origin {
            genesis: &self.genesis,
            height: self.height,
            branch: self.tip,
            roster: &self.roster,
            carried: self.carry()?.1,
            tip,
        })
    }

    /// The table as `blocks` leave it, which this device verified when it decided them.
    ///
    /// # Errors
    /// [`BlockRefusal`] if one of them does not follow.
    pub fn after<'a>(
        mut self,
        blocks: impl IntoIterator<Item = &'a Arc<Block>>,
    ) -> Result<Self, BlockRefusal> {
        let mut trusting = Checker::new(Arc::new(Verified));
        for block in blocks {
            self = self.apply(block, &mut trusting)?.state;
        }
        Ok(self)
    }

    /// Play as it begins: a new game, or the one that is carried over, less who did not come along.
    pub(super) fn begin(&self) -> Result<(Play<G>, Step<G>), BlockRefusal> {
        let (game, players) = (Arc::clone(&self.game), self.roster.players());
        let (Some(carried), Some(from)) = (&self.carried, &self.genesis.predecessor) else {
            return Play::start(game, players).map_err(BlockRefusal::Setup);
        };
        let restored = Play::restore(game, (**carried).clone());
        let mut play = restored.map_err(BlockRefusal::Carried)?;
        let mut happened = Vec::new();
        for seat in play.players() - players {
            let guilty = from.guilty.contains(seat);
            let why = if guilty { Why::Guilty } else { Why::Removed };
            let step = play.seat_changed(seat, SeatChange::Gone(why));
            happened.extend(step.happened);
        }
        Ok((play, Step { happened }))
    }
}

/// Whether something is hidden or sealed, also if it is just being opened: only who committed to it
/// at its own table can open it.
fn holds_secrets<G: Game>(play: &Play<G>) -> bool {
    let needs = play.needs();
    let hidden = play.hidden().next().is_some() || !needs.deal.is_empty() || !needs.show.is_empty();
    hidden || play.turn().is_sealed() || !needs.open.is_empty()
}

fn digest(saved: &Saved) -> Option<Digest> {
    Digest::of("carried", saved).ok()
}

/// Believes what this device verified before.
struct Verified;

impl Verifier for Verified {
    fn verify(&self, _: &SeatKeys, _: &[u8], _: &Signature) -> bool {
        true
    }
}
