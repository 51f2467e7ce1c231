//! A leader that proposes one block to some seats and another to the rest, and goes on voting for
//! both.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Justification, Message, Proposal, VoteKind};
use quorate_core::{Digest, Height, Round, Seat, Wall};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Proposes twice.
#[derive(Default)]
pub(super) struct EquivocatingLeader {
    /// The other proposal of a round.
    others: BTreeMap<(Height, Round), Arc<Frame>>,
    digests: BTreeMap<(Height, Round), Digest>,
}

impl EquivocatingLeader {
    fn other(&mut self, hand: &Hand<'_>, proposal: &Proposal) -> Arc<Frame> {
        let place = (proposal.vote.height, proposal.vote.round);
        let digests = &mut self.digests;
        let other = self.others.entry(place).or_insert_with(|| {
            let mut other = proposal.clone();
            if let Some(block) = other.block.as_mut() {
                // A later time makes another block that is just as valid.
                let block = Arc::make_mut(block);
                block.time = Wall(block.time.0 + 1);
                if let Some(post_state) = hand.finished(block) {
                    block.post_state = post_state;
                }
                let digest = block.digest();
                digests.insert(place, digest);
                other.vote = hand.vote(VoteKind::Prepare, place, Some(digest));
            }
            if let Some(justification) = &mut other.justification {
                let Justification {
                    changes, prepared, ..
                } = &*justification;
                let unsigned = other.vote.unsigned(hand.table);
                let bytes = Justification::bytes(&unsigned, changes.as_ref(), prepared.as_ref());
                justification.signature = hand.signer.sign(&bytes);
            }
            Frame::of(Message::Proposal(other))
        });
        other.clone()
    }
}

impl Attack for EquivocatingLeader {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let chosen = hand.is_chosen(to, hand.height.0);
        if let Some(proposal) = hand.own_fresh(frame) {
            let shown = if chosen {
                self.other(hand, proposal)
            } else {
                Arc::clone(frame)
            };
            hand.pass(to, &shown);
            // It commits at once: its own engine will to one of the two at most.
            if let Some(Message::Proposal(proposal)) = shown.message() {
                let place = (proposal.vote.height, proposal.vote.round);
                let commit = hand.vote(VoteKind::Commit, place, proposal.digest());
                hand.send(to, Message::Vote(commit));
            }
            return;
        }
        if !chosen {
            return hand.pass(to, frame);
        }
        let other = hand.own_vote(frame).and_then(|vote| {
            let place = (vote.height, vote.round);
            let digest = self.digests.get(&place)?;
            Some(hand.vote(vote.kind, place, Some(*digest)))
        });
        match other {
            Some(vote) => hand.send(to, Message::Vote(vote)),
            None => hand.pass(to, frame),
        }
    }
}
