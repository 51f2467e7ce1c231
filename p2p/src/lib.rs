//! Quorate on real devices: a [`Node`] with its key and its network, and the [`Table`] that a game
//! developer holds.
//!
//! Applications use the `quorate` crate, which re-exports what is here.
//!
//! ```text
//!   Table ── acts, looks, follows events         table/
//!     │                                          gather/  from a link to a signed genesis
//!     │                                          heirs/   from a fork to a successor
//!   driver ── one thread per table: engine,      driver/
//!     │       store, network                     sync/    decided blocks for who lacks them
//!   Node ──── key, folder, swarm, tables         node/
//!     ├────── net    lanes, requests, discovery  net/
//!     └────── store  journal and decisions       store/
//! ```
#![forbid(unsafe_code)]

mod allowance;
mod clock;
mod driver;
mod entropy;
mod gather;
mod heirs;
pub mod limits;
pub mod link;
mod lock;
pub mod net;
mod node;
mod quiet;
pub mod store;
mod sync;
mod table;

pub use gather::{Seating, SeatingError};
pub use heirs::{CannotGoOn, PartFault};
pub use link::{Link, LinkError};
use lock::lock;
pub use node::{Config, History, Nearby, Node, OpenError, Saved, StartError};
pub use quiet::{quiet_panics, with_panic_place};
pub use table::{
    Breach, Event, Events, FaultKind, Halt, NotStalled, PeerFault, Pending, Pulse, Refusal,
    RollFlaw, RollProgress, RollProof, Seated, Status, Succeeding, Table, Thrown, Trace,
    TranscriptError, Trouble, Voted,
};
