//! A store that is gone with its process. A key kept beside it must be gone too.

use std::collections::BTreeMap;

use quorate_core::Height;

use super::error::{Key, StoreError};
use super::{Batch, Decision, Store};

/// A store in memory, for tests, tables of one process, and keys that are never used again.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    records: BTreeMap<u64, Vec<u8>>,
    decisions: BTreeMap<u64, Decision>,
    meta: BTreeMap<String, Vec<u8>>,
}

impl Store for MemoryStore {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        for (sequence, bytes) in &batch.records {
            if self.records.get(sequence).is_some_and(|old| old != bytes) {
                return Err(StoreError::Overwrite {
                    what: Key::Record(*sequence),
                });
            }
        }
        for decision in &batch.decisions {
            if self
                .decisions
                .get(&decision.height.0)
                .is_some_and(|old| old != decision)
            {
                return Err(StoreError::Overwrite {
                    what: Key::Decision(decision.height.0),
                });
            }
        }
        self.records.extend(batch.records.iter().cloned());
        batch.pruned.iter().for_each(|sequence| {
            self.records.remove(sequence);
        });
        let decisions = batch.decisions.iter();
        self.decisions
            .extend(decisions.map(|decision| (decision.height.0, decision.clone())));
        if let Some(below) = batch.forgotten {
            self.decisions = self.decisions.split_off(&below.0);
        }
        self.meta.extend(batch.meta.iter().cloned());
        Ok(())
    }

    fn records(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        Ok(self
            .records
            .iter()
            .map(|(sequence, bytes)| (*sequence, bytes.clone()))
            .collect())
    }

    fn decisions(&self, from: Height, bytes_max: usize) -> Result<Vec<Decision>, StoreError> {
        let (mut decisions, mut bytes) = (Vec::new(), 0);
        for decision in self.decisions.range(from.0..).map(|(_, decision)| decision) {
            bytes += decision.block.len() + decision.certificate.len();
            if bytes > bytes_max && !decisions.is_empty() {
                break;
            }
            decisions.push(decision.clone());
        }
        Ok(decisions)
    }

    fn tip(&self) -> Result<Option<Height>, StoreError> {
        Ok(self.decisions.keys().next_back().copied().map(Height))
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.meta.get(name).cloned())
    }
}
