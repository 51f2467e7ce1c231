//! The protocol of Quorate: consensus, dice and the game API, with no input or output.
#![forbid(unsafe_code)]

pub mod codec;
pub mod digest;
pub mod limits;
pub mod seat;
pub mod time;

pub use digest::Digest;
pub use seat::{PerSeat, Seat, Seats};
pub use time::{Epoch, Height, Mono, Now, Round, Wall};
