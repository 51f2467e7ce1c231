//! What this seat thinks of the block that its round's leader proposed.

use std::sync::Arc;

use super::Dossier;
use crate::consensus::{Context, Effect, HoldReason, Refusal};
use crate::digest::Digest;
use crate::message::Block;
use crate::seat::Seats;
use crate::tally::Scrutiny;

/// An opinion of a proposed block.
pub(in crate::consensus) enum Opinion {
    /// It is not known yet: the body is on its way, or clocks and pool say to wait.
    Undecided,
    /// No honest seat may prepare it.
    Invalid(Refusal),
    /// It may stand.
    Good(Digest, Arc<Block>),
}

impl Dossier {
    /// Judges the proposal of the current round, if there is one. A `fresh` block is put before
    /// the seat's own clocks and pool too.
    pub(in crate::consensus) fn judge(
        &mut self,
        fresh: bool,
        cx: &mut Context<'_>,
        effects: &mut Vec<Effect>,
    ) -> Option<Opinion> {
        let round = self.round;
        let digest = self.proposals.get(&round)?.digest()?;
        let Some(block) = self.bodies.get(&digest).cloned() else {
            let holders = self.prepared_by(digest) | self.leader().into();
            self.want(digest, holders, cx.now, effects);
            return Some(Opinion::Undecided);
        };
        Some(if let Err(why) = self.is_valid(digest, &block, cx) {
            Opinion::Invalid(Refusal { digest, why })
        } else if fresh && !self.is_content(digest, &block, cx) {
            Opinion::Undecided
        } else {
            self.hold = None;
            Opinion::Good(digest, block)
        })
    }

    /// Seats known to have prepared a block in this round.
    fn prepared_by(&self, digest: Digest) -> Seats {
        let tally = self.tallies.get(&self.round);
        tally.map_or(Seats::NONE, |tally| tally.prepares.checked(Some(digest)))
    }

    /// Whether the block may follow. "Invalid" is not remembered, "valid" is.
    pub(in crate::consensus) fn is_valid(
        &mut self,
        digest: Digest,
        block: &Arc<Block>,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        if !self.valid.contains(&digest) {
            cx.rules.valid(digest, block, cx.checker)?;
            self.valid.insert(digest);
        }
        Ok(())
    }

    fn is_content(&mut self, digest: Digest, block: &Arc<Block>, cx: &mut Context<'_>) -> bool {
        let mut answer = cx.rules.content(digest, block, self.prepared_by(digest));
        if matches!(&answer, Err(hold) if hold.why != HoldReason::Parent) {
            // Others who prepared it may outweigh what this seat sees, so now their votes count.
            let mut scrutiny = Scrutiny {
                table: self.place.table,
                roster: &self.place.roster,
                checker: cx.checker,
            };
            if let Some(tally) = self.tallies.get_mut(&self.round) {
                tally.prepares.settle_all(&mut scrutiny, &mut cx.liars);
            }
            answer = cx.rules.content(digest, block, self.prepared_by(digest));
        }
        self.hold = answer.err();
        self.hold.is_none()
    }
}
