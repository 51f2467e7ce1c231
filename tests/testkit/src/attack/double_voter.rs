//! A seat that votes for one thing before some seats and for another before the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Message, VoteKind};
use quorate_core::{Digest, Height, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Votes twice.
#[derive(Default)]
pub(super) struct DoubleVoter {
    /// Blocks that were proposed at a height.
    seen: BTreeMap<Height, Vec<Digest>>,
}

impl Attack for DoubleVoter {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let Some(vote) = hand.own_vote(frame).cloned() else {
            return hand.pass(to, frame);
        };
        let seen = self.seen.get(&vote.height).map_or(&[][..], Vec::as_slice);
        let mut choices: Vec<_> = seen.iter().copied().map(Some).collect();
        choices.push(Some(Digest::of_bytes("no block", &hand.rng.bytes())));
        if vote.kind == VoteKind::Prepare {
            choices.push(None);
        }
        choices.retain(|choice| *choice != vote.digest);
        let other = *hand.rng.pick(&choices);
        let other = Message::Vote(hand.vote(vote.kind, (vote.height, vote.round), other));
        match hand.rng.below(3) {
            0 => hand.pass(to, frame),
            1 => hand.send(to, other),
            _ => {
                hand.send(to, other);
                hand.pass(to, frame);
            }
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        if let Some(Message::Proposal(proposal)) = frame.message() {
            self.seen.retain(|height, _| *height >= hand.height);
            let seen = self.seen.entry(proposal.vote.height).or_default();
            seen.extend(proposal.digest().filter(|digest| !seen.contains(digest)));
        }
        true
    }
}
