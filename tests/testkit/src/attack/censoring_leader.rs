//! A leader that never includes the entries of one seat: its engine never learns of them, except in
//! blocks of others.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Does not hear the entries of one seat.
pub(super) struct CensoringLeader {
    whim: u64,
}

impl CensoringLeader {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        Self { whim: rng.bits() }
    }

    fn victim(&self, hand: &Hand<'_>) -> Option<Seat> {
        let others = hand.seats - hand.me.into();
        let index = self.whim % others.len().max(1) as u64;
        others.nth(usize::try_from(index).unwrap_or(0))
    }
}

impl Attack for CensoringLeader {
    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        let Some(Message::Entry(entry)) = frame.message() else {
            return true;
        };
        self.victim(hand) != Some(entry.body.seat)
    }
}
