//! What host and guests tell each other.

use quorate_core::Digest;
use quorate_core::crypto::{MlDsaKey, PublicKey, Signature};
use quorate_core::genesis::{Genesis, SignedGenesis, TableId};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use serde::{Deserialize, Serialize};

use super::Terms;
use crate::table::Refusal;

/// The version of everything this crate says to peers, in every greeting.
pub(crate) const PROTOCOL: u16 = 1;

/// One message of a gathering, on the control lane of the invitation's channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Gathering {
    /// From the host: what is played, and who sits here so far.
    Offer(Box<Offer>),
    /// From a guest: I would like a seat.
    Ask(Ask),
    /// From the host: all seats are taken; sign this.
    Propose(Box<Genesis>),
    /// From a guest: I signed.
    Sign(TableId, Signature),
    /// From anybody who has it: everybody signed.
    Begin(Box<SignedGenesis>),
    /// No seat for you, or none for me.
    Refused(Refusal),
    /// From a watcher: let me follow.
    Watch,
    /// From one that follows a table that plays already: I would like a seat.
    Apply(Box<Newcomer>),
}

/// What a host offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// What the host is called.
    pub(crate) host: Name,
    /// What everybody will have agreed to.
    pub(crate) terms: Terms,
    /// Who sits here so far, by seat.
    pub(crate) taken: Vec<Taken>,
}

/// A seat that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) name: Name,
    pub(crate) key: PublicKey,
    pub(crate) kind: SeatKind,
    /// Whether its holder is connected to the host.
    pub(crate) here: bool,
}

/// What a guest asks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    pub(crate) name: Name,
    /// The guest's share in the table's id.
    pub(crate) nonce: [u8; 32],
    /// What the seat is to be for.
    pub(crate) kind: SeatKind,
    /// The key that will sign for the seat, if the terms ask for one beside the guest's own.
    pub(crate) ml_dsa: Option<MlDsaKey>,
    /// How the rules behave on the guest's device.
    pub(crate) fingerprint: Digest,
}
