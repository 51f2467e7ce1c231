//! A seat that brings up what was signed long ago, or for another table.

use std::collections::VecDeque;
use std::sync::Arc;

use quorate_core::genesis::TableId;
use quorate_core::message::{Message, Unsigned, Vote, VoteKind};
use quorate_core::{Digest, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Frames it remembers.
const KEPT: usize = 256;

/// Replays frames of past heights, and its own votes of another table.
#[derive(Default)]
pub(super) struct Replayer {
    old: VecDeque<Arc<Frame>>,
}

impl Replayer {
    /// A true vote for a block of this table, signed for another.
    fn of_another_table(hand: &Hand<'_>, vote: &Vote) -> Message {
        let table = TableId(Digest::of_bytes("another", hand.table.0.as_bytes()));
        let unsigned = Unsigned {
            table,
            ..vote.unsigned(hand.table)
        };
        Message::Vote(Vote::sign(unsigned, hand.me, hand.signer))
    }
}

impl Attack for Replayer {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let commit = hand.own_vote(frame);
        match commit.filter(|vote| vote.kind == VoteKind::Commit).cloned() {
            Some(vote) if hand.rng.chance(300_000) => {
                let foreign = Self::of_another_table(hand, &vote);
                hand.send(to, foreign);
            }
            _ => hand.pass(to, frame),
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        if frame.is_status() {
            return true;
        }
        if self.old.len() == KEPT {
            self.old.pop_front();
        }
        self.old.push_back(frame.clone());
        if hand.rng.chance(100_000)
            && let Some(old) = self.old.get(hand.rng.index(self.old.len())).cloned()
        {
            hand.pass(from, &old);
        }
        true
    }
}
