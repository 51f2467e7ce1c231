//! Stores on disks that fail: what was reported as durable is there, or the store says so.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use quorate_core::{Digest, Height};
use quorate_p2p::limits::RECORD_BYTES_MAX;
use quorate_p2p::store::{
    Batch, Corrupt, Decision, DiskStore, Folder, Key, MemoryStore, Store, StoreError,
};

fn record(sequence: u64) -> Vec<u8> {
    vec![u8::try_from(sequence % 251).unwrap(); 200 + usize::try_from(sequence).unwrap()]
}

fn batch(sequence: u64) -> Batch {
    Batch::default()
        .record(sequence, record(sequence))
        .decision(Height(sequence), record(sequence + 1), record(sequence + 2))
        .meta("tip", sequence.to_le_bytes().to_vec())
        .prune(sequence.checked_sub(4))
}

/// Whether the store is exactly what batches 1 to `last` leave.
fn holds(store: &dyn Store, last: u64) -> Result<bool, StoreError> {
    let records: Vec<_> = store
        .records()?
        .into_iter()
        .map(|(sequence, _)| sequence)
        .collect();
    let decisions = store.decisions(Height(0), usize::MAX)?;
    let meta = store.meta("tip")?;
    let kept: Vec<_> = (1.max(last.saturating_sub(3))..=last).collect();
    let contents = store
        .records()?
        .iter()
        .all(|(sequence, bytes)| *bytes == record(*sequence));
    let decided = decisions
        .iter()
        .map(|decision| decision.height.0)
        .eq(1..=last);
    let tip = meta
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
        .unwrap_or(0);
    Ok(records == kept && contents && decided && tip == last)
}

/// A disk in memory: what was synced is durable, what was only written may be lost.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    durable: Vec<u8>,
    current: Vec<u8>,
    unsynced: Vec<Change>,
    operations: usize,
    fails_at: Option<(usize, Failing)>,
}

#[derive(Clone, Debug)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failing {
    /// The operation fails, and so does every later one.
    Error,
    /// The power goes: nothing of what was not synced is there.
    PowerLosesAll,
    /// The power goes: of what was not synced, every second change is there.
    PowerLosesSome,
    /// The power goes in the middle of the last change.
    PowerTears,
}

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The disk after the power came back.
    fn after(&self) -> Self {
        let state = self.state();
        let bytes = match state.fails_at {
            Some((_, Failing::Error)) | None => state.current.clone(),
            Some((_, failing)) => {
                let mut bytes = state.durable.clone();
                let last = state.unsynced.len().saturating_sub(1);
                for (at, change) in state.unsynced.iter().enumerate() {
                    match (failing, change) {
                        (Failing::PowerLosesSome, change) if at % 2 == 0 => {
                            apply(&mut bytes, change);
                        }
                        (Failing::PowerTears, Change::Write(offset, data)) if at == last => {
                            let half = data[..data.len() / 2].to_vec();
                            apply(&mut bytes, &Change::Write(*offset, half));
                        }
                        (Failing::PowerTears, change) => apply(&mut bytes, change),
                        _ => {}
                    }
                }
                bytes
            }
        };
        Self::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Self {
        let state = State {
            durable: bytes.clone(),
            current: bytes,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Write(offset, data) => {
            let end = (offset + data.len()).max(bytes.len());
            bytes.resize(end, 0);
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
    }
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.fails_at {
            Some((at, _)) if self.operations >= at => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        let done = self.operate();
        let torn = self
            .fails_at
            .is_some_and(|(at, how)| how == Failing::PowerTears && self.operations == at);
        if done.is_ok() || torn {
            apply(&mut self.current, &change);
            self.unsynced.push(change);
        }
        done
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let state = self.state();
        let bytes = state.current.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.state()
            .change(Change::Length(usize::try_from(length).unwrap()))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.unsynced.clear();
        state.durable = state.current.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.state().change(Change::Write(
            usize::try_from(offset).unwrap(),
            data.to_vec(),
        ))
    }
}

/// Commits batches 1 to 6 on a disk that fails at operation `at`; tells how many were durable.
fn commit_until(disk: &Disk, at: usize, failing: Failing) -> u64 {
    disk.state().fails_at = Some((at, failing));
    let mut durable = 0;
    if let Ok(mut store) = DiskStore::with_backend(disk.clone()) {
        for sequence in 1..=6 {
            match store.commit(&batch(sequence)) {
                Ok(()) => durable = sequence,
                Err(StoreError::Disk { .. } | StoreError::Failed) => break,
                Err(error) => panic!("{error}"),
            }
        }
        if durable < 6 {
            assert!(
                store.commit(&batch(durable + 1)).is_err(),
                "a store that failed stays shut"
            );
        }
    }
    durable
}

#[test]
fn whatever_operation_fails_a_reopened_store_holds_what_was_durable() {
    let whole = Disk::default();
    commit_until(&whole, usize::MAX, Failing::Error);
    let operations = whole.state().operations;
    assert!(operations > 30, "the sweep below means something");
    let failures = [
        Failing::Error,
        Failing::PowerLosesAll,
        Failing::PowerLosesSome,
        Failing::PowerTears,
    ];
    for (at, failing) in (1..=operations).flat_map(|at| failures.map(|failing| (at, failing))) {
        let disk = Disk::default();
        let durable = commit_until(&disk, at, failing);
        match DiskStore::with_backend(disk.after()) {
            Ok(store) => {
                let kept = [durable, durable + 1].map(|last| holds(&store, last));
                assert!(
                    kept.contains(&Ok(true)),
                    "{failing:?} at {at}: {durable} durable"
                );
            }
            // Only a store that was never finished may not open; a folder makes it anew.
            Err(error) => assert_eq!(durable, 0, "{failing:?} at {at}: {error}"),
        }
    }
}

#[test]
fn a_flipped_bit_is_found_or_harmless_never_believed() {
    let disk = Disk::default();
    let mut store = DiskStore::with_backend(disk.clone()).unwrap();
    for sequence in 1..=6 {
        store.commit(&batch(sequence)).unwrap();
    }
    store.close().unwrap();
    let bytes = disk.state().durable.clone();
    let (mut found, mut harmless) = (0, 0);
    let used = (0..bytes.len()).filter(|at| bytes[*at] != 0);
    let unused = (0..bytes.len()).filter(|at| bytes[*at] == 0);
    for at in used.step_by(29).chain(unused.step_by(9973)) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let opened = DiskStore::with_backend(Disk::of(flipped));
        match opened.and_then(|store| holds(&store, 6)) {
            Ok(true) => harmless += 1,
            Ok(false) => panic!("byte {at} was believed"),
            Err(StoreError::Corrupt { .. } | StoreError::Disk { .. }) => found += 1,
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(
        found > 0 && harmless > 0,
        "{found} found, {harmless} in unused space"
    );
}

#[test]
fn a_value_that_is_not_what_was_written_is_named() {
    let disk = Disk::default();
    let mut store = DiskStore::with_backend(disk.clone()).unwrap();
    store.commit(&batch(7)).unwrap();
    // Behind the store's back, through the database itself: its own checksums stay right.
    drop(store);
    let table = redb::TableDefinition::<u64, &[u8]>::new("records");
    let database = redb::Builder::new()
        .create_with_backend(disk.clone())
        .unwrap();
    let writing = database.begin_write().unwrap();
    let records = writing.open_table(table).unwrap();
    let value = redb::ReadableTable::get(&records, 7).unwrap();
    let value = value.unwrap().value().to_vec();
    drop(records);
    writing
        .open_table(table)
        .unwrap()
        .insert(8, value.as_slice())
        .unwrap();
    writing.commit().unwrap();
    drop(database);
    let store = DiskStore::with_backend(disk).unwrap();
    let what = Corrupt::Value(Key::Record(8));
    assert_eq!(store.records(), Err(StoreError::Corrupt { what }));
}

fn each_store(test: impl Fn(&mut dyn Store)) {
    test(&mut MemoryStore::default());
    test(&mut DiskStore::with_backend(Disk::default()).unwrap());
}

#[test]
fn every_store_keeps_what_is_committed_and_prunes_what_it_is_told() {
    each_store(|store| {
        assert_eq!((store.records(), store.tip()), (Ok(vec![]), Ok(None)));
        for sequence in 1..=6 {
            store.commit(&batch(sequence)).unwrap();
        }
        assert_eq!(holds(store, 6), Ok(true));
        assert_eq!(store.tip(), Ok(Some(Height(6))));
        assert_eq!(store.meta("nothing"), Ok(None));
        let decision = Decision {
            height: Height(5),
            block: record(6),
            certificate: record(7),
        };
        assert_eq!(
            store.decisions(Height(5), 0),
            Ok(vec![decision]),
            "at least one"
        );
    });
}

#[test]
fn every_store_forgets_the_decisions_below_a_height_and_no_others() {
    each_store(|store| {
        for sequence in 1..=6 {
            store.commit(&batch(sequence)).unwrap();
        }
        let forget = |height| Batch::default().forget_below(Height(height));
        assert!(!forget(1).is_empty());
        store.commit(&forget(4)).unwrap();
        store.commit(&forget(2)).unwrap();
        let kept = store.decisions(Height(0), usize::MAX).unwrap();
        let kept: Vec<_> = kept.iter().map(|decision| decision.height.0).collect();
        assert_eq!(kept, [4, 5, 6]);
        assert_eq!(store.tip(), Ok(Some(Height(6))));
        assert_eq!(store.records().unwrap().len(), 4, "records stay");
    });
}

#[test]
fn no_record_or_decision_is_ever_overwritten() {
    each_store(|store| {
        store.commit(&batch(1)).unwrap();
        store
            .commit(&Batch::default().record(1, record(1)))
            .unwrap();
        let what = Key::Record(1);
        let other = Batch::default().record(2, record(2)).record(1, record(9));
        assert_eq!(store.commit(&other), Err(StoreError::Overwrite { what }));
        let other = Batch::default().decision(Height(1), record(9), record(9));
        let what = Key::Decision(1);
        assert_eq!(store.commit(&other), Err(StoreError::Overwrite { what }));
        assert_eq!(
            holds(store, 1),
            Ok(true),
            "nothing of a refused batch is there"
        );
        store.commit(&batch(2)).unwrap();
        assert_eq!(holds(store, 2), Ok(true), "and the store goes on");
    });
}

#[test]
fn a_record_has_a_largest_size() {
    each_store(|store| {
        let bytes = RECORD_BYTES_MAX + 1;
        let refused = store.commit(&Batch::default().record(1, vec![0; bytes]));
        assert_eq!(
            refused,
            Err(StoreError::TooLarge {
                bytes,
                max: RECORD_BYTES_MAX
            })
        );
        assert_eq!(store.records(), Ok(vec![]));
    });
}

#[test]
fn a_folder_serves_one_holder_and_a_stale_process_id_locks_nobody_out() {
    let temporary = tempfile::tempdir().unwrap();
    let path: &Path = temporary.path();
    std::fs::write(path.join("lock"), "4294967295").unwrap();
    let folder = Folder::lock(path).unwrap();
    let pid = Some(std::process::id());
    assert_eq!(
        Folder::lock(path).unwrap_err(),
        StoreError::FolderInUse { pid }
    );
    let tables = [1, 2].map(|byte| Digest::from_bytes([byte; 32]));
    for table in tables {
        folder.open(table).unwrap().commit(&batch(1)).unwrap();
    }
    let open = folder.open(tables[0]).unwrap();
    assert!(matches!(
        folder.open(tables[0]),
        Err(StoreError::FolderInUse { .. })
    ));
    drop((open, folder));
    let folder = Folder::lock(path).unwrap();
    assert_eq!(folder.tables().unwrap(), tables);
    assert_eq!(holds(&folder.open(tables[1]).unwrap(), 1), Ok(true));
}
