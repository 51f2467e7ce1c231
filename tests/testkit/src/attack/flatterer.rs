//! A seat that tells everybody what they want to hear: it votes with each of the others for what
//! that one votes for. With others of its kind it is all that a fork needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate_core::message::{Message, VoteKind};
use quorate_core::{Height, Round, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Agrees with everybody, once: two of its kind would never end.
#[derive(Default)]
pub(super) struct Flatterer {
    agreed: BTreeSet<(Height, Round, Seat, VoteKind)>,
}

impl Attack for Flatterer {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        // Its own opinion stays at home.
        if hand.own_vote(frame).is_none() {
            hand.pass(to, frame);
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        let vote = match frame.message() {
            Some(Message::Vote(vote)) => vote,
            Some(Message::Proposal(proposal)) => &proposal.vote,
            _ => return true,
        };
        let place = (vote.height, vote.round, from, vote.kind);
        self.agreed.retain(|(height, ..)| *height >= hand.height);
        let open = vote.height >= hand.height && vote.digest.is_some();
        if vote.seat == from && open && self.agreed.insert(place) {
            for kind in [VoteKind::Prepare, VoteKind::Commit] {
                let agreed = hand.vote(kind, (vote.height, vote.round), vote.digest);
                hand.send(from, Message::Vote(agreed));
            }
        }
        true
    }
}
