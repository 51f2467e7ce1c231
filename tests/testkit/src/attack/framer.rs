//! A seat that wants others to be blamed: it hands honest seats what gets its bearer charged, if
//! they pass it on or act on it.

use std::collections::VecDeque;
use std::sync::Arc;

use quorate_core::crypto::Signature;
use quorate_core::message::{Content, EntryBody, Message, Vote, VoteKind};
use quorate_core::{Digest, Height, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Frames of others it remembers, to bring them up when they are stale.
const KEPT: usize = 64;

/// Forges votes and entries of honest seats, brings up what is stale, and signs entries that are
/// good now and wrong later.
#[derive(Default)]
pub(super) struct Framer {
    old: VecDeque<Arc<Frame>>,
}

impl Framer {
    fn remember(&mut self, hand: &mut Hand<'_>, frame: &Arc<Frame>) {
        // A tenth is enough, and reaches further back.
        if frame.is_status() || !hand.rng.chance(100_000) {
            return;
        }
        if self.old.len() == KEPT {
            self.old.pop_front();
        }
        self.old.push_back(frame.clone());
    }

    /// A vote in the name of `victim` for something nobody proposed: with a true one beside it, it
    /// would be an equivocation.
    fn forged_vote(hand: &mut Hand<'_>, victim: Seat) -> Message {
        let kind = *hand.rng.pick(&[VoteKind::Prepare, VoteKind::Commit]);
        let digest = Digest::of_bytes("no block", &hand.rng.bytes());
        let vote = hand.vote(kind, (hand.height, hand.round), Some(digest));
        let signature = match hand.rng.below(3) {
            // Its own, which is true under another key.
            0 => vote.signature.clone(),
            1 => Signature::from_bytes(&[0; 64]),
            _ => Signature::from_bytes(&[0xff; 64]),
        };
        Message::Vote(Vote {
            seat: victim,
            signature,
            ..vote
        })
    }

    /// An entry for a turn that is yet to come. By then the rules may not allow it, and whoever
    /// leads must leave it out.
    fn early_entry(hand: &mut Hand<'_>, seen: &EntryBody) -> Option<Message> {
        let Content::Actions { turn, actions } = &seen.content else {
            return None;
        };
        let body = EntryBody {
            seat: hand.me,
            content: Content::Actions {
                turn: turn.saturating_add(hand.rng.within(1, 3)),
                actions: actions.clone(),
            },
            ..seen.clone()
        };
        Some(Message::Entry(hand.entry(body)))
    }

    /// The entry of somebody else, made to outlive its time or to take the place of the next.
    fn forged_entry(hand: &mut Hand<'_>, seen: &EntryBody, victim: Seat) -> Message {
        let mut body = EntryBody {
            seat: victim,
            ..seen.clone()
        };
        match hand.rng.below(3) {
            0 => body.valid_until = Height(u64::MAX),
            1 => body.nonce = body.nonce.saturating_add(1),
            _ => {}
        }
        Message::Entry(hand.entry(body))
    }
}

impl Attack for Framer {
    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        self.remember(hand, frame);
        if !hand.rng.chance(100_000) {
            return true;
        }
        let others = hand.seats - hand.me.into();
        let Some(victim) = others.nth(hand.rng.index(others.len())) else {
            return true;
        };
        let seen = match frame.message() {
            Some(Message::Entry(entry)) => Some(entry.body.clone()),
            _ => None,
        };
        match (hand.rng.below(4), seen) {
            (0, _) => {
                let forged = Self::forged_vote(hand, victim);
                hand.send(from, forged);
            }
            (1, Some(seen)) => {
                let forged = Self::forged_entry(hand, &seen, victim);
                hand.send(from, forged);
            }
            (2, Some(seen)) => {
                if let Some(early) = Self::early_entry(hand, &seen) {
                    // What one seat has alone it must hand on, and answers for.
                    if hand.rng.chance(500_000) {
                        hand.send(from, early);
                    } else {
                        hand.broadcast(&early);
                    }
                }
            }
            _ => {
                let old = self.old.get(hand.rng.index(self.old.len())).cloned();
                if let Some(old) = old {
                    hand.pass(from, &old);
                }
            }
        }
        true
    }
}
