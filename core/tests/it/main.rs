//! Tests of the core by topic.

#![allow(missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[path = "../games/mod.rs"]
mod games;

mod check;
mod codec;
mod dice;
mod ledger;
mod local;
mod state;
mod vocabulary;
