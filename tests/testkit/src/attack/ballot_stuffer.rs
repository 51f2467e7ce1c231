//! A seat that answers each motion twice, and differently.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Choice, Content, EntryBody, Message, MotionId, Stream};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Gives two ballots where it has one.
pub(super) struct BallotStuffer {
    /// Its last operation, as far as it knows.
    last: u64,
    answered: BTreeSet<MotionId>,
}

impl Default for BallotStuffer {
    fn default() -> Self {
        Self {
            last: 1, // it was ready
            answered: BTreeSet::new(),
        }
    }
}

impl Attack for BallotStuffer {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let own = hand.own_entry(frame);
        if let Some(entry) = own.filter(|entry| entry.stream() == Stream::Operations) {
            self.last = self.last.max(entry.body.nonce);
        }
        hand.pass(to, frame);
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        let Some(Message::Entry(entry)) = frame.message() else {
            return true;
        };
        let Content::Ballot { motion, .. } = entry.body.content else {
            return true;
        };
        if !self.answered.insert(motion) {
            return true;
        }
        for choice in [Choice::Yes, Choice::No] {
            let body = EntryBody {
                seat: hand.me,
                nonce: self.last + 1,
                follows: self.last,
                content: Content::Ballot { motion, choice },
                ..entry.body.clone()
            };
            self.last += 1;
            let ballot = hand.entry(body);
            hand.broadcast(&Message::Entry(ballot));
        }
        true
    }
}
