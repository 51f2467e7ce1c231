//! A seat that lets only a few others hear it, so that they hold what nobody else does: the hidden
//! lock.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;

/// Speaks to a chosen few, others at each height and round.
#[derive(Default)]
pub(super) struct SelectiveSender;

impl Attack for SelectiveSender {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let salt = hand.height.0 << 8 | u64::from(hand.round.0 & 0xff);
        let hears = match frame.message() {
            // Its first vote reaches half of the seats, its second perhaps another half.
            Some(Message::Vote(vote)) => hand.is_chosen(to, salt ^ (vote.kind as u64) << 40),
            Some(Message::Status(_) | Message::Entry(_)) => true,
            _ => hand.is_chosen(to, salt),
        };
        if hears {
            hand.pass(to, frame);
        }
    }
}
