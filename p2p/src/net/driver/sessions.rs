//! Sessions: which channel has lanes to whom, and who opens them when.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use libp2p::Stream;
use libp2p::swarm::ConnectionId;
use quorate_core::Digest;
use quorate_core::crypto::PublicKey;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Driver;
use crate::limits::{CONNECTION_CROSSED, HELLO_TIMEOUT, STREAMS_WAITING_MAX};
use crate::net::dialer::Backoff;
use crate::net::hello::{self, Failure, First, Nonce, Refused};
use crate::net::outbox::Outbox;
use crate::net::session::{Ended, Inner, Joining, Key, Note, Role, Route, Start};
use crate::net::streams::Accepted;
use crate::net::{Admission, DownCause, FaultCause, HelloFault, identity};

/// Joins of one hello that may wait: one for each lane beside the control lane.
const JOINING: usize = 2;

/// The sessions of a net, and those that are still to be.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    running: BTreeMap<(PublicKey, Digest), Session>,
    attempts: BTreeMap<(PublicKey, Digest), Attempt>,
    numbers: u64,
}

#[derive(Debug)]
struct Session {
    number: u64,
    connection: ConnectionId,
    cancel: Option<oneshot::Sender<DownCause>>,
    task: JoinHandle<()>,
    joining: Option<(Nonce, mpsc::Sender<Joining>)>,
    outbox: Arc<Outbox>,
    up: bool,
}

/// When to open, or to ask for, lanes that are down.
#[derive(Debug, Default)]
struct Attempt {
    due: Option<Instant>,
    backoff: Backoff,
}

/// Whether a peer may use a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admitted {
    Yes,
    No,
    NotOpen,
    Full,
}

impl Session {
    fn cancel(&mut self, why: DownCause) {
        if let Some(cancel) = self.cancel.take() {
            let _ = cancel.send(why); // it may have ended by itself
        }
    }
}

impl Sessions {
    pub(super) fn is_up(&self, peer: PublicKey, channel: Digest) -> bool {
        self.running
            .get(&(peer, channel))
            .is_some_and(|session| session.up)
    }

    pub(super) fn any_on(&self, connection: ConnectionId) -> bool {
        self.running
            .values()
            .any(|session| session.connection == connection)
    }

    pub(super) fn any_with(&self, peer: &PublicKey) -> bool {
        self.running.keys().any(|(other, _)| other == peer)
    }

    pub(super) fn cancel_all(&mut self) {
        self.running
            .values_mut()
            .for_each(|session| session.cancel(DownCause::Closed));
    }

    /// Whether any session is not over yet.
    pub(super) fn any(&self) -> bool {
        !self.running.is_empty()
    }

    /// Forgets a session if `inner` says that it is over.
    pub(super) fn note_end(&mut self, inner: &Inner) {
        if let Inner::Session(key, Note::Ended { .. }) = inner {
            let same = |session: &Session| session.number == key.number;
            let place = (key.peer, key.channel);
            if self.running.get(&place).is_some_and(same) {
                self.running.remove(&place);
            }
        }
    }

    pub(super) fn cancel_channel(&mut self, channel: Digest) {
        self.attempts.retain(|(_, other), _| *other != channel);
        let ending = self
            .running
            .iter_mut()
            .filter(|((_, other), _)| *other == channel);
        ending.for_each(|(_, session)| session.cancel(DownCause::Closed));
    }

    pub(super) fn cancel_connection(&mut self, connection: ConnectionId, why: DownCause) {
        let ending = self
            .running
            .values_mut()
            .filter(|other| other.connection == connection);
        ending.for_each(|session| session.cancel(why));
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.attempts
            .values()
            .filter_map(|attempt| attempt.due)
            .min()
    }

    /// The open sessions: whose, for what, and what waits to be written.
    pub(super) fn up(&self) -> impl Iterator<Item = (PublicKey, Digest, &Arc<Outbox>)> {
        let up = self.running.iter().filter(|(_, session)| session.up);
        up.map(|((peer, channel), session)| (*peer, *channel, &session.outbox))
    }

    fn peers_of(&self, channel: Digest) -> usize {
        self.running
            .keys()
            .filter(|(_, other)| *other == channel)
            .count()
    }
}

impl Driver {
    pub(super) fn is_on_a_roster(&self, peer: &PublicKey) -> bool {
        !self.channels_of(peer).is_empty()
    }

    /// The channels whose roster names `peer`.
    pub(super) fn channels_of(&self, peer: &PublicKey) -> Vec<Digest> {
        let names = |admission: &Admission| match admission {
            Admission::Roster(peers) => peers.contains(peer) && !self.banned.contains(peer),
            Admission::Anyone { .. } => false,
        };
        let channels = self
            .channels
            .iter()
            .filter(|(_, channel)| names(&channel.admission));
        channels.map(|(channel, _)| *channel).collect()
    }

    fn admits(&self, peer: &PublicKey, channel: Digest) -> Admitted {
        let Some(open) = self.channels.get(&channel) else {
            return Admitted::NotOpen;
        };
        match &open.admission {
            _ if self.banned.contains(peer) => Admitted::No,
            Admission::Roster(peers) if peers.contains(peer) => Admitted::Yes,
            Admission::Roster(_) => Admitted::No,
            Admission::Anyone { max, .. } => {
                let known = self.sessions.running.contains_key(&(*peer, channel));
                let room = known || self.sessions.peers_of(channel) < *max;
                if room { Admitted::Yes } else { Admitted::Full }
            }
        }
    }

    /// Whether we open the lanes to `peer`, or it does.
    fn opens(&self, peer: &PublicKey) -> bool {
        self.shared.local < *peer
    }

    /// Ends sessions of `channel` with peers that are no longer admitted.
    pub(super) fn drop_unadmitted(&mut self, channel: Digest) {
        let sessions = self
            .sessions
            .running
            .keys()
            .filter(|(_, other)| *other == channel);
        let peers: Vec<_> = sessions.map(|(peer, _)| *peer).collect();
        for peer in peers {
            if self.admits(&peer, channel) != Admitted::Yes
                && let Some(session) = self.sessions.running.get_mut(&(peer, channel))
            {
                session.cancel(DownCause::Closed);
            }
        }
    }

    /// A new connection to `peer`: opens the lanes of every channel over it.
    pub(super) fn approach_everywhere(&mut self, peer: PublicKey) {
        let connections = self
            .peers
            .get(&peer)
            .map_or(&[][..], |peer| &peer.connections);
        let crossed = |id: ConnectionId| {
            let own = connections.iter().find(|connection| connection.id == id);
            own.is_some_and(|connection| connection.since.elapsed() < CONNECTION_CROSSED)
        };
        let keep = |session: &Session| session.cancel.is_some() && crossed(session.connection);
        let running = &self.sessions.running;
        let fine = |channel: &Digest| running.get(&(peer, *channel)).is_some_and(keep);
        let (kept, opened): (Vec<_>, Vec<_>) = self
            .channels_of(&peer)
            .into_iter()
            .partition(|channel| fine(channel));
        for channel in &opened {
            self.sessions.attempts.remove(&(peer, *channel));
            self.attempt(peer, *channel);
        }
        if self.opens(&peer) && opened.is_empty() && !kept.is_empty() {
            self.close_spares(peer);
        }
    }

    /// `channel` was opened or changed: opens its lanes to `peer`, if that is to be.
    pub(super) fn approach(&mut self, peer: PublicKey, channel: Digest) {
        let key = (peer, channel);
        let wanted = self.channels_of(&peer).contains(&channel);
        if wanted && !self.sessions.running.contains_key(&key) {
            self.sessions.attempts.remove(&key);
            self.attempt(peer, channel);
        }
    }

    /// Opens lanes over the newest connection, or asks the peer to do it.
    fn attempt(&mut self, peer: PublicKey, channel: Digest) {
        let newest = self
            .peers
            .get(&peer)
            .and_then(|peer| peer.connections.last());
        let (Some(connection), Some(id)) = (
            newest.map(|connection| connection.id),
            identity::peer_id(&peer),
        ) else {
            return; // the next connection comes here again
        };
        if self.opens(&peer) {
            let streams = &mut self.swarm.behaviour_mut().streams;
            let streams = [(); 3].map(|()| streams.open(id, connection));
            self.start(peer, channel, connection, (Role::Opener { streams }, None));
            return;
        }
        let stream = self.swarm.behaviour_mut().streams.open(id, connection);
        tokio::spawn(hello::within(HELLO_TIMEOUT, async move {
            let mut stream = stream.await.map_err(|_| Failure::Lost)?;
            Ok(hello::poke(&mut stream, channel).await?)
        }));
        self.attempt_later(peer, channel); // until the peer opens them
    }

    fn attempt_later(&mut self, peer: PublicKey, channel: Digest) {
        if self.channels_of(&peer).contains(&channel) {
            let attempt = self.sessions.attempts.entry((peer, channel)).or_default();
            attempt.due = Some(Instant::now() + attempt.backoff.next());
        }
    }

    pub(super) fn attempt_due(&mut self, now: Instant) {
        let attempts = self.sessions.attempts.iter_mut();
        let due = attempts.filter(|(_, attempt)| attempt.due.is_some_and(|due| due <= now));
        let due: Vec<_> = due
            .map(|(key, attempt)| (*key, attempt.due = None).0)
            .collect();
        for (peer, channel) in due {
            if !self.sessions.running.contains_key(&(peer, channel)) {
                self.attempt(peer, channel);
            }
        }
    }

    fn start(
        &mut self,
        peer: PublicKey,
        channel: Digest,
        connection: ConnectionId,
        (role, joining): (Role, Option<(Nonce, mpsc::Sender<Joining>)>),
    ) {
        let Some(greeting) = self
            .channels
            .get(&channel)
            .map(|open| open.greeting.clone())
        else {
            return;
        };
        let previous = self
            .sessions
            .running
            .remove(&(peer, channel))
            .map(|mut session| {
                session.cancel(DownCause::Replaced);
                session.task
            });
        self.sessions.numbers += 1;
        let number = self.sessions.numbers;
        let (cancel, cancelled) = oneshot::channel();
        let outbox = Arc::new(Outbox::default());
        let route = Route {
            channel,
            peer,
            outbox: Arc::clone(&outbox),
            shared: Arc::clone(&self.shared),
            number,
            events: self.events.clone(),
            inbox: self.inbox.clone(),
        };
        let start = Start {
            route,
            role,
            secret: self.secret.clone(),
            greeting,
            quotas: self.quotas,
            previous,
            cancel: cancelled,
        };
        let task = tokio::spawn(start.run());
        let cancel = Some(cancel);
        let session = Session {
            number,
            connection,
            cancel,
            task,
            joining,
            outbox,
            up: false,
        };
        self.sessions.running.insert((peer, channel), session);
    }

    pub(super) fn on_accepted(
        &mut self,
        Accepted {
            peer,
            connection,
            stream,
        }: Accepted,
    ) {
        let Some(peer) = identity::public_key(&peer) else {
            return;
        };
        let known = self
            .peers
            .get_mut(&peer)
            .and_then(|peer| peer.connection(connection));
        let Some(known) = known.filter(|known| known.waiting < STREAMS_WAITING_MAX) else {
            return;
        };
        known.waiting += 1;
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let mut stream = stream;
            // Two lanes wait until the hello on the third is answered: give them its time, twice.
            let first = hello::within(2 * HELLO_TIMEOUT, hello::first(&mut stream)).await;
            let first = first.map(|first| (first, stream));
            let _ = inbox
                .send(Inner::First {
                    peer,
                    connection,
                    first,
                })
                .await;
        });
    }

    pub(super) fn on_first(
        &mut self,
        peer: PublicKey,
        connection: ConnectionId,
        first: Result<(First, Stream), Failure>,
    ) {
        let Some(known) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(here) = known.connection(connection) else {
            return;
        };
        here.waiting = here.waiting.saturating_sub(1);
        let within_quota = !matches!(first, Ok((First::Hello { .. } | First::Poke { .. }, _)))
            || known.hellos.take();
        match first {
            Ok(_) if !within_quota => self.bad_hello(peer, HelloFault::TooMany),
            Ok((First::Hello { channel, nonce }, stream)) => {
                self.on_hello(
                    Key {
                        peer,
                        channel,
                        number: 0,
                    },
                    connection,
                    nonce,
                    stream,
                );
            }
            Ok((
                First::Join {
                    channel,
                    lane,
                    nonce,
                },
                stream,
            )) => {
                let session = self.sessions.running.get(&(peer, channel));
                let joining = session.and_then(|session| session.joining.as_ref());
                if let Some((_, joining)) = joining.filter(|(own, _)| *own == nonce) {
                    let _ = joining.try_send((lane, stream)); // a third one has no place
                }
            }
            Ok((First::Poke { channel }, _)) => self.on_poke(peer, channel),
            Err(Failure::Fault(fault)) => self.bad_hello(peer, fault),
            Err(Failure::Lost | Failure::Refused(_)) => {}
        }
    }

    fn on_hello(&mut self, key: Key, connection: ConnectionId, nonce: Nonce, stream: Stream) {
        let Key { peer, channel, .. } = key;
        if self.opens(&peer) {
            return self.bad_hello(peer, HelloFault::UnknownLane);
        }
        let refused = match self.admits(&peer, channel) {
            Admitted::Yes => {
                let (joining, joined) = mpsc::channel(JOINING);
                let role = Role::Other {
                    control: stream,
                    nonce,
                    joining: joined,
                };
                return self.start(peer, channel, connection, (role, Some((nonce, joining))));
            }
            Admitted::No => {
                self.fault(Some(peer), FaultCause::NotAdmitted { channel });
                Refused::NotOpen
            }
            Admitted::NotOpen => Refused::NotOpen,
            Admitted::Full => Refused::Full,
        };
        tokio::spawn(hello::within(HELLO_TIMEOUT, async move {
            let mut stream = stream;
            hello::refuse(&mut stream, refused).await
        }));
    }

    fn on_poke(&mut self, peer: PublicKey, channel: Digest) {
        if !self.opens(&peer) {
            return self.bad_hello(peer, HelloFault::UnknownLane);
        }
        match self.admits(&peer, channel) {
            Admitted::Yes if !self.sessions.running.contains_key(&(peer, channel)) => {
                self.attempt(peer, channel);
            }
            Admitted::No => self.fault(Some(peer), FaultCause::NotAdmitted { channel }),
            Admitted::Yes | Admitted::NotOpen | Admitted::Full => {}
        }
    }

    fn bad_hello(&mut self, peer: PublicKey, fault: HelloFault) {
        self.fault(Some(peer), FaultCause::BadHello(fault));
    }

    pub(super) fn on_note(&mut self, key: Key, note: Note) {
        let Key {
            peer,
            channel,
            number,
        } = key;
        let session = self.sessions.running.get_mut(&(peer, channel));
        let Some(session) = session.filter(|session| session.number == number) else {
            return;
        };
        match note {
            Note::Up => {
                session.up = true;
                session.joining = None;
                self.tell_addresses(peer, channel, false);
                if self.opens(&peer) {
                    self.close_spares(peer);
                }
            }
            Note::Addresses { bytes } => self.on_addresses(peer, channel, &bytes),
            Note::Ended { why } => {
                self.sessions.running.remove(&(peer, channel));
                if why == Ended::Down(DownCause::Lost) {
                    self.sessions.attempts.remove(&(peer, channel));
                }
                self.attempt_later(peer, channel);
            }
        }
    }
}
