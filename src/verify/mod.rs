//! Proofs and transcripts as files: anybody checks them with any build of Quorate.

mod gone;
mod lines;
mod told;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use quorate_core::check::fingerprint;
use quorate_core::codec;
use quorate_core::crypto::AnyScheme;
use quorate_core::transcript::{Cause, Flaw, MAGIC, Part, Reader, Verdict, replay, verify};

pub use gone::Gone;

use crate::proof::{self, Document, ProofError};
use crate::{Digest, Game, Height, Table, TranscriptError};

/// What a file proves.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verified {
    /// That somebody signed what no honest seat signs: one sentence.
    Proof(String),
    /// Who says where a table stands that lost its quorum: one sentence. No more than the last
    /// decision is certified.
    Claim(String),
    /// How a table was played: signatures, states and dice hold, and the rules say the same.
    Transcript {
        /// What holds, which is everything.
        verdict: Box<Verdict>,
        /// Who is out of the game, in the order in which they went.
        gone: Vec<Gone>,
    },
    /// A transcript of another game than this program's, or of another version of it: what needs no
    /// rules holds, and no move, state or result was checked.
    OtherGame {
        /// What holds.
        verdict: Box<Verdict>,
        /// The game of this program, and the version of its rules.
        program: (&'static str, u32),
    },
    /// A transcript of a game that has the name and the version of this program's, and was played
    /// by other rules, which lead elsewhere: what needs no rules holds.
    OtherRules {
        /// What holds.
        verdict: Box<Verdict>,
        /// The fingerprint of the rules that it was played by, and that of this program's.
        fingerprints: [Digest; 2],
        /// Where this program's rules lead elsewhere.
        flaw: Flaw,
    },
}

impl Verified {
    /// What a program that verifies ends with.
    ///
    /// - 0: all that the file says holds.
    /// - 3: the file is of another game or of other rules, so that a part of it could not be
    ///   checked. Whoever wants that part needs the program that it was played with.
    ///
    /// A file that does not hold is an error, for which programs end with 1.
    #[must_use]
    pub const fn status(&self) -> u8 {
        match self {
            Self::Proof(_) | Self::Claim(_) | Self::Transcript { .. } => 0,
            Self::OtherGame { .. } | Self::OtherRules { .. } => 3,
        }
    }
}

/// Why a file proves nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyError {
    /// It cannot be read, or what is told of it cannot be written.
    Io(io::Error),
    /// A transcript that does not hold.
    Transcript(Flaw),
    /// No transcript, and no proof that holds.
    Proof(ProofError),
    /// Nothing like a transcript or a proof.
    Neither,
}

/// Checks the file at `path`, a transcript of a table, a proof against a seat, or a claim; which of
/// them, the file tells. A transcript of `G` is played again by the rules; of one of another game,
/// or of other rules, all that needs no rules is checked, and [`Verified::OtherGame`] or
/// [`Verified::OtherRules`] says so.
///
/// `heights` is told each height of a transcript that holds, as one line of JSON.
///
/// # Errors
/// [`VerifyError`] says what is wrong, and at which height.
pub fn verify_file<G: Game>(
    path: &Path,
    mut heights: Option<&mut dyn Write>,
) -> Result<Verified, VerifyError> {
    let mut start = Vec::new();
    let name = MAGIC.len() as u64 - 2; // without the version
    File::open(path)?.take(name).read_to_end(&mut start)?;
    if !MAGIC.starts_with(&start) || start.is_empty() {
        let proof = proof_in(path)?;
        // A proof is a JSON object, however badly it was copied.
        let proof = proof.filter(|proof| proof.trim_start().starts_with('{'));
        let document = proof::read(&proof.ok_or(VerifyError::Neither)?);
        return Ok(match document.map_err(VerifyError::Proof)? {
            Document::Proof(says) => Verified::Proof(says),
            Document::Claim(says) => Verified::Claim(says),
        });
    }
    let (mut written, mut gone) = (Ok(()), Vec::new());
    let replayed = replay::<G>(open(path)?, AnyScheme, |passed| {
        gone.extend(gone::of(passed));
        if let Some(out) = heights.as_mut().filter(|_| written.is_ok()) {
            written = writeln!(out, "{}", lines::height(passed));
        }
    });
    written?;
    match replayed {
        Ok(verdict) => {
            gone::convict(&mut gone, &verdict, open(path)?);
            let verdict = Box::new(verdict);
            Ok(Verified::Transcript { verdict, gone })
        }
        Err(flaw) => without_rules::<G>(path, flaw),
    }
}

/// What holds of a transcript in which the rules of `G` find a flaw, if it was not played by them.
///
/// Fingerprints alone would say too little: they differ also where only what bots try has changed,
/// or how the program was built. What these rules lead through, they verify.
fn without_rules<G: Game>(path: &Path, flaw: Flaw) -> Result<Verified, VerifyError> {
    let signed = |path| {
        let verdict = verify(open(path)?, AnyScheme).map_err(VerifyError::Transcript)?;
        Ok::<_, VerifyError>(Box::new(verdict))
    };
    if matches!(flaw.cause, Cause::OtherGame { .. }) {
        return Ok(Verified::OtherGame {
            verdict: signed(path)?,
            program: (G::NAME, G::VERSION),
        });
    }
    let Some(fingerprints) = other_rules::<G>(open(path)?) else {
        return Err(VerifyError::Transcript(flaw));
    };
    Ok(Verified::OtherRules {
        verdict: signed(path)?,
        fingerprints,
        flaw,
    })
}

/// The fingerprint of the rules that a transcript was played by, and that of `G` with the same
/// options; none if they are one.
fn other_rules<G: Game>(transcript: impl Read) -> Option<[Digest; 2]> {
    let first = Reader::new(transcript).ok()?.next_part().ok()?;
    let Some(Part::Genesis(signed)) = first else {
        return None;
    };
    let game: G = codec::decode(&signed.genesis.options).ok()?;
    let (theirs, ours) = (signed.genesis.fingerprint, fingerprint(&game).ok()?);
    (theirs != ours).then_some([theirs, ours])
}

/// The text of a file that is no transcript, read no further than a proof can go; none if it is no
/// text.
fn proof_in(path: &Path) -> io::Result<Option<String>> {
    let mut proof = Vec::new();
    File::open(path)?
        .take(PROOF_BYTES_MAX + 1)
        .read_to_end(&mut proof)?;
    if proof.len() as u64 > PROOF_BYTES_MAX {
        let why = "no transcript, and too long for a proof";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(String::from_utf8(proof).ok())
}

/// Bytes of the longest proof: two certificates of 64 seats and a genesis, all in hexadecimal.
const PROOF_BYTES_MAX: u64 = 1 << 20;

fn open(path: &Path) -> io::Result<impl Read> {
    Ok(BufReader::new(File::open(path)?))
}

/// Writes the transcript of `table` up to now to the file at `path`, which is replaced once all of
/// it is written. Returns the last height in it.
///
/// # Errors
/// [`TranscriptError`]; the file is as it was.
pub fn save_transcript<G: Game>(table: &Table<G>, path: &Path) -> Result<Height, TranscriptError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = File::create(&part)
        .map_err(TranscriptError::from)
        .and_then(|file| table.transcript(BufWriter::new(file)));
    let saved = written.and_then(|height| {
        std::fs::rename(&part, path)?;
        Ok(height)
    });
    if saved.is_err() {
        let _ = std::fs::remove_file(&part); // what could not be finished is of no use
    }
    saved
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Transcript(flaw) => write!(f, "the transcript does not hold: {flaw}"),
            Self::Proof(error) => error.fmt(f),
            Self::Neither => f.write_str("neither transcript, proof nor claim"),
        }
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Transcript(flaw) => Some(flaw),
            Self::Proof(error) => Some(error),
            Self::Neither => None,
        }
    }
}

impl From<io::Error> for VerifyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
