//! A seat that climbs to ever higher rounds, and heights, alone.

use std::sync::Arc;

use quorate_core::crypto::Signature;
use quorate_core::limits::ROUND_MAX;
use quorate_core::message::{Message, RoundChange, VoteKind};
use quorate_core::{Digest, Height, Round, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Signs for rounds nobody else is in.
pub(super) struct IsolatedClimber;

impl Attack for IsolatedClimber {
    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, _: &Arc<Frame>) -> bool {
        if hand.rng.chance(100_000) {
            let up = *hand.rng.pick(&[1, 1, 2, 3, 9, 100, ROUND_MAX, u32::MAX]);
            let round = Round(hand.round.0.saturating_add(up));
            let ahead = *hand.rng.pick(&[0, 0, 0, 1, 2, 1_000]);
            let height = Height(hand.height.0.saturating_add(ahead));
            let message = climb(hand, height, round);
            if hand.rng.chance(500_000) {
                hand.broadcast(&message);
            } else {
                hand.send(from, message);
            }
        }
        true
    }
}

fn climb(hand: &mut Hand<'_>, height: Height, round: Round) -> Message {
    let block = Digest::of_bytes("no block", &hand.rng.bytes());
    match hand.rng.below(4) {
        0 => Message::Vote(hand.vote(VoteKind::Prepare, (height, round), None)),
        1 => Message::Vote(hand.vote(VoteKind::Commit, (height, round), Some(block))),
        _ => {
            let change = RoundChange {
                epoch: hand.epoch,
                height,
                round,
                claim: None,
                seat: hand.me,
                signature: Signature::from_bytes(&[0; 64]),
            };
            Message::RoundChange(change.signed(hand.table, hand.signer), None)
        }
    }
}
