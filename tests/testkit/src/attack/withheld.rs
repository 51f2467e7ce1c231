//! A seat that keeps back what it owes: its secret of a roll, or what it sealed and hid.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Content, Entry, Message};

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Keeps back, from all or from some, what it owes once that is asked for.
pub(super) struct Withheld {
    keeps: fn(&Content) -> bool,
    /// Lets half of the seats have it.
    partly: bool,
}

impl Withheld {
    /// Reveals.
    pub(super) fn reveals(rng: &mut Rng) -> Self {
        Self {
            keeps: |content| matches!(content, Content::Reveal { .. }),
            partly: rng.chance(300_000),
        }
    }

    /// Openings of sealed moves, and shows of hidden rolls.
    pub(super) fn openings(rng: &mut Rng) -> Self {
        Self {
            keeps: |content| matches!(content, Content::Open { .. } | Content::Show { .. }),
            partly: rng.chance(300_000),
        }
    }
}

impl Attack for Withheld {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let kept = |entry: &Entry| entry.body.seat == hand.me && (self.keeps)(&entry.body.content);
        let shows = match frame.message() {
            Some(Message::Entry(entry)) => kept(entry),
            // Nor does it tell in a block of its own.
            Some(Message::Proposal(proposal)) => {
                let block = proposal.block.as_ref();
                block.is_some_and(|block| block.entries.iter().any(|entry| kept(entry)))
                    && proposal.vote.seat == hand.me
            }
            _ => false,
        };
        if !shows || self.partly && hand.is_chosen(to, hand.height.0) {
            hand.pass(to, frame);
        }
    }
}
