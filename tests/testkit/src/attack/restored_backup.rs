//! A device that starts again from a backup, and may not want to hear what it has forgotten.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Passes everything on; what restores the backup is the world.
pub(super) struct RestoredBackup {
    /// Whether it drops what others hold of it, as only a changed program does.
    deaf: bool,
}

impl RestoredBackup {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let deaf = rng.chance(500_000);
        Self { deaf }
    }
}

impl Attack for RestoredBackup {
    fn incoming(&mut self, _: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        !self.deaf || !matches!(frame.message(), Some(Message::Held(_)))
    }
}
