//! A leader that lets its proposal leave when the round is about to end: some seats get it in time
//! and some do not.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;

/// Proposes at the edge of the timeout.
pub(super) struct SlowLeader;

impl Attack for SlowLeader {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        match frame.message() {
            Some(Message::Proposal(proposal)) if proposal.vote.seat == hand.me => {
                let round = hand.timing.round(proposal.vote.round.0);
                let edge = hand.rng.between(round * 8 / 10, round * 11 / 10);
                hand.pass_later(edge, to, frame);
            }
            _ => hand.pass(to, frame),
        }
    }
}
