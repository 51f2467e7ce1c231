//! The journal of one table in its store.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec::{self, DecodeError};
use quorate_core::journal::{Journal, Record, Spent};
use quorate_core::message::Block;
use quorate_core::snapshot::Snapshot;

use crate::limits::CHUNK_BYTES;
use crate::node::History;
use crate::store::{Batch, Corrupt, Key, Store, StoreError};

/// A decided block and its certificate.
type Decided = (Arc<Block>, DecisionCertificate);

/// A snapshot as it is stored, and its height.
type Stored = (Height, Arc<[u8]>);

/// Writes an engine's records, and gives them back after a restart.
pub(crate) struct Ledger {
    store: Box<dyn Store>,
    next: u64,
    /// Until which decided height a record is needed, by its sequence number.
    needed: BTreeMap<u64, Height>,
    /// What must be spent before a record of secrets may go, by its sequence number.
    secrets: BTreeMap<u64, Spent>,
    /// The heights of the snapshots in the store's two places: the newest, and the one before,
    /// which somebody may be fetching still.
    snapshots: [Height; 2],
    /// Whether decisions stay when a snapshot covers them.
    history: History,
    /// Decisions below this are gone.
    forgotten: Height,
    /// Those that were asked for, by place: who fetches one must not make this device read the
    /// other again for somebody else.
    served: [Option<Stored>; 2],
}

/// What the engine needs no more, once what it wrote before that is durable.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needless {
    pub(crate) spent: Spent,
    pub(crate) below: Height,
}

/// Where a store keeps its snapshots.
const SNAPSHOTS: [&str; 2] = ["snapshot/0", "snapshot/1"];

impl Ledger {
    /// The ledger in `store`, and what it holds.
    pub(crate) fn open(
        store: Box<dyn Store>,
        history: History,
    ) -> Result<(Self, Journal), StoreError> {
        let mut ledger = Self {
            store,
            next: 0,
            needed: BTreeMap::new(),
            secrets: BTreeMap::new(),
            snapshots: [Height(0); 2],
            history,
            forgotten: Height(0),
            served: [None, None],
        };
        let mut journal = Journal::default();
        for (place, name) in SNAPSHOTS.into_iter().enumerate() {
            if let Some(snapshot) = ledger.get::<Snapshot>(name)? {
                ledger.snapshots[place] = snapshot.height();
                journal.goes_on_from(Box::new(snapshot));
            }
        }
        for (sequence, bytes) in ledger.store.records()? {
            let record: Record = decoded(&bytes, Key::Record(sequence))?;
            ledger.next = sequence + 1;
            ledger.note(sequence, &record);
            journal.records.push(record);
        }
        let mut from = ledger.newest().next();
        loop {
            let chunk = ledger.decided(from)?;
            let Some((last, _)) = chunk.last() else { break };
            from = last.height.next();
            journal.decisions.extend(chunk);
        }
        Ok((ledger, journal))
    }

    /// The decisions from `from` on that are read at once, if there are any.
    pub(crate) fn decided(&self, from: Height) -> Result<Vec<Decided>, StoreError> {
        let stored = self.store.decisions(from, CHUNK_BYTES)?.into_iter();
        let decided = stored.map(|decision| {
            let key = || Key::Decision(decision.height.0);
            let block: Block = decoded(&decision.block, key())?;
            Ok((Arc::new(block), decoded(&decision.certificate, key())?))
        });
        decided.collect()
    }

    /// Notes until when a record is needed.
    fn note(&mut self, sequence: u64, record: &Record) {
        self.needed
            .extend(record.until().map(|until| (sequence, until)));
        self.secrets
            .extend(record.until_spent().map(|until| (sequence, until)));
    }

    /// Writes `records`, all or none, durable on return; drops in the same step what their
    /// decisions make needless, and what else is `needless`: decisions only if this device does not
    /// keep its history.
    pub(crate) fn write(
        &mut self,
        records: &[Record],
        needless: Needless,
    ) -> Result<(), StoreError> {
        let Needless { spent, below } = needless;
        let mut batch = Batch::default();
        for record in records {
            match record {
                Record::Snapshot(snapshot) => {
                    let older = usize::from(self.snapshots[0] > self.snapshots[1]);
                    self.snapshots[older] = snapshot.height();
                    let needless = self.needless(snapshot.height());
                    batch = batch.prune(needless);
                    batch = batch.meta(SNAPSHOTS[older], bytes(&**snapshot));
                }
                Record::Decision { block, certificate } => {
                    batch = batch.decision(block.height, bytes(&**block), bytes(certificate));
                    let needless = self.needless(block.height);
                    batch = batch.prune(needless);
                }
                other => {
                    let sequence = self.next;
                    self.next += 1;
                    self.note(sequence, other);
                    batch = batch.record(sequence, bytes(other));
                }
            }
        }
        let old = |until: &Spent| spent.covers(until);
        let dropped = self.secrets.iter().filter(|(_, until)| old(until));
        batch = batch.prune(dropped.map(|(sequence, _)| *sequence));
        self.secrets.retain(|_, until| !old(until));
        // Never what no snapshot covers, whoever asks for it.
        let below = below.min(self.newest());
        if self.history == History::SinceCheckpoint && below > self.forgotten {
            self.forgotten = below;
            batch = batch.forget_below(below);
        }
        self.store.commit(&batch)
    }

    /// Whether decisions stay when a snapshot covers them.
    pub(crate) const fn history(&self) -> History {
        self.history
    }

    /// The height of the newest snapshot; 0 before the first.
    fn newest(&self) -> Height {
        self.snapshots[0].max(self.snapshots[1])
    }

    /// The newest snapshot above `above`, or the one of `height`, as it was encoded; none if it is
    /// not there.
    pub(crate) fn snapshot(
        &mut self,
        above: Height,
        height: Option<Height>,
    ) -> Result<Option<Stored>, StoreError> {
        let wanted = height.unwrap_or(self.newest());
        let place = self.snapshots.iter().position(|held| *held == wanted);
        let Some(place) = place.filter(|_| wanted > above) else {
            return Ok(None);
        };
        let served = &mut self.served[place];
        if served.as_ref().is_none_or(|(held, _)| *held != wanted) {
            let stored = self.store.meta(SNAPSHOTS[place])?;
            *served = stored.map(|bytes| (wanted, bytes.into()));
        }
        Ok(served.clone())
    }

    /// The newest snapshot of a height up to `height`.
    pub(crate) fn snapshot_up_to(&self, height: Height) -> Result<Option<Snapshot>, StoreError> {
        let places = self.snapshots.iter().zip(SNAPSHOTS);
        let fits = places.filter(|(held, _)| (Height(1)..=height).contains(held));
        let newest = fits.max_by_key(|(held, _)| **held);
        newest.map_or(Ok(None), |(_, name)| self.get(name))
    }

    fn needless(&mut self, decided: Height) -> Vec<u64> {
        let old = |until: &Height| *until <= decided;
        let needless = self.needed.iter().filter(|(_, until)| old(until));
        let needless: Vec<_> = needless.map(|(sequence, _)| *sequence).collect();
        self.needed.retain(|_, until| !old(until));
        needless
    }

    /// The stored decisions from `from` on, as many as fit in one answer.
    pub(crate) fn decisions(
        &self,
        from: Height,
    ) -> Result<Vec<crate::store::Decision>, StoreError> {
        self.store.decisions(from, CHUNK_BYTES)
    }

    /// The certificate of a decided height, if it is kept.
    pub(crate) fn certificate(
        &self,
        height: Height,
    ) -> Result<Option<DecisionCertificate>, StoreError> {
        let stored = self.store.decisions(height, 0)?; // the first, however large it is
        let stored = stored.iter().find(|stored| stored.height == height);
        stored
            .map(|stored| decoded(&stored.certificate, Key::Decision(height.0)))
            .transpose()
    }

    /// Sets a named value, durable on return.
    pub(crate) fn set<T: serde::Serialize>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        self.store
            .commit(&Batch::default().meta(name, bytes(value)))
    }

    /// A named value.
    pub(crate) fn get<T>(&self, name: &str) -> Result<Option<T>, StoreError>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        read(&*self.store, name)
    }
}

/// A named value of `store`.
pub(crate) fn read<T>(store: &dyn Store, name: &str) -> Result<Option<T>, StoreError>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let stored = store.meta(name)?;
    stored
        .map(|bytes| decoded(&bytes, Key::Meta(name.to_owned())))
        .transpose()
}

fn bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // Invariant: records, cards and genesis hold integers, bytes and text, which always encode.
    codec::encode(value).expect("a record always encodes")
}

fn decoded<T>(bytes: &[u8], key: Key) -> Result<T, StoreError>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let corrupt = |_: DecodeError| StoreError::Corrupt {
        what: Corrupt::Value(key),
    };
    codec::decode(bytes).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;
    use crate::store::Folder;

    fn secrets(counter: u64) -> Record {
        let seed = [7; 32];
        Record::Secrets { counter, seed }
    }

    #[test]
    fn secrets_go_with_the_write_that_spends_them_also_after_a_restart() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::lock(home.path()).unwrap();
        let invite = quorate_core::Digest::of_bytes("test", b"ledger");
        let open = || Ledger::open(Box::new(folder.open(invite).unwrap()), History::Whole).unwrap();
        let (mut ledger, _) = open();
        let sealed = |turn| Record::Sealed {
            turn,
            action: vec![1],
        };
        let spent = |counter, turn| Needless {
            spent: Spent { counter, turn },
            ..Needless::default()
        };
        let first = [secrets(1), secrets(2), sealed(1), sealed(2)];
        ledger.write(&first, spent(0, 0)).unwrap();
        drop(ledger);
        let (mut ledger, journal) = open();
        assert_eq!(journal.records, first);
        ledger.write(&[secrets(3)], spent(2, 2)).unwrap();
        drop(ledger);
        assert_eq!(open().1.records, [secrets(2), sealed(2), secrets(3)]);
    }
}
