//! The count of the round under way, readable while it runs.

use super::Engine;
use crate::game::Game;
use crate::message::VoteKind;
use crate::seat::{Seat, Seats};
use crate::time::{Height, Round};

/// Who voted for what in the round under way, as far as this device has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockTally {
    /// The height being decided.
    pub height: Height,
    /// The round this device is in.
    pub round: Round,
    /// Who leads it.
    pub leader: Seat,
    /// Seats whose first vote is for a block.
    pub prepare: Seats,
    /// Seats whose first vote is for none.
    pub nil: Seats,
    /// Seats whose second vote is for a block.
    pub commit: Seats,
    /// How many of either vote decide.
    pub needed: usize,
}

impl<G: Game> Engine<G> {
    /// The count of the round under way. A vote is counted once its signature was checked, and none
    /// is checked that cannot matter.
    #[must_use]
    pub fn tally(&self) -> BlockTally {
        let round = self.consensus.round();
        let mut tally = BlockTally {
            height: self.height(),
            round,
            leader: self.consensus.leader(),
            prepare: Seats::NONE,
            nil: Seats::NONE,
            commit: Seats::NONE,
            needed: self.table.roster().quorum(),
        };
        let sets = self.consensus.dossier().vote_sets().into_iter();
        for set in sets.filter(|set| set.round == round) {
            match (set.kind, set.digest) {
                (VoteKind::Prepare, Some(_)) => tally.prepare |= set.seats,
                (VoteKind::Prepare, None) => tally.nil |= set.seats,
                (VoteKind::Commit, Some(_)) => tally.commit |= set.seats,
                (VoteKind::Commit, None) => {}
            }
        }
        tally
    }
}
