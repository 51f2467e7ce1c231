//! Tests of the network, the store, nodes and tables over real sockets and files, by topic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod acting;
mod chaos;
mod cold_start;
mod doors;
mod forked;
mod gathering;
mod guilt;
mod home;
mod hostile;
mod leaving;
mod link;
mod membership;
mod ml_dsa;
#[allow(unreachable_pub, reason = "shared with the tests of the core")]
#[path = "../../../core/tests/games/peek.rs"]
mod peek;
mod peers;
mod playing;
mod questions;
mod race;
mod requests;
mod restart;
mod restarting;
#[allow(unreachable_pub, reason = "shared with the tests of the core")]
#[path = "../../../core/tests/games/rps.rs"]
mod rps;
mod secrets;
mod snapshots;
mod steady;
mod store;
mod succession;
mod transcript;
mod watching;
