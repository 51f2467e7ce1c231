//! Whole engines at one table, joined by a perfect network.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on should panic, and its numbers are small"
)]

mod attack;
#[path = "../games/chips.rs"]
mod chips;
mod conduct;
mod evidence;
mod faultless;
mod table;
