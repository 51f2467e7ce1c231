//! Entries that are held and not decided yet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::io::Fault;
use crate::certificate::Checker;
use crate::dice::PotError;
use crate::digest::Digest;
use crate::game::{ActError, Game};
use crate::limits::{ENTRY_ACTIONS_MAX, POOL_PER_STREAM};
use crate::message::{Content, Deadline, Entry, Stream};
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::Play;
use crate::table::{EntryRefusal, TableState};
use crate::time::{Height, Mono};

/// A held entry.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) entry: Arc<Entry>,
    /// When it arrived here.
    pub(super) since: Mono,
    /// Whether it could stand in the block of this height, so that it is not tried again there:
    /// decided state answers the same until the next decision.
    tried: Option<(Height, bool)>,
    /// A block that leaves it out, and whether that block had room for it.
    room: Option<(Digest, bool)>,
    /// Which seats brought, and at which height, another entry with its nonce that was weighed
    /// against it.
    rivalled: (Height, Seats),
    /// Whether it was passed on unasked.
    passed_on: bool,
    /// Whether it was said that the rules refuse it.
    told: bool,
}

impl Held {
    const fn new(entry: Arc<Entry>, since: Mono) -> Self {
        Self {
            entry,
            since,
            tried: None,
            room: None,
            rivalled: (Height(0), Seats::NONE),
            passed_on: false,
            told: false,
        }
    }

    /// Whether it could stand in the next block. It is tried once a height; that it is foul is
    /// added to those `refused` once.
    fn fits<G: Game>(
        &mut self,
        table: &TableState<G>,
        refused: &mut Vec<(Seat, EntryRefusal)>,
    ) -> bool {
        let next = table.height().next();
        if let Some((_, fits)) = self.tried.filter(|(at, _)| *at == next) {
            return fits;
        }
        let tried = table.would_take(&self.entry);
        self.tried = Some((next, tried.is_ok()));
        if let Some(why) = tried.as_ref().err().filter(|why| is_foul(why))
            && !std::mem::replace(&mut self.told, true)
        {
            refused.push((self.entry.body.seat, why.clone()));
        }
        tried.is_ok()
    }

    /// Whether `block` had room for it, which `find` finds out; it is asked once for each block,
    /// for a seat thinks about a block that it holds back again and again.
    pub(super) fn had_room(
        &mut self,
        block: Digest,
        find: impl FnOnce(&Arc<Entry>) -> bool,
    ) -> bool {
        match self.room {
            Some((of, had)) if of == block => had,
            _ => self.room.insert((block, find(&self.entry))).1,
        }
    }
}

/// Entries by seat, stream and nonce: the first of a nonce stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    entries: BTreeMap<(Seat, Stream, u64), Held>,
    /// When the first entry arrived that can be passed on and was not.
    waiting: Option<Mono>,
    /// Entries found to be what no honest seat submits, and not told of yet.
    refused: Vec<(Seat, EntryRefusal)>,
}

/// What is wrong with an entry that its seat did not sign.
pub(super) const FALSE_SIGNATURE: &str = "false signature";

fn refused(entry: &Entry, why: &'static str) -> Fault {
    let seat = entry.body.seat;
    Fault::Entry { seat, why }
}

/// Whether `entry` seats somebody else than the newcomer that is awaited there. The index of one
/// that never sat down goes to the next, which whoever passes the entry on may not know.
fn is_of_another<G: Game>(entry: &Entry, table: &TableState<G>) -> bool {
    let Content::Join { invitation, .. } = &entry.body.content else {
        return false;
    };
    let awaited = table.membership().pending().get(entry.body.seat);
    awaited.is_none_or(|pending| pending.newcomer.digest() != *invitation)
}

/// Whether nothing can contribute any more to the collection that `deadline` closes.
fn is_over<G: Game>(deadline: Deadline, table: &TableState<G>) -> bool {
    let turn = table.play().map_or(0, Play::turn_number);
    let began = match deadline {
        Deadline::Reveal { roll: height } | Deadline::Show { show: height } => {
            height <= table.height()
        }
        Deadline::Open { turn: of } => of < turn,
        _ => false,
    };
    began && table.collecting().is_none_or(|(open, _)| open != deadline)
}

/// Whether `why` speaks of what is in an entry, and not of when it came.
const fn is_foul(why: &EntryRefusal) -> bool {
    use EntryRefusal::{Act, Pot, Undecodable};

    matches!(
        why,
        Act(ActError::Rejected(_)) | Pot(PotError::Mismatch(_)) | Undecodable(_)
    )
}

impl Pool {
    /// Takes an entry whose signature holds. Tells whether it was new. Of what a connection without
    /// a seat brings, the author counts as who brought it.
    pub(super) fn insert<G: Game>(
        &mut self,
        entry: Arc<Entry>,
        (by, now): (Option<Seat>, Mono),
        table: &TableState<G>,
        checker: &mut Checker,
    ) -> Result<bool, Fault> {
        let slot = (entry.body.seat, entry.stream(), entry.body.nonce);
        let by = by.unwrap_or(entry.body.seat);
        if !self.is_news(&entry, by, table)? {
            return Ok(false);
        }
        if Entry::bytes(&entry.body).len() > table.genesis().entry_bytes_max() {
            return Err(refused(&entry, "too long"));
        }
        match table.signed(&entry, checker) {
            Ok(()) => {}
            // Whoever passes it on may be at a height with another roster, and is not to blame.
            Err(EntryRefusal::NoCourt(_)) => return Ok(false),
            Err(EntryRefusal::Evidence(_)) => return Err(refused(&entry, "false proof")),
            Err(_) => return Err(refused(&entry, FALSE_SIGNATURE)),
        }
        if !self.outdoes(&entry, by, table) || !self.make_room(&entry, table) {
            return Ok(false);
        }
        self.entries.insert(slot, Held::new(entry, now));
        self.mind_waiting(table);
        Ok(true)
    }

    /// Whether an entry may have its nonce. Of two entries with one nonce, one that stands takes
    /// the place of one that does not, so that all devices come to hold the same.
    ///
    /// To try an entry costs as much as to write down the whole state, and its author can sign any
    /// number of them. So of what one seat brings, one is weighed against the one that is held, and
    /// no more at this height: an honest author signs no second, and an honest seat passes on no
    /// second. Were it one of all that come, an author could have it used up wherever the one that
    /// stands is missing.
    fn outdoes<G: Game>(&mut self, entry: &Arc<Entry>, by: Seat, table: &TableState<G>) -> bool {
        let slot = (entry.body.seat, entry.stream(), entry.body.nonce);
        let Some(held) = self.entries.get_mut(&slot) else {
            return true;
        };
        let next = table.height().next();
        if held.rivalled.0 != next {
            held.rivalled = (next, Seats::NONE);
        }
        held.rivalled.1.insert(by);
        !held.fits(table, &mut self.refused) && table.would_take(entry).is_ok()
    }

    /// Whether an entry, were its signature true, would be news: the checks that cost nothing.
    fn is_news<G: Game>(
        &self,
        entry: &Arc<Entry>,
        by: Seat,
        table: &TableState<G>,
    ) -> Result<bool, Fault> {
        let (seat, stream, nonce) = (entry.body.seat, entry.stream(), entry.body.nonce);
        if entry.body.table != table.table() {
            return Err(refused(entry, "made for another table"));
        }
        let crowded = matches!(&entry.body.content,
            Content::Actions { actions, .. } if actions.len() > ENTRY_ACTIONS_MAX);
        if crowded {
            return Err(refused(entry, "too long"));
        }
        if is_of_another(entry, table) {
            return Ok(false);
        }
        let held = self.entries.get(&(seat, stream, nonce));
        let decided = table.nonce(seat, stream);
        // A nonce that does not exceed the one it follows could close a ring of entries.
        if nonce <= entry.body.follows {
            return Err(refused(entry, "follows a later nonce"));
        }
        let next = table.height().next();
        let heard = |held: &Held| held.rivalled.0 == next && held.rivalled.1.contains(by);
        let news = |held: &Held| held.entry != *entry && !heard(held);
        Ok(entry.body.follows >= decided && held.is_none_or(news))
    }

    /// Makes room for an entry in its seat's stream: whatever can be decided next goes before what
    /// cannot, and lower nonces before higher ones.
    fn make_room<G: Game>(&mut self, entry: &Arc<Entry>, table: &TableState<G>) -> bool {
        let (seat, stream) = (entry.body.seat, entry.stream());
        if self.stream(seat, stream).count() < POOL_PER_STREAM {
            return true;
        }
        let linked: Vec<_> = self
            .linked(seat, table)
            .map(|held| held.entry.body.nonce)
            .collect();
        let continues = linked
            .last()
            .copied()
            .unwrap_or_else(|| table.nonce(seat, stream));
        let nonces = self.stream(seat, stream).map(|held| held.entry.body.nonce);
        let loose = nonces.rev().find(|nonce| !linked.contains(nonce));
        let joins = entry.body.follows == continues;
        match loose.filter(|loose| joins || entry.body.nonce < *loose) {
            Some(nonce) => self.entries.remove(&(seat, stream, nonce)).is_some(),
            None => false,
        }
    }

    /// Drops what can never be decided any more.
    pub(super) fn prune<G: Game>(&mut self, table: &TableState<G>) {
        let next = table.height().next();
        let turn = table.play().map_or(0, Play::turn_number);
        self.entries.retain(|(seat, stream, nonce), held| {
            let stale = held.entry.body.content.is_stale(turn);
            let collected = held.entry.body.content.contributes_to();
            let closed = collected.is_some_and(|closes| is_over(closes, table));
            let over = matches!(held.entry.body.content,
                Content::Ballot { motion, .. } if table.motions().is_over(motion));
            let proven = matches!(&held.entry.body.content, Content::Evidence(evidence)
                if table.court(evidence.height())
                    .is_some_and(|(epoch, _)| table.proofs().holds(epoch, evidence.seat())));
            let decided = table.nonce(*seat, *stream);
            !over
                && !proven
                && table.author(*seat).is_some()
                && *nonce > decided
                && held.entry.body.follows >= decided
                && held.entry.body.valid_until >= next
                && !stale
                && !closed
        });
        self.mind_waiting(table);
    }

    /// Asked whenever entries come and go: which are linked changes at no other time.
    fn mind_waiting<G: Game>(&mut self, table: &TableState<G>) {
        let waiting = self.all_linked(table).filter(|held| !held.passed_on);
        self.waiting = waiting.map(|held| held.since).min();
    }

    /// Whether some entry could stand in the next block.
    pub(super) fn has_work<G: Game>(&mut self, table: &TableState<G>) -> bool {
        let refused = &mut self.refused;
        let mut held = self.entries.values_mut();
        held.any(|held| held.fits(table, refused))
    }

    /// Entries that were refused for what is in them since this was last asked, each told once.
    pub(super) fn take_refused(&mut self) -> Vec<(Seat, EntryRefusal)> {
        std::mem::take(&mut self.refused)
    }

    /// When the first entry that could stand in the next block arrived.
    pub(super) fn work_since<G: Game>(&self, table: &TableState<G>) -> Option<Mono> {
        let next = table.height().next();
        self.entries
            .values()
            .filter(|held| held.tried != Some((next, false)))
            .map(|held| held.since)
            .min()
    }

    /// How many entries are held.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
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

    /// Entries of one seat, for noting what was found out about them.
    pub(super) fn of_mut(&mut self, seat: Seat) -> impl Iterator<Item = &mut Held> {
        let [first, last] = Stream::BOTH;
        let slots = (seat, first, 0)..=(seat, last, u64::MAX);
        self.entries.range_mut(slots).map(|(_, held)| held)
    }

    /// The highest nonce of each seat and stream up to which nothing is missing.
    pub(super) fn held_up_to<G: Game>(&self, table: &TableState<G>) -> PerSeat<[u64; 2]> {
        PerSeat::new(table.authors(), |seat| {
            let mut tips = Stream::BOTH.map(|stream| table.nonce(seat, stream));
            for held in self.linked(seat, table) {
                tips[held.entry.stream().index()] = held.entry.body.nonce;
            }
            tips
        })
    }

    /// Whether a first entry that stands is held of each seat: all can begin.
    pub(super) fn ready<G: Game>(&self, table: &TableState<G>) -> bool {
        table.roster().seats().iter().all(|seat| {
            let mut first = self.stream(seat, Stream::Operations);
            first.any(|held| table.would_take(&held.entry).is_ok())
        })
    }

    /// Entries of one seat whose turn can come, in that order: each follows the one before it. Of
    /// several that follow the same nonce the highest counts, for it withdraws the others.
    pub(super) fn linked<G: Game>(
        &self,
        seat: Seat,
        table: &TableState<G>,
    ) -> impl Iterator<Item = &Held> {
        Stream::BOTH
            .into_iter()
            .flat_map(move |stream| self.chain((seat, stream), table))
    }

    /// Linked entries of one stream. A stream holds a handful, so that each link is looked for.
    fn chain<G: Game>(
        &self,
        (seat, stream): (Seat, Stream),
        table: &TableState<G>,
    ) -> impl Iterator<Item = &Held> {
        let after = move |nonce: u64| {
            let mut held = self.stream(seat, stream);
            held.rfind(|held| held.entry.body.follows == nonce)
        };
        let first = after(table.nonce(seat, stream));
        std::iter::successors(first, move |held| after(held.entry.body.nonce))
    }

    /// Linked entries of every seat.
    pub(super) fn all_linked<G: Game>(&self, table: &TableState<G>) -> impl Iterator<Item = &Held> {
        let mut last = None;
        let streams = self
            .entries
            .keys()
            .map(|(seat, stream, _)| (*seat, *stream));
        let streams = streams.filter(move |stream| last.replace(*stream) != Some(*stream));
        streams.flat_map(move |stream| self.chain(stream, table))
    }

    /// Entries that have waited for `age` and were not passed on yet; notes that they are.
    pub(super) fn take_waiting<G: Game>(
        &mut self,
        age: Duration,
        now: Mono,
        table: &TableState<G>,
    ) -> Vec<Arc<Entry>> {
        if self.next_waiting(age).is_none_or(|at| now < at) {
            return Vec::new();
        }
        let due = |held: &&Held| !held.passed_on && now >= held.since.after(age);
        let due: Vec<_> = self
            .all_linked(table)
            .filter(due)
            .map(|held| held.entry.clone())
            .collect();
        for entry in &due {
            let slot = (entry.body.seat, entry.stream(), entry.body.nonce);
            if let Some(held) = self.entries.get_mut(&slot) {
                held.passed_on = true;
            }
        }
        self.mind_waiting(table);
        due
    }

    /// When the next entry that can be passed on will have waited for `age`.
    pub(super) fn next_waiting(&self, age: Duration) -> Option<Mono> {
        Some(self.waiting?.after(age))
    }

    /// Whether what `seat` owes to the collection that `deadline` closes is held.
    pub(super) fn contributes(&self, seat: Seat, deadline: Deadline) -> bool {
        let mut held = self.stream(seat, Stream::Operations);
        held.any(|held| held.entry.body.content.contributes_to() == Some(deadline))
    }
}
