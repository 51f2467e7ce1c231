//! A seat that looks at everybody's secret before it gives its own, and keeps that back where the
//! dice displease it. It wants an even sum, which in the simulator's own game pays every bet.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::game::Draw as Dice;
use quorate_core::message::{Content, Entry, Message};
use quorate_core::{Height, PerSeat, Seat, dice};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Reveals last, or never.
#[derive(Default)]
pub(super) struct LastRevealer {
    /// Everybody's secrets, its own too, by roll.
    seen: BTreeMap<Height, PerSeat<[u8; 32]>>,
    /// Its own reveals, by roll, for whom they wait.
    kept: BTreeMap<Height, Vec<(Seat, Arc<Frame>)>>,
}

/// The roll an entry reveals a secret for, and the secret.
fn revealed(entry: &Entry) -> Option<(Height, [u8; 32])> {
    match &entry.body.content {
        Content::Reveal { roll, opening, .. } => Some((*roll, *opening.nonce())),
        _ => None,
    }
}

impl LastRevealer {
    fn see(&mut self, entry: &Entry) {
        if let Some((roll, secret)) = revealed(entry) {
            self.seen
                .entry(roll)
                .or_default()
                .insert(entry.body.seat, secret);
        }
    }

    /// Whether the open roll is complete but for its own secret, and that would please it.
    fn is_pleased(&self, hand: &Hand<'_>) -> Option<Height> {
        let open = hand.rolling?;
        let seen = self.seen.get(&open.id)?;
        if !open.contributors.is_subset(seen.seats()) {
            return None;
        }
        let thrown = seen
            .iter()
            .filter(|(seat, _)| open.contributors.contains(*seat));
        let thrown = thrown.map(|(_, secret)| secret);
        let shown = dice::outcome(hand.table, open.id, thrown, &Dice::dice(2, 6));
        shown
            .iter()
            .sum::<u32>()
            .is_multiple_of(2)
            .then_some(open.id)
    }

    fn release(&mut self, hand: &mut Hand<'_>) {
        if let Some(roll) = self.is_pleased(hand) {
            for (to, frame) in self.kept.remove(&roll).unwrap_or_default() {
                hand.pass(to, &frame);
            }
        }
    }
}

impl Attack for LastRevealer {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if let Some(entry) = hand.own_entry(frame)
            && let Some((roll, _)) = revealed(entry)
        {
            self.see(entry);
            self.kept.entry(roll).or_default().push((to, frame.clone()));
            return self.release(hand);
        }
        // Nor does a block of its own tell what it keeps back.
        let tells = hand.tells(frame, |content| matches!(content, Content::Reveal { .. }));
        if !tells || self.is_pleased(hand).is_some() {
            hand.pass(to, frame);
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, _: Seat, frame: &Arc<Frame>) -> bool {
        if let Some(Message::Entry(entry)) = frame.message() {
            self.see(entry);
        }
        self.release(hand);
        true
    }
}
