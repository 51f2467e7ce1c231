//! A seat that changes what it passes on, its own messages and those of others, and replays old
//! ones.

use std::collections::VecDeque;
use std::sync::Arc;

use quorate_core::crypto::Signature;
use quorate_core::message::{Block, Message};
use quorate_core::{Epoch, Round, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// How many frames and blocks it remembers.
const KEPT: usize = 32;

/// Tampers with frames.
#[derive(Default)]
pub(super) struct TamperingRelay {
    frames: VecDeque<Arc<Frame>>,
    blocks: VecDeque<Arc<Block>>,
}

fn keep<T>(kept: &mut VecDeque<T>, one: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(one);
}

impl TamperingRelay {
    fn remember(&mut self, frame: &Arc<Frame>) {
        match frame.message() {
            Some(Message::Status(_)) | None => return,
            Some(Message::Proposal(proposal)) => {
                if let Some(block) = &proposal.block {
                    keep(&mut self.blocks, block.clone());
                }
            }
            Some(_) => {}
        }
        keep(&mut self.frames, frame.clone());
    }

    /// The same message with something in it changed that a signature or digest should cover.
    fn twist(&self, hand: &mut Hand<'_>, message: &Message) -> Option<Message> {
        let mut message = message.clone();
        match &mut message {
            Message::Vote(vote) => match hand.rng.below(4) {
                0 => vote.round = Round(vote.round.0.saturating_add(1)),
                1 => vote.seat = hand.me,
                2 => vote.epoch = Epoch(vote.epoch.0.saturating_add(1)),
                _ => vote.signature = Signature::from_bytes(&[7; 64]),
            },
            Message::Proposal(proposal) => match hand.rng.below(4) {
                0 => proposal.block = self.blocks.front().cloned(),
                1 => proposal.justification = None,
                2 => proposal.parent = None,
                _ => proposal.vote.signature = Signature::from_bytes(&[7; 64]),
            },
            Message::RoundChange(change, claim) => match hand.rng.below(3) {
                0 => *claim = None,
                1 => change.claim = None,
                _ => change.round = Round(change.round.0.saturating_add(1)),
            },
            Message::Entry(entry) => {
                let entry = Arc::make_mut(entry);
                match hand.rng.below(3) {
                    0 => entry.body.nonce = entry.body.nonce.saturating_add(1),
                    1 => entry.body.seat = hand.me,
                    _ => entry.signature = Signature::from_bytes(&[7; 64]),
                }
            }
            Message::Body(block) => *block = self.blocks.front()?.clone(),
            Message::Prepared(held) => held.0.round = Round(held.0.round.0.saturating_add(1)),
            Message::Decided(held) => held.0.round = Round(held.0.round.0.saturating_add(1)),
            Message::RoundOver(over) => over.round = Round(over.round.0.saturating_add(1)),
            _ => return None,
        }
        Some(message)
    }
}

impl Attack for TamperingRelay {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        match hand.rng.below(8) {
            0 => {
                let mut bytes = frame.bytes.to_vec();
                let at = hand.rng.index(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << hand.rng.below(8);
                }
                hand.pass(to, &Frame::new(frame.lane, bytes.into()));
            }
            1 => {
                let half = &frame.bytes[..hand.rng.index(frame.bytes.len())];
                hand.pass(to, &Frame::new(frame.lane, half.into()));
            }
            2..4 => {
                let twisted = frame
                    .message()
                    .and_then(|message| self.twist(hand, message));
                match twisted {
                    Some(message) => hand.send(to, message),
                    None => hand.pass(to, frame),
                }
            }
            4 => {
                let old = self.frames.get(hand.rng.index(self.frames.len())).cloned();
                hand.pass(to, old.as_ref().unwrap_or(frame));
                hand.pass(to, frame);
            }
            _ => hand.pass(to, frame),
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        self.remember(frame);
        let others = hand.seats - hand.me.into() - from.into();
        if let Some(to) = others.nth(hand.rng.index(others.len()))
            && hand.rng.chance(50_000)
            && let Some(message) = frame.message()
            && let Some(twisted) = self.twist(hand, message)
        {
            hand.send(to, twisted);
        }
        true
    }
}
