//! Checkpoints: the state is written down, what it covers is let go, and whoever was away for long
//! goes on from one.

use std::sync::Arc;

use super::{Engine, Event, Fault, Request};
use crate::game::Game;
use crate::journal::{Corrupt, Record};
use crate::message::Peer;
use crate::mutant::{self, Mutant};
use crate::snapshot::{Anchor, Snapshot};
use crate::table::{SnapshotError, TableState};
use crate::time::Height;

/// What this device knows of checkpoints.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// The decision that its link vouches for.
    vouched: Option<Anchor>,
    /// The newest that it has passed.
    newest: Option<Anchor>,
    /// Whether a snapshot was asked for last, and not blocks, where both would do.
    pub(super) asked: bool,
}

impl Checkpoints {
    /// Before the first one.
    pub(super) const fn trusting(vouched: Option<Anchor>) -> Self {
        Self {
            vouched,
            newest: None,
            asked: false,
        }
    }
}

impl<G: Game> Engine<G> {
    /// The newest checkpoint that this device has passed: what a link names, so that whoever
    /// follows it can go on from there.
    #[must_use]
    pub const fn checkpoint(&self) -> Option<Anchor> {
        self.checkpoints.newest
    }

    /// Writes the state down if the last decided height is a checkpoint, and lets the host drop
    /// what nobody needs any more. Decisions are kept from the checkpoint before on, for peers that
    /// are less than a checkpoint behind ask for blocks.
    pub(super) fn mind_checkpoint(&mut self) {
        let Some((block, certificate)) = self.recent.back() else {
            return;
        };
        let Some(snapshot) = self.table.snapshot(block, certificate) else {
            return;
        };
        let height = snapshot.height();
        self.checkpoints.newest = Some(snapshot.anchor());
        if mutant::is(Mutant::CleanUpTooEarly) {
            let below = height.next();
            self.outbox.request(Request::CleanUp { below });
        }
        let record = Record::Snapshot(Box::new(snapshot));
        self.outbox.persist(record, Vec::new());
        let every = u64::from(self.table.genesis().checkpoint);
        let below = Height(height.0.saturating_sub(every));
        if below > Height(0) {
            self.outbox.request(Request::CleanUp { below });
        }
    }

    /// Takes a snapshot that the host fetched, and goes on from there.
    pub(super) fn fetched_snapshot(&mut self, peer: Peer, snapshot: Snapshot) {
        let height = snapshot.height();
        if height <= self.table.height() || self.halted.is_some() {
            return; // late: this device has come further by itself
        }
        match self.table.adopt(
            &snapshot,
            self.me,
            self.checkpoints.vouched,
            &mut self.checker,
        ) {
            Ok(state) => self.go_on_from(state, snapshot),
            Err(SnapshotError::Strangers { known, needed }) => {
                self.outbox.event(Event::LinkStale { known, needed });
            }
            Err(why) => {
                let fault = Fault::Snapshot { height, why };
                self.outbox.event(Event::Fault { peer, fault });
            }
        }
    }

    /// Whatever was under way here belongs to heights that were decided elsewhere.
    fn go_on_from(&mut self, state: TableState<G>, snapshot: Snapshot) {
        let (from, epoch, digest) = (self.table.height(), self.table.epoch(), state.digest());
        let (block, certificate) = (Arc::clone(&snapshot.block), snapshot.certificate.clone());
        let height = block.height;
        self.checkpoints.newest = Some(snapshot.anchor());
        // Before any signature of the next height, like a decision.
        let record = Record::Snapshot(Box::new(snapshot));
        self.outbox.persist(record, Vec::new());
        self.outbox.request(Request::CleanUp { below: height });
        self.begin_height(state, Arc::clone(&block), certificate);
        self.forget_secrets();
        self.settle_submissions(&block);
        self.settle_operations(&block);
        self.outbox.event(Event::Adopted {
            from,
            height,
            state: digest,
        });
        self.tell_epoch(epoch);
        self.take_ahead();
    }

    /// Takes back the snapshot that the journal goes on from.
    pub(super) fn replay_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), Corrupt> {
        let (genesis, game) = (self.table.genesis(), self.table.game());
        let restored = TableState::restored(Arc::clone(genesis), Arc::clone(game), snapshot);
        let state = restored.map_err(|why| Corrupt::Snapshot {
            height: snapshot.height(),
            why: why.to_string(),
        })?;
        let (block, certificate) = (Arc::clone(&snapshot.block), snapshot.certificate.clone());
        self.checkpoints.newest = Some(snapshot.anchor());
        self.begin_height(state, block, certificate);
        Ok(())
    }
}
