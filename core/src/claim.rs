//! Claims: where a table stood when it lost its quorum, signed by those who were still there.
//!
//! Below a quorum nothing is decided, whatever a game's rules or the stall policy say. What those
//! present can do is to sign where they stand: the last decision, and who is absent. A [`Claim`] is
//! no block, moves nothing and ends nothing; it is a document for people, *not certified* by the
//! table. Play resumes from the last decision whenever a quorum is back.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateError, Checker, DecisionCertificate};
use crate::crypto::Verifier;
use crate::document::{self, IF_THEY_SAT_THERE, hex};
use crate::genesis::{Genesis, TableId};
use crate::message::Testimony;
use crate::roster::Roster;
use crate::seat::{Seat, Seats};
use crate::time::Height;

/// The form of document that this build writes and reads.
const FORMAT: u32 = 1;

/// The document, in words that other programs read: plain data for JSON or any other format that
/// names its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The form of this document, 1.
    pub quorate_claim: u32,
    /// What it says, for people. Nothing relies on it.
    pub says: String,
    /// The table's id, the digest of its genesis, in hexadecimal.
    pub table: String,
    /// The genesis in canonical bytes, in hexadecimal.
    pub genesis: String,
    /// Who sat where at the last decision, in canonical bytes, in hexadecimal.
    pub roster: String,
    /// The certificate of the last decision in canonical bytes, in hexadecimal.
    pub certificate: String,
    /// What each of those present signed, in canonical bytes, in hexadecimal.
    pub testimonies: Vec<String>,
}

/// What a checked claim shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// The table.
    pub table: TableId,
    /// The last decision that those who signed knew of. It is certified by the roster that the
    /// document names; the rest is not certified at all.
    pub height: Height,
    /// Who signed.
    pub signed: Seats,
    /// Who is absent according to every one of them.
    pub absent: Seats,
    /// Who sat where, according to the document: the keys are proven; so is the rest, if it is
    /// [`founding`](Self::founding).
    pub roster: Roster,
    /// Whether that is the roster of the genesis. Of a later one the document alone tells; whoever
    /// knows the table compares the keys.
    pub founding: bool,
}

/// Why a claim shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A form of document that this build does not read.
    #[error("a document of form {0}; this build reads form {FORMAT}")]
    Form(u32),
    /// A field that does not hold what it should.
    #[error("{0} does not hold what it should")]
    Field(&'static str),
    /// The genesis is not the one that the table's id is the digest of.
    #[error("the genesis is another table's")]
    OtherGenesis,
    /// The last decision is not certified.
    #[error("the last decision: {0}")]
    Certificate(#[from] CertificateError),
    /// A testimony about another decision, of no seat, or with a false signature.
    #[error("what seat {0} is said to have signed does not hold")]
    Testimony(Seat),
    /// Nobody signed.
    #[error("nobody signed it")]
    Unsigned,
}

impl Claim {
    /// The document of what those present have signed.
    #[must_use]
    pub fn new(
        genesis: &Genesis,
        roster: &Roster,
        certificate: &DecisionCertificate,
        testimonies: &[Testimony],
    ) -> Self {
        let absent = absent(testimonies);
        let names = roster.iter().filter(|(seat, _)| absent.contains(*seat));
        let names: Vec<_> = names.map(|(_, holder)| holder.name.to_string()).collect();
        let height = certificate.0.height;
        Self {
            quorate_claim: FORMAT,
            says: format!(
                "not certified: {} of {} seats say that play stands at height {height} and that \
                 these are absent: {}",
                testimonies.len(),
                roster.len(),
                names.join(", ")
            ),
            table: genesis.table().0.to_string(),
            genesis: hex(genesis),
            roster: hex(roster),
            certificate: hex(certificate),
            testimonies: testimonies.iter().map(hex).collect(),
        }
    }

    /// Checks everything, believing nothing but signatures and digests.
    ///
    /// # Errors
    /// [`ClaimError`] names what is wrong first.
    pub fn verify(&self, verifier: Arc<dyn Verifier>) -> Result<Standing, ClaimError> {
        if self.quorate_claim != FORMAT {
            return Err(ClaimError::Form(self.quorate_claim));
        }
        let genesis: Genesis = read("genesis", &self.genesis)?;
        let table = genesis.table();
        if table.0.to_string() != self.table {
            return Err(ClaimError::OtherGenesis);
        }
        let roster: Roster = read("roster", &self.roster)?;
        if !roster.iter().all(|(_, holder)| genesis.suits(holder)) {
            return Err(ClaimError::Field("roster"));
        }
        let certificate: DecisionCertificate = read("certificate", &self.certificate)?;
        let mut checker = Checker::new(verifier);
        certificate.check(table, &roster, &mut checker)?;
        let testimonies: Result<Vec<Testimony>, _> = self
            .testimonies
            .iter()
            .map(|text| read("testimonies", text))
            .collect();
        let testimonies = testimonies?;
        for testimony in &testimonies {
            let seat = testimony.seat;
            if !holds(testimony, &certificate, table, &roster, &mut checker) {
                return Err(ClaimError::Testimony(seat));
            }
        }
        if testimonies.is_empty() {
            return Err(ClaimError::Unsigned);
        }
        Ok(Standing {
            table,
            height: certificate.0.height,
            signed: testimonies.iter().map(|one| one.seat).collect(),
            absent: absent(&testimonies),
            founding: roster == genesis.roster(),
            roster,
        })
    }
}

/// Whether a testimony is its seat's and about the decision that `certificate` certifies.
#[must_use]
pub(crate) fn holds(
    testimony: &Testimony,
    certificate: &DecisionCertificate,
    table: TableId,
    roster: &Roster,
    checker: &mut Checker,
) -> bool {
    let about = (testimony.height, testimony.block) == (certificate.0.height, certificate.0.digest);
    let (bytes, signature) = (testimony.bytes(table), &testimony.signature);
    let holder = roster.holder(testimony.seat);
    about && holder.is_some_and(|holder| checker.check(&holder.keys(), &bytes, signature))
}

/// Who is absent according to all of them, but for who signed.
fn absent(testimonies: &[Testimony]) -> Seats {
    let signed: Seats = testimonies.iter().map(|one| one.seat).collect();
    let said = testimonies.iter().map(|one| one.absent);
    said.reduce(|all, one| all & one).unwrap_or_default() - signed
}

fn read<T: DeserializeOwned + Serialize>(field: &'static str, text: &str) -> Result<T, ClaimError> {
    document::read(text).ok_or(ClaimError::Field(field))
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |seats| document::names(&self.roster, seats, self.founding);
        let (condition, certified) = match self.founding {
            true => ("", "which is certified"),
            // They may have certified it with keys of their own.
            false => (IF_THEY_SAT_THERE, "which they certified themselves"),
        };
        write!(
            f,
            "not certified: {condition}{} say that table {} stands at height {}, {certified}, and \
             that these are absent: {}",
            names(self.signed),
            self.table,
            self.height,
            names(self.absent)
        )
    }
}
