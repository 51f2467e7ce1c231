//! A seat that looks at everybody's secret before it gives its own, and keeps that back where the
//! dice would not please it.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Content, Message};
use quorate_core::{Height, Seat, Seats};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Reveals last, or never.
#[derive(Default)]
pub(super) struct LastRevealer {
    seen: BTreeMap<Height, Seats>,
    /// Its own reveals, by roll, for whom they wait.
    kept: BTreeMap<Height, Vec<(Seat, Arc<Frame>)>>,
}

impl Attack for LastRevealer {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let entry = hand.own_entry(frame);
        let roll = entry.and_then(|entry| match entry.body.content {
            Content::Reveal { roll, .. } => Some(roll),
            _ => None,
        });
        match roll {
            Some(roll) => {
                let kept = self.kept.entry(roll).or_default();
                kept.push((to, frame.clone()));
            }
            None => hand.pass(to, frame),
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        let Some(Message::Entry(entry)) = frame.message() else {
            return true;
        };
        let Content::Reveal { roll, .. } = entry.body.content else {
            return true;
        };
        let seen = self.seen.entry(roll).or_default();
        *seen |= entry.body.seat.into();
        let all = seen.len() + 1 >= hand.seats.len();
        // What the dice would be only matters to whoever bets on them: a coin stands in for it.
        if all && hand.is_chosen(hand.me, roll.0) {
            for (to, frame) in self.kept.remove(&roll).unwrap_or_default() {
                hand.pass(to, &frame);
            }
        }
        true
    }
}
