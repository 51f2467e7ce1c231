//! A height is final: apply it, tell the world, begin the next.

use std::sync::Arc;

use super::{Decided, Engine, Event, Fault, Halted};
use crate::certificate::{CertificateError, DecisionCertificate};
use crate::digest::Digest;
use crate::game::Game;
use crate::journal::Record;
use crate::limits::RECENT_BLOCKS;
use crate::message::{Block, Peer};
use crate::table::{Applied, TableState};
use crate::time::{Epoch, Height, Round};

impl<G: Game> Engine<G> {
    /// Adopts a decided block. One that is invalid here, or leads to another state, halts the
    /// engine: it never guesses.
    pub(super) fn decide(&mut self, certificate: DecisionCertificate, block: Arc<Block>) {
        let digest = certificate.0.digest;
        let applied = match self.tried.remove(&digest) {
            Some(applied) => applied,
            None => match self.table.apply(&block, &mut self.checker) {
                Ok(applied) => applied,
                Err(_) if block.parent != self.table.tip() => return self.strayed(),
                Err(why) => {
                    let (height, why) = (block.height, format!("cannot follow: {why}"));
                    return self.halt(Halted::Diverged { height, why });
                }
            },
        };
        let record = Record::Decision {
            block: block.clone(),
            certificate: certificate.clone(),
        };
        self.outbox.persist(record, Vec::new());
        let round = certificate.0.round;
        let signers = certificate.0.signatures.seats();
        let Applied {
            state,
            happened,
            news,
        } = applied;
        let epoch = self.table.epoch();
        self.mind_absence(&state);
        self.stop_stopwatch(block.height, round);
        self.begin_height(state, block.clone(), certificate);
        self.mind_checkpoint();
        self.keep_decided(&block);
        self.forget_secrets();
        self.settle_submissions(&block);
        self.settle_operations(&block);
        let decided = Decided {
            height: block.height,
            round,
            signers,
            state: self.table.digest(),
            happened,
            news,
            next_leader: self.consensus.leader(),
            rolling: self.table.rolling().map(|roll| roll.contributors),
            at: self.now.mono,
            block,
        };
        self.outbox.event(Event::Decided(decided));
        self.tell_epoch(epoch);
        self.take_ahead();
    }

    /// Tells of another epoch than the one `before`, if there is one.
    pub(super) fn tell_epoch(&mut self, before: Epoch) {
        if before != self.table.epoch() {
            let (epoch, seat) = (self.table.epoch(), self.me);
            let roster = Arc::clone(self.table.roster());
            self.outbox.event(Event::Epoch {
                epoch,
                roster,
                seat,
            });
        }
    }

    /// Makes ready for the height after `block`, which led to `state`.
    pub(super) fn begin_height(
        &mut self,
        state: TableState<G>,
        block: Arc<Block>,
        certificate: DecisionCertificate,
    ) {
        let before = std::mem::replace(&mut self.table, state);
        if before.epoch() != self.table.epoch() {
            // Connections, presence and one's own seat follow the roster; all else begins anew with
            // each height.
            self.peers.follow(before.roster(), self.table.roster());
            self.me = self.own_seat();
        }
        self.consensus = Self::begin_consensus(&self.table, self.me, &self.stopwatch.pace);
        self.stalled.over();
        self.tried.clear();
        self.journalled.clear();
        self.parents.clear();
        self.parents
            .insert(certificate.0.round, certificate.clone());
        self.pool.prune(&self.table);
        self.clear_docket();
        self.conduct.begin_height();
        self.recent.push_back((block, certificate));
        if self.recent.len() > RECENT_BLOCKS {
            self.recent.pop_front();
        }
        (self.began, self.stirred) = (self.now.mono, None);
        self.changed = true;
    }

    pub(super) fn halt(&mut self, why: Halted) {
        self.halted = Some(why.clone());
        self.outbox.event(Event::Halted(why));
    }

    /// Takes a decision that the host fetched.
    pub(super) fn fetched_decision(
        &mut self,
        peer: Peer,
        block: Arc<Block>,
        certificate: DecisionCertificate,
    ) {
        if block.height != self.height() || self.halted.is_some() {
            return;
        }
        let digest = block.digest();
        let fault = Event::Fault {
            peer,
            fault: Fault::Decision(block.height),
        };
        if digest != certificate.0.digest {
            return self.outbox.event(fault);
        }
        let dossier = self.consensus.dossier_mut();
        if dossier.decision(certificate, &mut self.checker).is_err() {
            return self.outbox.event(fault);
        }
        dossier.take_decided_body(digest, block);
    }

    /// Notes in which round the parent was decided elsewhere. Gives the certificate of that round
    /// that is held then, and holds, if there is one.
    ///
    /// # Errors
    /// [`CertificateError::Signature`] if it had to be checked and is a forgery.
    pub(super) fn parent_in_round(
        &mut self,
        certificate: &DecisionCertificate,
    ) -> Result<Option<&DecisionCertificate>, CertificateError> {
        let of_parent =
            certificate.0.height == self.table.height() && certificate.0.digest == self.table.tip();
        if !of_parent {
            return Ok(None);
        }
        let round = certificate.0.round;
        let news = !self.parents.contains_key(&round)
            && self.parents.len() < crate::limits::PARENT_ROUNDS_MAX;
        if news && self.was_decided(certificate)? {
            self.parents.insert(round, certificate.clone());
        }
        Ok(self.parents.get(&round))
    }

    /// A recently decided block by its digest.
    pub(super) fn recent_body(&self, digest: Digest) -> Option<Arc<Block>> {
        let found = self.recent.iter().find(|(_, held)| held.0.digest == digest);
        found.map(|(block, _)| block.clone())
    }

    /// The certificate of a recently decided height.
    pub(super) fn recent_certificate(&self, height: Height) -> Option<&DecisionCertificate> {
        let found = self.recent.iter().find(|(block, _)| block.height == height);
        found.map(|(_, certificate)| certificate)
    }

    /// The round that decided the last height here.
    #[must_use]
    pub fn decided_in(&self) -> Option<Round> {
        self.recent
            .back()
            .map(|(_, certificate)| certificate.0.round)
    }
}
