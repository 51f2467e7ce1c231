//! Carrying out what consensus wants: sign, journal, and only then let it leave and count.

use std::sync::Arc;

use super::outbox::Deferred;
use super::{Engine, Event};
use crate::certificate::PrepareCertificate;
use crate::consensus::{Effect, Entitlement};
use crate::crypto::{Signature, Signer};
use crate::digest::Digest;
use crate::game::Game;
use crate::journal::Record;
use crate::message::{
    Block, Justification, Message, Proposal, RoundChange, Statement, Unsigned, Vote, VoteKind,
};
use crate::seat::{Seat, Seats};
use crate::table::Plan;
use crate::time::Round;

impl<G: Game> Engine<G> {
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Decide { certificate, block } => self.decide(certificate, block),
            Effect::Fetch { digest, from } => self.fetch_body(digest, from),
            Effect::Propose {
                round,
                again,
                entitlement,
            } => {
                self.propose(round, again, entitlement);
            }
            Effect::Prepare {
                round,
                digest,
                block,
                refusal,
            } => {
                if let Some(refusal) = refusal {
                    let height = self.height();
                    self.outbox.event(Event::Refused {
                        height,
                        round,
                        refusal,
                    });
                }
                self.prepare(round, digest, block);
            }
            Effect::Commit { certificate, block } => self.commit(certificate, block),
            Effect::CommitNil { round } => self.commit_nil(round),
            Effect::KeepRound(over) => self.outbox.persist(Record::RoundOver(over), Vec::new()),
            Effect::ChangeRound { round, claim } => self.change_round(round, claim),
        }
    }

    /// Whether a body has yet to be journalled; notes that it is.
    fn new_to_journal(&mut self, digest: Option<Digest>) -> bool {
        let Some(digest) = digest.filter(|digest| !self.journalled.contains(digest)) else {
            return false;
        };
        self.journalled.push(digest);
        true
    }

    fn key(&self) -> Option<(Seat, Arc<dyn Signer>)> {
        Some((self.me?, self.signer.clone()?))
    }

    fn vote(&mut self, kind: VoteKind, round: Round, digest: Option<Digest>) -> Option<Vote> {
        let (seat, signer) = self.key()?;
        let (table, epoch, height) = (self.table.table(), self.table.epoch(), self.height());
        let unsigned = Unsigned {
            kind,
            table,
            epoch,
            height,
            round,
            digest,
        };
        let vote = Vote::sign(unsigned, seat, &*signer);
        self.checker
            .trust(&signer.public(), &vote.bytes(table), &vote.signature);
        self.note_signed(&Statement::Vote(vote.clone()));
        Some(vote)
    }

    fn prepare(&mut self, round: Round, digest: Option<Digest>, block: Option<Arc<Block>>) {
        let Some(vote) = self.vote(VoteKind::Prepare, round, digest) else {
            return;
        };
        let block = block.filter(|_| self.new_to_journal(digest));
        let then = vec![
            Deferred::Count(vote.clone()),
            Deferred::Broadcast(Message::Vote(vote.clone())),
        ];
        self.outbox.persist(Record::Prepare { vote, block }, then);
    }

    fn commit(&mut self, certificate: PrepareCertificate, block: Arc<Block>) {
        let digest = Some(certificate.0.digest);
        let Some(vote) = self.vote(VoteKind::Commit, certificate.0.round, digest) else {
            return;
        };
        let block = Some(block).filter(|_| self.new_to_journal(digest));
        let then = vec![
            Deferred::Count(vote.clone()),
            Deferred::Broadcast(Message::Vote(vote.clone())),
        ];
        self.outbox.persist(
            Record::Commit {
                vote,
                certificate: Some(certificate),
                block,
            },
            then,
        );
    }

    fn commit_nil(&mut self, round: Round) {
        let Some(vote) = self.vote(VoteKind::Commit, round, None) else {
            return;
        };
        let then = vec![
            Deferred::Count(vote.clone()),
            Deferred::Broadcast(Message::Vote(vote.clone())),
        ];
        self.outbox.persist(
            Record::Commit {
                vote,
                certificate: None,
                block: None,
            },
            then,
        );
    }

    fn change_round(&mut self, round: Round, claim: Option<PrepareCertificate>) {
        let Some((seat, signer)) = self.key() else {
            return;
        };
        let (table, epoch, height) = (self.table.table(), self.table.epoch(), self.height());
        let unsigned = RoundChange {
            epoch,
            height,
            round,
            claim: claim.as_ref().map(PrepareCertificate::claim),
            seat,
            signature: Signature::from_bytes(&[0; 64]),
        };
        let change = unsigned.signed(table, &*signer);
        self.checker
            .trust(&signer.public(), &change.bytes(table), &change.signature);
        self.note_signed(&Statement::RoundChange(change.clone()));
        let then = vec![
            Deferred::CountChange(change.clone()),
            Deferred::Broadcast(Message::RoundChange(change.clone(), claim.clone())),
        ];
        self.outbox
            .persist(Record::RoundChange { change, claim }, then);
    }

    fn propose(&mut self, round: Round, again: Option<Arc<Block>>, entitled: Option<Entitlement>) {
        let Some(block) = again.or_else(|| self.build()) else {
            return;
        };
        let digest = block.digest();
        let Some(vote) = self.vote(VoteKind::Prepare, round, Some(digest)) else {
            return;
        };
        let justification = entitled.and_then(|entitled| self.justify(&vote, entitled));
        let parent = self.parents.get(&block.parent_round).cloned();
        let proposal = Proposal {
            vote: vote.clone(),
            block: None,
            justification,
            parent,
        };
        self.new_to_journal(Some(digest));
        self.consensus
            .dossier_mut()
            .proposed(proposal.clone(), block.clone());
        let sent = Proposal {
            block: Some(block.clone()),
            ..proposal.clone()
        };
        let then = vec![
            Deferred::Count(vote),
            Deferred::Broadcast(Message::Proposal(sent)),
        ];
        self.outbox
            .persist(Record::Proposal { proposal, block }, then);
    }

    fn justify(&mut self, vote: &Vote, entitled: Entitlement) -> Option<Justification> {
        let (_, signer) = self.key()?;
        let Entitlement { changes, prepared } = entitled;
        let unsigned = vote.unsigned(self.table.table());
        let bytes = Justification::bytes(&unsigned, changes.as_ref(), prepared.as_ref());
        let signature = signer.sign(&bytes);
        Some(Justification {
            changes,
            prepared,
            signature,
        })
    }

    /// The block this seat proposes of its own choice.
    fn build(&mut self) -> Option<Arc<Block>> {
        let parent_round = self.parents.keys().next().copied().unwrap_or_default();
        let plan = Plan {
            entries: self.pool.iter().map(|held| held.entry.clone()).collect(),
            due: self.clocks.due(self.now.mono).collect(),
            time: self.peers.corrected(self.now.wall),
            parent_round,
        };
        let built = self.table.build(&plan).ok()?;
        self.tried.insert(built.block.digest(), built.applied);
        Some(built.block)
    }

    fn fetch_body(&mut self, digest: Digest, from: Seats) {
        let mut holders = self.peers.of(from);
        if holders.is_empty() {
            holders = self.peers.of(self.table.roster().seats());
        }
        // Two at a time, others at the next try: bodies are pulled once, not from everybody.
        let turn = usize::try_from(self.now.mono.0 / 300_000).unwrap_or(0);
        let count = holders.len();
        for peer in holders
            .into_iter()
            .cycle()
            .skip(turn % count.max(1))
            .take(count.min(2))
        {
            self.outbox.send(peer, &Message::WantBody(digest));
        }
    }
}
