//! The fork monitor at work: two decisions at one height, from the first doubt to the proof.

use std::sync::Arc;

use super::outbox::Deferred;
use super::{Engine, Event, Halted};
use crate::certificate::DecisionCertificate;
use crate::codec;
use crate::fork::{Fork, Gravity};
use crate::game::Game;
use crate::journal::{Corrupt, Record};
use crate::limits::FORKS_KEPT;
use crate::message::{Message, Peer, Status};
use crate::time::Height;

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
    pub(super) fn compare(&mut self, certificate: &DecisionCertificate) {
        let (height, digest) = (certificate.0.height, certificate.0.digest);
        let known = self.recent_certificate(height);
        let ours = known.filter(|held| held.0.digest != digest).cloned();
        match ours {
            Some(ours) if self.was_decided(certificate) => {
                let theirs = certificate.clone();
                self.forked(Fork { ours, theirs });
            }
            None if height == self.table.height() => self.note_parent(certificate),
            _ => {}
        }
    }

    /// Whether the certificate of a decided height holds, by the roster of its own height.
    pub(super) fn was_decided(&mut self, certificate: &DecisionCertificate) -> bool {
        let Some((epoch, roster)) = self.table.roster_at(certificate.0.height) else {
            return false;
        };
        certificate.0.epoch == epoch
            && certificate
                .check(self.table.table(), roster, &mut self.checker)
                .is_ok()
    }

    /// Acts on a fork that is proven.
    fn forked(&mut self, fork: Fork) {
        let known = |held: &Arc<Fork>| held.theirs.0.digest == fork.theirs.0.digest;
        let Some(gravity) = self.gravity(&fork) else {
            return;
        };
        let halts = gravity == Gravity::Halts;
        if self.forks.iter().any(known) || !halts && self.forks.len() >= FORKS_KEPT {
            return;
        }
        for (_, proof) in fork.blame().guilty {
            self.convict(proof);
        }
        let fork = Arc::new(fork);
        self.forks.push(Arc::clone(&fork));
        // Each side of the fork hears of the other before this device falls silent.
        let sides = [&fork.ours, &fork.theirs];
        let then = sides.map(|side| Deferred::Broadcast(Message::Decided(side.clone())));
        let record = Record::Fork(Box::new((*fork).clone()));
        self.outbox.persist(record, then.into());
        let height = fork.height();
        self.outbox.event(Event::Forked { fork, halts });
        if halts && self.halted.is_none() {
            self.halt(Halted::Fork(height));
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
        self.forks.push(Arc::new(fork));
        Ok(())
    }

    /// What to show a peer whose state after some height is not the one decided here: if both were
    /// decided, that proves a fork to it, and it will say so.
    pub(super) fn doubt(&self, status: &Status) -> Option<Message> {
        let height = status.height.previous()?;
        let (_, certificate) = self
            .recent
            .iter()
            .find(|(block, _)| block.height == height && block.post_state != status.tip_state)?;
        Some(Message::Decided(certificate.clone()))
    }

    /// A block was decided that does not follow the last one here: another one was decided before
    /// it, and whoever followed that holds the other half of the proof.
    pub(super) fn strayed(&mut self) {
        let height = self.table.height();
        if let Some(ours) = self.recent_certificate(height).cloned() {
            self.outbox.broadcast(&Message::Decided(ours));
        }
        self.halt(Halted::Fork(height));
    }

    /// A device that halted on a fork still takes what proves it, and proves it to whoever shows
    /// how far it is, and so has not heard of it: somebody who was away when all the others did.
    pub(super) fn receive_forked(&mut self, peer: Peer, bytes: &[u8]) {
        let fits = bytes.len() <= Message::bytes_max(bytes, self.table.genesis(), 0);
        let (true, Some(Halted::Fork(_))) = (fits, &self.halted) else {
            return;
        };
        match codec::decode(bytes) {
            Ok(Message::Decided(certificate)) => self.compare(&certificate),
            Ok(Message::Status(_)) if self.peers.may_repair(peer, self.now.mono) => {
                self.show_fork(peer);
            }
            _ => {}
        }
    }

    fn show_fork(&mut self, peer: Peer) {
        let at = self.forked_at();
        let fork = self.forks.iter().find(|fork| Some(fork.height()) == at);
        for side in fork.iter().flat_map(|fork| [&fork.ours, &fork.theirs]) {
            self.outbox.send(peer, &Message::Decided(side.clone()));
        }
    }
}
