//! A folder with one file per table, locked by one process.
//!
//! Two processes that sign for one seat would contradict each other and be punished for it, so
//! the folder is locked for as long as it is held. The lock is the system's: it ends with the
//! process, however that ends, and a process id left behind means nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use quorate_core::Digest;

use super::DiskStore;
use super::error::{Doing, StoreError};

const LOCK: &str = "lock";
const EXTENSION: &str = "redb";
const UNFINISHED: &str = "unfinished";

/// A locked folder of stores.
///
/// ```
/// use quorate_core::Digest;
/// use quorate_p2p::store::{Folder, StoreError};
///
/// let temporary = tempfile::tempdir().unwrap();
/// let folder = Folder::lock(temporary.path()).unwrap();
/// let table = Digest::of_bytes("example", b"table");
/// folder.open(table).unwrap();
/// assert_eq!(folder.tables().unwrap(), [table]);
///
/// let pid = Some(std::process::id());
/// assert_eq!(Folder::lock(temporary.path()).unwrap_err(), StoreError::FolderInUse { pid });
/// ```
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Holds the lock until dropped.
    _lock: File,
}

impl Folder {
    /// Locks the folder at `path`, which is created if there is none.
    ///
    /// # Errors
    /// [`StoreError::FolderInUse`] if it is locked already.
    pub fn lock(path: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(disk(Doing::Lock))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(path.join(LOCK)).map_err(disk(Doing::Lock))?;
        match FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = lock.read_to_string(&mut holder);
                let pid = read.ok().and_then(|_| holder.trim().parse().ok());
                return Err(StoreError::FolderInUse { pid });
            }
            Err(TryLockError::Error(error)) => return Err(disk(Doing::Lock)(error)),
        }
        lock.set_len(0).map_err(disk(Doing::Lock))?;
        lock.rewind().map_err(disk(Doing::Lock))?;
        write!(lock, "{}", std::process::id()).map_err(disk(Doing::Lock))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Opens or creates the store of `table`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if its file is damaged, [`StoreError::FolderInUse`] if it is open.
    pub fn open(&self, table: Digest) -> Result<DiskStore, StoreError> {
        let path = self.file(table);
        if !path.try_exists().map_err(disk(Doing::Open))? {
            self.create(&path)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(path);
        DiskStore::in_file(file.map_err(disk(Doing::Open))?)
    }

    /// Makes an empty store under another name first, so that a crash leaves no half of one.
    fn create(&self, path: &Path) -> Result<(), StoreError> {
        let unfinished = path.with_extension(UNFINISHED);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(&unfinished).map_err(disk(Doing::Open))?;
        DiskStore::in_file(file)?.close()?;
        fs::rename(&unfinished, path).map_err(disk(Doing::Open))?;
        sync_folder(&self.path).map_err(disk(Doing::Open))
    }

    /// The tables that have a store here, in order of their digests.
    ///
    /// # Errors
    /// [`StoreError::Disk`] if the folder cannot be read.
    pub fn tables(&self) -> Result<Vec<Digest>, StoreError> {
        let mut tables = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(disk(Doing::Read))? {
            tables.extend(table(&entry.map_err(disk(Doing::Read))?.path()));
        }
        tables.sort_unstable();
        Ok(tables)
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, table: Digest) -> PathBuf {
        self.path.join(table.to_string()).with_extension(EXTENSION)
    }
}

fn table(path: &Path) -> Option<Digest> {
    let is_store = path
        .extension()
        .is_some_and(|extension| extension == EXTENSION);
    let name = path.file_stem().filter(|_| is_store)?.to_str()?;
    let bytes = data_encoding::HEXLOWER.decode(name.as_bytes()).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

/// Makes a new file's name durable where the system has a way to.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

fn disk(doing: Doing) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::Disk {
        doing,
        kind: error.kind(),
    }
}
