//! Proofs and transcripts as files: anybody checks them with any build of Quorate.

mod lines;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use quorate_core::crypto::AnyScheme;
use quorate_core::transcript::{Cause, Flaw, MAGIC, Sitting, Verdict, replay, verify};

use crate::proof::{self, Document, ProofError};
use crate::{Game, Height, SeatKind, Table, TranscriptError};

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
    Transcript(Box<Verdict>),
    /// A transcript of other rules than those of this program: what needs no rules holds, and no
    /// move, state or result was checked.
    OtherGame {
        /// What holds.
        verdict: Box<Verdict>,
        /// The game of this program, and the version of its rules.
        program: (&'static str, u32),
    },
}

impl Verified {
    /// What a program that verifies ends with.
    ///
    /// - 0: all that the file says holds.
    /// - 3: the file is of another game, or of another version of its rules, so that a part of it
    ///   could not be checked. Whoever wants that part needs the program of that game.
    ///
    /// A file that does not hold is an error, for which programs end with 1.
    #[must_use]
    pub const fn status(&self) -> u8 {
        match self {
            Self::Proof(_) | Self::Claim(_) | Self::Transcript(_) => 0,
            Self::OtherGame { .. } => 3,
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
/// them, the file tells. A transcript of `G` is played again by the rules; of one of another game
/// all that needs no rules is checked, and [`Verified::OtherGame`] says so.
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
    let mut written = Ok(());
    let replayed = replay::<G>(open(path)?, AnyScheme, |passed| {
        if let Some(out) = heights.as_mut().filter(|_| written.is_ok()) {
            written = writeln!(out, "{}", lines::height(passed));
        }
    });
    written?;
    if let Err(Flaw {
        cause: Cause::OtherGame { .. },
        ..
    }) = replayed
    {
        let verdict = verify(open(path)?, AnyScheme).map_err(VerifyError::Transcript)?;
        let verdict = Box::new(verdict);
        let program = (G::NAME, G::VERSION);
        return Ok(Verified::OtherGame { verdict, program });
    }
    let verdict = replayed.map_err(VerifyError::Transcript)?;
    Ok(Verified::Transcript(Box::new(verdict)))
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

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proof(proven) => write!(f, "proven: {proven}"),
            Self::Claim(claimed) => f.write_str(claimed),
            Self::Transcript(verdict) => {
                seated(verdict, f)?;
                if let Some(end) = &verdict.end {
                    writeln!(f, "{}", lines::ended(end, &verdict.seats))?;
                }
                write!(f, "verified: {verdict}")
            }
            Self::OtherGame {
                verdict,
                program: (program, rules),
            } => {
                seated(verdict, f)?;
                let Verdict { game, version, .. } = &**verdict;
                write!(
                    f,
                    "signed: {verdict}\nNOT VERIFIED: the file is of {game}, version {version} of \
                     its rules, and this program has {program}, version {rules}: no move, roll or \
                     result was checked"
                )
            }
        }
    }
}

/// Lists who sat at the table.
fn seated(verdict: &Verdict, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut seats = verdict.seats.iter();
    seats.try_for_each(|sitting| writeln!(f, "{}", Line(sitting)))
}

/// One who sat at the table, in one line.
struct Line<'a>(&'a Sitting);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sitting {
            seat, name, key, ..
        } = self.0;
        let key = crate::core::codec::to_hex(&key.as_bytes()[..8]);
        write!(f, "  seat {seat}  {name}  (key {key}")?;
        if let SeatKind::Witness { run_by } = &self.0.kind {
            write!(f, ", a witness run by {run_by}")?;
        }
        f.write_str(")")?;
        match (self.0.from, self.0.until) {
            (Height(1), None) => {}
            (from, None) => write!(f, "  from height {from}")?,
            (from, Some(until)) => write!(f, "  heights {from} to {until}")?,
        }
        let counts = [
            (self.0.late, "late"),
            (self.0.withheld, "kept a secret back"),
        ];
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            write!(f, "  {what} {count} times")?;
        }
        Ok(())
    }
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
