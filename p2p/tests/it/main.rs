//! Tests of the network, the store, nodes and tables over real sockets and files, by topic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod acting;
mod chaos;
mod cold_start;
mod gathering;
mod guilt;
mod home;
mod hostile;
mod leaving;
mod link;
mod membership;
mod peers;
mod playing;
mod questions;
mod race;
mod requests;
mod restart;
mod restarting;
mod store;
mod watching;
