//! Transcripts: what a table decided, as a document that anybody checks offline.
//!
//! A transcript holds the genesis, every decided block and its certificate. It is written and read
//! one height at a time, so that a long game needs no more memory than a short one.
//!
//! Its form: the line [`MAGIC`], then parts. Each part is its length in four bytes, little-endian,
//! and one [`Part`] in canonical bytes: the genesis first; for a successor of a forked table the
//! game that it took over; the decisions from height 1 on; and [`Part::End`]. Behind the last
//! decision of an epoch stands what that block's state digest covers, which names the next roster.
//!
//! Whoever [verifies](verify) one believes signatures and digests, and nobody else:
//!
//! - [`verify`] needs no rules. Every seat signed the genesis; each block follows the one before;
//!   exactly a quorum of the roster of its height committed to it; every entry is its author's;
//!   every secret thrown into the dice is the one that its seat had committed to. Rosters follow
//!   from what the signed state digests cover.
//! - [`replay`] runs the game's rules too. Each block must be legal and lead to the state that
//!   its digest names, and each roll must come to what the verifier makes of the secrets.
//!
//! Quorums, certificates and dice are reckoned by code of the verifier's own, which shares no line
//! with what the seats ran.
//!
//! ```
//! use quorate_core::transcript::{Cause, verify};
//!
//! let flaw = verify(&b"not a transcript"[..], quorate_core::crypto::Ed25519).unwrap_err();
//! assert!(matches!(flaw.cause, Cause::Read(_)));
//! assert_eq!(flaw.to_string(), "at the beginning: this is no transcript");
//! ```

mod part;
mod read;
mod record;
mod verify;
mod write;

pub use part::{MAGIC, Part};
pub use read::{ReadError, Reader};
pub use record::{RecordError, Recorder};
pub use verify::{Audit, Cause, Flaw, Passed, Sitting, Verdict, replay, verify};
pub use write::Writer;
