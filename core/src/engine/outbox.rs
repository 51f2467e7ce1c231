//! What waits to leave: outputs in order, and what must not leave or count before the disk has it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::io::{Event, Output, Request, Token};
use crate::codec;
use crate::game::Game;
use crate::journal::Record;
use crate::message::{Entry, Lane, Message, Peer, RoundChange, Vote};
use crate::mutant::{self, Mutant};

/// The engine's outputs.
pub(super) struct Outbox<G: Game> {
    ready: VecDeque<Output<G>>,
    held: VecDeque<(Token, Deferred)>,
    given: Token,
    persisted: Token,
}

/// What a record on disk sets free.
pub(super) enum Deferred {
    /// A message to every other seat.
    Broadcast(Message),
    /// A message to everybody.
    Tell(Message),
    /// The seat's own vote counts.
    Count(Vote),
    /// The seat's own round change counts.
    CountChange(RoundChange),
}

impl<G: Game> Outbox<G> {
    pub(super) fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            held: VecDeque::new(),
            given: Token(0),
            persisted: Token(0),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Output<G>> {
        self.ready.pop_front()
    }

    pub(super) fn event(&mut self, event: Event<G>) {
        self.ready.push_back(Output::Event(event));
    }

    pub(super) fn request(&mut self, request: Request) {
        self.ready.push_back(Output::Request(request));
    }

    pub(super) fn send(&mut self, peer: Peer, message: &Message) {
        let (lane, bytes) = frame(message);
        self.request(Request::Send { peer, lane, bytes });
    }

    pub(super) fn broadcast(&mut self, message: &Message) {
        let (lane, bytes) = frame(message);
        self.request(Request::Broadcast { lane, bytes });
    }

    /// Writes `record`; once it is on disk, `then` follows in order.
    pub(super) fn persist(&mut self, record: Record, then: Vec<Deferred>) {
        self.given = Token(self.given.0 + 1);
        let token = self.given;
        self.request(Request::Persist { token, record });
        self.held
            .extend(then.into_iter().map(|deferred| (token, deferred)));
    }

    /// Whether an own entry waits for the disk.
    pub(super) fn keeps_back(&self, entry: &Arc<Entry>) -> bool {
        !mutant::is(Mutant::EntryBeforeDisk)
            && self.held.iter().any(|(_, deferred)| {
                matches!(deferred, Deferred::Broadcast(Message::Entry(kept)) if kept == entry)
            })
    }

    /// Drops of what waits for the disk all that `needless` names.
    pub(super) fn drop_held(&mut self, needless: impl Fn(&Deferred) -> bool) {
        self.held.retain(|(_, deferred)| !needless(deferred));
    }

    /// Notes that everything up to `token` is on disk and returns what that sets free; none if
    /// the token was never given out.
    pub(super) fn persisted(&mut self, token: Token) -> Option<Vec<Deferred>> {
        if token > self.given {
            return None;
        }
        self.persisted = self.persisted.max(token);
        let free = self
            .held
            .partition_point(|(token, _)| *token <= self.persisted);
        Some(
            self.held
                .drain(..free)
                .map(|(_, deferred)| deferred)
                .collect(),
        )
    }
}

fn frame(message: &Message) -> (Lane, Arc<[u8]>) {
    // Invariant: messages hold integers, bytes and text only, which always encode.
    (
        message.lane(),
        codec::encode(message)
            .expect("a message always encodes")
            .into(),
    )
}
