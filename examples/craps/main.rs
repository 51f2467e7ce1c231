//! Craps between real peers.
mod rules;
mod screen;
fn main() {}
