//! Multiplayer games with no server.
pub use quorate_core as core;

pub use quorate_core::check::{Check, Flaw, Report, check};
pub use quorate_core::game::{
    ActError, Cause, Cx, Data, Draw, End, Game, Happened, Hidden, Outcome, Rejection, Roll,
    SeatChange, Seen, Settled, Shown, Turn, Verdict, Viewer, Why,
};
pub use quorate_core::ledger::{Ledger, Money};
pub use quorate_core::local::Local;
pub use quorate_core::{Digest, Height, PerSeat, Round, Seat, Seats, data, ensure, reject};

#[doc(hidden)] // what `#[data]` derives with
pub use quorate_core::serde;
