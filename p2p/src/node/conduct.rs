//! What this device thinks of whom it plays with: one reputation for all its tables, which
//! survives a restart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use quorate_core::reputation::{Detection, Reputation, Scale, Standing};

use crate::clock;
use crate::limits::CONDUCT_NOTES_UNSAVED;
use crate::lock;

const FILE: &str = "reputation";

/// The reputation of everybody this device has met.
#[derive(Debug)]
pub(crate) struct Conduct {
    noted: Mutex<Noted>,
    /// Where it is kept; nowhere, if the node keeps nothing.
    path: Option<PathBuf>,
}

#[derive(Debug)]
struct Noted {
    reputation: Reputation,
    unsaved: u32,
}

impl Conduct {
    /// What the folder says, or nothing yet. A file that does not read is no reason not to play:
    /// what was known is lost, and said so.
    pub(crate) fn open(folder: Option<&Path>, scale: Scale) -> Self {
        let path = folder.map(|folder| folder.join(FILE));
        let known = path.as_deref().and_then(read);
        let reputation = known.filter(|known| known.scale() == scale);
        let reputation = reputation.unwrap_or_else(|| Reputation::new(scale));
        let unsaved = 0;
        Self {
            noted: Mutex::new(Noted {
                reputation,
                unsaved,
            }),
            path,
        }
    }

    /// Notes what `who` did. Tells whether it is shut out from now on, and was not before.
    pub(crate) fn note(&self, who: PublicKey, what: Detection) -> bool {
        let mut noted = lock(&self.noted);
        let banned = noted.reputation.note(who, what, clock::now().wall);
        noted.unsaved += 1;
        if banned || noted.unsaved >= CONDUCT_NOTES_UNSAVED {
            self.write(&mut noted);
        }
        banned
    }

    /// Notes that `who` was of use.
    pub(crate) fn thank(&self, who: PublicKey) {
        let mut noted = lock(&self.noted);
        noted.reputation.thank(who, clock::now().wall);
        noted.unsaved += 1;
    }

    pub(crate) fn is_banned(&self, who: &PublicKey) -> bool {
        lock(&self.noted)
            .reputation
            .is_banned(who, clock::now().wall)
    }

    /// The points that `who` has lost: whoever lost the least is asked first.
    pub(crate) fn lost(&self, who: &PublicKey) -> u32 {
        lock(&self.noted).reputation.lost(who, clock::now().wall)
    }

    pub(crate) fn standing(&self, who: &PublicKey) -> Standing {
        lock(&self.noted)
            .reputation
            .standing(who, clock::now().wall)
    }

    pub(crate) fn banned(&self) -> Vec<PublicKey> {
        let noted = lock(&self.noted);
        let banned = noted.reputation.banned(clock::now().wall);
        banned.copied().collect()
    }

    /// Writes down what is not written yet.
    pub(crate) fn save(&self) {
        let mut noted = lock(&self.noted);
        if noted.unsaved > 0 {
            self.write(&mut noted);
        }
    }

    fn write(&self, noted: &mut Noted) {
        let Some(path) = &self.path else { return };
        // Invariant: a reputation holds keys and integers, which always encode.
        let bytes = codec::encode(&noted.reputation).expect("a reputation always encodes");
        match replace(path, &bytes) {
            Ok(()) => noted.unsaved = 0,
            Err(error) => tracing::warn!(%error, "cannot keep reputations"),
        }
    }
}

fn read(path: &Path) -> Option<Reputation> {
    let bytes = fs::read(path).ok()?;
    let read = codec::decode(&bytes);
    if let Err(error) = &read {
        tracing::warn!(%error, "the reputations of earlier days cannot be read");
    }
    read.ok()
}

/// Puts a file in another's place, whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, bytes)?;
    fs::rename(part, path)
}
