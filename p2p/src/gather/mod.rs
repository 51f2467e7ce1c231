//! Gathering: from a link to a genesis that everybody signed.
//!
//! ```text
//!   guest                         host
//!   (follows the link)       ──▶
//!                            ◀──  Offer: rules, their fingerprint, policies, seats so far
//!   Ask: name, nonce         ──▶  (a free seat, or its own again)
//!                            ◀──  Offer, to everybody, with every change
//!                            ◀──  Propose: the genesis, once all seats are taken
//!   (journals it) Sign       ──▶
//!                            ◀──  Begin: the genesis with every signature
//! ```
//!
//! The guest's 32 random bytes enter the genesis, so nobody else can choose the table's id. A guest
//! journals the genesis before it signs it and begins no other: a host that collects signatures for
//! two tables gets one of them to begin. Host and guest are state machines without a clock or a
//! socket; the [driver](crate::driver) carries out the [`Step`]s they return.

mod guest;
mod host;
mod message;
mod seating;
mod terms;

use quorate_core::crypto::PublicKey;
use quorate_core::genesis::{Genesis, SignedGenesis};

pub(crate) use guest::{Asking, Guest};
pub(crate) use host::Host;
pub(crate) use message::{Application, Ask, Brought, Gathering, Offer, PROTOCOL, Taken};
pub use seating::{Seating, SeatingError};
pub(crate) use terms::{Terms, check, known, opened};

use crate::table::{Refusal, Trouble};

/// What a gathering asks of its driver, to be carried out in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Tell a peer.
    Send(PublicKey, Gathering),
    /// Make this the one genesis that may begin, durably, before what follows.
    Candidate(Box<Genesis>),
    /// Everybody signed.
    Begin(Box<SignedGenesis>),
    /// The seats so far have changed.
    Seats(Vec<Taken>),
    /// Somebody is turned away, or turned this table down.
    TurnedAway(PublicKey, Refusal),
    /// No seat here, for good.
    Refused(Refusal),
    /// A message that has no place here.
    Fault(PublicKey),
    /// What goes wrong at the moment has changed.
    Trouble(Option<Trouble>),
}
