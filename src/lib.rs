//! Multiplayer games with no server.
pub use quorate_core as core;
