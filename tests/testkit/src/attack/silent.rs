//! A seat that sends nothing, or keeps back one lane.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Lane;

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Sends nothing on some lanes.
pub(super) struct Silent {
    /// The only lane kept back; none keeps back all.
    lane: Option<Lane>,
}

impl Silent {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let lanes = [
            None,
            None,
            Some(Lane::Votes),
            Some(Lane::Proposals),
            Some(Lane::Control),
        ];
        Self {
            lane: *rng.pick(&lanes),
        }
    }
}

impl Attack for Silent {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if self.lane.is_some_and(|lane| lane != frame.lane) {
            hand.pass(to, frame);
        }
    }
}
