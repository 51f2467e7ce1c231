//! The network: one libp2p swarm on a thread of its own, and the lanes between peers.
//!
//! A [`Net`] carries opaque bytes. A *channel* is a table, or a table that is still gathering: a
//! digest, and who may use it ([`Admission`]). Between two peers of a channel there are three
//! *lanes*, each a long-lived stream of its own, so that a vote never waits behind a proposal;
//! beside them, requests with one bounded answer each.
//!
//! ```text
//!   NetHandle ──commands──▶ loop (swarm, dialling, hellos) ──▶ one task per session
//!       └── frames ──▶ outbox of (channel, peer) ──────────────▶ writer │ readers
//!   NetEvents ◀──────────────── Up, Frame…, Down ───────────────────────┘
//! ```
//!
//! What holds:
//! - What is sent after [`Event::Up`] and before [`Event::Down`] arrives, in order on each lane,
//!   unless the peer reads too slowly ([`Event::SlowPeer`]) or the connection breaks (`Down`).
//! - Nobody waits for a slow peer: outboxes drop their oldest frame. Whoever reads events slowly
//!   slows the peers that send, not the net.
//! - Peers of a roster are dialled for ever; two peers that dial each other at once end with one
//!   set of lanes, because the one with the lower key opens them.
//! - Bytes of peers never panic: they become an [`Event::Fault`] that names who and what.
//!
//! ```
//! use std::time::Duration;
//! use quorate_core::{Digest, crypto::SecretKey};
//! use quorate_p2p::net::{Admission, Event, Lane, Net, NetConfig};
//!
//! let channel = Digest::of_bytes("example", b"table");
//! let (ann, mut of_ann) = Net::start(NetConfig::loopback(SecretKey::from_bytes(&[1; 32])))?;
//! let (bob, mut of_bob) = Net::start(NetConfig::loopback(SecretKey::from_bytes(&[2; 32])))?;
//! let both = Admission::Roster(vec![ann.local(), bob.local()]);
//! ann.open(channel, both.clone(), "hello from ann".into())?;
//! bob.open(channel, both, "hello from bob".into())?;
//! ann.hint(bob.local(), bob.listening())?;
//!
//! while let Some(event) = of_ann.wait(Duration::from_secs(10)) {
//!     if let Event::Up { channel, peer, .. } = event {
//!         ann.send(channel, peer, Lane::Votes, "aye".into())?;
//!         break;
//!     }
//! }
//! let heard = std::iter::from_fn(|| of_bob.wait(Duration::from_secs(10)))
//!     .find_map(|event| match event {
//!         Event::Frame { bytes, .. } => Some(bytes),
//!         _ => None,
//!     });
//! assert_eq!(heard.as_deref(), Some(&b"aye"[..]));
//! ann.shutdown();
//! bob.shutdown();
//! # Ok::<(), quorate_p2p::net::NetError>(())
//! ```

mod answerer;
mod book;
mod chaos;
mod config;
mod dialer;
mod driver;
mod error;
mod event;
mod events;
mod exchange;
mod frame;
mod gate;
mod handle;
mod hello;
pub(crate) mod identity;
mod outbox;
mod quota;
mod reader;
mod session;
mod shared;
mod streams;
mod swarm;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::thread;

pub use libp2p::Multiaddr;
use quorate_core::crypto::Signer;
use tokio::runtime;
use tokio::sync::mpsc;

pub use answerer::Answerer;
pub use chaos::{CHAOS_VARIABLE, ChaosError};
pub use config::{Admission, Chaos, NetConfig, Quota, Quotas};
pub use error::NetError;
pub use event::{DownCause, Event, Fault, FaultCause, HelloFault, Lane, RequestError, RequestId};
pub use events::NetEvents;
pub use handle::{Browsing, NetHandle, Stats};

use crate::limits::{COMMANDS, EVENTS};
use driver::{Driver, Queues};
use shared::Shared;

/// Starts networks. Any number of them may run in one process.
#[derive(Clone, Copy, Debug)]
pub struct Net;

impl Net {
    /// Starts a net on a thread of its own; returns once it listens.
    ///
    /// It runs until [`NetHandle::shutdown`], or until every handle is dropped.
    ///
    /// # Errors
    /// [`NetError::CannotListen`] if an address is taken or is none, [`NetError::CannotStart`] if
    /// the system gives no thread or no network.
    pub fn start(config: NetConfig) -> Result<(NetHandle, NetEvents), NetError> {
        let shared = Arc::new(Shared::new(config.secret.public(), config.chaos.clone()));
        let (commands, commanded) = mpsc::channel(COMMANDS);
        let (tell, events) = mpsc::channel(EVENTS);
        let answers = commands.downgrade();
        let queues = Queues {
            events: tell,
            commands: commanded,
            answers,
        };
        let (started, start) = blocking::sync_channel(1);
        let in_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("quorate-net".into());
        let thread = thread
            .spawn(move || run(config, in_thread, queues, &started))
            .map_err(|error| NetError::CannotStart(error.to_string()))?;
        match start.recv() {
            Ok(Ok(())) => {
                shared.set_thread(thread);
                Ok((NetHandle { shared, commands }, NetEvents { events }))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(NetError::CannotStart("the network thread panicked".into())),
        }
    }
}

/// The network thread: says whether it could start, and runs to the end.
fn run(
    config: NetConfig,
    shared: Arc<Shared>,
    queues: Queues,
    started: &blocking::SyncSender<Result<(), NetError>>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(NetError::CannotStart(error.to_string())));
            return;
        }
    };
    runtime.block_on(async move {
        let listen = config.listen.clone();
        let built = match Driver::new(config, shared, &queues) {
            Ok((mut driver, notes)) => driver.listen(&listen).await.map(|()| (driver, notes)),
            Err(error) => Err(error),
        };
        match built {
            Ok((driver, notes)) => {
                let _ = started.send(Ok(())); // `start` waits for it
                driver.run(queues, notes).await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    });
}
