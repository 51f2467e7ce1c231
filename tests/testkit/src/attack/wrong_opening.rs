//! A seat that opens another move than it sealed, or shows another secret than it hid.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::dice::Opening;
use quorate_core::message::{Content, Message};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Opens and shows what it did not seal and hide.
#[derive(Default)]
pub(super) struct WrongOpening {
    /// Entries by their nonce, so that all get the same.
    wrong: BTreeMap<u64, Arc<Frame>>,
    /// A true opening of its own, of something else.
    other: Option<Opening>,
}

impl WrongOpening {
    fn falsify(&mut self, hand: &mut Hand<'_>, content: &mut Content) {
        match content {
            Content::Open {
                action, opening, ..
            } => {
                let true_one = *opening;
                match self.other.filter(|_| hand.rng.chance(300_000)) {
                    Some(other) => *opening = other,
                    None => match action.last_mut() {
                        Some(byte) => *byte ^= 1,
                        None => action.push(0),
                    },
                }
                self.other = Some(true_one);
            }
            Content::Show { openings, .. } => {
                for opening in openings {
                    self.other.get_or_insert(*opening).clone_into(opening);
                }
            }
            _ => {}
        }
    }
}

impl Attack for WrongOpening {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let owed =
            |content: &Content| matches!(content, Content::Open { .. } | Content::Show { .. });
        let own = hand.own_fresh(frame).and_then(|fresh| fresh.block.as_ref());
        let mine = |block: &quorate_core::message::Block| {
            let mut own = block
                .entries
                .iter()
                .filter(|entry| entry.body.seat == hand.me);
            own.any(|entry| owed(&entry.body.content))
        };
        if own.is_some_and(|block| mine(block)) {
            return; // its own block would hold the true one
        }
        let entry = hand
            .own_entry(frame)
            .filter(|entry| owed(&entry.body.content));
        let Some(entry) = entry else {
            return hand.pass(to, frame);
        };
        let nonce = entry.body.nonce;
        if !self.wrong.contains_key(&nonce) {
            let mut body = entry.body.clone();
            self.falsify(hand, &mut body.content);
            let entry = hand.entry(body);
            self.wrong.insert(nonce, Frame::of(Message::Entry(entry)));
        }
        if let Some(wrong) = self.wrong.get(&nonce) {
            hand.pass(to, wrong);
        }
    }
}
