//! A leader whose blocks no rules allow. What its own engine lets pass it finishes well, so that
//! nothing but the broken rule itself can tell.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use quorate_core::crypto::Signature;
use quorate_core::message::{
    Block, Content, Deadline, Entry, EntryBody, Message, Proposal, Stream, VoteKind,
};
use quorate_core::{Digest, Height, Round, Seat, Wall};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Entries it remembers.
const KEPT: usize = 64;

/// Proposes invalid blocks, the same to all.
#[derive(Default)]
pub(super) struct InvalidBlock {
    spoilt: BTreeMap<(Height, Round), Arc<Frame>>,
    old: VecDeque<Arc<Entry>>,
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
        if let Some(known) = self.spoilt.get(&place) {
            return known.clone();
        }
        let mut proposal = proposal.clone();
        if let Some(block) = proposal.block.as_mut() {
            let block = Arc::make_mut(block);
            let how = hand.rng.below(24);
            if how < 12 {
                spoil(block, how);
            } else if let Some(wrong) = self.wrong_entry(hand, block) {
                slip_in(hand, block, &wrong);
            }
            proposal.vote = hand.vote(VoteKind::Prepare, place, Some(block.digest()));
        }
        let frame = Frame::of(Message::Proposal(proposal));
        self.spoilt.insert(place, frame.clone());
        frame
    }

    /// An entry that was decided before, that nobody signed, or that means a turn that is over.
    fn wrong_entry(&mut self, hand: &mut Hand<'_>, block: &Block) -> Option<Arc<Entry>> {
        let old = self.old.get(hand.rng.index(self.old.len())).cloned()?;
        match hand.rng.below(3) {
            0 => Some(old),
            1 => {
                // As if its seat had it signed now.
                let mut forged = Entry::clone(&old);
                let decided = self.last(&old, block);
                forged.body.follows = decided;
                forged.body.nonce = decided + 1;
                forged.signature = Signature::from_bytes(&[7; 64]);
                Some(Arc::new(forged))
            }
            _ => {
                let own = |entry: &&Arc<Entry>| {
                    let acts = entry.stream() == Stream::Actions;
                    entry.body.seat == hand.me && acts
                };
                let own = self.old.iter().rev().find(own)?.clone();
                let decided = self.last(&own, block);
                let Content::Actions { turn, actions } = own.body.content.clone() else {
                    return None;
                };
                let stale = turn.saturating_sub(1);
                let content = Content::Actions {
                    turn: stale,
                    actions,
                };
                Some(hand.entry(EntryBody {
                    nonce: decided + 1,
                    follows: decided,
                    content,
                    ..own.body.clone()
                }))
            }
        }
    }

    /// The highest nonce of an entry's seat and stream that it has seen, but for this block's.
    fn last(&self, entry: &Entry, block: &Block) -> u64 {
        let alike = self.old.iter().filter(|other| {
            other.body.seat == entry.body.seat
                && other.stream() == entry.stream()
                && !block.entries.contains(*other)
        });
        alike.map(|other| other.body.nonce).max().unwrap_or(0)
    }
}

/// Puts an entry where the cheat's own engine lets it stand.
fn slip_in(hand: &Hand<'_>, block: &mut Block, wrong: &Arc<Entry>) {
    block
        .entries
        .retain(|entry| (entry.body.seat, entry.stream()) != (wrong.body.seat, wrong.stream()));
    for index in 0..=block.entries.len() {
        block.entries.insert(index, wrong.clone());
        if let Some(post_state) = hand.finished(block) {
            block.post_state = post_state;
            return;
        }
        block.entries.remove(index);
    }
    block.entries.push(wrong.clone());
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

    fn incoming(&mut self, _: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        let seen = match frame.message() {
            Some(Message::Proposal(proposal)) => proposal.block.as_ref(),
            Some(Message::Body(block)) => Some(block),
            _ => None,
        };
        for entry in seen.map_or(&[][..], |block| block.entries.as_slice()) {
            if self.old.len() == KEPT {
                self.old.pop_front();
            }
            self.old.push_back(entry.clone());
        }
        true
    }
}
