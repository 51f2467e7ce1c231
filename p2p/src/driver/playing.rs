//! A table's thread while its engine runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quorate_core::codec;
use quorate_core::crypto::{Ed25519, PublicKey, Signer};
use quorate_core::engine::{self, Engine, Input, Output, Request, Setup, StartError, Token};
use quorate_core::game::{Game, Settled};
use quorate_core::genesis::SignedGenesis;
use quorate_core::journal::{Journal, Record};
use quorate_core::message::Message;
use quorate_core::{Height, Mono};

use super::show::Shown;
use super::{Connection, Door, Hands, Heard, Line, Mail, Peers};
use crate::clock;
use crate::gather::{Gathering, PROTOCOL, Terms, opened};
use crate::limits::{FOLLOWERS_MAX, VISITORS_MAX};
use crate::net::{self, Admission, Answerer, RequestError, RequestId};
use crate::sync::{self, Fetch, Fetching, Question};
use crate::table::{DiceWatch, Event, FaultKind, Halt, Pending, Refusal};

/// A table's engine and what serves it.
pub(super) struct Playing<G: Game> {
    pub(super) engine: Engine<G>,
    pub(super) signed: Arc<SignedGenesis>,
    pub(super) peers: Peers,
    pub(super) paused: bool,
    /// Records that are not on disk yet, and the token of the last.
    records: Vec<Record>,
    token: Option<Token>,
    pub(super) fetching: Option<Fetching>,
    asked: BTreeMap<RequestId, (Connection, Height)>,
    pub(super) pendings: BTreeMap<u64, Pending>,
    /// Those that are settled and not told so yet.
    pub(super) settled: Vec<(Pending, Settled)>,
    tickets: u64,
    pub(super) dice: DiceWatch,
    pub(super) shown: Shown,
    /// Whether the store says that play has ended.
    pub(super) ended: bool,
}

impl<G: Game> Playing<G> {
    /// Starts the engine from what is on disk, and opens the table's doors.
    pub(super) fn start(
        hands: &mut Hands<G>,
        signed: SignedGenesis,
        journal: Journal,
        seated: bool,
    ) -> Result<Self, Halt> {
        let host = signed.genesis.seats.first().map(|chair| chair.name.clone());
        let host = host.unwrap_or_else(|| hands.me.name.clone());
        let game: G =
            opened(&Terms::in_genesis(&signed.genesis), &host).map_err(|why| Halt::WrongRules {
                why: why.to_string(),
            })?;
        let signed = Arc::new(signed);
        let mut dice = DiceWatch::default();
        let roster = signed.genesis.roster();
        journal
            .decisions
            .iter()
            .for_each(|(block, _)| dice.read(block, &roster));
        let setup = Setup {
            game: Arc::new(game),
            fingerprint: signed.genesis.fingerprint, // `opened` found it to be this build's
            genesis: SignedGenesis::clone(&signed),
            signer: seated.then(|| Arc::clone(&hands.me.secret) as Arc<dyn Signer>),
            verifier: Arc::new(Ed25519),
            entropy: *hands.me.random()?,
        };
        let engine = Engine::new(setup, journal, clock::now()).map_err(|error| match error {
            StartError::Corrupt(corrupt) => Halt::Corrupt(corrupt),
            other => Halt::WrongRules {
                why: other.to_string(),
            },
        })?;
        let ended = hands.ledger.get::<bool>(super::meta::ENDED)?.is_some();
        let mut playing = Self {
            engine,
            signed,
            peers: Peers::default(),
            paused: false,
            records: Vec::new(),
            token: None,
            fetching: None,
            asked: BTreeMap::new(),
            pendings: BTreeMap::new(),
            settled: Vec::new(),
            tickets: 0,
            dice,
            shown: Shown::NOTHING,
            ended,
        };
        playing.open_doors(hands);
        playing.take_up_pendings();
        playing.show_start(hands);
        Ok(playing)
    }

    /// A seat opens the table to the other seats, and the invitation to whoever comes; a watcher
    /// asks at the invitation's door.
    fn open_doors(&self, hands: &mut Hands<G>) {
        let table = self.engine.table();
        let link = hands.shared.read(|board| board.link.clone());
        if self.engine.seat().is_none() {
            return super::gathering::follow(hands, &link);
        }
        for (peer, addresses) in link.peers() {
            drop(hands.line.net.hint(peer, addresses)); // what a link says wrongly others correct
        }
        let me = hands.key();
        let keys = table.roster().iter().map(|(_, holder)| holder.key);
        hands
            .line
            .open_table(table.table(), keys.filter(|key| *key != me).collect());
        hands
            .line
            .open_invite(Admission::Anyone { max: VISITORS_MAX });
    }

    /// Own acts from before a restart are pending again.
    fn take_up_pendings(&mut self) {
        let tickets: Vec<_> = self.engine.tickets().collect();
        self.pendings
            .extend(tickets.into_iter().map(|ticket| (ticket, Pending::new())));
    }

    /// Peers that were connected while the table was gathering: a watcher follows them at once.
    pub(super) fn welcome(&mut self, hands: &mut Hands<G>, visitors: &BTreeSet<PublicKey>) {
        for peer in visitors {
            self.up(hands, Door::Invite, *peer);
        }
    }

    pub(super) fn take(&mut self, hands: &mut Hands<G>, mail: Mail<G>) {
        match mail {
            Mail::Net(event) => self.net(hands, event),
            Mail::Act {
                pending,
                turn,
                actions,
            } => {
                let ticket = self.tickets;
                self.tickets += 1;
                self.pendings.insert(ticket, pending);
                self.handle(
                    hands,
                    Input::Act {
                        ticket,
                        turn,
                        actions,
                    },
                );
            }
            Mail::Pause(paused) => self.paused = paused,
            Mail::Report => {
                let status = Message::Status(self.engine.status());
                // Invariant: a status holds integers and digests, which always encode.
                let bytes = codec::encode(&status).expect("a status always encodes");
                hands.line.broadcast(status.lane(), bytes.into());
            }
            Mail::Stop => {}
        }
    }

    /// Tells the engine something and carries out what it answers.
    pub(super) fn handle(&mut self, hands: &mut Hands<G>, input: Input<G>) {
        if let Err(misuse) = self.engine.handle(clock::now(), input) {
            tracing::error!(%misuse, "the engine was misused");
        }
        self.drain(hands);
    }

    fn drain(&mut self, hands: &mut Hands<G>) {
        let mut news = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Request(request) => self.carry_out(hands, request),
                Output::Event(engine::Event::Settled { ticket, settled }) => {
                    let pending = self.pendings.remove(&ticket);
                    self.settled
                        .extend(pending.map(|pending| (pending, settled)));
                }
                Output::Event(event) => news.push(event),
            }
        }
        if news.is_empty() && self.settled.is_empty() {
            return;
        }
        // First the state, then what is said of it: who hears of a block can look at it.
        let status = self.show(hands);
        for (pending, settled) in std::mem::take(&mut self.settled) {
            pending.settle(settled);
        }
        news.into_iter().for_each(|event| self.tell(hands, event));
        status.into_iter().for_each(|news| hands.shared.tell(news));
    }

    fn carry_out(&mut self, hands: &Hands<G>, request: Request) {
        match request {
            Request::Persist { token, record } => {
                self.records.push(record);
                self.token = Some(token);
            }
            Request::Send { peer, lane, bytes } => {
                if let Some(connection) = self.peers.by_peer(peer) {
                    hands.line.send(&connection, lane, &bytes);
                }
            }
            Request::Broadcast { lane, bytes } => hands.line.broadcast(lane, bytes),
            Request::Fetch { from, to, peers } => {
                let ranked = self.peers.ranked(&peers);
                self.fetching = Some(Fetching::new(from, to, ranked, clock::mono()));
            }
        }
    }

    /// Writes the records of this pass in one transaction; what the engine says once they are on
    /// disk may bring more.
    pub(super) fn settle(&mut self, hands: &mut Hands<G>) -> Result<(), Halt> {
        self.drain(hands);
        while let Some(token) = self.token.take() {
            let records = std::mem::take(&mut self.records);
            hands.ledger.write(&records)?;
            self.handle(hands, Input::Persisted(token));
        }
        if !self.ended
            && self
                .engine
                .table()
                .play()
                .is_some_and(|play| play.end().is_some())
        {
            hands.ledger.set(super::meta::ENDED, &true)?;
            self.ended = true;
        }
        let news = self.show(hands);
        news.into_iter().for_each(|news| hands.shared.tell(news));
        Ok(())
    }

    pub(super) fn tick(&mut self, hands: &mut Hands<G>) {
        let now = clock::mono();
        if !self.paused && self.engine.next_timeout().is_some_and(|due| due <= now) {
            self.handle(hands, Input::Timeout);
        }
        self.fetch(hands);
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let engine = self.engine.next_timeout().filter(|_| !self.paused);
        let fetching = self.fetching.as_ref().map(Fetching::due);
        engine.into_iter().chain(fetching).min()
    }

    fn net(&mut self, hands: &mut Hands<G>, event: net::Event) {
        match event {
            net::Event::Up {
                channel,
                peer,
                greeting,
            } => {
                let theirs = Line::version(&greeting);
                match hands.line.door(channel) {
                    Some(door) if theirs == PROTOCOL => self.up(hands, door, peer),
                    _ => {
                        let why = Refusal::OtherProtocol {
                            who: peer,
                            theirs,
                            ours: PROTOCOL,
                        };
                        tracing::warn!(%peer, %why, "cannot talk");
                    }
                }
            }
            net::Event::Down { channel, peer, why } => {
                tracing::debug!(%peer, %why, "connection down");
                if let Some(door) = hands.line.door(channel) {
                    self.down(hands, door, peer);
                }
            }
            net::Event::Frame {
                channel,
                peer,
                bytes,
                ..
            } => {
                if let Some(door) = hands.line.door(channel) {
                    self.heard(hands, door, peer, bytes);
                }
            }
            net::Event::Request { bytes, answer, .. } => give(hands, &bytes, answer),
            net::Event::Answer {
                request, result, ..
            } => self.answered(hands, request, &result),
            net::Event::Rtt { peer, rtt } => self.peers.set_rtt(peer, rtt),
            net::Event::Fault(fault) => self.net_fault(hands, fault),
            net::Event::SlowPeer {
                peer,
                lane,
                dropped,
                ..
            } => {
                tracing::warn!(%peer, ?lane, dropped, "a peer reads too slowly");
            }
            _ => {}
        }
    }

    fn up(&mut self, hands: &mut Hands<G>, door: Door, peer: PublicKey) {
        let seat = self.engine.table().roster().seat_of(&peer);
        match (door, self.engine.seat()) {
            (Door::Table, _) => self.connect(hands, door, peer),
            // A watcher meets a seat.
            (Door::Invite, None) => {
                hands.line.say(peer, &Gathering::Watch);
                if seat.is_some() {
                    self.connect(hands, door, peer);
                }
            }
            // A seat meets one that does not know yet that the table has begun, or anybody.
            (Door::Invite, Some(_)) => self.tell_begun(hands, peer, seat.is_some()),
        }
    }

    fn tell_begun(&self, hands: &Hands<G>, peer: PublicKey, welcome: bool) {
        let message = if welcome {
            Gathering::Begin(Box::new(SignedGenesis::clone(&self.signed)))
        } else {
            Gathering::Refused(Refusal::Begun)
        };
        hands.line.say(peer, &message);
    }

    fn connect(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey) {
        let seat = self.engine.table().roster().seat_of(&key);
        let (connection, before) = self.peers.connect(door, key, seat);
        if let Some(before) = before {
            self.handle(hands, Input::Disconnected { peer: before.peer });
        }
        self.handle(
            hands,
            Input::Connected {
                peer: connection.peer,
                seat,
            },
        );
    }

    fn down(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey) {
        if let Some(connection) = self.peers.disconnect(door, key) {
            self.handle(
                hands,
                Input::Disconnected {
                    peer: connection.peer,
                },
            );
        }
    }

    fn heard(&mut self, hands: &mut Hands<G>, door: Door, key: PublicKey, bytes: Bytes) {
        match Line::read(door, bytes) {
            Heard::Engine(bytes) => {
                if let Some(connection) = self.peers.by_key(door, key) {
                    let (peer, bytes) = (connection.peer, bytes.to_vec());
                    self.handle(hands, Input::Received { peer, bytes });
                }
            }
            Heard::Gathering(message) => self.gathering(hands, key, &message),
            Heard::Garbage => self.fault(hands, Some(key), FaultKind::Gathering),
        }
    }

    /// Somebody at the invitation's door, after the table has begun.
    fn gathering(&mut self, hands: &mut Hands<G>, key: PublicKey, message: &Gathering) {
        if self.engine.seat().is_none() {
            return; // a watcher is told again what it knows
        }
        let seat = self.engine.table().roster().seat_of(&key);
        match message {
            Gathering::Ask(_) => self.tell_begun(hands, key, seat.is_some()),
            Gathering::Watch => {
                let followers = self.peers.at(Door::Invite).count();
                if seat.is_some() || followers >= FOLLOWERS_MAX {
                    return self.tell_begun(hands, key, false);
                }
                self.tell_begun(hands, key, true);
                if self.peers.by_key(Door::Invite, key).is_none() {
                    self.connect(hands, Door::Invite, key);
                }
            }
            _ => {} // late words of a gathering that is over
        }
    }

    /// Asks for decided blocks, if some are wanted and it is time to.
    fn fetch(&mut self, hands: &Hands<G>) {
        let now = clock::mono();
        let Some(fetching) = &mut self.fetching else {
            return;
        };
        loop {
            match fetching.next(now) {
                Some(Fetch::Ask(connection)) => {
                    let from = fetching.from();
                    let question = Question::Blocks {
                        from,
                        to: fetching.to(),
                    };
                    match hands.line.ask(&connection, &question) {
                        Some(request) => drop(self.asked.insert(request, (connection, from))),
                        None => fetching.failed(now),
                    }
                }
                Some(Fetch::Wait) => return,
                None => break,
            }
        }
        self.fetching = None; // the engine brings it up again while it is behind
    }

    fn answered(
        &mut self,
        hands: &mut Hands<G>,
        request: RequestId,
        result: &Result<Bytes, RequestError>,
    ) {
        let now = clock::mono();
        let Some((connection, from)) = self.asked.remove(&request) else {
            return;
        };
        let read = result
            .as_ref()
            .ok()
            .and_then(|bytes| sync::read(bytes, from));
        let Some(decisions) = read else {
            tracing::debug!(peer = %connection.key, ?result, "no blocks from it");
            if result.is_ok() {
                self.fault(hands, Some(connection.key), FaultKind::Answer);
            }
            self.peers.answered(connection.key, false);
            return self
                .fetching
                .iter_mut()
                .for_each(|fetching| fetching.failed(now));
        };
        let before = self.engine.height();
        for (block, certificate) in decisions {
            let peer = connection.peer;
            self.handle(
                hands,
                Input::Decision {
                    peer,
                    block,
                    certificate,
                },
            );
        }
        let next = self.engine.height();
        self.peers.answered(connection.key, next > before);
        self.fetching
            .take_if(|fetching| !fetching.advance(next, connection, now));
        self.fetch(hands);
    }

    /// What is left of the open deadline on this device.
    pub(super) fn left(&self) -> Option<Duration> {
        self.engine.left(clock::mono())
    }

    /// The net tells every table of every fault. Those of strangers belong to none of them, and a
    /// seat that came before this device had opened the table was early, not wrong.
    fn net_fault(&self, hands: &Hands<G>, fault: net::Fault) {
        use net::FaultCause::{NotAdmitted, Stranger};

        let Some(peer) = fault.peer else { return };
        let seated = self.engine.table().roster().seat_of(&peer).is_some();
        let early = matches!(fault.cause, Stranger | NotAdmitted { .. });
        if seated && !early || self.peers.by_key(Door::Invite, peer).is_some() {
            self.fault(hands, Some(peer), fault.cause.into());
        }
    }

    pub(super) fn fault(&self, hands: &Hands<G>, peer: Option<PublicKey>, kind: FaultKind) {
        let roster = self.engine.table().roster();
        let seat = peer.and_then(|peer| roster.seat_of(&peer));
        let name = seat
            .and_then(|seat| roster.holder(seat))
            .map(|holder| holder.name.clone());
        let fault = crate::table::PeerFault {
            peer,
            seat,
            name,
            kind,
        };
        tracing::warn!(height = %self.engine.height(), %fault, "fault");
        hands.shared.update(|board| board.faults += 1);
        hands.shared.tell(Event::Fault(fault));
    }
}

/// Answers a peer's question from the store.
fn give<G: Game>(hands: &Hands<G>, question: &Bytes, answer: Answerer) {
    let Ok(Question::Blocks { from, to }) = codec::decode(question) else {
        return;
    };
    match hands.ledger.decisions(from) {
        Ok(decisions) => drop(answer.send(sync::answer(decisions, to).into())),
        Err(error) => tracing::error!(%error, "cannot read decided blocks"),
    }
}
