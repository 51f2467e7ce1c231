//! A frame on its way: bytes, and what they mean, decoded once for everybody who looks on.

use std::fmt;
use std::sync::{Arc, OnceLock};

use quorate_core::codec;
use quorate_core::message::{Lane, Message};

use crate::describe::describe;

/// Bytes that one engine sent another.
pub struct Frame {
    /// The lane it travels on.
    pub lane: Lane,
    /// What is delivered.
    pub bytes: Arc<[u8]>,
    message: OnceLock<Option<Message>>,
}

impl Frame {
    /// A frame of these bytes.
    #[must_use]
    pub fn new(lane: Lane, bytes: Arc<[u8]>) -> Arc<Self> {
        Arc::new(Self {
            lane,
            bytes,
            message: OnceLock::new(),
        })
    }

    /// A frame that says `message`.
    #[must_use]
    pub fn of(message: Message) -> Arc<Self> {
        // Invariant: messages hold integers and bytes only, which always encode.
        let bytes = codec::encode(&message).expect("a message always encodes");
        Arc::new(Self {
            lane: message.lane(),
            bytes: bytes.into(),
            message: OnceLock::from(Some(message)),
        })
    }

    /// Whether it is a status, by its first byte: most frames are, and nobody signs them.
    #[must_use]
    pub fn is_status(&self) -> bool {
        self.bytes.first() == Some(&0)
    }

    /// What it says; none if it is no message.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        let decoded = self.message.get_or_init(|| codec::decode(&self.bytes).ok());
        decoded.as_ref()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            None => write!(f, "garbage of {} bytes", self.bytes.len()),
            Some(message) => describe(message, f),
        }
    }
}
