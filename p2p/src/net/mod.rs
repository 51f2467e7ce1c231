//! One libp2p swarm on a thread of its own, and the lanes between peers.
mod config;
mod event;
mod handle;
pub(crate) mod identity;
mod outbox;
mod shared;

pub use libp2p::Multiaddr;

pub use config::{Admission, Chaos, NetConfig, Quota, Quotas};
pub use event::{DownCause, Event, Fault, FaultCause, HelloFault, Lane, RequestError, RequestId};
pub use handle::{Answerer, Browsing, NetError, NetEvents, NetHandle, Stats};

/// Starts nets.
#[derive(Debug)]
pub struct Net;

impl Net {
    /// Starts a net: returns once it listens.
    ///
    /// # Errors
    /// [`NetError::CannotListen`] if an address is taken, [`NetError::CannotStart`] if the system
    /// gives no thread.
    pub fn start(config: NetConfig) -> Result<(NetHandle, NetEvents), NetError> {
        Err(NetError::CannotStart(format!(
            "{} is being written",
            config.secret.to_bytes().len()
        )))
    }
}
