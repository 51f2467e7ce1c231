//! A deterministic simulator of a whole Quorate table, with attackers and an independent oracle.
//!
//! Every device of a table runs the real engine; the simulator owns all the rest: time, network,
//! disks and players. One seed draws one table with its faults and cheats, and gives the same run
//! on every platform. After every step the [oracle](Invariant) judges what the honest seats did;
//! then everything is healed, and the table must go on.
//!
//! A game author's test takes a few lines, and any game:
//!
//! ```
//! use quorate_testkit::{Simulation, games::Odds};
//!
//! Simulation::of(Odds::default()).seeds(0..4).heights(5).run().assert_clean();
//! ```
//!
//! The simulator's own campaign is the binary `simulate`. A failure prints the seed, what was drawn
//! from it, the first broken invariant, the last steps, and the line that replays it.
//!
//! - [`Draw`]: what one seed means
//! - [`World`]: a table, driven step by step in scenario tests
//! - [`attack`]: the cheats
//! - [`Mark`]: what seeds must meet, or they prove little
//! - [`Mutant`]: known-wrong variants that must be caught
//!
//! # What it does not show
//! Simulation finds faults; it does not prove that there are none. With more cheats than a table
//! can bear it only shows that nobody is framed and that a fork stops the table. Sockets, real
//! disks and real time are the node's tests.
#![forbid(unsafe_code)]

pub mod attack;
mod campaign;
pub mod clock;
mod describe;
pub mod disk;
pub mod draw;
mod frame;
pub mod games;
mod host;
mod house;
pub mod keys;
mod marks;
mod mutant;
pub mod network;
mod oracle;
mod queue;
mod report;
mod rng;
mod scenario;
pub mod script;
mod trace;
mod world;

pub use campaign::Simulation;
pub use draw::Draw;
pub use frame::Frame;
pub use house::{House, Wishes};
pub use marks::{Faults, Mark, Marks};
pub use mutant::Mutant;
pub use oracle::{Invariant, Violation};
pub use report::{Ending, Report, Run, Throws};
pub use rng::Rng;
pub use scenario::Scenario;
pub use script::{AnyMove, Gamblers, Script};
pub use trace::{Step, Trace};
pub use world::World;
