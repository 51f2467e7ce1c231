//! Game and table state as canonical bytes, and back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hidden::HiddenRolls;
use super::membership::Membership;
use super::motions::Waiting;
use super::presence::Presence;
use super::seals::Seals;
use super::{Covered, TableState};
use crate::certificate::{CertificateError, Checker, DecisionCertificate};
use crate::codec::{self, DecodeError, EncodeError};
use crate::dice::Pot;
use crate::digest::Digest;
use crate::dispute::Annals;
use crate::evidence::Proofs;
use crate::game::Game;
use crate::genesis::{Genesis, TableId};
use crate::message::Block;
use crate::motion::Motions;
use crate::roster::Roster;
use crate::schedule::Sleep;
use crate::seat::{PerSeat, Seats};
use crate::snapshot::{Mismatch, STATE, Snapshot};
use crate::state::{Play, RestoreError, Saved};
use crate::time::{Epoch, Height, Wall};

/// Why a table cannot go on from a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Not of a checkpoint of this table, or not above what is decided here.
    #[error("height {0} is no checkpoint of this table that is news here")]
    Place(Height),
    /// Its parts do not belong together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The certificate does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The bytes are no state.
    #[error("the state cannot be read: {0}")]
    Undecodable(#[from] DecodeError),
    /// The state contradicts the genesis or itself.
    #[error("the state contradicts the block: {0}")]
    Inconsistent(&'static str),
    /// The game's state does not fit the rules.
    #[error(transparent)]
    Game(#[from] RestoreError),
    /// Too few of its signers are known here: the roster has changed too much since.
    #[error("{known} of its signers are known here, {needed} are needed: ask for a fresh link")]
    Strangers {
        /// Signers that sat at the table when this device last looked.
        known: usize,
        /// How many there must be, so that one of them is honest.
        needed: usize,
    },
}

/// What the state digest covers, read back: field for field what [`Covered`] writes.
#[derive(Serialize, Deserialize)]
struct Kept {
    table: TableId,
    roster: Roster,
    epoch: Epoch,
    height: Height,
    time: Wall,
    nonces: PerSeat<[u64; 2]>,
    ready: Seats,
    membership: Membership,
    pot: Pot,
    presence: Presence,
    motions: Motions,
    annals: Annals,
    waiting: Waiting,
    proofs: Proofs,
    seals: Seals,
    hidden: HiddenRolls,
    sleep: Sleep,
    play: Option<Saved>,
}

impl<G: Game> TableState<G> {
    /// Game and table state in canonical bytes: those that the state digest is of.
    ///
    /// # Errors
    /// If the rules' state has no canonical bytes; a step that leads there is refused before.
    pub fn encoded(&self) -> Result<Vec<u8>, EncodeError> {
        let Self {
            table,
            epoch,
            height,
            time,
            ready,
            waiting,
            ..
        } = *self;
        codec::encode(&Covered {
            table,
            roster: &self.roster,
            epoch,
            height,
            time,
            nonces: &self.nonces,
            ready,
            membership: &self.membership,
            pot: &self.pot,
            presence: &self.presence,
            motions: &self.motions,
            annals: &self.annals,
            waiting,
            proofs: &self.proofs,
            seals: &self.seals,
            hidden: &self.hidden,
            sleep: &self.sleep,
            play: &self.play,
        })
    }

    /// The snapshot of this state, if it is that of a checkpoint: `block` and `certificate` are
    /// those that led to it.
    #[must_use]
    pub fn snapshot(
        &self,
        block: &Arc<Block>,
        certificate: &DecisionCertificate,
    ) -> Option<Snapshot> {
        if !self.genesis.is_checkpoint(self.height) || block.height != self.height {
            return None;
        }
        Some(Snapshot {
            block: Arc::clone(block),
            certificate: certificate.clone(),
            state: self.encoded().ok()?.into(),
        })
    }

    /// The table as `snapshot` holds it, which this device wrote itself.
    ///
    /// # Errors
    /// [`SnapshotError`] if it is not one of this table, or damaged.
    pub fn restored(
        genesis: Arc<Genesis>,
        game: Arc<G>,
        snapshot: &Snapshot,
    ) -> Result<Self, SnapshotError> {
        let block = &snapshot.block;
        if block.table != genesis.table() || !genesis.is_checkpoint(block.height) {
            return Err(SnapshotError::Place(block.height));
        }
        snapshot.is_whole()?;
        Self::decoded(genesis, game, block, &snapshot.state)
    }

    /// The table after `block`, whose state was [`encoded`](Self::encoded) as `bytes`.
    ///
    /// # Errors
    /// [`SnapshotError`] if these bytes are no such state.
    pub fn decoded(
        genesis: Arc<Genesis>,
        game: Arc<G>,
        block: &Block,
        bytes: &[u8],
    ) -> Result<Self, SnapshotError> {
        let kept: Kept = codec::decode(bytes)?;
        kept.fits(block).map_err(SnapshotError::Inconsistent)?;
        let saved = kept.play.ok_or(SnapshotError::Inconsistent("no game"))?;
        let play = Play::restore(Arc::clone(&game), saved)?;
        let state = Self {
            genesis,
            game,
            table: kept.table,
            roster: Arc::new(kept.roster),
            epoch: kept.epoch,
            height: kept.height,
            tip: block.digest(),
            time: kept.time,
            nonces: kept.nonces,
            ready: kept.ready,
            membership: kept.membership,
            pot: kept.pot,
            presence: kept.presence,
            motions: kept.motions,
            annals: kept.annals,
            waiting: kept.waiting,
            proofs: kept.proofs,
            seals: kept.seals,
            hidden: kept.hidden,
            carried: None,
            sleep: kept.sleep,
            play: Some(play),
            digest: Digest::of_bytes(STATE, bytes),
        };
        // Whoever leads is settled by the rest of the state; nobody at all would be a trap.
        if *state.leaders() == state.ranking() {
            Ok(state)
        } else {
            Err(SnapshotError::Inconsistent("leaders"))
        }
    }

    /// The table as a `snapshot` from somebody else holds it.
    ///
    /// The certificate must hold by the roster of its own height. Where that is not the present
    /// roster, the snapshot itself says who sat there, so more of its signers than may be faulty
    /// must be known here, by their keys: one of them is honest, and signs no state that did not
    /// come about.
    ///
    /// # Errors
    /// [`SnapshotError`]; of those [`Strangers`](SnapshotError::Strangers) alone is nobody's fault.
    pub fn adopt(&self, snapshot: &Snapshot, checker: &mut Checker) -> Result<Self, SnapshotError> {
        let height = snapshot.height();
        if height <= self.height || snapshot.block.epoch < self.epoch {
            return Err(SnapshotError::Place(height));
        }
        let state = Self::restored(Arc::clone(&self.genesis), Arc::clone(&self.game), snapshot)?;
        let there = state.roster_at(height);
        let (epoch, roster) = there.ok_or(SnapshotError::Inconsistent("no roster"))?;
        if epoch != snapshot.block.epoch {
            return Err(SnapshotError::Inconsistent("epoch"));
        }
        let same = epoch == self.epoch;
        if same && roster != &self.roster {
            return Err(SnapshotError::Inconsistent("roster"));
        }
        let certificate = &snapshot.certificate;
        certificate.check(self.table, roster, checker)?;
        let sat = |seat| {
            let key = roster.holder(seat).map(|holder| holder.key);
            key.is_some_and(|key| self.roster.seat_of(&key).is_some())
        };
        let signers = certificate.0.signatures.seats().iter();
        let known = signers.filter(|seat| sat(*seat)).count();
        let needed = self.roster.faults().max(roster.faults()) + 1;
        if known < needed {
            return Err(SnapshotError::Strangers { known, needed });
        }
        Ok(state)
    }
}

impl Kept {
    /// Whether this can be the state after `block`.
    fn fits(&self, block: &Block) -> Result<(), &'static str> {
        let after = (block.table, block.height, block.time);
        if (self.table, self.height, self.time) != after {
            return Err("place");
        }
        if self.epoch != block.epoch && self.epoch != block.epoch.next() {
            return Err("epoch");
        }
        if self.roster.is_empty() {
            return Err("nobody at the table");
        }
        Ok(())
    }
}
