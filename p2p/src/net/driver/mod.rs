//! The loop that owns the swarm.
//!
//! It never waits for anything but the next thing to do: what it tells goes to a bounded queue
//! that a branch of its own empties, frames do not pass through it at all, and signatures are made
//! and checked in the tasks of the sessions.

mod addresses;
mod connections;
mod nearby;
mod requests;
mod sessions;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use libp2p::Swarm;
use libp2p::core::transport::ListenerId;
use libp2p::swarm::SwarmEvent;
use quorate_core::Digest;
use quorate_core::crypto::{PublicKey, SecretKey};
use tokio::sync::mpsc;

use super::book::{Book, Source};
use super::dialer::Dialer;
use super::handle::Command;
use super::session::Inner;
use super::shared::Shared;
use super::swarm::{self, Behaviour, BehaviourEvent};
use super::{Admission, Event, Fault, FaultCause, NetConfig, NetError, Quotas, identity};
use crate::allowance::{Allowance, Rate};
use crate::limits::{EVENTS_KEPT, FAULT_EVERY, GOODBYE, NEARBY_ASKED_MAX, STRANGER_FAULTS_BURST};
use connections::Peer;
use nearby::Nearby;
use requests::Requests;
use sessions::Sessions;

/// How often the loop tidies up.
const TICK: Duration = Duration::from_secs(1);
/// How long listeners may take to learn their addresses.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(3);

/// An open channel.
#[derive(Debug)]
struct Channel {
    admission: Admission,
    greeting: Bytes,
}

/// The ends of the queues between the loop and everybody else.
pub(super) struct Queues {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) answers: mpsc::WeakSender<Command>,
}

/// The loop's state.
pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    secret: SecretKey,
    quotas: Quotas,
    events: mpsc::Sender<Event>,
    kept: VecDeque<Event>,
    inbox: mpsc::Sender<Inner>,
    channels: BTreeMap<Digest, Channel>,
    banned: BTreeSet<PublicKey>,
    peers: BTreeMap<PublicKey, Peer>,
    sessions: Sessions,
    requests: Requests,
    nearby: Nearby,
    book: Book,
    dialer: Dialer,
    /// Faults of peers on no roster.
    strangers_faults: Allowance,
    tick: Instant,
    paused: bool,
}

impl Driver {
    /// Builds the swarm; must run inside the net's own runtime.
    pub(super) fn new(
        config: NetConfig,
        shared: Arc<Shared>,
        queues: &Queues,
    ) -> Result<(Self, mpsc::Receiver<Inner>), NetError> {
        let bad_key = || NetError::BadKey(shared.local);
        let keypair = identity::keypair(&config.secret).ok_or_else(bad_key)?;
        let (inbox, notes) = mpsc::channel(crate::limits::COMMANDS);
        let driver = Self {
            swarm: swarm::build(keypair, config.mdns)?,
            secret: config.secret,
            quotas: config.quotas,
            events: queues.events.clone(),
            kept: VecDeque::new(),
            inbox,
            channels: BTreeMap::new(),
            banned: BTreeSet::new(),
            peers: BTreeMap::new(),
            sessions: Sessions::default(),
            requests: Requests::new(queues.answers.clone()),
            nearby: Nearby::default(),
            book: Book::default(),
            dialer: Dialer::new(shared.local),
            strangers_faults: Allowance::of(Rate {
                burst: STRANGER_FAULTS_BURST,
                every: FAULT_EVERY,
            }),
            tick: Instant::now() + TICK,
            paused: false,
            shared,
        };
        Ok((driver, notes))
    }

    /// Listens on every address, and learns which they are.
    pub(super) async fn listen(&mut self, addresses: &[super::Multiaddr]) -> Result<(), NetError> {
        let mut waiting = HashMap::<ListenerId, super::Multiaddr>::new();
        for address in addresses {
            let listener =
                self.swarm
                    .listen_on(address.clone())
                    .map_err(|error| NetError::CannotListen {
                        address: address.clone(),
                        reason: error.to_string(),
                    })?;
            waiting.insert(listener, address.clone());
        }
        let listening = async {
            while !waiting.is_empty() {
                let event = self.swarm.select_next_some().await;
                match &event {
                    SwarmEvent::NewListenAddr { listener_id, .. } => {
                        waiting.remove(listener_id);
                    }
                    SwarmEvent::ListenerClosed {
                        listener_id,
                        reason: Err(error),
                        ..
                    } => {
                        if let Some(address) = waiting.remove(listener_id) {
                            let reason = error.to_string();
                            return Err(NetError::CannotListen { address, reason });
                        }
                    }
                    _ => {}
                }
                self.on_swarm_event(event);
            }
            Ok(())
        };
        // A machine without a network interface has no address yet: it gets them later.
        tokio::time::timeout(LISTEN_TIMEOUT, listening)
            .await
            .unwrap_or(Ok(()))
    }

    /// Runs until it is told to stop, or every handle is gone.
    pub(super) async fn run(mut self, mut queues: Queues, mut notes: mpsc::Receiver<Inner>) {
        while !self.shared.is_stopping() {
            let due = self.next_due();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                Some(inner) = notes.recv() => self.on_inner(inner),
                command = queues.commands.recv() => match command {
                    Some(Command::Shutdown) | None => break,
                    Some(command) => self.on_command(command),
                },
                Ok(permit) = queues.events.reserve(), if !self.kept.is_empty() => {
                    if let Some(event) = self.kept.pop_front() {
                        permit.send(event);
                    }
                    continue;
                }
                () = tokio::time::sleep_until(due.into()) => {}
            }
            self.on_time(Instant::now());
        }
        if !self.shared.is_crashing() {
            let _ = tokio::time::timeout(GOODBYE, self.say_goodbye(notes)).await;
        }
    }

    async fn say_goodbye(mut self, mut notes: mpsc::Receiver<Inner>) {
        self.sessions.cancel_all();
        while self.sessions.any() {
            tokio::select! {
                _ = self.swarm.select_next_some() => {}
                Some(inner) = notes.recv() => self.sessions.note_end(&inner),
            }
        }
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer); // it may have gone by itself
        }
        while self.swarm.connected_peers().next().is_some() {
            tokio::select! {
                _ = self.swarm.select_next_some() => {}
                Some(_) = notes.recv() => {}
            }
        }
    }

    fn next_due(&self) -> Instant {
        let dial = self.dialer.next_due().filter(|_| !self.paused);
        let others = [dial, self.sessions.next_due(), self.requests.next_due()];
        others.into_iter().flatten().fold(self.tick, Instant::min)
    }

    fn on_time(&mut self, now: Instant) {
        self.dial_due(now);
        self.attempt_due(now);
        self.requests_due(now);
        if now >= self.tick {
            self.tick = now + TICK;
            self.let_go_of_unclaimed(now);
            self.tell_addresses_if_changed();
            self.browse(now);
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Open {
                channel,
                admission,
                greeting,
            } => {
                self.open(channel, admission, greeting);
            }
            Command::Close { channel } => self.close(channel),
            Command::Request {
                request,
                channel,
                peer,
                bytes,
            } => {
                self.request(request, channel, peer, &bytes);
            }
            Command::Answer { token, bytes } => self.answer(token, bytes),
            Command::Hint { peer, addresses } => {
                self.learn(
                    addresses.iter().map(|address| (peer, address)),
                    Source::Given,
                );
            }
            Command::Announce(announcement) => {
                self.nearby.announcement = announcement;
                self.expect();
            }
            Command::Browse(browsing) => self.nearby.set(browsing),
            Command::Ban(peer) => self.ban(peer),
            Command::Pardon(peer) => self.pardon(peer),
            Command::Pause => self.pause(),
            Command::Resume => {
                self.paused = false;
                self.swarm.behaviour_mut().gate.set_paused(false);
                self.dialer.hurry(now);
            }
            Command::Shutdown => {} // ends the loop before it comes here
        }
    }

    fn on_inner(&mut self, inner: Inner) {
        match inner {
            Inner::Session(key, note) => self.on_note(key, note),
            Inner::First {
                peer,
                connection,
                first,
            } => self.on_first(peer, connection, first),
        }
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::NewListenAddr { address, .. } => {
                self.note_listening();
                self.tell(Event::Listening { address });
            }
            SwarmEvent::ExpiredListenAddr { .. } | SwarmEvent::ListenerClosed { .. } => {
                self.note_listening();
            }
            event => self.on_connection_event(event),
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Mdns(event) => self.on_mdns(event),
            BehaviourEvent::Streams(accepted) => self.on_accepted(accepted),
            BehaviourEvent::Sync(event) => self.on_sync(event),
            BehaviourEvent::Nearby(event) => self.on_nearby(event),
            BehaviourEvent::Gate(never)
            | BehaviourEvent::Banned(never)
            | BehaviourEvent::Limits(never) => match never {},
        }
    }

    fn open(&mut self, channel: Digest, admission: Admission, greeting: Bytes) {
        let before = self.channels.get(&channel).map(|open| &open.admission);
        let changed = before.is_some_and(|before| *before != admission);
        self.channels.insert(
            channel,
            Channel {
                admission,
                greeting,
            },
        );
        self.drop_unadmitted(channel);
        self.expect();
        if changed {
            self.tell_of_change(channel);
        }
        let peers: Vec<_> = self.peers.keys().copied().collect();
        for peer in peers {
            self.approach(peer, channel);
        }
    }

    fn close(&mut self, channel: Digest) {
        if self.channels.remove(&channel).is_some() {
            self.sessions.cancel_channel(channel);
            self.expect();
        }
    }

    /// Tells gate, limits and dialler who is expected, from what the channels say.
    fn expect(&mut self) {
        let mut expected = BTreeSet::new();
        let mut strangers = 0;
        for channel in self.channels.values() {
            match &channel.admission {
                Admission::Roster(peers) => expected.extend(peers.iter().copied()),
                Admission::Anyone { max, .. } => strangers += max,
            }
        }
        if self.nearby.announcement.is_some() {
            strangers += NEARBY_ASKED_MAX;
        }
        expected.retain(|peer| *peer != self.shared.local && !self.banned.contains(peer));
        let ids = expected.iter().filter_map(identity::peer_id).collect();
        let behaviour = self.swarm.behaviour_mut();
        *behaviour.limits.limits_mut() = swarm::limits(expected.len() + strangers);
        behaviour.gate.expect(ids, strangers);
        let peers = &self.peers;
        let connected = |peer: &PublicKey| peers.get(peer).is_some_and(Peer::is_connected);
        self.dialer.want(&expected, connected, Instant::now());
    }

    /// Tells the owner; beyond the bound what is newest is lost, and none of it is a frame.
    fn tell(&mut self, event: Event) {
        if self.kept.is_empty() {
            match self.events.try_send(event) {
                Err(mpsc::error::TrySendError::Full(event)) => self.kept.push_back(event),
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        } else if self.kept.len() < EVENTS_KEPT {
            self.kept.push_back(event);
        }
    }

    /// Tells of a fault, unless its peer makes so many that telling them all would do harm.
    fn fault(&mut self, peer: Option<PublicKey>, cause: FaultCause) {
        tracing::debug!(?peer, %cause, "fault");
        let known = peer.filter(|peer| self.is_on_a_roster(peer));
        let known = known.and_then(|peer| self.peers.get(&peer));
        let left = known.map_or(&self.strangers_faults, |known| &known.faults);
        if left.take() {
            self.tell(Event::Fault(Fault { peer, cause }));
        }
    }
}
