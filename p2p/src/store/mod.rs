//! Where a table's journal and decisions are kept.
//!
//! One [`Store`] per table, written by the thread that drives its engine. What must be on disk
//! together is one [`Batch`]: [`Store::commit`] returns once all of it is durable, or leaves none
//! of it. A store never guesses: what does not match its checksum is [`StoreError::Corrupt`].
//!
//! ```
//! use quorate_core::Height;
//! use quorate_p2p::store::{Batch, MemoryStore, Store};
//!
//! let mut store = MemoryStore::default();
//! let batch = Batch::default()
//!     .record(1, b"my vote".to_vec())
//!     .decision(Height(1), b"block".to_vec(), b"certificate".to_vec());
//! store.commit(&batch).unwrap();
//! assert_eq!(store.records().unwrap(), [(1, b"my vote".to_vec())]);
//! assert_eq!(store.tip().unwrap(), Some(Height(1)));
//! ```

mod disk;
mod error;
mod folder;
mod memory;

use quorate_core::Height;

pub use disk::DiskStore;
pub use error::{Corrupt, Doing, Key, StoreError};
pub use folder::Folder;
pub use memory::MemoryStore;

/// What is kept of one table.
pub trait Store: Send {
    /// Writes all of `batch`, or nothing of it; durable on return.
    ///
    /// # Errors
    /// [`StoreError`]; what was committed before is untouched. After an error of the disk the
    /// store takes no further batch: whether this one is there shows when it is opened again.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError>;

    /// Every record that was not pruned, by ascending sequence number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one of them is not what was written.
    fn records(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// Decisions from height `from` on, ascending, as many as fit in `bytes_max` but at least one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one of them is not what was written.
    fn decisions(&self, from: Height, bytes_max: usize) -> Result<Vec<Decision>, StoreError>;

    /// The highest decision's height.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn tip(&self) -> Result<Option<Height>, StoreError>;

    /// The value named `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is not what was written.
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A decided block and its certificate, as they were encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The block's height.
    pub height: Height,
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded certificate.
    pub certificate: Vec<u8>,
}

/// What becomes durable together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    records: Vec<(u64, Vec<u8>)>,
    decisions: Vec<Decision>,
    meta: Vec<(String, Vec<u8>)>,
    pruned: Vec<u64>,
    forgotten: Option<Height>,
}

impl Batch {
    /// Adds a journal record under its sequence number, which no earlier record has.
    #[must_use]
    pub fn record(mut self, sequence: u64, bytes: Vec<u8>) -> Self {
        self.records.push((sequence, bytes));
        self
    }

    /// Adds the decision of `height`.
    #[must_use]
    pub fn decision(mut self, height: Height, block: Vec<u8>, certificate: Vec<u8>) -> Self {
        self.decisions.push(Decision {
            height,
            block,
            certificate,
        });
        self
    }

    /// Sets a named value: the genesis, a key, the address book.
    #[must_use]
    pub fn meta(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.meta.push((name.to_owned(), bytes));
        self
    }

    /// Removes records that nothing needs any more.
    #[must_use]
    pub fn prune(mut self, sequences: impl IntoIterator<Item = u64>) -> Self {
        self.pruned.extend(sequences);
        self
    }

    /// Removes the decisions below `height`.
    #[must_use]
    pub fn forget_below(mut self, height: Height) -> Self {
        self.forgotten = self.forgotten.max(Some(height));
        self
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.decisions.is_empty()
            && self.meta.is_empty()
            && self.pruned.is_empty()
            && self.forgotten.is_none()
    }
}
