//! A seat that signs different entries under one nonce.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Content, Message, Stream};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Tells half of the seats something else.
#[derive(Default)]
pub(super) struct ConflictingEntries {
    others: BTreeMap<(Stream, u64), Arc<Frame>>,
}

impl Attack for ConflictingEntries {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let Some(entry) = hand.own_entry(frame) else {
            return hand.pass(to, frame);
        };
        let slot = (entry.stream(), entry.body.nonce);
        if !hand.is_chosen(to, slot.1) {
            return hand.pass(to, frame);
        }
        let other = self.others.entry(slot).or_insert_with(|| {
            let mut body = entry.body.clone();
            match &mut body.content {
                // Withdraws what it tells the others it does.
                Content::Actions { actions, .. } => actions.clear(),
                _ => body.valid_until = body.valid_until.next(),
            }
            Frame::of(Message::Entry(hand.entry(body)))
        });
        let other = other.clone();
        hand.pass(to, &other);
    }
}
