//! Building a block, as an honest leader does.

use std::sync::Arc;

use super::apply::{Applied, Shares};
use super::execution::Execution;
use super::{BlockRefusal, TableState};
use crate::game::Game;
use crate::message::{Block, Deadline, Entry};
use crate::time::{Round, Wall};

/// What a leader has at hand. Signatures of the entries are checked already.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Undecided entries in any order.
    pub entries: Vec<Arc<Entry>>,
    /// The deadlines that are due on the leader's clock, ascending.
    pub due: Vec<Deadline>,
    /// The leader's clock, corrected; lifted to the parent's time if it is below.
    pub time: Wall,
    /// A round that decided the parent.
    pub parent_round: Round,
}

/// A block and what it would make of the table.
#[derive(Clone, Debug)]
pub struct Built<G: Game> {
    /// The block.
    pub block: Arc<Block>,
    /// The table after it.
    pub applied: Applied<G>,
}

impl<G: Game> TableState<G> {
    /// Builds the next block of all entries that can stand, each at its place, and of the deadlines
    /// that the entries do not meet.
    ///
    /// # Errors
    /// [`BlockRefusal`] if nothing can follow: seats are not ready, the rules refuse to set up.
    pub fn build(&self, plan: &Plan) -> Result<Built<G>, BlockRefusal> {
        let begin = || {
            let time = plan.time.max(self.time);
            Execution::new(self, time).after(plan.parent_round)
        };
        match self.fill(begin(), plan) {
            // Some entry leads to a state without bytes: find it, at the price of a pass each.
            Err(BlockRefusal::Unencodable) => self.fill(begin().careful(), plan),
            filled => filled,
        }
    }

    fn fill(&self, mut execution: Execution<G>, plan: &Plan) -> Result<Built<G>, BlockRefusal> {
        let mut shares = Shares::new(self);
        let mut placed: Vec<_> = plan
            .entries
            .iter()
            .filter_map(|entry| Some((self.place(entry).ok()?, entry)))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.dedup_by_key(|(place, _)| *place);
        let mut entries = Vec::new();
        for (_, entry) in placed {
            if shares.fits(entry) && execution.entry(entry).is_ok() {
                shares.take(entry);
                entries.push(entry.clone());
            }
        }
        self.close(execution, entries, plan)
    }

    fn close(
        &self,
        mut execution: Execution<G>,
        entries: Vec<Arc<Entry>>,
        plan: &Plan,
    ) -> Result<Built<G>, BlockRefusal> {
        execution.entries_done()?;
        let mut deadlines = Vec::new();
        for due in &plan.due {
            if execution.state().closable(*due) {
                execution.deadline(*due)?;
                deadlines.push(*due);
            }
        }
        execution.change_roster();
        let post_state = execution.digest()?;
        let block = Arc::new(Block {
            table: self.table,
            epoch: self.epoch,
            height: self.height.next(),
            parent: self.tip,
            parent_round: plan.parent_round,
            time: execution.state().time,
            entries,
            deadlines,
            post_state,
        });
        let applied = execution.finish(block.digest());
        Ok(Built { block, applied })
    }
}
