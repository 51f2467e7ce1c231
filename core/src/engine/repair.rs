//! Status and repair: seats show what they have, and are sent what they lack.

use std::time::Duration;

use super::peers::STATUS_EVERY;
use super::pool::Held;
use super::{Engine, Event, Fault, Request};
use crate::game::Game;
use crate::limits::REPAIR_ENTRIES;
use crate::message::{Entry, Message, Peer, Status};
use crate::time::{Height, Mono, Round};

/// How long a height may take, from its first message on, before its messages are repaired: until
/// then they are on their way.
const REPAIR_AFTER: Duration = Duration::from_millis(200);

/// How long to wait for fetched blocks before asking again.
const FETCH_AGAIN: Duration = Duration::from_secs(1);

impl<G: Game> Engine<G> {
    /// What this seat shows its peers.
    #[must_use]
    pub fn status(&self) -> Status {
        let me = self.me.map_or(crate::Seats::NONE, crate::Seats::from);
        let dossier = self.consensus.dossier();
        Status {
            height: self.height(),
            round: self.consensus.round(),
            prepared: dossier.prepared().map(|certificate| certificate.0.round),
            proposal: dossier.holds_proposal(),
            votes: dossier.vote_sets(),
            changes: self.consensus.changes_held(),
            tip_state: self.table.digest(),
            nonces: self.pool.held_up_to(&self.table),
            clock: self.now.wall,
            heard: self.peers.heard(self.now.mono) | me,
            level: self.peers.level(self.height()) | me,
        }
    }

    pub(super) fn next_status(&self) -> Mono {
        let every = if self.changed {
            STATUS_EVERY
        } else {
            self.peers.heartbeat()
        };
        self.shown.map_or(self.now.mono, |shown| shown.after(every))
    }

    pub(super) fn show_status(&mut self) {
        if self.now.mono < self.next_status() {
            return;
        }
        self.shown = Some(self.now.mono);
        self.changed = false;
        if self.now.mono >= self.began.after(REPAIR_AFTER) {
            let mut liars = Vec::new();
            let dossier = self.consensus.dossier_mut();
            dossier.settle_all(&mut self.checker, &mut liars);
            for peer in liars {
                self.fault(peer, Fault::FalseVote);
            }
            self.tell_counted();
        }
        let status = Message::Status(self.status());
        self.outbox.broadcast(&status);
        for peer in self.peers.watchers() {
            self.outbox.send(peer, &status);
        }
    }

    pub(super) fn take_status(&mut self, peer: Peer, status: &Status) {
        let level = self.peers.level(self.height());
        self.peers
            .status(peer, status, self.now.mono, self.now.wall);
        // Whoever is about to leave waits until each of the others knows that it is level.
        self.changed |= self.peers.level(self.height()) != level;
        if status.height > self.height() {
            return;
        }
        let doubt = self.doubt(status);
        if !doubt.is_empty() {
            if self.peers.may_repair(peer, self.now.mono) {
                doubt.iter().for_each(|doubt| self.outbox.send(peer, doubt));
            }
            return;
        }
        let here = status.height == self.height();
        let stirred = self.stirred.unwrap_or(self.began);
        // What was sent before they met went with an older connection.
        let met = self.peers.is_older(peer, stirred);
        let fresh = met && self.now.mono < stirred.after(REPAIR_AFTER);
        let seated = self.peers.seat(peer).is_some();
        if here && (fresh || !seated) || !self.peers.may_repair(peer, self.now.mono) {
            return;
        }
        let messages = if here {
            let mut messages = self.consensus.repair(status);
            messages.extend(self.entries_lacking(status));
            // Whoever does not know how far this seat is may wait for that to leave.
            if self.me.is_some_and(|me| !status.level.contains(me)) {
                messages.push(Message::Status(self.status()));
            }
            messages
        } else {
            let certificate = self.recent_certificate(status.height).cloned();
            certificate.map(Message::Decided).into_iter().collect()
        };
        for message in messages {
            self.outbox.send(peer, &message);
        }
    }

    /// Entries that are still undecided after half a round and that the peer does not show.
    fn entries_lacking(&self, status: &Status) -> Vec<Message> {
        let half = self.half_round();
        let lacks = |held: &&Held| {
            let entry = &held.entry;
            let shown = status.nonces.get(entry.body.seat);
            let shown = shown.map_or(0, |shown| shown[entry.stream().index()]);
            let old = self.now.mono >= held.since.after(half);
            old && shown < entry.body.nonce && !self.outbox.keeps_back(entry)
        };
        let mut messages = Vec::new();
        for seat in self.table.authors() {
            // Each author has its own budget, or one could use up what others' entries need.
            let genesis = self.table.genesis();
            let mut budget = REPAIR_ENTRIES * genesis.entry_bytes_max();
            for held in self.pool.linked(seat, &self.table).filter(lacks) {
                budget =
                    budget.saturating_sub(genesis.weight(Entry::bytes(&held.entry.body).len()));
                if budget > 0 {
                    messages.push(Message::Entry(held.entry.clone()));
                }
            }
        }
        messages
    }

    pub(super) fn half_round(&self) -> Duration {
        self.consensus.dossier().place().patience(Round(0)) / 2
    }

    /// Passes entries on that are still undecided after half a round, once and unasked: whoever
    /// lacks one would otherwise be a round behind before its status shows it.
    pub(super) fn pass_on(&mut self) {
        let half = self.half_round();
        for entry in self.pool.take_waiting(half, self.now.mono, &self.table) {
            if !self.outbox.keeps_back(&entry) {
                self.outbox.broadcast(&Message::Entry(entry));
            }
        }
    }

    /// The height that peers credibly show, if it is above this device's, and those peers.
    pub(super) fn behind(&self) -> Option<(Height, Vec<Peer>)> {
        let faults = self.table.roster().faults();
        self.peers.ahead_of(self.height(), faults)
    }

    /// Asks the host for decided blocks when peers show that there are some.
    pub(super) fn catch_up(&mut self) {
        let Some((highest, peers)) = self.behind() else {
            return;
        };
        // One height behind is every seat's lot for a moment; its certificate is on its way.
        let lately = |asked: Mono| self.now.mono < asked.after(FETCH_AGAIN);
        let moment = highest == self.height().next()
            && self.now.mono < self.began.after(REPAIR_AFTER * 2)
            && self.me.is_some();
        if moment || self.fetched.is_some_and(lately) {
            return;
        }
        self.fetched = Some(self.now.mono);
        let (from, Some(to)) = (self.height(), highest.previous()) else {
            return;
        };
        let above = self.table.height();
        self.outbox.event(Event::CatchingUp {
            height: above,
            target: to,
        });
        // Whoever is a checkpoint behind asks for a snapshot, and in turn for blocks, should nobody
        // have one that can be believed.
        let every = u64::from(self.table.genesis().checkpoint);
        let far = to.0.saturating_sub(above.0) >= every;
        self.checkpoints.asked = far && !self.checkpoints.asked;
        self.outbox.request(if self.checkpoints.asked {
            Request::FetchSnapshot { above, to, peers }
        } else {
            Request::Fetch { from, to, peers }
        });
    }
}
