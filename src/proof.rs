//! Proofs and claims as files: JSON that anybody checks with any build of Quorate, wherever it came
//! from.

use std::sync::Arc;

use quorate_core::crypto::AnyScheme;
use quorate_core::{claim, evidence, fork};

/// Why a file proves nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProofError {
    /// It is no JSON, or lacks what a proof has.
    Json(serde_json::Error),
    /// JSON, but no proof of a kind that this build knows.
    Unknown,
    /// A proof against a seat that does not hold.
    Evidence(evidence::ExportedError),
    /// A proof of a fork that does not hold.
    Fork(fork::ExportedError),
    /// A claim about a table without a quorum that does not hold.
    Claim(claim::ClaimError),
}

/// The JSON of a proof, as [`Table::proofs`](crate::Table::proofs) and
/// [`Table::forks`](crate::Table::forks) give it.
///
/// # Panics
/// Never: a proof holds text and numbers only.
#[must_use]
pub fn proof_json(proof: &impl quorate_core::serde::Serialize) -> String {
    serde_json::to_string_pretty(proof).expect("text and numbers always make JSON")
}

/// Checks the proof or claim that `json` holds, believing nothing but signatures and digests, and
/// says in one sentence what it proves, or who claims what.
///
/// ```
/// assert!(quorate::check_proof("{}").is_err());
/// ```
///
/// # Errors
/// [`ProofError`] if it proves nothing.
pub fn check_proof(json: &str) -> Result<String, ProofError> {
    match read(json)? {
        Document::Proof(says) | Document::Claim(says) => Ok(says),
    }
}

/// What a document says that holds.
pub(crate) enum Document {
    /// Of a proof: what somebody signed.
    Proof(String),
    /// Of a claim: who says what.
    Claim(String),
}

/// Checks the document that `json` holds.
pub(crate) fn read(json: &str) -> Result<Document, ProofError> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(ProofError::Json)?;
    let verifier = Arc::new(AnyScheme);
    if value.get("quorate_proof").is_some() {
        let proof: evidence::Exported = serde_json::from_value(value).map_err(ProofError::Json)?;
        let guilt = proof.verify(verifier).map_err(ProofError::Evidence)?;
        Ok(Document::Proof(guilt.to_string()))
    } else if value.get("quorate_fork").is_some() {
        let proof: fork::Exported = serde_json::from_value(value).map_err(ProofError::Json)?;
        let split = proof.verify(verifier).map_err(ProofError::Fork)?;
        Ok(Document::Proof(split.to_string()))
    } else if value.get("quorate_claim").is_some() {
        let said: claim::Claim = serde_json::from_value(value).map_err(ProofError::Json)?;
        let standing = said.verify(verifier).map_err(ProofError::Claim)?;
        Ok(Document::Claim(standing.to_string()))
    } else {
        Err(ProofError::Unknown)
    }
}

impl std::fmt::Display for ProofError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => write!(f, "no proof: {error}"),
            Self::Unknown => f.write_str("no proof of a kind that this program knows"),
            Self::Evidence(error) => write!(f, "it proves nothing: {error}"),
            Self::Fork(error) => write!(f, "it proves nothing: {error}"),
            Self::Claim(error) => write!(f, "the claim does not hold: {error}"),
        }
    }
}

impl std::error::Error for ProofError {}
