//! Whole engines at one table, joined by a perfect network.

#[path = "../games/chips.rs"]
mod chips;
mod faultless;
mod table;
