//! Requests to and from peers.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use libp2p::request_response::{InboundFailure, Message, OutboundFailure, OutboundRequestId};
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;
use tokio::sync::mpsc;

use super::Driver;
use crate::limits::{ANSWERS_PER_PEER, DELAYED_MAX, REQUEST_TIMEOUT, REQUESTS_PER_PEER};
use crate::net::exchange::{self, Channel};
use crate::net::handle::Command;
use crate::net::shared::Fate;
use crate::net::{Answerer, Event, FaultCause, RequestError, RequestId, identity};

/// Requests under way, in both directions.
pub(super) struct Requests {
    commands: mpsc::WeakSender<Command>,
    asked: BTreeMap<OutboundRequestId, (RequestId, PublicKey)>,
    /// Requests that wait for our answer, by token.
    waiting: BTreeMap<u64, (PublicKey, Channel)>,
    tokens: u64,
    delayed: BTreeMap<(Instant, u64), Delayed>,
}

/// What chaos holds back.
enum Delayed {
    Ask {
        request: RequestId,
        peer: PublicKey,
        bytes: Bytes,
    },
    Answer {
        channel: Channel,
        bytes: Option<Bytes>,
    },
    /// A request that never left: its time is over.
    Unasked { request: RequestId, peer: PublicKey },
    /// An answer that never leaves.
    Unanswered { _channel: Channel },
}

impl Requests {
    pub(super) const fn new(commands: mpsc::WeakSender<Command>) -> Self {
        Self {
            commands,
            asked: BTreeMap::new(),
            waiting: BTreeMap::new(),
            tokens: 0,
            delayed: BTreeMap::new(),
        }
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.delayed.keys().next().map(|(due, _)| *due)
    }

    /// Holds `what` back until `due`; gives it back if too much is held back already.
    fn delay(&mut self, due: Instant, what: Delayed) -> Option<Delayed> {
        if self.delayed.len() >= DELAYED_MAX {
            return Some(what);
        }
        self.tokens += 1;
        self.delayed.insert((due, self.tokens), what)
    }
}

impl Driver {
    pub(super) fn request(
        &mut self,
        request: RequestId,
        channel: Digest,
        peer: PublicKey,
        question: &Bytes,
    ) {
        let bytes = exchange::address_to(channel, question);
        match self.shared.fate(peer) {
            Fate::Sent { due: None } => self.ask(request, peer, bytes),
            Fate::Sent { due: Some(due) } => {
                let ask = Delayed::Ask {
                    request,
                    peer,
                    bytes,
                };
                self.delay(due, ask);
            }
            Fate::Lost => {
                let due = Instant::now() + REQUEST_TIMEOUT;
                self.delay(due, Delayed::Unasked { request, peer });
            }
        }
    }

    /// Holds `what` back until `due`. If that cannot be, who asked is told so at once, and who
    /// waits for an answer is refused.
    fn delay(&mut self, due: Instant, what: Delayed) {
        match self.requests.delay(due, what) {
            Some(Delayed::Ask { request, peer, .. } | Delayed::Unasked { request, peer }) => {
                let result = Err(RequestError::TooMany);
                self.tell(Event::Answer {
                    request,
                    peer,
                    result,
                });
            }
            Some(Delayed::Answer { .. } | Delayed::Unanswered { .. }) | None => {}
        }
    }

    fn ask(&mut self, request: RequestId, peer: PublicKey, bytes: Bytes) {
        let under_way = self
            .requests
            .asked
            .values()
            .filter(|(_, other)| *other == peer)
            .count();
        let connected = self.peers.get(&peer).is_some_and(super::Peer::is_connected);
        let id = identity::peer_id(&peer).filter(|_| connected);
        let refused = match id {
            None => RequestError::NotConnected,
            Some(_) if under_way >= REQUESTS_PER_PEER => RequestError::TooMany,
            Some(id) => {
                let counters = &self.shared.counters;
                counters
                    .bytes_sent
                    .fetch_add(bytes.len() as u64, Ordering::Relaxed);
                let asked = self.swarm.behaviour_mut().sync.send_request(&id, bytes);
                self.requests.asked.insert(asked, (request, peer));
                return;
            }
        };
        self.tell(Event::Answer {
            request,
            peer,
            result: Err(refused),
        });
    }

    pub(super) fn answer(&mut self, token: u64, bytes: Option<Bytes>) {
        let Some((peer, channel)) = self.requests.waiting.remove(&token) else {
            return;
        };
        match self.shared.fate(peer) {
            Fate::Sent { due: None } => self.give(channel, bytes),
            Fate::Sent { due: Some(due) } => {
                self.delay(due, Delayed::Answer { channel, bytes });
            }
            Fate::Lost => {
                let due = Instant::now() + REQUEST_TIMEOUT;
                self.delay(due, Delayed::Unanswered { _channel: channel });
            }
        }
    }

    fn give(&mut self, channel: Channel, bytes: Option<Bytes>) {
        let sent = bytes.as_ref().map_or(0, Bytes::len) as u64;
        self.shared
            .counters
            .bytes_sent
            .fetch_add(sent, Ordering::Relaxed);
        // Whoever asked may have given up: then there is nobody to tell.
        let _ = self
            .swarm
            .behaviour_mut()
            .sync
            .send_response(channel, bytes);
    }

    pub(super) fn requests_due(&mut self, now: Instant) {
        while let Some(entry) = self.requests.delayed.first_entry() {
            if entry.key().0 > now {
                break;
            }
            match entry.remove() {
                Delayed::Ask {
                    request,
                    peer,
                    bytes,
                } => self.ask(request, peer, bytes),
                Delayed::Answer { channel, bytes } => self.give(channel, bytes),
                Delayed::Unasked { request, peer } => {
                    let result = Err(RequestError::Timeout);
                    self.tell(Event::Answer {
                        request,
                        peer,
                        result,
                    });
                }
                Delayed::Unanswered { .. } => {}
            }
        }
    }

    pub(super) fn on_sync(&mut self, event: exchange::Event) {
        match event {
            exchange::Event::Message { peer, message, .. } => match message {
                Message::Request {
                    request, channel, ..
                } => {
                    if let Some(peer) = identity::public_key(&peer) {
                        self.on_request(peer, request, channel);
                    }
                }
                Message::Response {
                    request_id,
                    response,
                } => {
                    self.on_answer(request_id, response.ok_or(RequestError::Refused));
                }
            },
            exchange::Event::OutboundFailure {
                request_id, error, ..
            } => {
                self.on_answer(request_id, Err(why(&error)));
            }
            exchange::Event::InboundFailure { peer, error, .. } => {
                let malformed = |error: &io::Error| error.kind() == io::ErrorKind::InvalidData;
                if matches!(&error, InboundFailure::Io(error) if malformed(error)) {
                    self.fault(identity::public_key(&peer), FaultCause::BadRequest);
                }
                self.requests
                    .waiting
                    .retain(|_, (_, channel)| channel.is_open());
            }
            exchange::Event::ResponseSent { .. } => {}
        }
    }

    fn on_request(&mut self, peer: PublicKey, request: Bytes, answer: Channel) {
        self.requests
            .waiting
            .retain(|_, (_, channel)| channel.is_open());
        let received = request.len() as u64;
        self.shared
            .counters
            .bytes_received
            .fetch_add(received, Ordering::Relaxed);
        let waiting = self
            .requests
            .waiting
            .values()
            .filter(|(other, _)| *other == peer)
            .count();
        let Some((channel, bytes)) = exchange::addressed(request) else {
            self.give(answer, None);
            return self.fault(Some(peer), FaultCause::BadRequest);
        };
        let up = self.sessions.is_up(peer, channel) || self.channels_of(&peer).contains(&channel);
        let within_quota = |known: &super::Peer| known.requests.take();
        if !up || waiting >= ANSWERS_PER_PEER || !self.peers.get(&peer).is_some_and(within_quota) {
            return self.give(answer, None);
        }
        self.requests.tokens += 1;
        let token = self.requests.tokens;
        self.requests.waiting.insert(token, (peer, answer));
        let answer = Answerer::new(token, self.requests.commands.clone());
        self.tell(Event::Request {
            channel,
            peer,
            bytes,
            answer,
        });
    }

    fn on_answer(&mut self, id: OutboundRequestId, result: Result<Bytes, RequestError>) {
        if let Some((request, peer)) = self.requests.asked.remove(&id) {
            let received = result.as_ref().map_or(0, Bytes::len) as u64;
            self.shared
                .counters
                .bytes_received
                .fetch_add(received, Ordering::Relaxed);
            self.tell(Event::Answer {
                request,
                peer,
                result,
            });
        }
    }
}

fn why(error: &OutboundFailure) -> RequestError {
    match error {
        OutboundFailure::Timeout => RequestError::Timeout,
        OutboundFailure::UnsupportedProtocols => RequestError::Refused,
        OutboundFailure::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            RequestError::Malformed
        }
        OutboundFailure::DialFailure
        | OutboundFailure::ConnectionClosed
        | OutboundFailure::Io(_) => RequestError::NotConnected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chaos_holds_back_so_much_and_gives_the_rest_back() {
        let (commands, _) = mpsc::channel(1);
        let mut requests = Requests::new(commands.downgrade());
        let due = Instant::now();
        let peer = PublicKey::from_bytes([1; 32]);
        let unasked = |number| Delayed::Unasked {
            request: RequestId(number),
            peer,
        };
        for number in 0..DELAYED_MAX as u64 {
            assert!(requests.delay(due, unasked(number)).is_none());
        }
        let back = requests.delay(due, unasked(u64::MAX));
        assert!(matches!(
            back,
            Some(Delayed::Unasked {
                request: RequestId(u64::MAX),
                ..
            })
        ));
        assert_eq!(requests.delayed.len(), DELAYED_MAX);
    }
}
