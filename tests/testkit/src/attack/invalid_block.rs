//! A leader whose blocks no rules allow.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Block, Deadline, Message, Proposal, VoteKind};
use quorate_core::{Digest, Height, Round, Seat, Wall};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Proposes invalid blocks, the same to all.
#[derive(Default)]
pub(super) struct InvalidBlock {
    spoilt: BTreeMap<(Height, Round), Arc<Frame>>,
}

fn spoil(block: &mut Block, how: u64) {
    match how {
        0 => block.post_state = Digest::of_bytes("elsewhere", block.post_state.as_bytes()),
        1 => block.parent = Digest::of_bytes("elsewhere", block.parent.as_bytes()),
        2 => block.time = Wall(0),
        3 => block.time = Wall(u64::MAX),
        4 => block.entries.reverse(),
        5 => block.entries.extend(block.entries.first().cloned()),
        6 => block
            .entries
            .truncate(block.entries.len().saturating_sub(1)),
        7 => block.deadlines.push(Deadline::Turn { turn: 1, clock: 1 }),
        8 => block
            .deadlines
            .push(Deadline::Reveal { roll: block.height }),
        9 => block.parent_round = Round(block.parent_round.0.saturating_add(1)),
        10 => block.height = block.height.next(),
        _ => block.entries.clear(),
    }
}

impl InvalidBlock {
    fn spoilt(&mut self, hand: &mut Hand<'_>, proposal: &Proposal) -> Arc<Frame> {
        let place = (proposal.vote.height, proposal.vote.round);
        let spoilt = self.spoilt.entry(place).or_insert_with(|| {
            let mut proposal = proposal.clone();
            if let Some(block) = proposal.block.as_mut() {
                let block = Arc::make_mut(block);
                spoil(block, hand.rng.below(12));
                proposal.vote = hand.vote(VoteKind::Prepare, place, Some(block.digest()));
            }
            Frame::of(Message::Proposal(proposal))
        });
        spoilt.clone()
    }
}

impl Attack for InvalidBlock {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        match hand.own_fresh(frame) {
            Some(proposal) => {
                let spoilt = self.spoilt(hand, proposal);
                hand.pass(to, &spoilt);
            }
            None => hand.pass(to, frame),
        }
    }
}
