//! A seat that speaks in the names of others, under its own signature or none.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::crypto::Signature;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;

/// Sends what it should sign itself as if somebody else had.
pub(super) struct Impersonator;

impl Impersonator {
    fn as_another(hand: &mut Hand<'_>, to: Seat, message: &Message) -> Option<Message> {
        let others = hand.seats - hand.me.into() - to.into();
        let seat = others.nth(hand.rng.index(others.len()))?;
        let none = hand.rng.chance(300_000);
        let sign = |own: Signature| {
            if none {
                Signature::from_bytes(&[0; 64])
            } else {
                own
            }
        };
        let mut message = message.clone();
        match &mut message {
            Message::Vote(vote) => {
                vote.seat = seat;
                vote.signature = sign(vote.signature.clone());
            }
            Message::RoundChange(change, _) => {
                change.seat = seat;
                change.signature = sign(change.signature.clone());
            }
            Message::Entry(entry) => {
                let mut body = entry.body.clone();
                body.seat = seat;
                *entry = hand.entry(body);
            }
            Message::Proposal(proposal) => proposal.vote.seat = seat,
            _ => return None,
        }
        Some(message)
    }
}

impl Attack for Impersonator {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let false_one = frame
            .message()
            .and_then(|message| Self::as_another(hand, to, message));
        if let Some(message) = false_one {
            hand.send(to, message);
        }
        hand.pass(to, frame);
    }
}
