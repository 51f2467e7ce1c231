//! A seat whose entries are well signed and break the rules: no such action, too many, garbage.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::{Content, Message, Stream};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Signs what the rules do not allow.
#[derive(Default)]
pub(super) struct IllegalMover {
    moves: BTreeMap<(Stream, u64), Arc<Frame>>,
}

impl Attack for IllegalMover {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let Some(entry) = hand.own_entry(frame) else {
            return hand.pass(to, frame);
        };
        let slot = (entry.stream(), entry.body.nonce);
        let illegal = self.moves.entry(slot).or_insert_with(|| {
            let mut body = entry.body.clone();
            if let Content::Actions { turn, actions } = &mut body.content {
                match hand.rng.below(5) {
                    0 => *actions = vec![hand.rng.bytes().to_vec()],
                    1 => *actions = vec![vec![0xff; 4_096]],
                    2 => *actions = actions.iter().cycle().take(40).cloned().collect(),
                    3 => actions.iter_mut().for_each(Vec::clear),
                    _ => *turn = turn.saturating_add(1),
                }
            }
            Frame::of(Message::Entry(hand.entry(body)))
        });
        let illegal = illegal.clone();
        hand.pass(to, &illegal);
    }
}
