//! A seat that likes no block: it prepares nil, commits to nothing and proposes nothing.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Message, VoteKind};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Refuses every block.
pub(super) struct AlwaysNil;

impl Attack for AlwaysNil {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if let Some(vote) = hand.own_vote(frame) {
            if vote.kind == VoteKind::Prepare {
                let nil = hand.vote(VoteKind::Prepare, (vote.height, vote.round), None);
                hand.send(to, Message::Vote(nil));
            }
            return;
        }
        match frame.message() {
            Some(Message::Proposal(proposal)) if proposal.vote.seat == hand.me => {}
            _ => hand.pass(to, frame),
        }
    }
}
