//! The journal of one table in its store.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Height;
use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec::{self, DecodeError};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::Block;

use crate::limits::CHUNK_BYTES;
use crate::store::{Batch, Corrupt, Key, Store, StoreError};

/// Writes an engine's records, and gives them back after a restart.
pub(crate) struct Ledger {
    store: Box<dyn Store>,
    next: u64,
    /// Until which decided height a record is needed, by its sequence number.
    needed: BTreeMap<u64, Height>,
}

impl Ledger {
    /// The ledger in `store`, and what it holds.
    pub(crate) fn open(store: Box<dyn Store>) -> Result<(Self, Journal), StoreError> {
        let mut ledger = Self {
            store,
            next: 0,
            needed: BTreeMap::new(),
        };
        let mut journal = Journal::default();
        for (sequence, bytes) in ledger.store.records()? {
            let record: Record = decoded(&bytes, Key::Record(sequence))?;
            ledger.next = sequence + 1;
            ledger
                .needed
                .extend(record.until().map(|until| (sequence, until)));
            journal.records.push(record);
        }
        let mut from = Height(1);
        loop {
            let chunk = ledger.store.decisions(from, CHUNK_BYTES)?;
            let Some(last) = chunk.last() else { break };
            from = last.height.next();
            for decision in chunk {
                let key = || Key::Decision(decision.height.0);
                let block: Block = decoded(&decision.block, key())?;
                let certificate: DecisionCertificate = decoded(&decision.certificate, key())?;
                journal.decisions.push((Arc::new(block), certificate));
            }
        }
        Ok((ledger, journal))
    }

    /// Writes `records`, all or none, durable on return; drops what their decisions make needless.
    pub(crate) fn write(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for record in records {
            match record {
                Record::Decision { block, certificate } => {
                    batch = batch.decision(block.height, bytes(&**block), bytes(certificate));
                    let needless = self.needless(block.height);
                    batch = batch.prune(needless);
                }
                other => {
                    let sequence = self.next;
                    self.next += 1;
                    self.needed
                        .extend(other.until().map(|until| (sequence, until)));
                    batch = batch.record(sequence, bytes(other));
                }
            }
        }
        self.store.commit(&batch)
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
