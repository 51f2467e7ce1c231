//! The roster: who holds which seat, and how many of them decide.

mod name;
mod newcomer;
mod profile;

use serde::{Deserialize, Serialize};

use crate::crypto::{MlDsaKey, PublicKey, SeatKeys};
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat, Seats};

pub(crate) use name::rewrites_the_screen;
pub use name::{Name, NameError};
pub use newcomer::{Newcomer, NewcomerError};
pub use profile::{FaultProfile, faults, quorum};

/// What a seat is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SeatKind {
    /// Plays, votes on motions, throws secrets into the dice, and decides.
    #[default]
    Player,
    /// Decides, and nothing else: its signature counts in every quorum, and the game does not know
    /// it. One witness lets three people play on when one of them falls silent.
    Witness {
        /// Who runs it, for whoever plays against that person to know.
        run_by: Name,
    },
}

impl SeatKind {
    /// Whether the seat plays.
    #[must_use]
    pub const fn plays(&self) -> bool {
        matches!(self, Self::Player)
    }
}

/// Who holds a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What the other players call the holder.
    pub name: Name,
    /// Who it is; at most tables also the key every signature of this seat is checked with.
    pub key: PublicKey,
    /// The key that checks this seat's signatures, at a table that signs with ML-DSA-87.
    pub ml_dsa: Option<MlDsaKey>,
    /// What the seat is for.
    pub kind: SeatKind,
}

impl Holder {
    /// What the seat's signatures are checked with.
    #[must_use]
    pub fn keys(&self) -> SeatKeys {
        SeatKeys {
            identity: self.key,
            ml_dsa: self.ml_dsa.clone(),
        }
    }

    /// Whether both have one of their keys in common: a signature could then be either's.
    #[must_use]
    pub fn shares_a_key_with(&self, other: &Self) -> bool {
        let large = match (&self.ml_dsa, &other.ml_dsa) {
            (Some(one), Some(other)) => one.as_bytes() == other.as_bytes(),
            _ => false,
        };
        large || self.key == other.key
    }
}

/// The seats of one epoch and who holds them. Their indices need not be contiguous: a seat that is
/// gone leaves a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    seats: PerSeat<Holder>,
    profile: Option<FaultProfile>,
}

impl Roster {
    /// A roster of these holders at the seats from 0.
    ///
    /// Holders beyond the 64th have no seat; a genesis with more is refused before.
    #[must_use]
    pub fn new(holders: impl IntoIterator<Item = Holder>) -> Self {
        let all = Seats::first(usize::from(crate::limits::SEATS_MAX));
        Self {
            seats: all.iter().zip(holders).collect(),
            profile: None,
        }
    }

    /// A roster of holders at seats of one's choice.
    #[must_use]
    pub fn of(holders: impl IntoIterator<Item = (Seat, Holder)>) -> Self {
        Self {
            seats: holders.into_iter().collect(),
            profile: None,
        }
    }

    /// The same built for the faults of `profile`.
    #[must_use]
    pub const fn with_profile(mut self, profile: Option<FaultProfile>) -> Self {
        self.profile = profile;
        self
    }

    /// Whether seats can be added and removed: a fault profile is reckoned for these.
    #[must_use]
    pub const fn is_fixed(&self) -> bool {
        self.profile.is_some()
    }

    /// The seats that vote.
    #[must_use]
    pub fn seats(&self) -> Seats {
        self.seats.seats()
    }

    /// The seats that play: all but the witnesses.
    #[must_use]
    pub fn players(&self) -> Seats {
        self.seats.which(|holder| holder.kind.plays())
    }

    /// The roster without `gone` and with `come`, each at its seat.
    #[must_use]
    pub fn changed(&self, gone: Seats, come: impl IntoIterator<Item = (Seat, Holder)>) -> Self {
        let mut seats = self.seats.clone();
        gone.iter().for_each(|seat| drop(seats.remove(seat)));
        seats.extend(come);
        let profile = self.profile;
        Self { seats, profile }
    }

    /// How many seats vote.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether nobody votes. No genesis makes such a roster.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Who holds `seat`.
    #[must_use]
    pub fn holder(&self, seat: Seat) -> Option<&Holder> {
        self.seats.get(seat)
    }

    /// The seat that `key` holds.
    #[must_use]
    pub fn seat_of(&self, key: &PublicKey) -> Option<Seat> {
        self.seats
            .iter()
            .find(|(_, holder)| holder.key == *key)
            .map(|(seat, _)| seat)
    }

    /// The first seat whose holder has one of the keys of `holder`.
    #[must_use]
    pub fn like(&self, holder: &Holder) -> Option<Seat> {
        let mut all = self.iter();
        all.find(|(_, other)| other.shares_a_key_with(holder))
            .map(|(seat, _)| seat)
    }

    /// Seats and holders, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Seat, &Holder)> {
        self.seats.iter()
    }

    /// Seats needed to decide.
    #[must_use]
    pub fn quorum(&self) -> usize {
        let broken = mutant::is(Mutant::QuorumOffByOne) && self.len() > 1;
        let n = self.len();
        let quorum = self.profile.map_or(quorum(n), |profile| profile.quorum(n));
        quorum - usize::from(broken)
    }

    /// Seats that may be faulty without harm.
    #[must_use]
    pub const fn faults(&self) -> usize {
        match self.profile {
            Some(profile) => profile.byzantine as usize,
            None => faults(self.len()),
        }
    }

    /// Secrets a roll of the dice needs at least: two, and one more than may be faulty.
    #[must_use]
    pub fn contributors(&self) -> usize {
        (self.faults() + 1).max(2)
    }
}
