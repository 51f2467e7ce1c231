//! A seat that leaves gaps in its nonces, or claims to follow what was never decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Message, Stream};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Skips nonces.
#[derive(Default)]
pub(super) struct NonceSkipper {
    skipped: BTreeMap<(Stream, u64), Arc<Frame>>,
}

impl Attack for NonceSkipper {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let Some(entry) = hand.own_entry(frame) else {
            return hand.pass(to, frame);
        };
        let slot = (entry.stream(), entry.body.nonce);
        let skipped = self.skipped.entry(slot).or_insert_with(|| {
            let mut body = entry.body.clone();
            match hand.rng.below(20) {
                0 => body.nonce = u64::MAX,
                1..5 => body.follows = body.nonce.saturating_sub(1),
                5..8 => body.follows = body.nonce,
                _ => body.nonce = body.nonce.saturating_add(hand.rng.within(1, 1_000)),
            }
            Frame::of(Message::Entry(hand.entry(body)))
        });
        let skipped = skipped.clone();
        hand.pass(to, &skipped);
    }
}
