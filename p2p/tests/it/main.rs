//! Tests of the network and the store over real sockets and files, by topic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod chaos;
mod cold_start;
mod link;
mod peers;
mod requests;
mod restart;
mod store;
