//! Where the answer to a peer's request goes.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::NetError;
use super::error::at_most;
use super::handle::Command;
use crate::limits::ANSWER_BYTES_MAX;

/// Takes the answer to one request; dropping it refuses.
#[derive(Debug)]
pub struct Answerer {
    /// Until it is used.
    token: Option<u64>,
    commands: mpsc::WeakSender<Command>,
}

impl Answerer {
    pub(super) const fn new(token: u64, commands: mpsc::WeakSender<Command>) -> Self {
        Self {
            token: Some(token),
            commands,
        }
    }

    /// Answers.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Busy`] or [`NetError::Stopped`]; the peer is refused.
    pub fn send(mut self, bytes: Bytes) -> Result<(), NetError> {
        at_most(bytes.len(), ANSWER_BYTES_MAX)?;
        self.give(Some(bytes))
    }

    fn give(&mut self, bytes: Option<Bytes>) -> Result<(), NetError> {
        let Some(token) = self.token.take() else {
            return Ok(());
        };
        let commands = self.commands.upgrade().ok_or(NetError::Stopped)?;
        let command = Command::Answer { token, bytes };
        commands.try_send(command).map_err(|_| NetError::Busy)
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        let _ = self.give(None); // whoever asked waits no longer than its own patience
    }
}
