//! Entries that are held and not decided yet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::io::Fault;
use crate::certificate::Checker;
use crate::game::Game;
use crate::limits::{ENTRY_BYTES_MAX, POOL_PER_STREAM};
use crate::message::{Content, Entry, Stream};
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::Play;
use crate::table::TableState;
use crate::time::{Height, Mono};

/// A held entry.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) entry: Arc<Entry>,
    /// When it arrived here.
    pub(super) since: Mono,
    /// The height at which it was last seen not to fit, so that it is not tried again there.
    refused_at: Height,
}

/// Entries by seat, stream and nonce: the first of a nonce stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    entries: BTreeMap<(Seat, Stream, u64), Held>,
}

impl Pool {
    /// Takes an entry whose signature holds. Tells whether it was new.
    pub(super) fn insert<G: Game>(
        &mut self,
        entry: Arc<Entry>,
        now: Mono,
        table: &TableState<G>,
        checker: &mut Checker,
    ) -> Result<bool, Fault> {
        let (seat, stream, nonce) = (entry.body.seat, entry.stream(), entry.body.nonce);
        let refused = |why| Fault::Entry { seat, why };
        if entry.body.table != table.table() {
            return Err(refused("made for another table"));
        }
        let holder = table
            .roster()
            .holder(seat)
            .ok_or_else(|| refused("not on the roster"))?;
        let slot = (seat, stream, nonce);
        if nonce <= table.nonce(seat, stream) || self.entries.contains_key(&slot) {
            return Ok(false);
        }
        let bytes = Entry::bytes(&entry.body);
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(refused("too long"));
        }
        let crowd = self.stream(seat, stream).count() >= POOL_PER_STREAM;
        let last = self
            .stream(seat, stream)
            .map(|held| held.entry.body.nonce)
            .next_back();
        if crowd && last.is_some_and(|last| last < nonce) {
            return Ok(false);
        }
        if !checker.check(&holder.key, &bytes, &entry.signature) {
            return Err(refused("false signature"));
        }
        if let Some(last) = last.filter(|_| crowd) {
            self.entries.remove(&(seat, stream, last));
        }
        self.entries.insert(
            slot,
            Held {
                entry,
                since: now,
                refused_at: Height(0),
            },
        );
        Ok(true)
    }

    /// Drops what can never be decided any more.
    pub(super) fn prune<G: Game>(&mut self, table: &TableState<G>) {
        let next = table.height().next();
        let turn = table.play().map_or(0, Play::turn_number);
        self.entries.retain(|(seat, stream, nonce), held| {
            let stale = matches!(&held.entry.body.content,
                Content::Actions { turn: meant, actions } if *meant < turn && !actions.is_empty());
            let closed = matches!(&held.entry.body.content,
                Content::Reveal { roll, .. } if table.rolling().is_none_or(|open| open.id > *roll)
                    && *roll < next);
            *nonce > table.nonce(*seat, *stream)
                && held.entry.body.valid_until >= next
                && !stale
                && !closed
        });
    }

    /// Whether some entry could stand in the next block.
    pub(super) fn has_work<G: Game>(&mut self, table: &TableState<G>) -> bool {
        let next = table.height().next();
        self.entries
            .values_mut()
            .filter(|held| held.refused_at < next)
            .any(|held| {
                let fits = table.would_take(&held.entry).is_ok();
                if !fits {
                    held.refused_at = next;
                }
                fits
            })
    }

    /// When the first entry that could stand in the next block arrived.
    pub(super) fn work_since<G: Game>(&self, table: &TableState<G>) -> Option<Mono> {
        let next = table.height().next();
        self.entries
            .values()
            .filter(|held| held.refused_at < next)
            .map(|held| held.since)
            .min()
    }

    /// All entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.entries.values()
    }

    fn stream(&self, seat: Seat, stream: Stream) -> impl DoubleEndedIterator<Item = &Held> {
        self.entries
            .range((seat, stream, 0)..=(seat, stream, u64::MAX))
            .map(|(_, held)| held)
    }

    /// Entries of one seat.
    pub(super) fn of(&self, seat: Seat) -> impl Iterator<Item = &Held> {
        Stream::BOTH
            .into_iter()
            .flat_map(move |stream| self.stream(seat, stream))
    }

    /// Entries held for at least `age`.
    pub(super) fn older_than(&self, age: Duration, now: Mono) -> impl Iterator<Item = &Held> {
        self.entries
            .values()
            .filter(move |held| now >= held.since.after(age))
    }

    /// The highest nonce of each seat and stream up to which nothing is missing.
    pub(super) fn held_up_to<G: Game>(&self, table: &TableState<G>) -> PerSeat<[u64; 2]> {
        PerSeat::new(table.roster().seats(), |seat| {
            Stream::BOTH.map(|stream| {
                let decided = table.nonce(seat, stream);
                self.stream(seat, stream).fold(decided, |tip, held| {
                    if held.entry.body.follows == tip {
                        held.entry.body.nonce
                    } else {
                        tip
                    }
                })
            })
        })
    }

    /// Whether the first entry of each of `seats` is held: all can begin.
    pub(super) fn ready(&self, seats: Seats) -> bool {
        seats.iter().all(|seat| {
            let mut operations = self.stream(seat, Stream::Operations);
            operations.any(|held| matches!(held.entry.body.content, Content::Ready { .. }))
        })
    }

    /// Whether the reveal of `seat` for `roll` is held.
    pub(super) fn reveals(&self, seat: Seat, roll: Height) -> bool {
        self.stream(seat, Stream::Operations).any(|held| {
            matches!(&held.entry.body.content, Content::Reveal { roll: of, .. } if *of == roll)
        })
    }
}
