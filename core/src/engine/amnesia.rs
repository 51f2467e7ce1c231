//! A journal that is older than the seat's own signatures: a restored backup, a copy on a second
//! device, a wiped disk. Whoever forgot what it signed must never sign again.
//!
//! When two devices meet, each shows the newest signature that it holds of the other. One that is
//! above everything in the own journal proves that the journal has lost something, and ends the
//! seat on this device: from then on it watches.

use super::outbox::Deferred;
use super::{Engine, Event, Fault};
use crate::consensus::Pace;
use crate::crypto::PublicKey;
use crate::game::{Game, Rejection, Settled};
use crate::journal::Record;
use crate::message::{Message, Peer, Statement, StatementKind};
use crate::time::{Height, Round};

/// Where a statement stands in the order in which an honest seat signs.
pub(super) type Slot = (Height, Round, u8);

/// The slot of a statement: a round is entered before anything is signed in it.
pub(super) const fn slot(statement: &Statement) -> Slot {
    let rank = match statement.kind() {
        StatementKind::RoundChange => 0,
        StatementKind::Prepare => 1,
        StatementKind::Commit => 2,
    };
    (statement.height(), statement.round(), rank)
}

impl<G: Game> Engine<G> {
    /// Notes that this seat signs, or finds that it has signed, a statement.
    pub(super) fn note_signed(&mut self, statement: &Statement) {
        self.signed = self.signed.max(Some(slot(statement)));
    }

    /// The newest signature of `key` that this device holds and has checked.
    pub fn newest_of(&mut self, key: &PublicKey) -> Option<Statement> {
        let seat = self.table.roster().seat_of(key)?;
        let decided = self.recent.iter().rev();
        let decided = decided.flat_map(|(_, certificate)| certificate.statements());
        let decided = decided.filter(|statement| statement.seat() == seat).take(1);
        let mut held: Vec<_> = self.docket.watch().of(seat).cloned().collect();
        held.extend(decided);
        held.sort_by_key(|statement| std::cmp::Reverse(slot(statement)));
        let table = self.table.table();
        held.into_iter().find(|statement| {
            let bytes = statement.bytes(table);
            self.checker.check(key, &bytes, statement.signature())
        })
    }

    /// Shows a new connection the newest signature held of it.
    pub(super) fn show_newest(&mut self, peer: Peer, key: Option<PublicKey>) {
        if let Some(newest) = key.and_then(|key| self.newest_of(&key)) {
            self.outbox.send(peer, &Message::Held(newest));
        }
    }

    /// A peer shows the newest signature that it holds of this device's key.
    pub(super) fn take_held(&mut self, peer: Peer, statement: &Statement) {
        let Some(key) = self.signer.as_ref().map(|signer| signer.public()) else {
            return;
        };
        if statement.height() <= self.table.height() {
            return; // decided: this seat signs nothing there any more, whatever it once did
        }
        let bytes = statement.bytes(self.table.table());
        if !self.checker.check(&key, &bytes, statement.signature()) {
            let fault = Fault::FalseVote;
            return self.outbox.event(Event::Fault { peer, fault });
        }
        if self.signed < Some(slot(statement)) {
            let record = Record::RolledBack(Box::new(statement.clone()));
            self.outbox.persist(record, Vec::new());
            let (height, round) = (statement.height(), statement.round());
            self.outbox.event(Event::RolledBack { height, round });
            self.lay_down();
        }
    }

    /// Stops signing for good; what was signed and has not left yet never does.
    pub(super) fn lay_down(&mut self) {
        let tickets: Vec<_> = self.tickets().collect();
        for ticket in tickets {
            let why = Rejection::new("this device has lost what it signed, and only watches now");
            let settled = Settled::Refused(why);
            self.outbox.event(Event::Settled { ticket, settled });
        }
        self.outbox.drop_held(|held| {
            let proof =
                |message: &Message| matches!(message, Message::Evidence(_) | Message::Decided(_));
            !matches!(held, Deferred::Broadcast(message) if proof(message))
        });
        self.submissions = Default::default();
        self.operations = Default::default();
        self.rolled_back = true;
        self.signer = None;
        self.me = None;
        self.consensus = Self::begin_consensus(&self.table, None, &Pace::default());
        self.tried.clear();
        self.changed = true;
    }

    /// Whether this device has lost what its seat signed, and only watches for that.
    #[must_use]
    pub const fn is_rolled_back(&self) -> bool {
        self.rolled_back
    }
}
