//! Why a block or an entry cannot follow the last decided height.

use crate::codec::DecodeError;
use crate::dice::PotError;
use crate::digest::Digest;
use crate::evidence::EvidenceError;
use crate::game::{ActError, Rejection};
use crate::message::Deadline;
use crate::motion::MotionRefusal;

use super::MembershipRefusal;
use crate::seat::{Seat, Seats};
use crate::state::RestoreError;
use crate::time::Height;

/// Why an entry cannot stand where it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryRefusal {
    /// Made for another table.
    #[error("made for another table")]
    Table,
    /// Of a seat that is not on the roster.
    #[error("seat {0} is not on the roster")]
    Stranger(Seat),
    /// A signature that its seat did not make.
    #[error("false signature")]
    Signature,
    /// Valid until a height that has passed, or from further ahead than allowed.
    #[error("valid until height {0} only")]
    Expired(Height),
    /// Its nonce was decided already, or does not exceed the one it follows.
    #[error("nonce {nonce} after {decided} was decided")]
    Spent {
        /// The entry's nonce.
        nonce: u64,
        /// The last decided one.
        decided: u64,
    },
    /// The nonce it follows is not the last decided one.
    #[error("follows nonce {follows}, but {decided} is decided")]
    Gap {
        /// The nonce it follows.
        follows: u64,
        /// The last decided one.
        decided: u64,
    },
    /// Longer than an entry may be.
    #[error("{0} bytes")]
    Size(usize),
    /// Game actions before every seat is ready.
    #[error("play has not begun")]
    NotBegun,
    /// A second Ready, one without a commitment, or one with a commitment nobody needs.
    #[error("not a fitting Ready")]
    Ready,
    /// An action that is not one of the game.
    #[error("not an action of this game: {0}")]
    Undecodable(DecodeError),
    /// The rules or the turn refuse it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// An opening or a show that the table does not wait for.
    #[error("nothing is to be opened or shown by seat {0} now")]
    NotAwaited(Seat),
    /// Evidence that proves nothing.
    #[error("evidence: {0}")]
    Evidence(#[from] EvidenceError),
    /// Evidence or a dispute about a height whose roster the table does not know, yet or any more.
    #[error("about height {0}, whose roster the table does not know")]
    NoCourt(Height),
    /// A dispute about a height that is not decided yet.
    #[error("about height {0}, which is not decided yet")]
    TooEarly(Height),
    /// A second proof against one seat and epoch.
    #[error("seat {0} is proven guilty already")]
    Proven(Seat),
    /// A motion or ballot that cannot stand.
    #[error(transparent)]
    Motion(#[from] MotionRefusal),
    /// A seat that cannot be given or taken.
    #[error(transparent)]
    Membership(#[from] MembershipRefusal),
    /// A dispute with something attached that does not hold, or is about another height.
    #[error("what is attached does not hold")]
    Exhibit,
    /// A secret or commitment that does not fit.
    #[error(transparent)]
    Pot(#[from] PotError),
    /// What only a player does, of a seat that is a witness.
    #[error("seat {0} is a witness and does not play")]
    Witness(Seat),
    /// A newcomer that cannot sit down.
    #[error("cannot sit down: {0}")]
    Join(#[from] JoinRefusal),
}

/// Why a newcomer cannot sit down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinRefusal {
    /// Nobody is awaited at this seat.
    #[error("nobody was admitted to this seat")]
    NotAdmitted,
    /// It agrees to other terms than the table.
    #[error("admitted on other terms")]
    OtherTerms,
    /// The game takes nobody at this moment, or this block seats another newcomer: a later one may.
    #[error("not at this moment")]
    NotNow,
    /// The state it names is not the table's, or is too old to be known.
    #[error("not the state after height {0}, or too old")]
    State(Height),
    /// A commitment that is missing, or that nobody needs.
    #[error("no fitting commitment")]
    Commitment,
}

/// Why a block cannot follow the last decided height.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockRefusal {
    /// Another table, epoch, height or parent.
    #[error("does not follow the last decided block")]
    Place,
    /// A time below the parent's, or past the genesis' expiry at height 1.
    #[error("its time is out of order")]
    Time,
    /// Entries or deadlines out of order.
    #[error("entries or deadlines are out of order")]
    Order,
    /// A seat beyond its share.
    #[error("seat {0} exceeds its share")]
    Share(Seat),
    /// An entry that cannot stand where it does.
    #[error("entry {nonce} of seat {seat}: {why}")]
    Entry {
        /// Whose entry.
        seat: Seat,
        /// Its nonce.
        nonce: u64,
        /// Why.
        why: EntryRefusal,
    },
    /// The first block without every seat's Ready.
    #[error("seats {0:?} are not ready")]
    NotReady(Seats),
    /// The rules refuse to set the game up.
    #[error("the game cannot begin: {0}")]
    Setup(Rejection),
    /// The game that a successor takes over cannot be taken up.
    #[error("the game cannot go on: {0}")]
    Carried(RestoreError),
    /// A deadline that is not open after the entries.
    #[error("deadline {0:?} is not open")]
    Deadline(Deadline),
    /// It leads to another state than it says.
    #[error("leads to state {here}, not {said}")]
    State {
        /// What it says.
        said: Digest,
        /// What it leads to here.
        here: Digest,
    },
    /// The rules' state has no canonical bytes.
    #[error("the state cannot be encoded")]
    Unencodable,
}
