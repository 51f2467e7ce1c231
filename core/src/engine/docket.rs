//! Proofs against seats: found in what is signed, told to everybody, put on the chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::duty::Errand;
use super::outbox::Deferred;
use super::{Engine, Event, Fault};
use crate::certificate::PrepareCertificate;
use crate::consensus::ReceiveError;
use crate::evidence::{Evidence, EvidenceError, Statement, Watch};
use crate::game::Game;
use crate::journal::{Corrupt, Record};
use crate::message::{Block, Content, Message, Peer};
use crate::seat::{Seat, Seats};
use crate::time::{Epoch, Height};

/// What was signed lately, and the proofs that came of it: one per seat and epoch.
#[derive(Debug, Default)]
pub(super) struct Docket {
    watch: Watch,
    held: BTreeMap<(Epoch, Seat), Arc<Evidence>>,
    /// Seats that brought at this height what does not hold here, of an epoch that this device does
    /// not know.
    strayed: Seats,
}

impl Docket {
    /// What was signed lately.
    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl<G: Game> Engine<G> {
    /// The proofs that this device holds, whether decided or not: one per seat and epoch.
    pub fn proofs(&self) -> impl Iterator<Item = &Arc<Evidence>> {
        self.docket.held.values()
    }

    /// Whether a proof is against a seat that none is held against yet.
    pub(super) fn accuses(&self, proof: &Evidence) -> bool {
        let court = self.table.court(proof.height());
        court.is_some_and(|(epoch, _)| !self.docket.held.contains_key(&(epoch, proof.seat())))
    }

    /// Looks at statements that came in one message for what contradicts them, as far as the first
    /// that nobody signed: no honest device sends such a message, and a certificate of forgeries
    /// must not cost a check of each.
    ///
    /// # Errors
    /// [`ReceiveError::Signature`] of the first signature that was checked and is false. Whoever is
    /// honest has checked what it passes on, by the roster of its height.
    pub(super) fn observe(
        &mut self,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Result<(), ReceiveError> {
        for statement in statements {
            if self.me == Some(statement.seat()) {
                continue;
            }
            let Some((_, court)) = self.table.court(statement.height()) else {
                continue;
            };
            let watch = &mut self.docket.watch;
            match watch.note(&statement, &court, &mut self.checker) {
                Ok(found) => found.into_iter().for_each(|proof| self.convict(proof)),
                Err(EvidenceError::Signature(seat)) => return Err(ReceiveError::Signature(seat)),
                // A seat that was empty here may have a holder on another branch of a fork; to see
                // that costs nothing, so that nobody is charged.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Looks at what `peer` brought.
    ///
    /// # Errors
    /// [`ReceiveError::Signature`] of a forgery that is to be charged to `peer`.
    pub(super) fn observe_from(
        &mut self,
        peer: Peer,
        statements: Vec<Statement>,
    ) -> Result<(), ReceiveError> {
        let elsewhere = |statement: &Statement| {
            let court = self.table.court(statement.height());
            court.is_some_and(|(epoch, _)| epoch != statement.epoch())
        };
        let (elsewhere, here): (Vec<_>, Vec<_>) = statements.into_iter().partition(elsewhere);
        self.observe(here)?;
        // An epoch is no part of a slot, so that this may be a contradiction as well. But where a
        // fork has led to two rosters an honest seat may bring what does not hold here: it is not
        // charged, and not listened to again in this matter at this height.
        let strayed = self.docket.strayed;
        let by = self.peers.seat(peer).filter(|by| !strayed.contains(*by));
        if let Some(by) = by.filter(|_| self.observe(elsewhere).is_err()) {
            self.docket.strayed |= Seats::from(by);
        }
        Ok(())
    }

    /// Looks at a message about a height that is decided here: late, but a contradiction still is
    /// one, and a forgery still is its bearer's.
    ///
    /// # Errors
    /// [`ReceiveError::Signature`] of a forgery that is to be charged to `peer`.
    pub(super) fn observe_late(
        &mut self,
        peer: Peer,
        message: &Message,
    ) -> Result<(), ReceiveError> {
        // Whoever is no seat could make this device check signatures of the past for ever.
        match self.peers.seat(peer) {
            Some(_) => self.observe_from(peer, statements_of(message)),
            None => Ok(()),
        }
    }

    /// Takes a proof that another peer holds.
    pub(super) fn take_evidence(&mut self, peer: Peer, evidence: Evidence) {
        let Some((epoch, _)) = self.table.court(evidence.height()) else {
            return;
        };
        if self.docket.held.contains_key(&(epoch, evidence.seat())) {
            return;
        }
        match self.table.judge(&evidence, &mut self.checker) {
            Ok(_) => self.convict(evidence),
            Err(why) => self.outbox.event(Event::Fault {
                peer,
                fault: Fault::Evidence(why),
            }),
        }
    }

    /// Shows a new connection the proofs that are on no chain yet.
    pub(super) fn show_proofs(&mut self, peer: Peer) {
        for evidence in self.unproven() {
            let message = Message::Evidence(Box::new((*evidence).clone()));
            self.outbox.send(peer, &message);
        }
    }

    /// The proofs held that no block has decided.
    fn unproven(&self) -> Vec<Arc<Evidence>> {
        let open = self.docket.held.iter().filter(|((epoch, seat), _)| {
            self.me != Some(*seat) && !self.table.proofs().holds(*epoch, *seat)
        });
        open.map(|(_, evidence)| Arc::clone(evidence)).collect()
    }

    /// The proof that this seat should put on the chain next.
    pub(super) fn accusation(&self) -> Option<Errand> {
        // What no court is left for must not keep back what there is one for.
        let mut unproven = self.unproven().into_iter();
        let evidence = unproven.find(|proof| self.table.court(proof.height()).is_some())?;
        Some(Errand::Accuse(evidence.seat(), evidence.height()))
    }

    /// The proof against a seat, as an entry carries it.
    pub(super) fn charge(&self, accused: Seat, height: Height) -> Option<Content> {
        let (epoch, _) = self.table.court(height)?;
        let evidence = self.docket.held.get(&(epoch, accused))?;
        Some(Content::Evidence(Box::new((**evidence).clone())))
    }

    /// Holds a proof that holds, writes it down, and tells everybody.
    pub(super) fn convict(&mut self, evidence: Evidence) {
        if self.file(&evidence, true) {
            let boxed = Box::new(evidence);
            let then = vec![Deferred::Broadcast(Message::Evidence(boxed.clone()))];
            self.outbox.persist(Record::Evidence(boxed), then);
            self.changed = true;
        }
    }

    /// Holds a proof that holds. Tells whether it is news.
    fn file(&mut self, evidence: &Evidence, tell: bool) -> bool {
        let Some((epoch, court)) = self.table.court(evidence.height()) else {
            return false;
        };
        let (first, second) = (&evidence.first, &evidence.second);
        let Some(offence) = crate::evidence::offence(court.protocol, first, second) else {
            return false;
        };
        let slot = (epoch, evidence.seat());
        if self.docket.held.contains_key(&slot) {
            return false;
        }
        let evidence = Arc::new(evidence.clone());
        self.docket.held.insert(slot, Arc::clone(&evidence));
        if tell {
            self.outbox.event(Event::Guilty { evidence, offence });
        }
        true
    }

    /// Holds the proofs that a decided block carries.
    pub(super) fn file_decided(&mut self, block: &Block) {
        for entry in &block.entries {
            if let Content::Evidence(evidence) = &entry.body.content {
                self.file(evidence, false);
            }
        }
    }

    /// Holds the proofs that a block carries, and writes down those that are news: the block itself
    /// will be dropped one day.
    pub(super) fn keep_decided(&mut self, block: &Block) {
        for entry in &block.entries {
            if let Content::Evidence(evidence) = &entry.body.content
                && self.file(evidence, true)
            {
                let record = Record::Evidence(evidence.clone());
                self.outbox.persist(record, Vec::new());
            }
        }
    }

    /// Takes a proof back from the journal.
    pub(super) fn replay_evidence(&mut self, evidence: &Evidence) -> Result<(), Corrupt> {
        let judged = self.table.judge(evidence, &mut self.checker);
        if judged.is_err() {
            return Err(Corrupt::Contradiction(evidence.height()));
        }
        self.file(evidence, false);
        Ok(())
    }

    /// Looks once more at what is too long past to be remembered, and forgets it.
    pub(super) fn clear_docket(&mut self) {
        self.mind_silence();
        self.docket.watch.forget_before(self.height());
        self.docket.strayed = Seats::NONE;
    }
}

/// What seats signed in a message.
pub(super) fn statements_of(message: &Message) -> Vec<Statement> {
    match message {
        Message::Vote(vote) => vec![Statement::Vote(vote.clone())],
        Message::RoundChange(change, claim) => {
            let claimed = claim.iter().flat_map(PrepareCertificate::statements);
            std::iter::once(Statement::RoundChange(change.clone()))
                .chain(claimed)
                .collect()
        }
        Message::Prepared(certificate) => certificate.statements().collect(),
        Message::Decided(certificate) => certificate.statements().collect(),
        Message::Proposal(proposal) => proposal.statements(),
        Message::RoundOver(over) => over.statements().collect(),
        _ => Vec::new(),
    }
}
