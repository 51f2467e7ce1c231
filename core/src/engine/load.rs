//! How full the places are in which an engine keeps what others send it. Each has a bound that
//! holds whoever cheats, and however many.

use super::Engine;
use crate::game::Game;
use crate::limits::{
    AHEAD_PER_PEER, BODIES_PER_HEIGHT, CHECKED_MAX, FORKS_KEPT, PARENT_ROUNDS_MAX, PEERS_MAX,
    POOL_PER_STREAM, RECENT_BLOCKS, ROUND_MAX, ROUNDS_AHEAD, SEATS_MAX, STATEMENTS_KEPT,
    WATCHED_HEIGHTS,
};

/// How full one place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// What is kept there.
    pub place: &'static str,
    /// How many there are.
    pub held: usize,
    /// How many there may be.
    pub most: usize,
}

impl Load {
    /// Whether there are more than there may be.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.held > self.most
    }
}

impl<G: Game> Engine<G> {
    /// How full each place is in which this engine keeps what others send it, for monitors and
    /// tests: none is ever over its bound.
    #[must_use]
    pub fn loads(&self) -> Vec<Load> {
        let seats = usize::from(SEATS_MAX);
        let dossier = self.consensus.dossier();
        // A seat reaches its rounds one after the other, or by a quorum's word.
        let rounds = usize::try_from(dossier.round().0).unwrap_or(usize::MAX);
        let rounds = rounds.saturating_add(1 + ROUNDS_AHEAD as usize);
        let epochs = usize::try_from(self.table.epoch().0).unwrap_or(usize::MAX);
        let heights = 2 * usize::try_from(WATCHED_HEIGHTS).unwrap_or(usize::MAX);
        let load = |place, held, most| Load { place, held, most };
        vec![
            load("entries", self.pool.len(), 2 * POOL_PER_STREAM * seats),
            load("connections", self.peers.len(), PEERS_MAX),
            load(
                "early messages",
                self.ahead.len(),
                AHEAD_PER_PEER * self.table.authors().len(),
            ),
            load("decisions", self.recent.len(), RECENT_BLOCKS),
            load(
                "certificates of the parent",
                self.parents.len(),
                PARENT_ROUNDS_MAX,
            ),
            load(
                "tried blocks",
                self.tried.len(),
                BODIES_PER_HEIGHT.saturating_add(rounds),
            ),
            load(
                "bodies",
                dossier.bodies_held(),
                // One that was prepared in each round, and those of certificates, are kept besides.
                (BODIES_PER_HEIGHT + dossier.certificates_held()).saturating_add(rounds),
            ),
            load("rounds", dossier.rounds_held(), rounds),
            load(
                "certificates",
                dossier.certificates_held(),
                ROUND_MAX as usize + 1,
            ),
            load(
                "statements",
                self.docket.watch().len(),
                heights * seats * STATEMENTS_KEPT,
            ),
            load(
                "proofs",
                self.proofs().count(),
                epochs.saturating_add(1).saturating_mul(seats),
            ),
            load("forks", self.forks.len(), FORKS_KEPT + 1),
            load("own moves", self.submissions.len(), POOL_PER_STREAM),
            load("checked signatures", self.checker.len(), CHECKED_MAX),
        ]
    }
}
