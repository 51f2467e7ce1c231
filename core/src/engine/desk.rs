//! The table as consensus asks it: what is valid, and what this seat is content with now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::clocks::DeadlineClock;
use super::pool::{Held, Pool};
use crate::certificate::{Checker, DecisionCertificate};
use crate::consensus::{Hold, HoldReason, Rules};
use crate::dice::OpenRoll;
use crate::digest::Digest;
use crate::game::Game;
use crate::limits::{BODIES_PER_HEIGHT, CLOCK_SKEW_MS_MAX};
use crate::message::{Block, Deadline};
use crate::mutant::{self, Mutant};
use crate::seat::{Seat, Seats};
use crate::state::Play;
use crate::table::{Applied, TableState};
use crate::time::{Mono, Round, Wall};

/// What the answers depend on.
pub(super) struct Desk<'a, G: Game> {
    pub(super) table: &'a TableState<G>,
    pub(super) pool: &'a Pool,
    pub(super) clock: &'a DeadlineClock,
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

    fn content(&mut self, block: &Arc<Block>, prepared: Seats) -> Result<(), Hold> {
        let hold = |why| Err(Hold { why, until: None });
        if block.time.0.abs_diff(self.wall.0) > CLOCK_SKEW_MS_MAX && block.time > self.table.time()
        {
            return hold(HoldReason::Time);
        }
        let first = self.table.height().0 == 0;
        let named = block.parent_round;
        if if first {
            named != Round(0)
        } else {
            !self.parents.contains_key(&named)
        } {
            return hold(HoldReason::Parent);
        }
        if let Some(seat) = self.omitted(block) {
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
            let outweighed = prepared.len() > self.table.roster().faults();
            if let Err(until) = self.clock.agrees(*deadline, self.now)
                && !outweighed
            {
                let why = HoldReason::TooEarly;
                return Err(Hold { why, until });
            }
        }
        Ok(())
    }
}

impl<G: Game> Desk<'_, G> {
    /// How long something must have been seen before a block may not leave it out.
    fn long(&self) -> Duration {
        self.table.genesis().timing.round(0) * 2
    }

    /// A seat with no entry in the block, one of which has been held for long and had its place.
    fn omitted(&self, block: &Block) -> Option<Seat> {
        let included: Seats = block.entries.iter().map(|entry| entry.body.seat).collect();
        let mut old = self.pool.older_than(self.long(), self.now);
        let left_out = |held: &&Held| {
            !included.contains(held.entry.body.seat) && self.table.had_room_for(&held.entry, block)
        };
        Some(old.find(left_out)?.entry.body.seat)
    }

    /// Whether a deadline that has been due for long here stays open after the block's entries and
    /// the block does not declare it.
    fn omits_deadline(&self, block: &Block) -> bool {
        let Some(due) = self.clock.due(self.now) else {
            return false;
        };
        self.clock.overdue(self.now) >= self.long()
            && !block.deadlines.contains(&due)
            && self
                .table
                .after_entries(block, None)
                .is_some_and(|table| table.open_deadline() == Some(due))
    }

    /// A seat that the block declares late although an entry of it that meets the deadline arrived
    /// here in time.
    fn wrongly_late(&self, deadline: Deadline, block: &Block) -> Option<Seat> {
        let late = late_in(&self.table.after_entries(block, None)?, deadline);
        let saves = |seat: Seat, held: &Held| {
            self.clock.was_in_time(held.since, self.now)
                && self
                    .table
                    .after_entries(block, Some(&held.entry))
                    .is_some_and(|table| !late_in(&table, deadline).contains(seat))
        };
        late.iter()
            .find(|seat| self.pool.of(*seat).any(|held| saves(*seat, held)))
    }
}

/// Whom `deadline` declares late at `table`.
fn late_in<G: Game>(table: &TableState<G>, deadline: Deadline) -> Seats {
    if table.open_deadline() != Some(deadline) {
        return Seats::NONE;
    }
    match deadline {
        Deadline::Turn { .. } => table.play().map_or(Seats::NONE, Play::awaited),
        Deadline::Reveal { .. } => table.rolling().map_or(Seats::NONE, OpenRoll::awaited),
    }
}
