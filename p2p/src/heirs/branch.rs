//! Where a successor goes on from, worked out from this device's own disk.

use std::sync::Arc;

use quorate_core::codec;
use quorate_core::fork::Origin;
use quorate_core::game::Game;
use quorate_core::genesis::Genesis;
use quorate_core::message::Block;
use quorate_core::roster::Roster;
use quorate_core::state::Saved;
use quorate_core::table::TableState;
use quorate_core::{Digest, Height, Seats, Wall};

use super::CannotGoOn;
use crate::driver::Ledger;

/// The last height below a fork at which the game can be carried over, and the game there.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) height: Height,
    /// Digest of the block decided there.
    pub(crate) digest: Digest,
    pub(crate) carried: Saved,
    /// Digest of the game.
    pub(super) named: Digest,
    /// The last height that this device saw decided.
    pub(super) tip: Height,
}

impl Branch {
    /// Works out where `table`, which was forked at `fork`, can go on from. `began_with` is the
    /// game that it took over itself, if it is a successor.
    ///
    /// # Errors
    /// [`CannotGoOn`] if the ledger does not reach as far back, or nothing can be carried over.
    pub(crate) fn find<G: Game>(
        ledger: &Ledger,
        table: &TableState<G>,
        began_with: Option<Saved>,
        fork: Height,
    ) -> Result<Self, CannotGoOn> {
        let below = fork.previous().filter(|height| *height > Height(0));
        let below = below.ok_or(CannotGoOn::NothingPlayed)?;
        let mut state = start(ledger, table, began_with, below)?;
        let mut found = state.may_carry().then(|| state.clone());
        while state.height() < below {
            let next = state.height().next();
            let chunk = ledger.decisions(next)?;
            if chunk.first().is_none_or(|decision| decision.height != next) {
                return Err(CannotGoOn::Forgotten { height: next });
            }
            for decision in chunk.iter().take_while(|decision| decision.height <= below) {
                let height = decision.height;
                let block: Block =
                    codec::decode(&decision.block).map_err(|_| CannotGoOn::Forgotten { height })?;
                let after = state.after([&Arc::new(block)]);
                state = after.map_err(|why| CannotGoOn::Block { height, why })?;
                if state.may_carry() {
                    found = Some(state.clone());
                }
            }
        }
        Self::at(
            &found.ok_or(CannotGoOn::Secrets { height: below })?,
            table.height(),
        )
    }

    fn at<G: Game>(state: &TableState<G>, tip: Height) -> Result<Self, CannotGoOn> {
        let (carried, named) = state.carry()?;
        let genesis = Arc::clone(state.genesis());
        let depth = tip.0.saturating_sub(state.height().0);
        let most = u64::from(genesis.fork_depth);
        if depth > most {
            return Err(CannotGoOn::TooDeep { depth, most });
        }
        Ok(Self {
            genesis,
            roster: Arc::clone(state.roster()),
            height: state.height(),
            digest: state.tip(),
            carried,
            named,
            tip,
        })
    }

    /// The heights up to a fork at which two branches are compared: each step down doubles, so the
    /// next fork that is found is at most half as far above the lowest.
    pub(crate) fn landmarks(fork: Height) -> impl Iterator<Item = Height> {
        let steps = (0..u64::BITS).map(|doubled| 1 << doubled);
        let below = steps.map_while(move |step: u64| fork.0.checked_sub(step));
        let below = below.map(Height).filter(|height| *height > Height(0));
        std::iter::once(fork).chain(below)
    }

    /// What a successor is measured by here.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            genesis: &self.genesis,
            height: self.height,
            branch: self.digest,
            roster: &self.roster,
            carried: self.named,
            tip: self.tip,
        }
    }

    /// The genesis of a successor without these seats: the same on every device. How much a device
    /// gives up differs between them, so it names all that the table allows; and no two clocks
    /// agree, so it does not expire.
    pub(crate) fn draft(&self, guilty: Seats, absent: Seats) -> Genesis {
        let (depth, never) = (self.genesis.fork_depth, Wall(u64::MAX));
        self.origin().draft(guilty, absent, depth, never)
    }
}

/// The newest state at or below `below` that the ledger holds as such, or the table's first.
fn start<G: Game>(
    ledger: &Ledger,
    table: &TableState<G>,
    began_with: Option<Saved>,
    below: Height,
) -> Result<TableState<G>, CannotGoOn> {
    let (genesis, game) = (Arc::clone(table.genesis()), Arc::clone(table.game()));
    if let Some(snapshot) = ledger.snapshot_up_to(below)? {
        let height = snapshot.height();
        let restored = TableState::restored(genesis, game, &snapshot);
        return restored.map_err(|why| CannotGoOn::Snapshot { height, why });
    }
    match began_with {
        Some(carried) => Ok(TableState::succeeding(genesis, game, carried)?),
        None => Ok(TableState::new(genesis, game)),
    }
}
