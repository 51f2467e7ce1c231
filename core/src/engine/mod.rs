//! The engine: one seat's, or watcher's, whole protocol as a deterministic state machine.
//!
//! The host owns time, storage and network. It calls [`Engine::handle`] with what happened and then
//! drains [`Engine::poll_output`]; [`Engine::next_timeout`] says when to call with
//! [`Input::Timeout`] if nothing else happens. Same inputs and same seed give the same outputs,
//! byte for byte, on every platform. Bytes from peers never cause an error or a panic: they become
//! a [`Fault`] that names the connection.
//!
//! Nothing that a signature of this seat depends on leaves, or counts in the seat's own tallies,
//! before [`Input::Persisted`] says that its record is on disk.
//!
//! ```text
//!   host                      engine
//!   handle(now, Received) ──▶ verify, count, decide
//!   poll_output()         ◀── Persist { token, record }
//!   (fsync)
//!   handle(now, Persisted)──▶ count the own vote
//!   poll_output()         ◀── Broadcast, Event, ...
//! ```

mod io;
pub use io::{Decided, Event, Fault, Halted, Input, Misuse, Output, Request, Token};
