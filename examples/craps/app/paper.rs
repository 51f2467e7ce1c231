//! Proofs as files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use quorate::evidence::{Exported, Offence};
use quorate::proof_json;

/// Writes a proof into `folder`, under a name that says whom it is about.
pub(crate) fn write(proof: &Exported, offence: Offence, folder: &Path) -> io::Result<PathBuf> {
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let name: String = proof.name.to_lowercase().chars().map(plain).collect();
    let path = folder.join(format!("{name}-{}.json", offence.height()));
    fs::write(&path, proof_json(proof))?;
    Ok(path)
}
