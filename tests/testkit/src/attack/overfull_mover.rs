//! A seat whose moves the rules allow and the state has no room for: it would be larger than a
//! table may keep, or have no canonical bytes. No block can hold such a move, and none may be held
//! up for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Content, Message, Stream};
use quorate_core::{Seat, codec, limits};

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::games::Move;

/// Puts a move of the simulator's own game in place of each that its engine makes. In another game
/// that means nothing.
#[derive(Default)]
pub(super) struct OverfullMover {
    moves: BTreeMap<(Stream, u64), Arc<Frame>>,
}

/// A move that no state has room for. A state without bytes is as bad as one that is too large, and
/// is found out sooner.
fn overfull(hand: &mut Hand<'_>) -> Move {
    if hand.rng.chance(900_000) {
        return Move::Blot;
    }
    Move::Hoard(u32::try_from(limits::STATE_BYTES_MAX).unwrap_or(u32::MAX))
}

impl Attack for OverfullMover {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if let Some(entry) = hand.own_entry(frame)
            && matches!(entry.body.content, Content::Actions { .. })
        {
            let slot = (entry.stream(), entry.body.nonce);
            let frame = self.moves.entry(slot).or_insert_with(|| {
                let mut body = entry.body.clone();
                if let Content::Actions { actions, .. } = &mut body.content {
                    *actions = codec::encode(&overfull(hand)).into_iter().collect();
                }
                Frame::of(Message::Entry(hand.entry(body)))
            });
            return hand.pass(to, frame);
        }
        // Nor does it tell in a block of its own what its engine meant to do.
        if !hand.tells(frame, |content| matches!(content, Content::Actions { .. })) {
            hand.pass(to, frame);
        }
    }
}
