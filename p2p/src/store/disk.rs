//! A store in one `redb` file.
//!
//! Every commit is synced before it returns. Every value carries a checksum over its key and its
//! bytes, and every open checks the whole file, so that a flipped bit is found before anything is
//! read. A commit that the power cut off is rolled back: it was never reported as durable.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quorate_core::Height;
use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageBackend,
    StorageError, TableDefinition, WriteTransaction,
};

use super::error::{Corrupt, Doing, Key, StoreError};
use super::{Batch, Decision, Store};
use crate::limits::{META_BYTES_MAX, RECORD_BYTES_MAX};

type Numbered = TableDefinition<'static, u64, &'static [u8]>;

const RECORDS: Numbered = TableDefinition::new("records");
const DECISIONS: Numbered = TableDefinition::new("decisions");
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

const CHECKSUM_BYTES: usize = 16;
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A store in one file. [`Folder::open`](super::Folder::open) opens one.
pub struct DiskStore {
    database: Database,
    failed: bool,
}

impl DiskStore {
    /// Opens or creates a store in `file`, which nobody else may have open.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the file is damaged, [`StoreError::Disk`] if the disk fails.
    pub fn in_file(file: std::fs::File) -> Result<Self, StoreError> {
        Self::with_backend(FileBackend::new(file).map_err(opening)?)
    }

    /// Opens or creates a store over `backend`, for tests that make disks fail.
    ///
    /// # Errors
    /// As [`DiskStore::in_file`].
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let open = || -> Result<Database, StoreError> {
            let database = Database::builder()
                .set_cache_size(CACHE_BYTES)
                .set_check_integrity_on_open(true)
                .create_with_backend(backend)
                .map_err(opening)?;
            create_tables(&database)?;
            Ok(database)
        };
        // A damaged file may break an invariant of the database before a checksum tells.
        let database =
            catch_unwind(AssertUnwindSafe(open)).unwrap_or(Err(StoreError::Corrupt {
                what: Corrupt::File,
            }))?;
        Ok(Self {
            database,
            failed: false,
        })
    }

    /// Closes the file. Dropping does the same, without telling of an error.
    ///
    /// # Errors
    /// [`StoreError::Disk`]; everything committed is durable all the same.
    pub fn close(self) -> Result<(), StoreError> {
        self.database
            .close()
            .map_err(|error| failure(Doing::Write, error.into()))
    }

    fn read<T>(
        &self,
        table: Numbered,
        read: impl FnOnce(&redb::ReadOnlyTable<u64, &'static [u8]>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reading = self.database.begin_read().map_err(reading)?;
        read(&reading.open_table(table).map_err(self::reading)?)
    }
}

fn create_tables(database: &Database) -> Result<(), StoreError> {
    let writing = database.begin_write().map_err(writing)?;
    let fresh = writing
        .list_tables()
        .map_err(self::writing)?
        .next()
        .is_none();
    if !fresh {
        return writing.abort().map_err(self::writing);
    }
    writing.open_table(RECORDS).map_err(self::writing)?;
    writing.open_table(DECISIONS).map_err(self::writing)?;
    writing.open_table(META).map_err(self::writing)?;
    writing.commit().map_err(self::writing)
}

impl Store for DiskStore {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        if self.failed {
            return Err(StoreError::Failed);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let result = write(&self.database, batch);
        self.failed = matches!(
            result,
            Err(StoreError::Disk { .. } | StoreError::Corrupt { .. })
        );
        result
    }

    fn records(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read(RECORDS, |table| {
            let rows = table.range(0..).map_err(reading)?;
            rows.map(|row| {
                let (sequence, value) = row.map_err(reading)?;
                let key = Key::Record(sequence.value());
                Ok((sequence.value(), open_value(key, value.value())?.to_vec()))
            })
            .collect()
        })
    }

    fn decisions(&self, from: Height, bytes_max: usize) -> Result<Vec<Decision>, StoreError> {
        self.read(DECISIONS, |table| {
            let (mut decisions, mut bytes) = (Vec::new(), 0);
            for row in table.range(from.0..).map_err(reading)? {
                let (height, value) = row.map_err(reading)?;
                bytes += value.value().len();
                if bytes > bytes_max && !decisions.is_empty() {
                    break;
                }
                decisions.push(open_decision(height.value(), value.value())?);
            }
            Ok(decisions)
        })
    }

    fn tip(&self) -> Result<Option<Height>, StoreError> {
        self.read(DECISIONS, |table| {
            let last = table.last().map_err(reading)?;
            Ok(last.map(|(height, _)| Height(height.value())))
        })
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let reading = self.database.begin_read().map_err(reading)?;
        let table = reading.open_table(META).map_err(self::reading)?;
        let value = table.get(name).map_err(self::reading)?;
        let open = |value: redb::AccessGuard<'_, &[u8]>| {
            Ok(open_value(Key::Meta(name.to_owned()), value.value())?.to_vec())
        };
        value.map(open).transpose()
    }
}

fn write(database: &Database, batch: &Batch) -> Result<(), StoreError> {
    let mut writing = database.begin_write().map_err(writing)?;
    writing
        .set_durability(Durability::Immediate)
        .map_err(self::writing)?;
    match fill(&writing, batch) {
        Ok(()) => writing.commit().map_err(self::writing),
        Err(error) => {
            writing.abort().map_err(self::writing)?;
            Err(error)
        }
    }
}

fn fill(writing: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    let mut records = writing.open_table(RECORDS).map_err(self::writing)?;
    for (sequence, bytes) in &batch.records {
        let key = Key::Record(*sequence);
        let value = seal(&key, &[bytes]);
        let old = records
            .insert(sequence, value.as_slice())
            .map_err(self::writing)?;
        refuse_overwrite(key, old.as_ref().map(redb::AccessGuard::value), &value)?;
    }
    for sequence in &batch.pruned {
        records.remove(sequence).map_err(self::writing)?;
    }
    let mut decisions = writing.open_table(DECISIONS).map_err(self::writing)?;
    for decision in &batch.decisions {
        let key = Key::Decision(decision.height.0);
        let length = (decision.block.len() as u64).to_le_bytes();
        let value = seal(&key, &[&length, &decision.block, &decision.certificate]);
        let old = decisions
            .insert(decision.height.0, value.as_slice())
            .map_err(self::writing)?;
        refuse_overwrite(key, old.as_ref().map(redb::AccessGuard::value), &value)?;
    }
    if let Some(below) = batch.forgotten {
        decisions
            .retain_in(..below.0, |_, _| false)
            .map_err(self::writing)?;
    }
    let mut meta = writing.open_table(META).map_err(self::writing)?;
    for (name, bytes) in &batch.meta {
        let value = seal(&Key::Meta(name.clone()), &[bytes]);
        meta.insert(name.as_str(), value.as_slice())
            .map_err(self::writing)?;
    }
    Ok(())
}

fn refuse_overwrite(what: Key, old: Option<&[u8]>, new: &[u8]) -> Result<(), StoreError> {
    match old {
        Some(old) if old != new => Err(StoreError::Overwrite { what }),
        _ => Ok(()),
    }
}

/// The checksum of a value under its key, so that no value can stand in for another.
fn checksum(key: &Key, parts: &[&[u8]]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    match key {
        Key::Decision(height) => hasher.update(b"decision\0").update(&height.to_le_bytes()),
        Key::Meta(name) => hasher
            .update(b"meta\0")
            .update(name.as_bytes())
            .update(&[0]),
        Key::Record(sequence) => hasher.update(b"record\0").update(&sequence.to_le_bytes()),
    };
    parts.iter().for_each(|part| {
        hasher.update(part);
    });
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM_BYTES]);
    sum
}

fn seal(key: &Key, parts: &[&[u8]]) -> Vec<u8> {
    let mut value = checksum(key, parts).to_vec();
    parts.iter().for_each(|part| value.extend_from_slice(part));
    value
}

fn open_value(key: Key, value: &[u8]) -> Result<&[u8], StoreError> {
    match value.split_first_chunk::<CHECKSUM_BYTES>() {
        Some((sum, bytes)) if *sum == checksum(&key, &[bytes]) => Ok(bytes),
        _ => Err(StoreError::Corrupt {
            what: Corrupt::Value(key),
        }),
    }
}

fn open_decision(height: u64, value: &[u8]) -> Result<Decision, StoreError> {
    let corrupt = || StoreError::Corrupt {
        what: Corrupt::Value(Key::Decision(height)),
    };
    let bytes = open_value(Key::Decision(height), value)?;
    let (length, bytes) = bytes.split_first_chunk::<8>().ok_or_else(corrupt)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| corrupt())?;
    let (block, certificate) = bytes.split_at_checked(length).ok_or_else(corrupt)?;
    let (block, certificate) = (block.to_vec(), certificate.to_vec());
    Ok(Decision {
        height: Height(height),
        block,
        certificate,
    })
}

impl Batch {
    /// Refuses values longer than a store takes.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let fits = |bytes: usize, max| {
            if bytes > max {
                Err(StoreError::TooLarge { bytes, max })
            } else {
                Ok(())
            }
        };
        self.records
            .iter()
            .try_for_each(|(_, bytes)| fits(bytes.len(), RECORD_BYTES_MAX))?;
        self.meta
            .iter()
            .try_for_each(|(_, bytes)| fits(bytes.len(), META_BYTES_MAX))?;
        let size = |decision: &Decision| decision.block.len() + decision.certificate.len();
        self.decisions
            .iter()
            .try_for_each(|decision| fits(size(decision), RECORD_BYTES_MAX))
    }
}

fn opening(error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::FolderInUse { pid: None },
        error => failure(Doing::Open, error.into()),
    }
}

fn reading<E: Into<redb::Error>>(error: E) -> StoreError {
    failure(Doing::Read, error.into())
}

fn writing<E: Into<redb::Error>>(error: E) -> StoreError {
    failure(Doing::Write, error.into())
}

fn failure(doing: Doing, error: redb::Error) -> StoreError {
    match error {
        redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            StoreError::Corrupt {
                what: Corrupt::File,
            }
        }
        redb::Error::Io(error) => StoreError::Disk {
            doing,
            kind: error.kind(),
        },
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => StoreError::Failed,
        redb::Error::ValueTooLarge(bytes) => StoreError::TooLarge {
            bytes,
            max: RECORD_BYTES_MAX,
        },
        redb::Error::LockPoisoned(_) => StoreError::Disk {
            doing,
            kind: io::ErrorKind::Other,
        },
        // What is left says that the file is not what this store writes.
        _ => StoreError::Corrupt {
            what: Corrupt::File,
        },
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        failure(Doing::Read, error.into())
    }
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore")
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
