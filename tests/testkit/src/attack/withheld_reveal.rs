//! A seat that keeps back its secret once a roll is open, from all or from some.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Content, Entry, Message};

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Keeps back its reveals.
pub(super) struct WithheldReveal {
    /// Lets half of the seats have them.
    partly: bool,
}

impl WithheldReveal {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        Self {
            partly: rng.chance(300_000),
        }
    }
}

impl Attack for WithheldReveal {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let mine = |entry: &Entry| {
            entry.body.seat == hand.me && matches!(entry.body.content, Content::Reveal { .. })
        };
        let shows = match frame.message() {
            Some(Message::Entry(entry)) => mine(entry),
            // Nor does it show the secret in a block of its own.
            Some(Message::Proposal(proposal)) => {
                let block = proposal.block.as_ref();
                block.is_some_and(|block| block.entries.iter().any(|entry| mine(entry)))
                    && proposal.vote.seat == hand.me
            }
            _ => false,
        };
        if !shows || self.partly && hand.is_chosen(to, hand.height.0) {
            hand.pass(to, frame);
        }
    }
}
