//! `quorate::play` as its users meet it: processes, what they print, how they end.

#![cfg(feature = "play")]

mod alone;
mod counting;
mod forked;
mod program;
mod together;
mod verifying;
