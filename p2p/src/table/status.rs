//! What a table is doing, and why it is not.

use std::time::Duration;

use quorate_core::Digest;
use quorate_core::crypto::{PublicKey, Scheme};
use quorate_core::engine::Halted;
use quorate_core::game::End;
use quorate_core::genesis::GenesisError;
use quorate_core::journal::Corrupt;
use quorate_core::roster::{Name, SeatKind};
use quorate_core::transcript::Flaw;
use quorate_core::{Height, Round, Seat, Seats};
use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// What a table is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Seats are being taken.
    Gathering {
        /// Seats that are taken.
        taken: usize,
        /// Seats there are; 0 until the host has told.
        seats: usize,
        /// What goes wrong at the moment. Nothing needs to be done: it is tried again for ever.
        trouble: Option<Trouble>,
    },
    /// Somebody can act.
    Playing {
        /// The turn's number.
        turn: u64,
        /// How long its clock still runs on this device; none without one.
        left: Option<Duration>,
    },
    /// This seat's move of the turn is sealed; the table waits for the others.
    Sealed {
        /// The turn's number.
        turn: u64,
        /// The seats that have yet to seal theirs.
        awaited: Seats,
    },
    /// The sealed moves of the turn are being opened; nobody can act.
    Opening,
    /// The dice are being made, or hidden rolls shown; nobody can act.
    Rolling,
    /// Too few seats are here to decide anything. Play resumes by itself when they are.
    Waiting {
        /// The seats that were not heard from lately.
        absent: Seats,
        /// How many of them are needed.
        needed: usize,
    },
    /// This device has no seat and reaches nobody who knows the table, so it cannot tell what
    /// becomes of it. Nothing needs to be done: whoever it knows of is dialled for ever.
    CutOff,
    /// This device follows a table that plays already and has asked for a seat: the players ballot.
    Asking {
        /// Whether they said yes; it sits down by itself as soon as the game lets it.
        admitted: bool,
    },
    /// Decided blocks are being fetched.
    CatchingUp {
        /// The height this device is at.
        height: Height,
        /// The height it is after.
        target: Height,
    },
    /// The node is paused, or a motion paused the table.
    Paused,
    /// Play is over.
    Ended(End),
    /// Play cannot go on on this device.
    Halted(Halt),
    /// No seat was got here.
    Refused(Refusal),
    /// The node was shut down, or this seat gave the table up.
    Stopped,
}

impl Status {
    /// Whether nothing can come after it by itself.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Halted(_) | Self::Refused(_) | Self::Stopped)
    }
}

/// What keeps a gathering from going on; it is tried again for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody answers at the link's addresses.
    #[error("the host {host} cannot be reached")]
    HostUnreachable {
        /// The host's key.
        host: PublicKey,
    },
    /// Every seat is taken, and not every holder is here to sign.
    #[error("{absent} of the players went away before the table began")]
    PlayersAway {
        /// How many.
        absent: usize,
    },
}

/// Why no seat was got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Every seat is taken.
    #[error("the table is full: all {seats} seats are taken")]
    Full {
        /// How many there are.
        seats: u8,
    },
    /// The table began without this key.
    #[error("the table has begun, and this device holds no seat of it")]
    Begun,
    /// The table plays already, and cannot admit this device.
    #[error("no seat at a table that plays already: {why}")]
    NotAdmitted {
        /// Why not.
        why: String,
    },
    /// The other side plays something else.
    #[error("{who} plays {theirs:?}, this program plays {ours:?}")]
    OtherGame {
        /// Who.
        who: Name,
        /// Its game.
        theirs: String,
        /// The game here.
        ours: String,
    },
    /// The other side has other rules under the same name.
    #[error("{who} has version {theirs} of the rules of {game:?}, this program has {ours}")]
    OtherVersion {
        /// Who.
        who: Name,
        /// The game.
        game: String,
        /// Its version.
        theirs: u32,
        /// The version here.
        ours: u32,
    },
    /// The same rules behave differently in two builds: they would come to different states.
    #[error(
        "the rules of {game:?} behave differently on the device of {who}: their fingerprint is \
         {}, here it is {}; both need the same build, and if they have it, the rules are not \
         deterministic: run `check` on them",
        .theirs.short(), .ours.short()
    )]
    MixedBuild {
        /// Who.
        who: Name,
        /// The game.
        game: String,
        /// The fingerprint there.
        theirs: Digest,
        /// The fingerprint here.
        ours: Digest,
    },
    /// The other side speaks another version of Quorate.
    #[error("{who} speaks version {theirs} of the protocol, this program speaks {ours}")]
    OtherProtocol {
        /// The other side's key.
        who: PublicKey,
        /// Its version.
        theirs: u16,
        /// The version here.
        ours: u16,
    },
    /// The rules refuse the options that the host chose.
    #[error("the options of {game:?} are refused here: {why}")]
    Options {
        /// The game.
        game: String,
        /// What the rules say.
        why: String,
    },
    /// The host proposed a table that is not what it offered.
    #[error("the host proposed a table that breaks its offer: {0}")]
    BrokenOffer(Breach),
    /// Whoever was asked shuts this key out.
    #[error("this device is shut out there")]
    Banned,
    /// The device brings no key for how the table signs: its program knows no other scheme.
    #[error("the table signs with {signatures}, and this device brings no key for that")]
    WrongKey {
        /// How the table signs.
        signatures: Scheme,
    },
    /// Somebody at the table vouches for the very key that this device would sign with.
    #[error("{name} sits there with this device's key")]
    SameKey {
        /// Who.
        name: Name,
    },
    /// The table took over from one that was forked, and this device does not know how the game
    /// stood there.
    #[error("the table goes on with the game of one that this device did not sit at")]
    Successor,
}

/// How a proposed genesis differs from what was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Breach {
    /// The own seat is missing, or has another name or nonce.
    #[error("this device's seat is not in it as it asked for it")]
    Seat,
    /// Other rules, policies or number of seats.
    #[error("{0} differs")]
    Term(String),
    /// It expires too soon or too late.
    #[error("it expires at the wrong time")]
    Expiry,
    /// No table can start from it.
    #[error("{0}")]
    Invalid(String),
}

impl From<GenesisError> for Breach {
    fn from(error: GenesisError) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<Flaw> for Halt {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(Box::new(flaw))
    }
}

/// Why play cannot go on on this device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Halt {
    /// The engine stopped: devices came to different states, or the table is forked.
    #[error(transparent)]
    Engine(#[from] Halted),
    /// The journal cannot be trusted.
    #[error("the journal cannot be trusted: {0}")]
    Corrupt(#[from] Corrupt),
    /// The link names a decision that this table never made: it leads elsewhere, or whoever
    /// answers tells another history.
    #[error("the table has another block at height {height} than the link says")]
    OtherHistory {
        /// The height.
        height: Height,
    },
    /// This device, which watches, finds that a decision does not hold, whoever signed it.
    #[error("what the table decided does not hold: {0}")]
    Flaw(Box<Flaw>),
    /// The disk failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored table does not fit the rules of this build.
    #[error(
        "this folder holds a table made by another build, which this one cannot go on with: {why}; \
         use that build, or another folder"
    )]
    WrongRules {
        /// What differs.
        why: String,
    },
}

/// Who sits where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seated {
    /// The seat. While gathering it may still change.
    pub seat: Seat,
    /// What the holder is called.
    pub name: Name,
    /// The key that signs for the seat.
    pub key: PublicKey,
    /// What the seat is for; a witness names who runs it.
    pub kind: SeatKind,
    /// Whether it is this device's own seat.
    pub me: bool,
    /// Whether the seat was heard from lately, directly or through others.
    pub present: bool,
    /// Whether a direct connection is up.
    pub connected: bool,
    /// The last round trip to it, where there is a direct connection.
    pub rtt: Option<Duration>,
}

/// The few figures a screen wants in every frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulse {
    /// Rises with every change of what the table shows.
    pub version: u64,
    /// The last decided height.
    pub height: Height,
    /// The round of the height under way.
    pub round: Round,
    /// The turn's number; 0 before play.
    pub turn: u64,
    /// How long the turn's clock still runs on this device.
    pub left: Option<Duration>,
    /// Who leads the round under way.
    pub leader: Option<Seat>,
    /// The seats heard from lately.
    pub present: Seats,
    /// Whether the dice are being made.
    pub rolling: bool,
    /// Own entries that are not decided yet.
    pub pending: usize,
}
