//! The protocol of Quorate: consensus, dice and the game API, with no input or output.
#![forbid(unsafe_code)]

pub mod certificate;
pub mod codec;
pub mod crypto;
pub mod dice;
pub mod digest;
pub mod genesis;
pub mod limits;
pub mod message;
pub mod roster;
pub mod schedule;
pub mod seat;
pub mod tally;
pub mod time;

pub use digest::Digest;
pub use seat::{PerSeat, Seat, Seats};
pub use time::{Epoch, Height, Mono, Now, Round, Wall};
