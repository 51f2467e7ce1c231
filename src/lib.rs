//! Multiplayer games with no server.
pub use quorate_core as core;
pub use quorate_core::{Game, PerSeat, Seat, Seats, data, ensure, game, ledger, reject};

#[doc(hidden)] // what `#[quorate::data]` derives with
pub use quorate_core::serde;
