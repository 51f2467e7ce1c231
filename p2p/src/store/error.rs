//! What goes wrong with a disk, and what never should.

use std::fmt;
use std::io;

/// Why something was not stored or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What is stored is not what was written. Stop: nothing that is read may be trusted.
    #[error("the store is corrupt: {what}")]
    Corrupt {
        /// Which part.
        what: Corrupt,
    },
    /// The folder is in use by another process, or by another node of this one.
    #[error("the folder is in use by process {}", Process(.pid))]
    FolderInUse {
        /// That process, if it said so.
        pid: Option<u32>,
    },
    /// The host's disk failed.
    #[error("{doing} failed: {kind}")]
    Disk {
        /// What was tried.
        doing: Doing,
        /// How it failed.
        kind: io::ErrorKind,
    },
    /// An earlier batch failed; the store must be opened again.
    #[error("an earlier write failed: open the store again")]
    Failed,
    /// A value longer than a store takes.
    #[error("{bytes} bytes are too many, at most {max} are allowed")]
    TooLarge {
        /// The length given.
        bytes: usize,
        /// The length allowed.
        max: usize,
    },
    /// A sequence number or height that was written before with other bytes.
    #[error("{what} was written before with other bytes")]
    Overwrite {
        /// Which.
        what: Key,
    },
}

/// What was tried when the disk failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doing {
    /// Locking the folder.
    Lock,
    /// Opening or creating.
    Open,
    /// Reading.
    Read,
    /// Writing or syncing.
    Write,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lock => "locking the folder",
            Self::Open => "opening the store",
            Self::Read => "reading the store",
            Self::Write => "writing the store",
        })
    }
}

/// Which part of a store is corrupt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// One value is not what was written under its key.
    Value(Key),
    /// The file as a whole.
    File,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(key) => write!(f, "{key} is not what was written"),
            Self::File => f.write_str("the file is damaged"),
        }
    }
}

/// Names one value of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// The decision of a height.
    Decision(u64),
    /// The value of a name.
    Meta(String),
    /// The record of a sequence number.
    Record(u64),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision(height) => write!(f, "the decision of height {height}"),
            Self::Meta(name) => write!(f, "the value {name:?}"),
            Self::Record(sequence) => write!(f, "record {sequence}"),
        }
    }
}

struct Process<'a>(&'a Option<u32>);

impl fmt::Display for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "{pid}"),
            None => f.write_str("unknown"),
        }
    }
}
