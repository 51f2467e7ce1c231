//! The demo game: its rules against published figures and by scripted rolls, and its screen.

#[path = "../../examples/craps/rules/mod.rs"]
#[allow(dead_code, reason = "the screen and the bots use the rest")]
mod rules;

mod chance;
mod edges;
mod fraction;
mod payouts;
mod play;
