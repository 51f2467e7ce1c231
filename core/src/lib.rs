//! The protocol of Quorate: consensus, dice and the game API, with no input or output.
#![forbid(unsafe_code)]

pub mod certificate;
pub mod check;
pub mod claim;
pub mod codec;
pub mod consensus;
pub mod crypto;
pub mod dice;
pub mod digest;
pub mod dispute;
mod document;
pub mod engine;
pub mod evidence;
pub mod fork;
pub mod game;
pub mod genesis;
pub mod journal;
pub mod ledger;
pub mod limits;
pub mod local;
pub mod message;
pub mod motion;
#[doc(hidden)]
pub mod mutant;
pub mod reputation;
pub mod roster;
pub mod schedule;
pub mod seat;
pub mod snapshot;
pub mod state;
pub mod table;
pub mod tally;
pub mod time;
pub mod transcript;

pub use digest::Digest;
pub use game::Game;
pub use quorate_macros::data;
pub use seat::{PerSeat, Seat, Seats};
pub use time::{Epoch, Height, Mono, Now, Round, Wall};

#[doc(hidden)] // what `#[data]` derives with
pub use serde;
