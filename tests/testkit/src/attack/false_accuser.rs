//! A seat that accuses honest seats of what they did not do, and the guilty more than once.

use std::sync::Arc;

use quorate_core::message::{Content, EntryBody, Evidence, Message, Statement, Vote};
use quorate_core::{Digest, Seat};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Makes proofs of what proves nothing.
#[derive(Default)]
pub(super) struct FalseAccuser {
    /// A true vote of somebody.
    vote: Option<Vote>,
    /// The last proof that went round.
    proof: Option<Evidence>,
}

impl FalseAccuser {
    /// A true vote beside one in its signer's name that it never cast.
    fn accusation(&self, hand: &mut Hand<'_>) -> Option<Evidence> {
        let true_one = self.vote.clone()?;
        let other = match hand.rng.below(3) {
            // Nothing but the same again.
            0 => true_one.clone(),
            1 => Vote {
                digest: None,
                ..true_one.clone()
            },
            _ => {
                let digest = Digest::of_bytes("no block", &hand.rng.bytes());
                let place = (true_one.height, true_one.round);
                let own = hand.vote(true_one.kind, place, Some(digest));
                Vote {
                    seat: true_one.seat,
                    ..own
                }
            }
        };
        Some(Evidence {
            first: Statement::Vote(true_one),
            second: Statement::Vote(other),
        })
    }
}

impl Attack for FalseAccuser {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        // An entry of its own becomes the accusation.
        let entry = hand.own_entry(frame).map(|entry| entry.body.clone());
        let operation = entry.filter(|body| matches!(body.content, Content::Here));
        let proof = operation.and_then(|body| Some((body, self.accusation(hand)?)));
        if let Some((body, proof)) = proof {
            let content = Content::Evidence(Box::new(proof));
            let entry = hand.entry(EntryBody { content, ..body });
            return hand.send(to, Message::Entry(entry));
        }
        hand.pass(to, frame);
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        match frame.message() {
            Some(Message::Vote(vote)) if vote.seat != hand.me => self.vote = Some(vote.clone()),
            Some(Message::Evidence(proof)) => self.proof = Some((**proof).clone()),
            _ => {}
        }
        if hand.rng.chance(50_000) {
            let again = self.proof.clone().filter(|_| hand.rng.chance(500_000));
            if let Some(proof) = again.or_else(|| self.accusation(hand)) {
                hand.send(from, Message::Evidence(Box::new(proof)));
            }
        }
        true
    }
}
