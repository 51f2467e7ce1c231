//! The fork monitor at work: two decisions at one height, from the first doubt to the proof.

use std::sync::Arc;

use super::outbox::Deferred;
use super::{Engine, Event, Halted, Request};
use crate::certificate::{CertificateError, DecisionCertificate};
use crate::codec;
use crate::consensus::ReceiveError;
use crate::fork::{Fork, Gravity};
use crate::game::Game;
use crate::journal::{Corrupt, Record};
use crate::limits::FORKS_KEPT;
use crate::message::{Block, Message, Peer, Status};
use crate::time::{Epoch, Height};

impl<G: Game> Engine<G> {
    /// The forks that this device holds proof of, those of the past included.
    #[must_use]
    pub fn forks(&self) -> &[Arc<Fork>] {
        &self.forks
    }

    /// The lowest height that is proven to be decided twice, where that halted the table; none also
    /// while the proof is still on its way. A successor goes on from below it.
    #[must_use]
    pub fn forked_at(&self) -> Option<Height> {
        let forked = matches!(self.halted, Some(Halted::Fork(_)));
        let halting = |fork: &&Arc<Fork>| self.gravity(fork) == Some(Gravity::Halts);
        let halting = self.forks.iter().filter(|fork| forked && halting(fork));
        halting.map(|fork| fork.height()).min()
    }

    /// A certificate for a height that is decided here: the same, or proof of a fork.
    ///
    /// # Errors
    /// [`CertificateError::Signature`] if it had to be checked and is a forgery.
    pub(super) fn compare(
        &mut self,
        peer: Peer,
        certificate: &DecisionCertificate,
    ) -> Result<(), CertificateError> {
        let (height, digest) = (certificate.0.height, certificate.0.digest);
        let known = self.recent_certificate(height);
        let ours = known.filter(|held| held.0.digest != digest).cloned();
        let oldest = self.recent.front().map(|(block, _)| block.height);
        match ours {
            Some(ours) if self.was_decided(certificate)? => {
                let theirs = certificate.clone();
                self.forked(Fork { ours, theirs });
            }
            None if height == self.table.height() => {
                self.parent_in_round(certificate)?;
            }
            // Only what holds is worth a walk to the disk, of forks only a lower one, and only for
            // seats: anybody could make this device check signatures of the past for ever.
            None if oldest.is_some_and(|oldest| height < oldest)
                && self.peers.seat(peer).is_some()
                && self.forked_at().is_none_or(|lowest| height < lowest)
                && self.was_decided(certificate)? =>
            {
                let theirs = Box::new(certificate.clone());
                self.outbox.request(Request::Compare { theirs });
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a fork that the host found on its disk.
    pub(super) fn found_fork(&mut self, fork: Fork) {
        let Some((_, roster)) = self.table.roster_at(fork.height()) else {
            return;
        };
        let table = self.table.table();
        if fork.check(table, roster, &mut self.checker).is_ok() {
            self.forked(fork);
        }
    }

    /// Whether the certificate of a decided height holds, by the roster of its own height.
    ///
    /// # Errors
    /// [`CertificateError::Signature`] if one was checked and is false: no honest device shows such
    /// a certificate. One of an epoch, or of seats, that were not at that height here may be of
    /// another branch of a fork; to refuse it costs nothing, so that nobody is charged.
    pub(super) fn was_decided(
        &mut self,
        certificate: &DecisionCertificate,
    ) -> Result<bool, CertificateError> {
        let at = self.table.roster_at(certificate.0.height);
        let Some((_, roster)) = at.filter(|(epoch, _)| *epoch == certificate.0.epoch) else {
            return Ok(false);
        };
        match certificate.check(self.table.table(), roster, &mut self.checker) {
            Ok(()) => Ok(true),
            Err(forged @ CertificateError::Signature(_)) => Err(forged),
            Err(_) => Ok(false),
        }
    }

    /// Acts on a fork that is proven.
    fn forked(&mut self, fork: Fork) {
        let Some(gravity) = self.gravity(&fork) else {
            return;
        };
        let halts = gravity == Gravity::Halts;
        if !self.is_news(&fork, halts) {
            return;
        }
        for (_, proof) in fork.blame().guilty {
            self.convict(proof);
        }
        let fork = Arc::new(fork);
        self.keep_fork(Arc::clone(&fork));
        // Each side of the fork hears of the other before this device falls silent.
        let sides = [&fork.ours, &fork.theirs];
        let then = sides.map(|side| Deferred::Tell(Message::Decided(side.clone())));
        let record = Record::Fork(Box::new((*fork).clone()));
        self.outbox.persist(record, then.into());
        let height = fork.height();
        self.outbox.event(Event::Forked { fork, halts });
        if halts && self.halted.is_none() {
            self.halt(Halted::Fork(height));
        }
    }

    /// Whether `fork` says what those held do not. Seats enough to decide by themselves sign as
    /// many as they like: of those that halt the table one counts that is lower, or proves more
    /// guilty.
    fn is_news(&self, fork: &Fork, halts: bool) -> bool {
        let known = |held: &Arc<Fork>| held.theirs.0.digest == fork.theirs.0.digest;
        if self.forks.iter().any(known) {
            return false;
        }
        if !halts {
            return self.forks.len() < FORKS_KEPT;
        }
        let lower = |lowest| fork.height() < lowest;
        let guilty = fork.blame().guilty;
        self.forked_at().is_none_or(lower) || guilty.iter().any(|(_, proof)| self.accuses(proof))
    }

    /// Keeps a fork. Of many that halt the table the highest goes: the lowest is gone on from, and
    /// who is guilty of the others is on the docket.
    fn keep_fork(&mut self, fork: Arc<Fork>) {
        self.forks.push(fork);
        let halts = |(_, held): &(usize, &Arc<Fork>)| self.gravity(held) == Some(Gravity::Halts);
        let halting = || self.forks.iter().enumerate().filter(halts);
        if halting().count() > FORKS_KEPT {
            let highest = halting().max_by_key(|(_, held)| held.height());
            let highest = highest.map(|(index, _)| index);
            highest.map(|index| self.forks.remove(index));
        }
    }

    fn gravity(&self, fork: &Fork) -> Option<Gravity> {
        let (_, then) = self.table.roster_at(fork.height())?;
        let checkpoint = self.table.genesis().last_checkpoint(self.table.height());
        Some(fork.gravity(checkpoint, then, self.table.roster()))
    }

    /// Takes a fork back from the journal: what halted the table once halts it still.
    pub(super) fn replay_fork(&mut self, fork: Fork) -> Result<(), Corrupt> {
        let corrupt = Corrupt::Contradiction(fork.height());
        let Some((_, roster)) = self.table.roster_at(fork.height()) else {
            return Ok(()); // so long past that nobody can tell any more who sat there
        };
        let held = fork.check(self.table.table(), roster, &mut self.checker);
        held.map_err(|_| corrupt)?;
        if self.gravity(&fork) == Some(Gravity::Halts) {
            self.halt(Halted::Fork(fork.height()));
        }
        self.keep_fork(Arc::new(fork));
        Ok(())
    }

    /// What to show a peer whose state after some height is not the one decided here: if both were
    /// decided, that proves a fork to it, and it will say so.
    ///
    /// Where both branches have changed the roster since they parted, neither can check who decides
    /// on the other. So what ended an epoch is shown first: the lowest of those decisions that
    /// differ were made by a roster that both know.
    pub(super) fn doubt(&self, status: &Status) -> Vec<Message> {
        let Some(height) = status.height.previous() else {
            return Vec::new();
        };
        let differs = |block: &Block| block.post_state != status.tip_state;
        let here = self.recent.iter().find(|(block, _)| block.height == height);
        let Some((_, here)) = here.filter(|(block, _)| differs(block)) else {
            return Vec::new();
        };
        let past = self.table.membership().past().iter();
        let ends = past.filter_map(|span| self.recent_certificate(span.last));
        let ends = ends.filter(|end| end.0.height < height);
        ends.chain([here]).cloned().map(Message::Decided).collect()
    }

    /// A block was decided that does not follow the last one here: another one was decided before
    /// it, and whoever followed that holds the other half of the proof.
    pub(super) fn strayed(&mut self) {
        let height = self.table.height();
        if let Some(ours) = self.recent_certificate(height).cloned() {
            self.tell(&Message::Decided(ours));
        }
        self.halt(Halted::Fork(height));
    }

    /// Tells everybody: the other seats, who follows this device, and, without a seat, whom it
    /// follows itself. A halted device shows nobody any more how far it is, so who is not told now
    /// may never ask.
    pub(super) fn tell(&mut self, message: &Message) {
        self.outbox.broadcast(message);
        for peer in self.peers.beside_seats(self.me) {
            self.outbox.send(peer, message);
        }
    }

    /// A device that halted on a fork still takes what proves it, and proves it to whoever shows
    /// how far it is, and so has not heard of it: somebody who was away when all the others did.
    pub(super) fn receive_forked(&mut self, peer: Peer, bytes: &[u8]) {
        let fits = bytes.len() <= Message::bytes_max(bytes, self.table.genesis(), 0);
        let (true, Some(Halted::Fork(_))) = (fits, &self.halted) else {
            return;
        };
        match codec::decode(bytes) {
            Ok(Message::Decided(certificate)) => {
                // Above the fork a seat may have another holder there; those who founded the table
                // are the same on every branch.
                let founding = certificate.0.epoch == Epoch(0);
                if let Err(forged) = self.compare(peer, &certificate)
                    && founding
                {
                    self.fault(peer, ReceiveError::from(forged).into());
                }
            }
            Ok(Message::Status(_)) if self.peers.may_repair(peer, self.now.mono) => {
                self.show_fork(peer);
            }
            _ => {}
        }
    }

    fn show_fork(&mut self, peer: Peer) {
        let at = self.forked_at();
        if at.is_none() {
            // Halted before the proof came: whoever holds the other half of it makes it of this.
            let ours = self.recent_certificate(self.table.height()).cloned();
            let ours = ours.map(Message::Decided);
            return ours.iter().for_each(|ours| self.outbox.send(peer, ours));
        }
        let fork = self.forks.iter().find(|fork| Some(fork.height()) == at);
        for side in fork.iter().flat_map(|fork| [&fork.ours, &fork.theirs]) {
            self.outbox.send(peer, &Message::Decided(side.clone()));
        }
    }
}
