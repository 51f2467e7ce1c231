//! Evidence as a document that a stranger checks: no table, no network, no trust in who hands it
//! over.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Court, Evidence, EvidenceError, Offence, Statement};
use crate::certificate::Checker;
use crate::codec::{self, from_hex, to_hex};
use crate::crypto::{MlDsaKey, PublicKey, Signature, Verifier};
use crate::genesis::{Genesis, TableId};
use crate::roster::{Holder, Name, Roster, SeatKind};
use crate::seat::Seat;

/// The form of document that this build writes and reads.
const FORMAT: u32 = 1;

/// Evidence with all that is needed to check it, in words that other programs read: plain data for
/// JSON or any other format that names its fields.
///
/// ```no_run
/// # fn show(evidence: &quorate_core::evidence::Evidence,
/// #     genesis: &quorate_core::genesis::Genesis, holder: &quorate_core::roster::Holder) {
/// use quorate_core::evidence::Exported;
/// let exported = Exported::new(evidence, genesis, holder);
/// // ... anybody, anywhere, later:
/// match exported.verify(std::sync::Arc::new(quorate_core::crypto::AnyScheme)) {
///     Ok(guilt) => println!("{guilt}"),
///     Err(error) => println!("proves nothing: {error}"),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The form of this document, 1.
    pub quorate_proof: u32,
    /// What it proves, for people. Nothing relies on it.
    pub says: String,
    /// The table's id, the digest of its genesis, in hexadecimal.
    pub table: String,
    /// The genesis in canonical bytes, in hexadecimal: it says who holds which seat, and which
    /// protocol they agreed to.
    pub genesis: String,
    /// The seat's index.
    pub seat: u8,
    /// What the seat's holder is called.
    pub name: String,
    /// The seat's key, in hexadecimal.
    pub key: String,
    /// The key it signs with and its holder's word for that key, in canonical bytes, in
    /// hexadecimal: at a table that signs with ML-DSA-87.
    #[serde(default)]
    pub ml_dsa: Option<String>,
    /// The two statements.
    pub signed: Vec<SignedBytes>,
}

/// One statement as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBytes {
    /// What the signature covers, in hexadecimal.
    pub bytes: String,
    /// The signature, in hexadecimal.
    pub signature: String,
}

/// What a checked document proves: one sentence when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guilt {
    /// The table.
    pub table: TableId,
    /// The seat.
    pub seat: Seat,
    /// Who holds it: the key is proven; so is the name, if [`founding`](Self::founding).
    pub holder: Holder,
    /// Whether the genesis itself gives this seat to this key. A seat that was admitted later is
    /// known by its key alone.
    pub founding: bool,
    /// What it did.
    pub offence: Offence,
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
    /// A statement about another table.
    #[error("a statement is about another table")]
    OtherTable,
    /// Both statements together prove nothing.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

impl Exported {
    /// The document of `evidence` against `holder`, at the table that `genesis` founded.
    #[must_use]
    pub fn new(evidence: &Evidence, genesis: &Genesis, holder: &Holder) -> Self {
        let table = genesis.table();
        let offence = super::offence(genesis.protocol, &evidence.first, &evidence.second);
        let did = offence.map_or_else(|| "did nothing wrong".to_owned(), |did| did.to_string());
        let signed = |statement: &Statement| SignedBytes {
            bytes: to_hex(&statement.bytes(table)),
            signature: to_hex(statement.signature().as_bytes()),
        };
        // Invariant: a key holds bytes only, which always encode.
        let large = |key| to_hex(&codec::encode::<MlDsaKey>(key).expect("a key always encodes"));
        Self {
            quorate_proof: FORMAT,
            says: format!("{} {did}", holder.name),
            table: table.0.to_string(),
            // Invariant: a genesis holds integers, bytes and text only, which always encode.
            genesis: to_hex(&codec::encode(genesis).expect("a genesis always encodes")),
            seat: u8::try_from(evidence.seat().index()).unwrap_or(u8::MAX),
            name: holder.name.to_string(),
            key: holder.key.to_string(),
            ml_dsa: holder.ml_dsa.as_ref().map(large),
            signed: vec![signed(&evidence.first), signed(&evidence.second)],
        }
    }

    /// Checks everything, believing nothing but signatures and digests.
    ///
    /// # Errors
    /// [`ExportedError`] names what is wrong first.
    pub fn verify(&self, verifier: std::sync::Arc<dyn Verifier>) -> Result<Guilt, ExportedError> {
        if self.quorate_proof != FORMAT {
            return Err(ExportedError::Form(self.quorate_proof));
        }
        let genesis = self.genesis()?;
        let table = genesis.table();
        if table.0.to_string() != self.table {
            return Err(ExportedError::OtherGenesis);
        }
        let seat = Seat::new(self.seat).ok_or(ExportedError::Field("seat"))?;
        let key = <[u8; 32]>::try_from(bytes("key", &self.key)?);
        let key = PublicKey::from_bytes(key.map_err(|_| ExportedError::Field("key"))?);
        let named = Name::new(&self.name).map_err(|_| ExportedError::Field("name"))?;
        let roster = genesis.roster();
        let founder = roster.holder(seat).filter(|holder| holder.key == key);
        let holder = founder.cloned().unwrap_or(Holder {
            name: named,
            key,
            ml_dsa: self.large_key()?,
            kind: SeatKind::Player,
        });
        if !genesis.suits(&holder) {
            return Err(ExportedError::Field("ml_dsa"));
        }
        let evidence = self.evidence(seat, table)?;
        let alone = Roster::of([(seat, holder.clone())]);
        let court = Court {
            table,
            protocol: genesis.protocol,
            roster: &alone,
        };
        let offence = evidence.check(&court, &mut Checker::new(verifier))?;
        Ok(Guilt {
            table,
            seat,
            founding: founder.is_some(),
            holder,
            offence,
        })
    }

    fn genesis(&self) -> Result<Genesis, ExportedError> {
        let bytes = bytes("genesis", &self.genesis)?;
        codec::decode(&bytes).map_err(|_| ExportedError::Field("genesis"))
    }

    /// The key the seat signs with, where that is another than its holder's. Whether the holder
    /// vouches for it is part of checking what it signed.
    fn large_key(&self) -> Result<Option<MlDsaKey>, ExportedError> {
        let decode = |text: &String| {
            let bytes = bytes("ml_dsa", text)?;
            codec::decode(&bytes).map_err(|_| ExportedError::Field("ml_dsa"))
        };
        self.ml_dsa.as_ref().map(decode).transpose()
    }

    fn evidence(&self, seat: Seat, table: TableId) -> Result<Evidence, ExportedError> {
        let [first, second] = self.signed.as_slice() else {
            return Err(ExportedError::Field("signed"));
        };
        let statement = |signed: &SignedBytes| {
            let signature = Signature::from_slice(&bytes("signature", &signed.signature)?);
            let signature = signature.ok_or(ExportedError::Field("signature"))?;
            let said = bytes("bytes", &signed.bytes)?;
            let (of, statement) = Statement::from_bytes(seat, &said, signature)
                .map_err(|_| ExportedError::Field("bytes"))?;
            if of == table {
                Ok(statement)
            } else {
                Err(ExportedError::OtherTable)
            }
        };
        Ok(Evidence {
            first: statement(first)?,
            second: statement(second)?,
        })
    }
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, ExportedError> {
    from_hex(text).ok_or(ExportedError::Field(field))
}

impl fmt::Display for Guilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { name, key, .. } = &self.holder;
        // More of it than whoever makes a table up could grind out.
        let short = to_hex(&key.as_bytes()[..8]);
        if self.founding {
            write!(f, "{name} (seat {}, key {short}) ", self.seat)?;
        } else {
            write!(f, "the holder of key {key}, said to be {name}, ")?;
        }
        write!(f, "{} of table {}", self.offence, self.table.0)
    }
}
