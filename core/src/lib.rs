//! The protocol of Quorate: consensus, dice and the game API, with no input or output.
#![forbid(unsafe_code)]

pub mod check;
pub mod codec;
pub mod dice;
pub mod digest;
pub mod game;
pub mod ledger;
pub mod limits;
pub mod local;
pub mod seat;
pub mod state;
pub mod time;

pub use digest::Digest;
pub use game::Game;
pub use quorate_macros::data;
pub use seat::{PerSeat, Seat, Seats};
pub use time::{Epoch, Height, Mono, Now, Round, Wall};

#[doc(hidden)] // what `#[data]` derives with
pub use serde;
