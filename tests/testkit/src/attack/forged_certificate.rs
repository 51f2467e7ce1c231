//! A seat that makes certificates of what is none: too few signatures or too many, its own under
//! every name or that of an outsider, first votes passed off as second ones, votes of another round
//! or block.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::certificate::{DecisionCertificate, PrepareCertificate, QuorumVotes};
use quorate_core::crypto::Signature;
use quorate_core::limits::SEATS_MAX;
use quorate_core::message::{Message, RoundChange, Vote, VoteKind};
use quorate_core::{Digest, Height, PerSeat, Round, Seat, Seats};

use super::{Attack, Hand};
use crate::frame::Frame;

/// Forges certificates from the votes it sees.
#[derive(Default)]
pub(super) struct ForgedCertificate {
    votes: BTreeMap<(Height, Round, VoteKind), PerSeat<Vote>>,
}

impl ForgedCertificate {
    fn forge(&self, hand: &mut Hand<'_>) -> Option<Message> {
        let sets: Vec<_> = self.votes.iter().collect();
        if sets.is_empty() {
            return None;
        }
        let (&(height, round, kind), votes) = *hand.rng.pick(&sets);
        let digest = votes.iter().find_map(|(_, vote)| vote.digest)?;
        let own = hand.vote(kind, (height, round), Some(digest)).signature;
        let quorum = 2 * hand.seats.len() / 3 + 1;
        let real: Vec<_> = votes
            .iter()
            .map(|(seat, vote)| (seat, vote.signature.clone()))
            .collect();
        let with_mine = real.iter().cloned().chain([(hand.me, own.clone())]);
        let mine = hand.seats.iter().map(|seat| (seat, own.clone()));
        let (digest, round, signatures): (Digest, Round, PerSeat<Signature>) =
            match hand.rng.below(6) {
                // Too few.
                0 => (
                    digest,
                    round,
                    real.iter().take(quorum - 1).cloned().collect(),
                ),
                // Its own, over and over.
                1 => (digest, round, mine.take(quorum).collect()),
                // What there is, for another block.
                2 => {
                    let other = Digest::of_bytes("no block", digest.as_bytes());
                    (other, round, with_mine.take(quorum).collect())
                }
                // As many as there are, though a quorum is all that counts.
                3 => (digest, round, with_mine.collect()),
                // One of them by nobody at the table.
                4 => {
                    let outsider = Seats::first(usize::from(SEATS_MAX)) - hand.seats;
                    let outsider = outsider.nth(hand.rng.index(outsider.len()))?;
                    let some = with_mine.take(quorum - 1);
                    (
                        digest,
                        round,
                        some.chain([(outsider, own.clone())]).collect(),
                    )
                }
                // What there is, for the next round; another cheat may have named the last one.
                _ => {
                    let next = Round(round.0.saturating_add(1));
                    (digest, next, with_mine.take(quorum).collect())
                }
            };
        let votes = QuorumVotes {
            epoch: hand.epoch,
            height,
            round,
            digest,
            signatures,
        };
        Some(dressed(hand, votes))
    }
}

/// As one of the messages that rest on a certificate.
fn dressed(hand: &mut Hand<'_>, votes: QuorumVotes) -> Message {
    match hand.rng.below(3) {
        0 => Message::Decided(DecisionCertificate(votes)),
        1 => Message::Prepared(PrepareCertificate(votes)),
        _ => claim(hand, PrepareCertificate(votes)),
    }
}

/// A round change that rests on a false certificate.
fn claim(hand: &Hand<'_>, certificate: PrepareCertificate) -> Message {
    let change = RoundChange {
        epoch: hand.epoch,
        height: certificate.0.height,
        round: Round(certificate.0.round.0.saturating_add(1)),
        claim: Some(certificate.claim()),
        seat: hand.me,
        signature: Signature::from_bytes(&[0; 64]),
    };
    Message::RoundChange(change.signed(hand.table, hand.signer), Some(certificate))
}

impl Attack for ForgedCertificate {
    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        let vote = match frame.message() {
            Some(Message::Vote(vote)) => vote,
            Some(Message::Proposal(proposal)) => &proposal.vote,
            _ => return true,
        };
        self.votes.retain(|(height, ..), _| *height >= hand.height);
        let set = self
            .votes
            .entry((vote.height, vote.round, vote.kind))
            .or_default();
        set.insert(vote.seat, vote.clone());
        if hand.rng.chance(200_000)
            && let Some(forged) = self.forge(hand)
        {
            hand.send(from, forged);
        }
        true
    }
}
