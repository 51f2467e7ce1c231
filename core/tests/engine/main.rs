//! Whole engines at one table, joined by a perfect network.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on should panic, and its numbers are small"
)]

/// Makes of each function that takes a protocol a test under every protocol.
macro_rules! under_both {
    ($($name:ident,)*) => {
        mod pbft {
            $(#[test] fn $name() { super::$name(quorate_core::genesis::Protocol::Pbft); })*
        }
        mod tendermint {
            $(#[test] fn $name() { super::$name(quorate_core::genesis::Protocol::Tendermint); })*
        }
    };
}

mod amnesia;
mod asking;
mod attack;
mod checkpoints;
#[path = "../games/chips.rs"]
mod chips;
mod claims;
mod conduct;
mod disputes;
mod evidence;
mod faultless;
mod figures;
mod forged;
mod fork;
mod framing;
mod ml_dsa;
mod motions;
mod overfull;
#[path = "../games/peek.rs"]
mod peek;
mod presence;
#[path = "../games/puppet.rs"]
mod puppet;
mod repair;
mod roster;
#[path = "../games/rps.rs"]
mod rps;
mod secrets;
mod sleeping;
mod succession;
mod table;
mod transcript;
mod witness;
