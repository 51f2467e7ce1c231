//! A seat that remembers nothing of the rounds before: it votes for whatever is proposed, and where
//! it should propose a prepared block again it proposes another one.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Justification, Message, Proposal, VoteKind};
use quorate_core::{Height, Round, Seat, Wall};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Forgets what it is locked on.
#[derive(Default)]
pub(super) struct Amnesiac {
    others: BTreeMap<(Height, Round), Arc<Frame>>,
}

impl Amnesiac {
    /// Another block in place of the prepared one, with nothing to show for it.
    fn other(&mut self, hand: &Hand<'_>, proposal: &Proposal) -> Arc<Frame> {
        let place = (proposal.vote.height, proposal.vote.round);
        let other = self.others.entry(place).or_insert_with(|| {
            let mut other = proposal.clone();
            if let Some(block) = other.block.as_mut() {
                let block = Arc::make_mut(block);
                block.time = Wall(block.time.0 + 1);
                let digest = hand.finished(block).map(|post_state| {
                    block.post_state = post_state;
                    block.digest()
                });
                let digest = digest.unwrap_or_else(|| block.digest());
                other.vote = hand.vote(VoteKind::Prepare, place, Some(digest));
            }
            if let Some(justification) = &mut other.justification {
                justification.prepared = None;
                let unsigned = other.vote.unsigned(hand.table);
                let changes = justification.changes.as_ref();
                let bytes = Justification::bytes(&unsigned, changes, None);
                justification.signature = hand.signer.sign(&bytes);
            }
            Frame::of(Message::Proposal(other))
        });
        other.clone()
    }
}

impl Attack for Amnesiac {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        match frame.message() {
            Some(Message::Proposal(proposal)) if proposal.vote.seat == hand.me => {
                let held = proposal.justification.as_ref();
                if held.is_some_and(|held| held.prepared.is_some()) {
                    let other = self.other(hand, proposal);
                    return hand.pass(to, &other);
                }
                hand.pass(to, frame);
            }
            _ => hand.pass(to, frame),
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        if let Some(Message::Proposal(proposal)) = frame.message()
            && proposal.vote.seat != hand.me
            && proposal.vote.round > Round(0)
        {
            let place = (proposal.vote.height, proposal.vote.round);
            for kind in [VoteKind::Prepare, VoteKind::Commit] {
                let vote = hand.vote(kind, place, proposal.vote.digest);
                hand.broadcast(&Message::Vote(vote));
            }
        }
        true
    }
}
