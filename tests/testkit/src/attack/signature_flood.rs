//! A seat that sends many votes nobody signed, so that checking them keeps the others busy.

use std::sync::Arc;

use quorate_core::crypto::Signature;
use quorate_core::message::{Message, Vote, VoteKind};
use quorate_core::{Digest, Round, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Votes in one burst.
const BURST: u64 = 16;

/// Floods others with false signatures.
pub(super) struct SignatureFlood;

impl Attack for SignatureFlood {
    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        if frame.is_status() || !hand.rng.chance(50_000) {
            return true;
        }
        // Those for the next height are kept unread until it begins.
        let early = hand.rng.chance(500_000);
        let height = if early {
            hand.height.next()
        } else {
            hand.height
        };
        for _ in 0..BURST {
            let seat = hand.seats.nth(hand.rng.index(hand.seats.len()));
            let kind = *hand.rng.pick(&[VoteKind::Prepare, VoteKind::Commit]);
            let ahead = u32::try_from(hand.rng.below(4)).unwrap_or(0);
            let round = Round(hand.round.0.saturating_add(ahead));
            let digest = Digest::of_bytes("no block", &hand.rng.bytes());
            let vote = hand.vote(kind, (height, round), Some(digest));
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&hand.rng.bytes());
            hand.send(
                from,
                Message::Vote(Vote {
                    seat: seat.unwrap_or(hand.me),
                    signature: Signature::from_bytes(&signature),
                    ..vote
                }),
            );
        }
        true
    }
}
