//! Two devices that share one seat's key: each is honest by itself and knows nothing of the other
//! (Twins, arXiv 2004.10617). Together they vote twice, propose twice and forget.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;

/// One of the two. At each height and round the other seats are split anew, and each twin speaks
/// with its side only.
pub(super) struct Twin {
    second: bool,
}

impl Twin {
    pub(super) const fn first() -> Self {
        Self { second: false }
    }

    pub(super) const fn second() -> Self {
        Self { second: true }
    }

    fn speaks_with(&self, hand: &Hand<'_>, other: Seat) -> bool {
        let split = hand.height.0 << 8 | u64::from(hand.round.0 & 0xff);
        hand.is_chosen(other, split) == self.second
    }
}

impl Attack for Twin {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if frame.is_status() || self.speaks_with(hand, to) {
            hand.pass(to, frame);
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        // What the other twin signed would end this one.
        let held = matches!(frame.message(), Some(Message::Held(_)));
        frame.is_status() || !held && self.speaks_with(hand, from)
    }
}
