//! A seat that reveals what it did not commit to, copies the secret of another, or is late with its
//! own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_core::dice::Opening;
use quorate_core::message::{Content, Message};
use quorate_core::{Height, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Mis-opens, copies and delays reveals.
#[derive(Default)]
pub(super) struct FalseReveal {
    /// What others revealed.
    seen: Option<Opening>,
    /// What it sends in place of each reveal, so that all get the same.
    wrong: BTreeMap<Height, Arc<Frame>>,
}

impl Attack for FalseReveal {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let Some(entry) = hand.own_entry(frame) else {
            let own = hand.own_fresh(frame).and_then(|fresh| fresh.block.as_ref());
            let mine = |block: &quorate_core::message::Block| {
                let mut entries = block.entries.iter();
                entries.any(|entry| {
                    let reveals = matches!(entry.body.content, Content::Reveal { .. });
                    entry.body.seat == hand.me && reveals
                })
            };
            if !own.is_some_and(|block| mine(block)) {
                hand.pass(to, frame); // its own block would hold the true one
            }
            return;
        };
        let Content::Reveal { roll, .. } = entry.body.content else {
            return hand.pass(to, frame);
        };
        if hand.is_chosen(hand.me, roll.0) && !self.wrong.contains_key(&roll) {
            let late = hand.rng.between(Duration::ZERO, Duration::from_secs(3));
            return hand.pass_later(late, to, frame);
        }
        if !self.wrong.contains_key(&roll) {
            let mut body = entry.body.clone();
            if let (Content::Reveal { opening, .. }, Some(seen)) = (&mut body.content, self.seen) {
                *opening = seen;
            }
            let wrong = hand.entry(body);
            self.wrong.insert(roll, Frame::of(Message::Entry(wrong)));
        }
        if let Some(wrong) = self.wrong.get(&roll) {
            hand.pass(to, wrong);
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        if let Some(Message::Entry(entry)) = frame.message()
            && entry.body.seat != hand.me
            && let Content::Reveal { opening, .. } = &entry.body.content
        {
            self.seen = Some(*opening);
        }
        true
    }
}
