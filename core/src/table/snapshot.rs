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
use crate::seat::{PerSeat, Seat, Seats};
use crate::snapshot::{Anchor, Mismatch, STATE, Snapshot};
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
    roster: Arc<Roster>,
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
        let kept = Kept::of(&genesis, snapshot)?;
        Self::taken_up(genesis, game, kept, snapshot)
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
        let kept = Kept::read(block, bytes)?;
        Self::after_block(genesis, game, kept, (block, Digest::of_bytes(STATE, bytes)))
    }

    /// The table as a `snapshot` from somebody else holds it; `me` is this device's seat, `anchor`
    /// the decision that its link vouches for.
    ///
    /// The certificate must hold by the roster of its own height. Where that is not the present
    /// roster, the snapshot itself says who sat there, so enough of its signers must be known here,
    /// by their keys: more than may be faulty, for one of them is honest then and signs no state
    /// that did not come about. To whoever holds no seat, the decision that the link names needs no
    /// signer that is known: it came here by whoever invited. Before all that holds no rule of the
    /// game sees the state.
    ///
    /// # Errors
    /// [`SnapshotError`]; of those [`Strangers`](SnapshotError::Strangers) alone is nobody's fault.
    pub fn adopt(
        &self,
        snapshot: &Snapshot,
        me: Option<Seat>,
        anchor: Option<Anchor>,
        checker: &mut Checker,
    ) -> Result<Self, SnapshotError> {
        let height = snapshot.height();
        if height <= self.height || snapshot.block.epoch < self.epoch {
            return Err(SnapshotError::Place(height));
        }
        let kept = Kept::of(&self.genesis, snapshot)?;
        let there = kept.decided_by(height);
        let (epoch, roster) = there.ok_or(SnapshotError::Inconsistent("no roster"))?;
        if epoch != snapshot.block.epoch {
            return Err(SnapshotError::Inconsistent("epoch"));
        }
        let same = epoch == self.epoch;
        let other = roster != &self.roster;
        if (same && other) || (!same && self.roster.is_fixed()) {
            return Err(SnapshotError::Inconsistent("roster"));
        }
        let certificate = &snapshot.certificate;
        certificate.check(self.table, roster, checker)?;
        let vouched = me.is_none() && anchor == Some(snapshot.anchor());
        if !same && !vouched {
            self.knows(certificate, roster, me)?;
        }
        let (genesis, game) = (Arc::clone(&self.genesis), Arc::clone(&self.game));
        Self::taken_up(genesis, game, kept, snapshot)
    }

    /// Whether enough of those who signed for `roster`, which nothing but the snapshot itself
    /// names, are known here. A key counts once, however many seats it is said to hold.
    fn knows(
        &self,
        certificate: &DecisionCertificate,
        roster: &Roster,
        me: Option<Seat>,
    ) -> Result<(), SnapshotError> {
        let signers = certificate.0.signatures.seats().iter();
        let sat = |seat| {
            let keys = roster.holder(seat)?.keys();
            let known = self.roster.iter().find(|(_, here)| here.keys() == keys);
            known.map(|(seat, _)| seat)
        };
        let known = signers.filter_map(sat).collect::<Seats>().len();
        let here = self.roster.len();
        let needed = if me.is_some() && self.roster.quorum() == here {
            here // nothing was decided without this seat
        } else {
            // Where nobody may be faulty, still nobody speaks for several alone.
            let one = usize::from(here > 1);
            self.roster.faults().max(roster.faults()).max(one) + 1
        };
        if known < needed {
            Err(SnapshotError::Strangers { known, needed })
        } else {
            Ok(())
        }
    }

    fn taken_up(
        genesis: Arc<Genesis>,
        game: Arc<G>,
        kept: Kept,
        snapshot: &Snapshot,
    ) -> Result<Self, SnapshotError> {
        Self::after_block(genesis, game, kept, (&snapshot.block, snapshot.digest()))
    }

    /// The table as `kept` holds it, after `block`, with the digest of its bytes.
    fn after_block(
        genesis: Arc<Genesis>,
        game: Arc<G>,
        kept: Kept,
        (block, digest): (&Block, Digest),
    ) -> Result<Self, SnapshotError> {
        let saved = kept.play.ok_or(SnapshotError::Inconsistent("no game"))?;
        let play = Play::restore(Arc::clone(&game), saved)?;
        let state = Self {
            genesis,
            game,
            table: kept.table,
            roster: kept.roster,
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
            digest,
        };
        // Whoever leads is settled by the rest of the state; nobody at all would be a trap.
        if *state.leaders() == state.ranking() {
            Ok(state)
        } else {
            Err(SnapshotError::Inconsistent("leaders"))
        }
    }
}

impl Kept {
    /// The state in `snapshot`, if that is one of the table of `genesis`, and its parts belong
    /// together. Who signed it is not looked at, so nothing in it is to be believed yet.
    fn of(genesis: &Genesis, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let block = &snapshot.block;
        if block.table != genesis.table() || !genesis.is_checkpoint(block.height) {
            return Err(SnapshotError::Place(block.height));
        }
        snapshot.is_whole()?;
        Self::read(block, &snapshot.state)
    }

    fn read(block: &Block, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let kept: Self = codec::decode(bytes)?;
        kept.fits(block).map_err(SnapshotError::Inconsistent)?;
        Ok(kept)
    }

    /// Whether this can be the state after `block`.
    fn fits(&self, block: &Block) -> Result<(), &'static str> {
        let after = (block.table, block.height, block.time);
        let last = self.height.0 == u64::MAX; // there is no next height
        if (self.table, self.height, self.time) != after || last {
            return Err("place");
        }
        if self.epoch != block.epoch && self.epoch.previous() != Some(block.epoch) {
            return Err("epoch");
        }
        if self.roster.is_empty() {
            return Err("nobody at the table");
        }
        Ok(())
    }

    fn decided_by(&self, height: Height) -> Option<(Epoch, &Arc<Roster>)> {
        let next = (self.epoch, &self.roster);
        self.membership.decided_by(height, self.height, next)
    }
}
