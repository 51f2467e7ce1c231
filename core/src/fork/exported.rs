//! A fork as a document that a stranger checks.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Blame, Fork, ForkError};
use crate::certificate::Checker;
use crate::crypto::Verifier;
use crate::document::{self, IF_THEY_SAT_THERE, hex};
use crate::genesis::{Genesis, TableId};
use crate::roster::Roster;
use crate::time::Height;

/// The form of document that this build writes and reads.
const FORMAT: u32 = 1;

/// A fork with all that is needed to check it: plain data for JSON or any other format that names
/// its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The form of this document, 1.
    pub quorate_fork: u32,
    /// What it proves, for people. Nothing relies on it.
    pub says: String,
    /// The table's id, the digest of its genesis, in hexadecimal.
    pub table: String,
    /// The genesis in canonical bytes, in hexadecimal.
    pub genesis: String,
    /// The roster of the height in canonical bytes, in hexadecimal.
    pub roster: String,
    /// Both certificates in canonical bytes, in hexadecimal.
    pub certificates: Vec<String>,
}

/// What a checked document proves: one sentence when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The table.
    pub table: TableId,
    /// The height that was decided twice.
    pub height: Height,
    /// Who sat at the table then.
    pub roster: Roster,
    /// Whether that is the roster of the genesis. A later one is believed as it stands in the
    /// document: only who followed the table knows it.
    pub founding: bool,
    /// Who is to blame.
    pub blame: Blame,
}

/// Why a document proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportedError {
    /// A form of document that this build does not read.
    #[error("a document of form {0}; this build reads form {FORMAT}")]
    Form(u32),
    /// A field that does not hold what it should.
    #[error("{0} does not hold what it should")]
    Field(&'static str),
    /// The genesis is not the one that the table's id is the digest of.
    #[error("the genesis is another table's")]
    OtherGenesis,
    /// Both certificates together prove nothing.
    #[error(transparent)]
    Fork(#[from] ForkError),
}

impl Exported {
    /// The document of `fork` at the table that `genesis` founded, decided by `roster`.
    #[must_use]
    pub fn new(fork: &Fork, genesis: &Genesis, roster: &Roster) -> Self {
        let split = Split {
            table: genesis.table(),
            height: fork.height(),
            roster: roster.clone(),
            founding: *roster == genesis.roster(),
            blame: fork.blame(),
        };
        Self {
            quorate_fork: FORMAT,
            says: split.to_string(),
            table: split.table.0.to_string(),
            genesis: hex(genesis),
            roster: hex(roster),
            certificates: vec![hex(&fork.ours), hex(&fork.theirs)],
        }
    }

    /// Checks everything, believing nothing but signatures and digests.
    ///
    /// # Errors
    /// [`ExportedError`] names what is wrong first.
    pub fn verify(&self, verifier: Arc<dyn Verifier>) -> Result<Split, ExportedError> {
        if self.quorate_fork != FORMAT {
            return Err(ExportedError::Form(self.quorate_fork));
        }
        let genesis: Genesis = read("genesis", &self.genesis)?;
        let table = genesis.table();
        if table.0.to_string() != self.table {
            return Err(ExportedError::OtherGenesis);
        }
        let roster: Roster = read("roster", &self.roster)?;
        if !roster.iter().all(|(_, holder)| genesis.suits(holder)) {
            return Err(ExportedError::Field("roster"));
        }
        let [ours, theirs] = self.certificates.as_slice() else {
            return Err(ExportedError::Field("certificates"));
        };
        let fork = Fork {
            ours: read("certificates", ours)?,
            theirs: read("certificates", theirs)?,
        };
        let blame = fork.check(table, &roster, &mut Checker::new(verifier))?;
        Ok(Split {
            table,
            height: fork.height(),
            founding: roster == genesis.roster(),
            roster,
            blame,
        })
    }
}

fn read<T: DeserializeOwned + Serialize>(
    field: &'static str,
    text: &str,
) -> Result<T, ExportedError> {
    document::read(text).ok_or(ExportedError::Field(field))
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |seats| document::names(&self.roster, seats, self.founding);
        let Blame { guilty, suspects } = &self.blame;
        if !self.founding {
            f.write_str(IF_THEY_SAT_THERE)?;
        }
        write!(
            f,
            "height {} of table {} was decided twice: ",
            self.height, self.table.0
        )?;
        if guilty.is_empty() {
            write!(
                f,
                "among {} are those who broke the rules",
                names(*suspects)
            )
        } else {
            write!(f, "{} signed both", names(guilty.seats()))
        }
    }
}
