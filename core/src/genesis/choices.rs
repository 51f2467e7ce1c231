//! What a table chooses by name: how a block is agreed on, how seats sign, and who leads.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::crypto::Scheme;

/// How a block is agreed on.
///
/// ```
/// use quorate_core::genesis::Protocol;
/// assert_eq!("tendermint".parse(), Ok(Protocol::Tendermint));
/// assert_eq!(Protocol::Pbft.to_string(), "pbft");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Protocol {
    /// Castro and Liskov, OSDI'99, one height after the other.
    #[default]
    Pbft,
    /// Buchman, Kwon and Milosevic, arXiv 1807.04938, algorithm 1.
    Tendermint,
}

/// Who leads which round. No schedule reads a block digest: its author could steer it.
///
/// ```
/// use quorate_core::genesis::Schedule;
/// assert_eq!("to-act".parse(), Ok(Schedule::ToAct));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Schedule {
    /// Seats by ascending blake3(table, height, key): fair over heights, and nobody can choose.
    #[default]
    HashScore,
    /// Seats ascending, starting one later at each height and round.
    RoundRobin,
    /// Whoever must act leads first, which saves its move one journey, while the table waits for
    /// nothing that another seat has a deadline for; else as `HashScore`.
    ToAct,
}

/// A word that names none of the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called {word:?}; there are {}", .known.join(", "))]
pub struct UnknownName {
    /// What was to be chosen.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// The words that name one.
    pub known: &'static [&'static str],
}

macro_rules! named {
    ($type:ident, $what:literal, $($variant:ident = $name:literal),*) => {
        impl $type {
            const NAMES: &'static [&'static str] = &[$($name),*];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $(Self::$variant => $name),*
                })
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(word: &str) -> Result<Self, UnknownName> {
                match word {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(UnknownName {
                        what: $what,
                        word: word.to_owned(),
                        known: Self::NAMES,
                    }),
                }
            }
        }
    };
}

named!(
    Protocol,
    "protocol",
    Pbft = "pbft",
    Tendermint = "tendermint"
);
named!(
    Scheme,
    "signature scheme",
    Ed25519 = "ed25519",
    MlDsa87 = "ml-dsa-87"
);
named!(
    Schedule,
    "schedule",
    HashScore = "hash-score",
    RoundRobin = "round-robin",
    ToAct = "to-act"
);
