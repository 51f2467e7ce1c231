//! Status and repair: seats show what they have, and are sent what they lack.

use std::time::Duration;

use super::peers::{HEARTBEAT, STATUS_EVERY};
use super::{Engine, Event, Request};
use crate::game::Game;
use crate::message::{Message, Peer, Status};
use crate::time::Mono;

/// How long a height may take before its messages are repaired: before that they are on their way.
const REPAIR_AFTER: Duration = Duration::from_millis(200);

/// How long to wait for fetched blocks before asking again.
const FETCH_AGAIN: Duration = Duration::from_secs(1);

impl<G: Game> Engine<G> {
    /// What this seat shows its peers.
    #[must_use]
    pub fn status(&self) -> Status {
        let me = self.me.map_or(crate::Seats::NONE, crate::Seats::from);
        Status {
            height: self.height(),
            round: self.consensus.round(),
            prepared: self
                .consensus
                .prepared()
                .map(|certificate| certificate.0.round),
            proposal: self.consensus.holds_proposal(),
            votes: self.consensus.vote_sets(),
            changes: self.consensus.changes_held(),
            tip_state: self.table.digest(),
            nonces: self.pool.held_up_to(&self.table),
            clock: self.now.wall,
            heard: self.peers.present(self.now.mono, true) | me,
        }
    }

    pub(super) fn next_status(&self) -> Mono {
        let every = if self.changed {
            STATUS_EVERY
        } else {
            HEARTBEAT
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
            self.consensus.settle_all(&mut self.checker, &mut liars);
            for peer in liars {
                self.outbox.event(Event::Fault {
                    peer,
                    fault: super::Fault::FalseVote,
                });
            }
        }
        let status = Message::Status(self.status());
        self.outbox.broadcast(&status);
        for peer in self.peers.watchers() {
            self.outbox.send(peer, &status);
        }
    }

    pub(super) fn take_status(&mut self, peer: Peer, status: &Status) {
        self.peers
            .status(peer, status, self.now.mono, self.now.wall);
        if status.height > self.height() {
            return;
        }
        let fresh = self.now.mono < self.began.after(REPAIR_AFTER);
        if fresh && status.height == self.height() || !self.peers.may_repair(peer, self.now.mono) {
            return;
        }
        let messages = if self.is_decided(status.height) {
            let certificate = self.recent_certificate(status.height).cloned();
            certificate.map(Message::Decided).into_iter().collect()
        } else {
            let mut messages = self.consensus.repair(status);
            messages.extend(self.entries_lacking(status));
            messages
        };
        for message in messages {
            self.outbox.send(peer, &message);
        }
    }

    /// Entries that are still undecided after half a round and that the peer does not show.
    fn entries_lacking(&self, status: &Status) -> Vec<Message> {
        let half = self.table.genesis().timing.round(0) / 2;
        let lacks = |entry: &crate::message::Entry| {
            let shown = status.nonces.get(entry.body.seat);
            shown.is_none_or(|shown| shown[entry.stream().index()] < entry.body.nonce)
        };
        let old = self.pool.older_than(half, self.now.mono);
        let lacking = old.map(|held| &held.entry).filter(|entry| lacks(entry));
        let lacking = lacking.filter(|entry| !self.outbox.keeps_back(entry));
        lacking.cloned().map(Message::Entry).collect()
    }

    /// Asks the host for decided blocks when peers show that there are some.
    pub(super) fn catch_up(&mut self) {
        let Some((highest, peers)) = self.peers.ahead_of(self.height()) else {
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
        self.outbox.event(Event::CatchingUp {
            height: self.table.height(),
            target: to,
        });
        self.outbox.request(Request::Fetch { from, to, peers });
    }
}
