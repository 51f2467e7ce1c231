//! The table: what decided blocks have made of it, and what the next block may do to it.
//!
//! [`TableState`] is a value. Applying a block gives a new one and leaves the old as it was, so a
//! proposal can be tried, kept, and dropped again. Everything here reads decided data and the block
//! only: every honest device comes to the same answer, byte for byte.

mod apply;
mod build;
mod deadlines;
mod disputes;
mod execution;
mod guilt;
mod heritage;
mod hidden;
mod leading;
mod membership;
mod motions;
mod presence;
mod refusal;
mod rolls;
mod seals;
mod seating;
mod snapshot;

use std::sync::Arc;

use serde::Serialize;

use crate::codec::EncodeError;
use crate::dice::{OpenRoll, Pot};
use crate::digest::Digest;
use crate::dispute::Annals;
use crate::evidence::Proofs;
use crate::game::Game;
use crate::genesis::{Genesis, TableId};
use crate::message::Stream;
use crate::motion::Motions;
use crate::roster::Roster;
use crate::schedule::Sleep;
use crate::seat::{PerSeat, Seat, Seats};
use crate::snapshot::STATE;
use crate::state::{Play, Saved};
use crate::time::{Epoch, Height, Wall};

pub use apply::Applied;
pub use build::{Built, Plan};
pub use deadlines::OpenDeadline;
pub use heritage::CarryError;
pub use hidden::HiddenRolls;
pub use membership::{Membership, MembershipRefusal, Pending, Span};
pub use motions::MotionNews;
pub use presence::Presence;
pub use refusal::{BlockRefusal, EntryRefusal, JoinRefusal};
pub use seals::{Sealed, Seals};
pub use snapshot::SnapshotError;

/// Game and table state after a decided height.
#[derive(Clone, Debug)]
pub struct TableState<G: Game> {
    genesis: Arc<Genesis>,
    table: TableId,
    game: Arc<G>,
    roster: Arc<Roster>,
    epoch: Epoch,
    height: Height,
    tip: Digest,
    time: Wall,
    /// The last decided nonce of each seat and stream.
    nonces: PerSeat<[u64; 2]>,
    ready: Seats,
    membership: Membership,
    pot: Pot,
    presence: Presence,
    motions: Motions,
    annals: Annals,
    waiting: motions::Waiting,
    proofs: Proofs,
    seals: Seals,
    hidden: HiddenRolls,
    /// The game that a successor goes on with, until it does; the genesis covers it.
    carried: Option<Arc<Saved>>,
    sleep: Sleep,
    /// None until every seat is ready.
    play: Option<Play<G>>,
    digest: Digest,
}

/// What the state digest covers. The last block's digest is no part of it, for that covers this.
/// Transcripts show it where the roster changes: the first four fields keep their places.
#[derive(Serialize)]
struct Covered<'a, G: Game> {
    table: TableId,
    roster: &'a Roster,
    epoch: Epoch,
    height: Height,
    time: Wall,
    nonces: &'a PerSeat<[u64; 2]>,
    ready: Seats,
    membership: &'a Membership,
    pot: &'a Pot,
    presence: &'a Presence,
    motions: &'a Motions,
    annals: &'a Annals,
    waiting: motions::Waiting,
    proofs: &'a Proofs,
    seals: &'a Seals,
    hidden: &'a HiddenRolls,
    sleep: &'a Sleep,
    play: &'a Option<Play<G>>,
}

impl<G: Game> TableState<G> {
    /// The table before its first block.
    #[must_use]
    pub fn new(genesis: Arc<Genesis>, game: Arc<G>) -> Self {
        let roster = Arc::new(genesis.roster());
        let table = genesis.table();
        let mut state = Self {
            table,
            game,
            epoch: Epoch(0),
            height: Height(0),
            tip: table.0,
            time: Wall(0),
            nonces: PerSeat::new(roster.seats(), |_| [0; 2]),
            ready: Seats::NONE,
            membership: Membership::new(&roster),
            pot: Pot::default(),
            presence: Presence::new(&genesis.stall),
            motions: Motions::default(),
            annals: Annals::default(),
            waiting: motions::Waiting::default(),
            proofs: Proofs::default(),
            seals: Seals::default(),
            hidden: HiddenRolls::default(),
            carried: None,
            sleep: Sleep::default(),
            play: None,
            digest: Digest::ZERO,
            genesis,
            roster,
        };
        state.sleep = Sleep::new(state.ranking());
        state.digest = state.covered().unwrap_or(Digest::ZERO);
        state
    }

    /// Digest of game and table state.
    fn covered(&self) -> Result<Digest, EncodeError> {
        let bytes = self.encoded()?;
        Ok(Digest::of_bytes(STATE, &bytes))
    }

    /// The table's id.
    #[must_use]
    pub const fn table(&self) -> TableId {
        self.table
    }

    /// The rules with their options.
    #[must_use]
    pub const fn game(&self) -> &Arc<G> {
        &self.game
    }

    /// What the table started from.
    #[must_use]
    pub const fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// Who votes on the next height.
    #[must_use]
    pub const fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// The epoch of the next height.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The last decided height; 0 before the first.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.height
    }

    /// Digest of the last decided block, or of the genesis.
    #[must_use]
    pub const fn tip(&self) -> Digest {
        self.tip
    }

    /// Block time of the last decided height.
    #[must_use]
    pub const fn time(&self) -> Wall {
        self.time
    }

    /// Digest of game and table state: equal on every device at equal heights.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The game in play; none until every seat is ready.
    #[must_use]
    pub const fn play(&self) -> Option<&Play<G>> {
        self.play.as_ref()
    }

    /// The roll that waits for secrets.
    #[must_use]
    pub const fn rolling(&self) -> Option<&OpenRoll> {
        self.pot.open_roll()
    }

    /// Commitments and open roll.
    #[must_use]
    pub const fn pot(&self) -> &Pot {
        &self.pot
    }

    /// Seats whose first entry was decided.
    #[must_use]
    pub const fn ready(&self) -> Seats {
        self.ready
    }

    /// The last decided nonce of a seat in a stream.
    #[must_use]
    pub fn nonce(&self, seat: Seat, stream: Stream) -> u64 {
        self.nonces
            .get(seat)
            .map_or(0, |nonces| nonces[stream.index()])
    }
}
