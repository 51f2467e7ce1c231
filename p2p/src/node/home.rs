//! Where a node keeps what must outlive it: a folder, or nothing.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use quorate_core::crypto::SecretKey;
use quorate_core::game::Game;
use quorate_core::genesis::{SignedGenesis, TableId};
use quorate_core::{Digest, Height};
use zeroize::Zeroizing;

use super::OpenError;
use crate::driver::{Card, Role, meta, read_meta};
use crate::entropy;
use crate::link::Link;
use crate::lock;
use crate::net::Multiaddr;
use crate::store::{Corrupt, Doing, Folder, MemoryStore, Store, StoreError};

const KEY: &str = "key";
const PORTS: &str = "ports";

/// A node's folder, or none.
pub(super) struct Home {
    folder: Mutex<Option<Folder>>,
    /// A node with a folder whose lock was given back opens nothing any more.
    in_memory: bool,
}

/// A table in the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// The link it has had from the beginning: [`Node::join`](super::Node::join) takes it up again.
    pub link: Link,
    /// What is played.
    pub game: String,
    /// The version of the rules.
    pub version: u32,
    /// The table's id, if it has begun.
    pub table: Option<TableId>,
    /// The last height decided here.
    pub height: Height,
    /// Whether this device holds a seat, and does not only watch.
    pub seated: bool,
    /// Whether play has ended.
    pub ended: bool,
}

impl Home {
    pub(super) fn open(path: Option<&Path>) -> Result<Self, StoreError> {
        let folder = path.map(Folder::lock).transpose()?;
        Ok(Self {
            in_memory: folder.is_none(),
            folder: Mutex::new(folder),
        })
    }

    /// Gives the folder back to whoever comes next.
    pub(super) fn close(&self) {
        lock(&self.folder).take();
    }

    /// The node's key, which the folder keeps. Made at the first start.
    pub(super) fn secret(&self, app: &[u8; 32]) -> Result<SecretKey, StoreError> {
        let folder = lock(&self.folder);
        let path = folder.as_ref().map(|folder| folder.path().join(KEY));
        if let Some(path) = path.as_ref().filter(|path| path.exists()) {
            let bytes = Zeroizing::new(fs::read(path).map_err(disk(Doing::Read))?);
            let secret = <&[u8; 32]>::try_from(&**bytes);
            let corrupt = |_| StoreError::Corrupt {
                what: Corrupt::File,
            };
            return Ok(SecretKey::from_bytes(secret.map_err(corrupt)?));
        }
        let secret = entropy::fresh("key", app).map_err(disk(Doing::Read))?;
        if let Some(path) = path {
            write_secretly(&path, &*secret).map_err(disk(Doing::Write))?;
        }
        Ok(SecretKey::from_bytes(&secret))
    }

    /// `wanted`, with the ports that were got last time where it leaves the choice to the system.
    pub(super) fn ports_before(&self, wanted: &[Multiaddr]) -> Vec<Multiaddr> {
        let folder = lock(&self.folder);
        let path = folder.as_ref().map(|folder| folder.path().join(PORTS));
        let text = path
            .and_then(|path| fs::read_to_string(path).ok())
            .unwrap_or_default();
        let known: Vec<Multiaddr> = text.lines().filter_map(|line| line.parse().ok()).collect();
        wanted
            .iter()
            .map(|address| ports::chosen_before(address, &known))
            .collect()
    }

    /// Notes the ports that were got, for the next start. Links live on them.
    pub(super) fn note_ports(&self, listening: &[Multiaddr]) {
        let folder = lock(&self.folder);
        let Some(folder) = folder.as_ref() else {
            return;
        };
        let lines: Vec<_> = listening.iter().map(ToString::to_string).collect();
        if let Err(error) = fs::write(folder.path().join(PORTS), lines.join("\n")) {
            tracing::warn!(%error, "cannot keep the ports: links may break with the next start");
        }
    }

    /// The store of the table that `invite` names.
    pub(super) fn store(&self, invite: Digest) -> Result<Box<dyn Store>, StoreError> {
        match &*lock(&self.folder) {
            Some(folder) => Ok(Box::new(folder.open(invite)?)),
            None if self.in_memory => Ok(Box::new(MemoryStore::default())),
            None => Err(StoreError::Failed),
        }
    }

    /// Whether the folder has a store of the table that `invite` names.
    pub(super) fn holds(&self, invite: &Digest) -> bool {
        let folder = lock(&self.folder);
        let tables = folder.as_ref().map(Folder::tables);
        tables.is_some_and(|tables| tables.is_ok_and(|tables| tables.contains(invite)))
    }

    /// The tables in the folder but for those that are `open`.
    pub(super) fn saved(&self, open: impl Fn(&Digest) -> bool) -> Result<Vec<Saved>, StoreError> {
        let folder = lock(&self.folder);
        let Some(folder) = folder.as_ref() else {
            return Ok(Vec::new());
        };
        let mut saved = Vec::new();
        for invite in folder.tables()? {
            // The file of an open table is its thread's alone.
            if !open(&invite) {
                saved.extend(read(&folder.open(invite)?)?);
            }
        }
        Ok(saved)
    }
}

fn read(store: &dyn Store) -> Result<Option<Saved>, StoreError> {
    let Some(card) = card(store)? else {
        return Ok(None);
    };
    let signed: Option<SignedGenesis> = read_meta(store, meta::GENESIS)?;
    let Ok(mut link) = card.link.parse::<Link>() else {
        return Ok(None);
    };
    link.table = signed.map(|signed| signed.genesis.table());
    Ok(Some(Saved {
        table: link.table,
        link,
        game: card.game,
        version: card.version,
        height: store.tip()?.unwrap_or_default(),
        seated: card.role != Role::Watcher,
        ended: read_meta(store, meta::ENDED)? == Some(true),
    }))
}

/// How this device came to the table of `store`; none if the store is new.
pub(super) fn card(store: &dyn Store) -> Result<Option<Card>, StoreError> {
    read_meta(store, meta::CARD)
}

/// Whether a saved table plays `G`.
pub(super) fn same_game<G: Game>(card: &Card) -> Result<(), OpenError> {
    if (card.game.as_str(), card.version) == (G::NAME, G::VERSION) {
        return Ok(());
    }
    Err(OpenError::OtherGame {
        saved: card.game.clone(),
        version: card.version,
        wanted: G::NAME.to_owned(),
        ours: G::VERSION,
    })
}

/// Writes a file that only its owner can read, durably, whole or not at all.
fn write_secretly(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;

    let part = path.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(part, path)
}

fn disk(doing: Doing) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::Disk {
        doing,
        kind: error.kind(),
    }
}

mod ports {
    use crate::net::Multiaddr;
    use libp2p::multiaddr::Protocol;

    /// `wanted` with the port it got before, if it leaves that to the system and got one.
    pub(super) fn chosen_before(wanted: &Multiaddr, known: &[Multiaddr]) -> Multiaddr {
        let Some(Protocol::Udp(0) | Protocol::Tcp(0)) = wanted.iter().nth(1) else {
            return wanted.clone();
        };
        let tail = |address: &Multiaddr| -> Vec<_> {
            address
                .iter()
                .skip(1)
                .map(|part| part.tag().to_owned())
                .collect()
        };
        let Some(before) = known.iter().find(|known| tail(known) == tail(wanted)) else {
            return wanted.clone();
        };
        wanted.iter().take(1).chain(before.iter().skip(1)).collect()
    }
}
