//! The demo game: its rules against published figures and by scripted rolls, and its screen.

#[path = "../../examples/craps/rules/mod.rs"]
#[allow(dead_code, reason = "the screen and the bots use the rest")]
mod rules;
#[path = "../../examples/craps/screen/mod.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod screen;

mod chance;
mod edges;
mod fraction;
mod payouts;
mod play;

mod pictures;
