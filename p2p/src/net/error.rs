//! What a caller can do wrong, and what the system can refuse.

use libp2p::Multiaddr;
use quorate_core::crypto::PublicKey;

/// A caller's mistake, or a net that cannot do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The network thread has more commands than it can take; try again.
    #[error("the network thread is busy")]
    Busy,
    /// The secret or public key is no valid ed25519 key.
    #[error("not a valid key: {0}")]
    BadKey(PublicKey),
    /// Not an address to listen on, or already taken.
    #[error("cannot listen on {address}: {reason}")]
    CannotListen {
        /// The address.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// The system gives no thread, or no network.
    #[error("cannot start the network: {0}")]
    CannotStart(String),
    /// No lanes to that peer are open.
    #[error("no open lanes to peer {0}")]
    NotUp(PublicKey),
    /// The net was shut down.
    #[error("the network is shut down")]
    Stopped,
    /// More bytes than may be sent at once.
    #[error("{bytes} bytes are too many, at most {max} are allowed")]
    TooLarge {
        /// The length given.
        bytes: usize,
        /// The length allowed.
        max: usize,
    },
    /// More channels, or peers in one, than a net takes.
    #[error("at most {max} channels, or peers in one, are allowed")]
    TooMany {
        /// How many are allowed.
        max: usize,
    },
}

/// Refuses more bytes than `max`.
pub(super) fn at_most(bytes: usize, max: usize) -> Result<(), NetError> {
    if bytes > max {
        Err(NetError::TooLarge { bytes, max })
    } else {
        Ok(())
    }
}
