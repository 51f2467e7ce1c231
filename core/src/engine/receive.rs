//! Frames from peers. Work is done in this order: size, form, height, bounds, duplicate, signature.

use std::sync::Arc;

use super::{Engine, Event, Fault, docket};
use crate::codec;
use crate::consensus::ReceiveError;
use crate::game::Game;
use crate::limits::AHEAD_PER_PEER;
use crate::message::{Content, Entry, Message, Peer, Proposal};

impl<G: Game> Engine<G> {
    pub(super) fn receive(&mut self, peer: Peer, bytes: &[u8]) {
        if self.halted.is_some() {
            return self.receive_forked(peer, bytes);
        }
        let genesis = self.table.genesis();
        if bytes.len() > Message::bytes_max(bytes, genesis, self.table.authors().len()) {
            // A table that has grown since may send more; more than any table is a fault.
            let most = usize::from(genesis.signatures.seats_max());
            let max = Message::bytes_max(bytes, genesis, most);
            let bytes = bytes.len();
            if bytes > max {
                self.fault(peer, Fault::Oversize { bytes, max });
            }
            return;
        }
        match codec::decode::<Message>(bytes) {
            Ok(message) => self.dispatch(peer, message),
            Err(error) => self.fault(peer, error.into()),
        }
    }

    pub(super) fn fault(&mut self, peer: Peer, fault: Fault) {
        self.outbox.event(Event::Fault { peer, fault });
    }

    /// Sends a message to where its height belongs: this one, the next, or nowhere.
    fn dispatch(&mut self, peer: Peer, message: Message) {
        let height = match &message {
            Message::Vote(vote) => vote.height,
            Message::RoundChange(change, _) => change.height,
            Message::Prepared(certificate) => certificate.0.height,
            Message::Proposal(proposal) => proposal.vote.height,
            Message::RoundOver(over) => over.height,
            Message::Decided(certificate) => certificate.0.height,
            _ => self.height(),
        };
        if height == self.height() {
            self.consume(peer, message);
        } else if height < self.height() {
            if let Err(why) = self.look_back(peer, &message) {
                self.fault(peer, why.into());
            }
        } else if height == self.height().next() {
            self.keep_ahead(peer, message);
        }
    }

    /// Looks at a message about a height that is decided here.
    fn look_back(&mut self, peer: Peer, message: &Message) -> Result<(), ReceiveError> {
        if let Message::Decided(certificate) = message {
            self.compare(peer, certificate)?;
        }
        self.observe_late(peer, message)
    }

    /// Keeps a message of the next height, within what one connection may have kept.
    fn keep_ahead(&mut self, peer: Peer, message: Message) {
        // The next height may be the first of a newcomer.
        let key = self.peers.key(peer);
        if key.is_none_or(|key| self.table.seat_for(&key).is_none()) {
            return;
        }
        let kept = self.ahead.iter().filter(|(from, _)| *from == peer).count();
        let most = AHEAD_PER_PEER * self.table.authors().len();
        let room = kept < AHEAD_PER_PEER && self.ahead.len() < most;
        if room {
            self.ahead.push((peer, message));
        }
    }

    /// Takes the messages that were early for the height that has just begun.
    pub(super) fn take_ahead(&mut self) {
        for (peer, message) in std::mem::take(&mut self.ahead) {
            self.dispatch(peer, message);
        }
    }

    fn consume(&mut self, peer: Peer, message: Message) {
        let statements = docket::statements_of(&message);
        let taken = match message {
            Message::Status(status) => return self.take_status(peer, &status),
            Message::WantBody(digest) => return self.give_body(peer, digest),
            Message::Body(block) => {
                let digest = block.digest();
                if self.consensus.dossier_mut().take_body(digest, block) {
                    self.stir();
                }
                return;
            }
            Message::Entry(entry) => return self.take_entry(peer, &entry),
            Message::Testimony(testimony) => return self.take_testimony(peer, testimony),
            Message::Held(statement) => return self.take_held(peer, &statement),
            Message::Evidence(evidence) => return self.take_evidence(peer, *evidence),
            Message::Vote(vote) => self.consensus.vote(vote, peer, &mut self.checker),
            Message::RoundChange(change, claim) => {
                self.consensus
                    .round_change(change, claim, &mut self.checker)
            }
            Message::Prepared(certificate) => self
                .consensus
                .dossier_mut()
                .certificate(certificate, &mut self.checker)
                .map(|()| true),
            Message::Decided(certificate) => self
                .consensus
                .dossier_mut()
                .decision(certificate, &mut self.checker)
                .map(|()| true),
            Message::Proposal(proposal) => self.take_proposal(peer, proposal),
            Message::RoundOver(over) => self.consensus.round_over(over, &mut self.checker),
        };
        match taken {
            Ok(true) => self.stir(),
            // A contradiction is the signer's fault, not the bearer's; the docket finds the same.
            Ok(false) | Err(ReceiveError::Equivocation(_)) => {}
            Err(error) => return self.fault(peer, error.into()),
        }
        if let Err(forged) = self.observe_from(peer, statements) {
            self.fault(peer, forged.into());
        }
    }

    fn take_proposal(&mut self, peer: Peer, mut proposal: Proposal) -> Result<bool, ReceiveError> {
        // Its leader does not sign the parent's certificate, so that anybody could have put another
        // in its place: what this device keeps and passes on is one that it has checked.
        if let Some(certificate) = proposal.parent.take() {
            proposal.parent = self.parent_in_round(&certificate)?.cloned();
        }
        self.consensus.proposal(proposal, peer, &mut self.checker)
    }

    fn take_entry(&mut self, peer: Peer, entry: &Arc<Entry>) {
        let (now, seat) = (self.now.mono, entry.body.seat);
        if entry.body.table == self.table.table() && self.table.author(seat).is_none() {
            return self.mind_stranger(seat);
        }
        let met = (self.peers.seat(peer), now);
        match self
            .pool
            .insert(entry.clone(), met, &self.table, &mut self.checker)
        {
            Ok(false) => {}
            Ok(true) => {
                self.stir();
                self.note_reveal(entry);
            }
            Err(fault) => self.fault(peer, fault),
        }
    }

    pub(super) fn note_reveal(&mut self, entry: &Entry) {
        let Content::Reveal { roll, .. } = entry.body.content else {
            return;
        };
        if self.table.rolling().is_some_and(|open| open.id == roll) {
            let seat = entry.body.seat;
            self.outbox.event(Event::Revealed { roll, seat });
        }
    }

    fn give_body(&mut self, peer: Peer, digest: crate::digest::Digest) {
        if !self.peers.may_give_body(peer, self.now.mono) {
            return;
        }
        let body = self
            .consensus
            .dossier()
            .body(digest)
            .cloned()
            .or_else(|| self.recent_body(digest));
        if let Some(block) = body {
            self.outbox.send(peer, &Message::Body(block));
        }
    }
}
