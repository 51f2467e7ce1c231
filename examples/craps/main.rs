//! Craps between real peers.
mod rules;
fn main() {}
