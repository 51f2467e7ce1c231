//! Checking and applying a block.

use std::sync::Arc;

use super::execution::Execution;
use super::{BlockRefusal, EntryRefusal, MotionNews, TableState};
use crate::certificate::Checker;
use crate::game::{Game, Happened};
use crate::genesis::Genesis;
use crate::message::{Block, Content, Entry};
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat};

/// What a block made of a table.
#[derive(Clone, Debug)]
pub struct Applied<G: Game> {
    /// The table after it.
    pub state: TableState<G>,
    /// What happened in the game, in order.
    pub happened: Vec<Happened<G>>,
    /// What happened besides the game, in order.
    pub news: Vec<MotionNews>,
}

impl<G: Game> TableState<G> {
    /// Checks every rule that reads decided data and the block only, and applies the block.
    ///
    /// # Errors
    /// [`BlockRefusal`] names the first rule that is broken.
    pub fn apply(&self, block: &Block, checker: &mut Checker) -> Result<Applied<G>, BlockRefusal> {
        self.follows(block)?;
        let mut execution = Execution::new(self, block.time).after(block.parent_round);
        let mut shares = Shares::new(self);
        let mut last = None;
        for entry in &block.entries {
            let place = self.place(entry).map_err(|why| refusal(entry, why))?;
            if last.is_some_and(|last| last >= place) {
                return Err(BlockRefusal::Order);
            }
            last = Some(place);
            if !shares.take(entry) {
                return Err(BlockRefusal::Share(entry.body.seat));
            }
            self.signed(entry, checker)
                .map_err(|why| refusal(entry, why))?;
            execution.entry(entry).map_err(|why| refusal(entry, why))?;
        }
        execution.entries_done()?;
        if block.deadlines.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(BlockRefusal::Order);
        }
        for deadline in &block.deadlines {
            execution.deadline(*deadline)?;
        }
        execution.change_roster();
        let here = execution.digest()?;
        if here != block.post_state {
            return Err(BlockRefusal::State {
                said: block.post_state,
                here,
            });
        }
        Ok(execution.finish(block.digest()))
    }

    fn follows(&self, block: &Block) -> Result<(), BlockRefusal> {
        let here = (self.table, self.epoch, self.height.next(), self.tip);
        if (block.table, block.epoch, block.height, block.parent) != here {
            return Err(BlockRefusal::Place);
        }
        if block.time < self.time {
            Err(BlockRefusal::Time)
        } else {
            Ok(())
        }
    }

    /// Where an entry stands in the next block.
    pub(super) fn place(&self, entry: &Entry) -> Result<(usize, usize, u64), EntryRefusal> {
        let seat = entry.body.seat;
        let authors = self.authors();
        let position = authors.iter().position(|other| other == seat);
        let position = position.ok_or(EntryRefusal::Stranger(seat))?;
        Ok(Block::place(
            entry,
            position,
            authors.len(),
            self.height.next(),
        ))
    }

    /// Whether an entry's signature holds, and the proof in it, if it carries one.
    pub(crate) fn signed(&self, entry: &Entry, checker: &mut Checker) -> Result<(), EntryRefusal> {
        let seat = entry.body.seat;
        let keys = self.author(seat).ok_or(EntryRefusal::Stranger(seat))?;
        let unsigned = mutant::is(Mutant::UnsignedEntries);
        if unsigned || checker.check(&keys, &Entry::bytes(&entry.body), &entry.signature) {
            self.proves(&entry.body.content, checker)
        } else {
            Err(EntryRefusal::Signature)
        }
    }

    /// Whether `wanted` could stand at its place among the entries of `block`, which it is not in:
    /// what an honest leader that held it would have taken. That leader asks whether the state
    /// after it still has bytes, and so must this: or one entry that nobody may include would keep
    /// every block from being prepared.
    #[must_use]
    pub fn had_room_for(&self, wanted: &Arc<Entry>, block: &Block) -> bool {
        let Ok(place) = self.place(wanted) else {
            return false;
        };
        let mut execution = Execution::new(self, block.time).after(block.parent_round);
        for entry in &block.entries {
            let before = self.place(entry).is_ok_and(|other| other < place);
            if before && execution.entry(entry).is_err() {
                return false;
            }
        }
        execution.entry_as_built(wanted).is_ok()
    }

    /// Whether `entry` could stand in the next block by itself.
    ///
    /// # Errors
    /// [`EntryRefusal`] says why not.
    pub fn would_take(&self, entry: &Entry) -> Result<(), EntryRefusal> {
        Execution::new(self, self.time).careful().entry(entry)
    }

    /// Whether `content` of `seat` could stand in the next block, were it signed and in its place.
    ///
    /// # Errors
    /// [`EntryRefusal`] says why not.
    pub fn would_accept(&self, seat: Seat, content: &Content) -> Result<(), EntryRefusal> {
        Execution::new(self, self.time)
            .careful()
            .content(seat, content)
    }

    /// The table after the entries and deadlines of `block`; none if it cannot follow.
    #[must_use]
    pub fn after_deadlines(&self, block: &Block) -> Option<Self> {
        let mut execution = Execution::new(self, block.time).after(block.parent_round);
        for entry in &block.entries {
            execution.entry(entry).ok()?;
        }
        execution.entries_done().ok()?;
        for deadline in &block.deadlines {
            execution.deadline(*deadline).ok()?;
        }
        Some(execution.finish(self.tip).state)
    }

    /// The table after the entries of `block`, and of those of `extra` that stand at their places
    /// among them, without the block's deadlines; none if the table cannot begin. Entries that no
    /// longer stand are passed over, as a leader that held the extra ones would have done.
    #[must_use]
    pub fn after_entries(&self, block: &Block, extra: &[Arc<Entry>]) -> Option<Self> {
        let included = block.entries.iter().map(|entry| (entry, false));
        let mut entries: Vec<_> = included
            .chain(extra.iter().map(|entry| (entry, true)))
            .collect();
        entries.sort_by_key(|(entry, _)| self.place(entry).ok());
        let mut execution = Execution::new(self, block.time).after(block.parent_round);
        let mut differs = false;
        for (entry, is_extra) in entries {
            differs |= is_extra;
            let _passed_over = match differs {
                true => execution.entry_as_built(entry),
                false => execution.entry(entry),
            };
        }
        execution.entries_done().ok()?;
        Some(execution.finish(self.tip).state)
    }
}

fn refusal(entry: &Entry, why: EntryRefusal) -> BlockRefusal {
    BlockRefusal::Entry {
        seat: entry.body.seat,
        nonce: entry.body.nonce,
        why,
    }
}

/// The bytes each seat has left in a block.
pub(super) struct Shares {
    genesis: Arc<Genesis>,
    left: PerSeat<usize>,
}

impl Shares {
    pub(super) fn new<G: Game>(state: &TableState<G>) -> Self {
        let genesis = Arc::clone(&state.genesis);
        let share = genesis.share_bytes();
        Self {
            genesis,
            left: PerSeat::new(state.authors(), |_| share),
        }
    }

    /// Whether the entry's bytes are left in its seat's share.
    pub(super) fn fits(&self, entry: &Entry) -> bool {
        let bytes = Entry::bytes(&entry.body).len();
        let left = self.left.get(entry.body.seat).copied().unwrap_or(0);
        bytes <= self.genesis.entry_bytes_max() && self.genesis.weight(bytes) <= left
    }

    /// Takes the entry's bytes from its seat's share; tells whether they were left.
    pub(super) fn take(&mut self, entry: &Entry) -> bool {
        let fits = self.fits(entry);
        if let Some(left) = self.left.get_mut(entry.body.seat).filter(|_| fits) {
            *left -= self.genesis.weight(Entry::bytes(&entry.body).len());
        }
        fits
    }
}
