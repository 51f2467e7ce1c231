//! The table as consensus asks it: what is valid, and what this seat is content with now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::clocks::DeadlineClocks;
use super::pool::{Held, Pool};
use crate::certificate::{Checker, DecisionCertificate};
use crate::consensus::{Hold, HoldReason, Rules};
use crate::digest::Digest;
use crate::game::Game;
use crate::limits::{BODIES_PER_HEIGHT, CLOCK_SKEW_MS_MAX};
use crate::message::{Block, Deadline};
use crate::mutant::{self, Mutant};
use crate::seat::{Seat, Seats};
use crate::table::{Applied, TableState};
use crate::time::{Height, Mono, Round, Wall};

/// What the answers depend on.
pub(super) struct Desk<'a, G: Game> {
    pub(super) table: &'a TableState<G>,
    pub(super) pool: &'a mut Pool,
    pub(super) clocks: &'a DeadlineClocks,
    /// Blocks of this height that were found valid, and what they lead to.
    pub(super) tried: &'a mut BTreeMap<Digest, Applied<G>>,
    /// Certificates of the parent, by the round that decided it.
    pub(super) parents: &'a BTreeMap<Round, DecisionCertificate>,
    pub(super) now: Mono,
    /// This seat's wall clock, corrected by what the others show.
    pub(super) wall: Wall,
}

impl<G: Game> Rules for Desk<'_, G> {
    fn valid(
        &mut self,
        digest: Digest,
        block: &Arc<Block>,
        checker: &mut Checker,
    ) -> Result<(), String> {
        if self.tried.contains_key(&digest) {
            return Ok(());
        }
        let applied = self
            .table
            .apply(block, checker)
            .map_err(|why| why.to_string())?;
        if self.tried.len() < BODIES_PER_HEIGHT {
            self.tried.insert(digest, applied);
        }
        Ok(())
    }

    fn content(&mut self, digest: Digest, block: &Arc<Block>, prepared: Seats) -> Result<(), Hold> {
        let hold = |why| Err(Hold { why, until: None });
        if !self.knows_parent(block.parent_round) {
            return hold(HoldReason::Parent);
        }
        // Faulty seats alone are too few to outweigh: the first honest seat to prepare a block saw
        // nothing wrong with it.
        if prepared.len() > self.table.roster().faults().max(1) {
            return Ok(());
        }
        let away = block.time.0.abs_diff(self.wall.0);
        if away > CLOCK_SKEW_MS_MAX && block.time > self.table.time() {
            return hold(HoldReason::Time);
        }
        if let Some(seat) = self.omitted(digest, block) {
            return hold(HoldReason::Omitted(seat));
        }
        if self.omits_deadline(block) {
            return hold(HoldReason::DeadlineOmitted);
        }
        for deadline in &block.deadlines {
            if let Some(seat) = self.wrongly_late(*deadline, block)
                && !mutant::is(Mutant::ClosingWithoutInclusion)
            {
                return hold(HoldReason::NotLate(seat));
            }
            if let Err(until) = self.clocks.agrees(*deadline, self.now) {
                let why = HoldReason::TooEarly;
                return Err(Hold { why, until });
            }
        }
        Ok(())
    }
}

impl<G: Game> Desk<'_, G> {
    /// Whether the parent is known to have been decided in that round.
    fn knows_parent(&self, round: Round) -> bool {
        let first = self.table.height() == Height(0);
        if first {
            round == Round(0)
        } else {
            self.parents.contains_key(&round)
        }
    }

    /// How long something must have been seen before a block may not leave it out.
    fn long(&self) -> Duration {
        self.table.genesis().timing.round(0) * 2
    }

    /// A seat with no entry in the block, one of which has been held for long and had its place.
    fn omitted(&mut self, digest: Digest, block: &Block) -> Option<Seat> {
        let included: Seats = block.entries.iter().map(|entry| entry.body.seat).collect();
        let (table, now, long) = (self.table, self.now, self.long());
        let left_out = |seat: &Seat| {
            self.pool.of_mut(*seat).any(|held| {
                // Where a seat has no entry in the block, only its first of each stream has room.
                let next = held.entry.body.follows == table.nonce(*seat, held.entry.stream());
                let old = now >= held.since.after(long);
                next && old && held.had_room(digest, |entry| table.had_room_for(entry, block))
            })
        };
        (table.authors() - included).iter().find(left_out)
    }

    /// Whether a deadline that has been due for long here stays open after the block, which does
    /// not declare it. What the block does declare counts: a turn that runs out may take a seat out
    /// of the game, and with its ballot settle a motion that was due too.
    fn omits_deadline(&self, block: &Block) -> bool {
        let long = |due: &Deadline| self.clocks.overdue(*due, self.now) >= self.long();
        let mut left_out = self
            .clocks
            .due(self.now)
            .filter(|due| long(due) && !block.deadlines.contains(due))
            .peekable();
        left_out.peek().is_some()
            && self
                .table
                .after_deadlines(block)
                .is_some_and(|table| left_out.any(|due| table.closable(due)))
    }

    /// A seat that the block declares late although an entry of it that meets the deadline arrived
    /// here in time.
    fn wrongly_late(&self, deadline: Deadline, block: &Block) -> Option<Seat> {
        let late = self.table.after_entries(block, &[])?.late_for(deadline);
        let saves = |seat: &Seat| {
            // Together, for a move may be a bet and the roll that follows it.
            let in_time = |held: &&Held| self.clocks.was_in_time(deadline, held.since, self.now);
            let held = self.pool.of(*seat).filter(in_time);
            let entries: Vec<_> = held.map(|held| held.entry.clone()).collect();
            let after = self.table.after_entries(block, &entries);
            after.is_some_and(|table| !table.late_for(deadline).contains(*seat))
        };
        late.iter().find(saves)
    }
}
