//! The seat's own operations: signed in a chain, kept until they are decided or refused.

use std::sync::Arc;

use super::duty::Errand;
use super::{Engine, Event, Misuse, Operation};
use crate::game::{Game, Rejection, Settled};
use crate::limits::SUBMISSIONS_MAX;
use crate::message::{Block, Content, Entry, Stream};
use crate::seat::Seat;
use crate::table::EntryRefusal;
use crate::time::Height;

/// Undecided operations, each following the one before it.
#[derive(Debug, Default)]
pub(super) struct Operations {
    open: Vec<Underway>,
}

#[derive(Debug)]
struct Underway {
    entry: Arc<Entry>,
    wish: Wish,
}

/// Who wanted an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The table does, of every seat.
    Errand(Errand),
    /// The player does, under this ticket.
    Asked(u64),
    /// Nobody: it puts others out of the world.
    Withdrawal,
}

impl Operations {
    /// The nonce of the last one, which the next follows.
    pub(super) fn last(&self) -> Option<u64> {
        self.open.last().map(|open| open.entry.body.nonce)
    }

    /// Whether `errand` is on its way.
    pub(super) fn does(&self, errand: Errand) -> bool {
        let mut open = self.open.iter();
        open.any(|open| open.wish == Wish::Errand(errand))
    }

    /// The height that a newcomer's `Join` on its way names.
    pub(super) fn joins(&self) -> Option<Height> {
        let mut open = self.open.iter().rev();
        open.find_map(|open| match open.wish {
            Wish::Errand(Errand::Join(height)) => Some(height),
            _ => None,
        })
    }

    /// Under which tickets the player asked for what is on its way.
    pub(super) fn tickets(&self) -> impl Iterator<Item = u64> {
        self.open.iter().filter_map(|open| match open.wish {
            Wish::Asked(ticket) => Some(ticket),
            _ => None,
        })
    }
}

impl<G: Game> Engine<G> {
    /// Carries out what the player wants of the table.
    pub(super) fn operate(&mut self, ticket: u64, operation: Operation) -> Result<(), Misuse> {
        let seat = self.me.ok_or(Misuse::NoSeat)?;
        self.attentive = true;
        let content = match operation {
            Operation::Propose(motion) => Content::Motion(motion),
            Operation::Ballot(motion, choice) => Content::Ballot { motion, choice },
            Operation::Leave => Content::Leave,
        };
        if self.operations.open.len() >= SUBMISSIONS_MAX {
            let why = Rejection::new("too much waits to be decided");
            self.settled_as(ticket, Settled::Refused(why));
        } else {
            self.ask(seat, ticket, content);
        }
        Ok(())
    }

    /// Signs what the player asked for, unless the table would refuse it as things stand.
    fn ask(&mut self, seat: Seat, ticket: u64, content: Content) {
        let holds = self.table.proves(&content, &mut self.checker);
        match holds.and_then(|()| self.table.would_accept(seat, &content)) {
            Ok(()) => {
                self.sign_operation(seat, content, Wish::Asked(ticket));
            }
            Err(why) => self.settled_as(ticket, refused(&why)),
        }
    }

    fn settled_as(&mut self, ticket: u64, settled: Settled) {
        self.outbox.event(Event::Settled { ticket, settled });
    }

    /// Signs, journals and sends an operation behind those that are on their way.
    pub(super) fn sign_operation(
        &mut self,
        seat: Seat,
        content: Content,
        wish: Wish,
    ) -> Option<Arc<Entry>> {
        let entry = self.sign_entry(seat, content)?;
        self.operations.open.push(Underway {
            entry: Arc::clone(&entry),
            wish,
        });
        Some(entry)
    }

    /// Takes back an own undecided operation from the journal. It stands in for those that were
    /// signed after the one it follows.
    pub(super) fn resume_operation(&mut self, seat: Seat, entry: &Arc<Entry>) {
        if entry.stream() != Stream::Operations {
            return;
        }
        let (nonce, content) = (entry.body.nonce, &entry.body.content);
        let errand = match content {
            Content::Show { show, .. } => {
                let (show, owed) = (*show, self.table.owed_shows(seat).len());
                Some(Errand::Show { show, owed })
            }
            _ => Errand::of(content, self.table.pot().given(seat)),
        };
        let wish = match (errand, content) {
            (Some(errand), _) => Wish::Errand(errand),
            (None, Content::Withdraw) => Wish::Withdrawal,
            // Below the tickets of actions from before the restart, which count down from the top.
            (None, _) => Wish::Asked(u64::MAX / 2 - nonce.min(u64::MAX / 4)),
        };
        let open = &mut self.operations.open;
        open.retain(|open| open.entry.body.nonce <= entry.body.follows);
        open.push(Underway {
            entry: Arc::clone(entry),
            wish,
        });
    }

    /// Tells the player what `block` did to the operations that were on their way.
    pub(super) fn settle_operations(&mut self, block: &Block) {
        let open = std::mem::take(&mut self.operations.open);
        for open in open {
            if !block.entries.contains(&open.entry) {
                self.operations.open.push(open);
            } else if let Wish::Asked(ticket) = open.wish {
                let height = block.height;
                self.settled_as(ticket, Settled::Decided { height });
            }
        }
        self.mend_operations();
    }

    /// If the first operation on its way cannot be decided as it is, those behind it cannot either:
    /// what the player asked for is signed anew, unless the table refuses it now. Errands are found
    /// again by themselves.
    pub(super) fn mend_operations(&mut self) {
        let Some(seat) = self.me else {
            return self.mend_join();
        };
        let Some(first) = self.operations.open.first() else {
            return;
        };
        if self.table.would_take(&first.entry).is_ok() {
            return;
        }
        let open = std::mem::take(&mut self.operations.open);
        let decided = self.table.nonce(seat, Stream::Operations);
        for open in &open {
            if let Wish::Asked(ticket) = open.wish {
                self.ask(seat, ticket, open.entry.body.content.clone());
            }
        }
        // What the player was told to be refused must not be decided later after all.
        let alive = |open: &Underway| {
            let asked = matches!(open.wish, Wish::Asked(_));
            asked && open.entry.body.follows >= decided
        };
        if self.operations.open.is_empty() && open.iter().any(alive) {
            self.sign_operation(seat, Content::Withdraw, Wish::Withdrawal);
        }
    }
}

impl<G: Game> Engine<G> {
    /// Without a seat nothing is on its way but the `Join` that may win one.
    fn mend_join(&mut self) {
        let seat = self.authors();
        let open = std::mem::take(&mut self.operations.open);
        for open in open {
            match open.wish {
                Wish::Asked(ticket) => {
                    let why = Rejection::new("this device has no seat any more");
                    self.settled_as(ticket, Settled::Refused(why));
                }
                Wish::Errand(_) if seat.is_some_and(|seat| self.seats(&open.entry, seat)) => {
                    self.operations.open.push(open);
                }
                _ => {}
            }
        }
    }
}

fn refused(why: &EntryRefusal) -> Settled {
    Settled::Refused(Rejection::formatted("refused", format_args!("{why}")))
}
