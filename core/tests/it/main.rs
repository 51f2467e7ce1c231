//! Tests of the core by topic.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test that cannot go on should panic, and nobody imports it"
)]

// As the facade does: what `#[quorate::data]` writes must find its way.
extern crate quorate_core as quorate;

#[path = "../games/mod.rs"]
mod games;

mod check;
mod codec;
mod dice;
mod growth;
mod ledger;
mod local;
mod ml_dsa;
mod pace;
mod pot;
mod reputation;
mod schedules;
mod seats;
mod state;
mod tendermint;
mod vocabulary;
