//! Snapshots that travel, true and false, and what devices make of them.

use std::sync::Arc;

use quorate_core::engine::Engine;
use quorate_core::message::Peer;
use quorate_core::snapshot::Snapshot;
use quorate_core::table::TableState;
use quorate_core::{Digest, Game, Height};

use super::{Event, World};
use crate::marks::Mark;
use crate::oracle::{Invariant, Violation};

impl<G: Game> World<G> {
    /// Asks one of the peers for its newest snapshot: the question and the answer both travel.
    pub(super) fn fetch_snapshot(&mut self, device: usize, above: Height, peers: &[Peer]) {
        let host = &mut self.hosts[device];
        let known = peers
            .iter()
            .filter_map(|peer| Some((*peer, host.device(*peer)?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return;
        }
        let (peer, other) = *host.rng.pick(&known);
        let top = self.oracle.chain.top();
        let giver = &mut self.hosts[other];
        if !giver.is_up() || giver.muted {
            return;
        }
        // A cheat may have decided what no honest device has yet; the oracle could not judge it.
        let news = |held: &Snapshot| held.height() > above && held.height() <= top;
        let Some(mut snapshot) = giver.disk.snapshot().filter(news) else {
            return;
        };
        if let Some(attack) = giver.attack.as_mut().filter(|_| self.cheating) {
            let table = giver.engine.as_ref().map(Engine::table);
            let reads = |state: &[u8]| table.is_some_and(|table| is_state(table, &snapshot, state));
            let offered = attack.offers(&mut giver.rng, snapshot.clone(), &reads);
            self.faults.cheats += u64::from(offered != snapshot);
            snapshot = offered;
        }
        if let Some(at) = self.answered(device, other) {
            let snapshot = Box::new(snapshot);
            let to = device;
            self.queue.put(at, Event::Snapshot { to, peer, snapshot });
        }
    }

    /// A device went on from a snapshot.
    pub(super) fn adopted(&mut self, device: usize, height: Height, state: Digest) {
        self.marks.set(Mark::SnapshotCatchUp);
        let Some(engine) = &self.hosts[device].engine else {
            return;
        };
        // What it plays on with counts, not its word, unless it has gone on at once.
        let here = engine.table().height() == height;
        let bytes = here.then(|| engine.table().encoded().unwrap_or_default());
        let chain = &mut self.oracle.chain;
        let judgement = chain.adopted(device, height, (state, bytes.as_deref()));
        self.judge(judgement);
        self.see(device);
        self.think(device);
    }

    /// Looks at what a device has just dropped from its disk.
    pub(super) fn judge_clean_up(&mut self, device: usize) {
        let (dropped, uncovered) = self.hosts[device].disk.cleaned();
        if dropped > 0 {
            self.marks.set(Mark::CleanedUp);
        }
        if let Some(height) = uncovered.filter(|_| self.is_honest(device)) {
            let what =
                format!("device {device} drops h{height}, and no snapshot on disk covers it");
            self.judge(Err(Violation::new(Invariant::Disk, what)));
        }
    }
}

/// Whether these bytes could be the state of a snapshot, but for their digest.
fn is_state<G: Game>(table: &TableState<G>, snapshot: &Snapshot, state: &[u8]) -> bool {
    let (genesis, game) = (Arc::clone(table.genesis()), Arc::clone(table.game()));
    TableState::decoded(genesis, game, &snapshot.block, state).is_ok()
}
