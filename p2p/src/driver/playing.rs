//! A table's thread while its engine runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use quorate_core::certificate::DecisionCertificate;
use quorate_core::codec;
use quorate_core::crypto::{AnyScheme, PublicKey};
use quorate_core::engine::{self, Engine, Input, Output, Request, Setup, StartError, Token};
use quorate_core::game::{Game, Rejection, Settled};
use quorate_core::genesis::SignedGenesis;
use quorate_core::journal::{Journal, Record};
use quorate_core::message::{Block, Message};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::snapshot::Anchor;
use quorate_core::state::Saved;
use quorate_core::transcript::Audit;
use quorate_core::{Height, Mono};

use super::audit;
use super::going_on::GoingOn;
use super::membership::Doors;
use super::remember::Remembered;
use super::show::Shown;
use super::{Connection, Door, Hands, Mail, Needless, Peers};
use crate::clock;
use crate::gather::{Application, Terms, known, opened};
use crate::net::RequestId;
use crate::sync::{Download, Fetching};
use crate::table::{DiceWatch, Halt, Pending, Refusal};

/// A table's engine and what serves it.
pub(super) struct Playing<G: Game> {
    pub(super) engine: Engine<G>,
    pub(super) signed: Arc<SignedGenesis>,
    pub(super) peers: Peers,
    pub(super) paused: bool,
    /// Records that are not on disk yet, and the token of the last.
    records: Vec<Record>,
    token: Option<Token>,
    /// What may go once `records` are on disk.
    needless: Needless,
    pub(super) fetching: Option<Fetching>,
    pub(super) download: Option<Download>,
    /// Whether all peers that were asked said that the blocks which this device lacks are gone.
    pub(super) gone: bool,
    /// Questions under way: to whom, and from which height on, if it is for blocks.
    pub(super) asked: BTreeMap<RequestId, (Connection, Option<Height>)>,
    pub(super) pendings: BTreeMap<u64, Pending>,
    /// Those that are settled and not told so yet.
    pub(super) settled: Vec<(Pending, Settled)>,
    tickets: u64,
    pub(super) dice: DiceWatch,
    pub(super) shown: Shown,
    pub(super) remembered: Remembered,
    /// Whether the store says that play has ended.
    pub(super) ended: bool,
    /// The height that a device without a seat showed last.
    reported: Option<Height>,
    /// What a seat of this device would be for; none for a watcher.
    pub(super) wish: Option<SeatKind>,
    /// What this device asks the players for, while it has no seat and wants one.
    pub(super) application: Option<Box<Application>>,
    /// Why it got none, for good.
    pub(super) turned_down: Option<Refusal>,
    pub(super) doors: Option<Doors>,
    /// Who is connected at the invitation's door, whether the engine knows of it or not.
    pub(super) visitors: BTreeSet<PublicKey>,
    /// Those of them that want to follow and sit here yet, at the table's own door: one that leaves
    /// may know it first.
    pub(super) early: BTreeSet<PublicKey>,
    /// The seats that refuse this device one.
    pub(super) refused: BTreeSet<PublicKey>,
    /// The decision that the link says the table made.
    pub(super) expected: Option<Anchor>,
    /// Why this is not the table of the link.
    pub(super) astray: Option<Halt>,
    /// What a watcher makes of every decision by itself.
    pub(super) audit: Option<Box<Audit<G>>>,
    pub(super) going_on: GoingOn,
    /// Decisions of long ago that were shown, to be compared with those on disk.
    pub(super) shown_decisions: Vec<DecisionCertificate>,
}

impl<G: Game> Playing<G> {
    /// Starts the engine from what is on disk, and opens the table's doors.
    pub(super) fn start(
        hands: &mut Hands<G>,
        signed: SignedGenesis,
        journal: Journal,
        wish: Option<SeatKind>,
    ) -> Result<Self, Halt> {
        let game: G = rules(&signed, &hands.me.name)?;
        let signed = Arc::new(signed);
        let mut dice = DiceWatch::default();
        let decided = blocks(&journal);
        let audit = audit::begin(hands, &signed, journal.height(), wish.is_none())?;
        let setup = setup(hands, &signed, game, wish.is_some())?;
        let engine = begun(hands, setup, journal)?;
        dice.recall(&decided, engine.table());
        let ended = hands.ledger.get(super::meta::ENDED)? == Some(true);
        let mut playing = Self {
            engine,
            signed,
            peers: Peers::default(),
            paused: false,
            records: Vec::new(),
            token: None,
            needless: Needless::default(),
            fetching: None,
            download: None,
            gone: false,
            asked: BTreeMap::new(),
            pendings: BTreeMap::new(),
            settled: Vec::new(),
            tickets: 0,
            dice,
            shown: Shown::NOTHING,
            remembered: Remembered::default(),
            ended,
            reported: None,
            wish,
            application: None,
            turned_down: None,
            doors: None,
            visitors: BTreeSet::new(),
            early: BTreeSet::new(),
            refused: BTreeSet::new(),
            expected: hands.shared.read(|board| board.link.recent),
            astray: None,
            audit,
            going_on: GoingOn::default(),
            shown_decisions: Vec::new(),
        };
        playing.recall(hands)?;
        playing.begin_to_ask(hands)?;
        playing.open_doors(hands);
        playing.take_up_pendings();
        playing.show_proofs(hands); // before it is told that the table plays, or readers miss them
        playing.show_start(hands);
        playing.show_verdict(hands);
        Ok(playing)
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

    /// A number for what the player wants, if this device still has the seat it was wanted from.
    fn ticket(&mut self, pending: Pending) -> Option<u64> {
        if self.engine.seat().is_none() {
            let why = Rejection::new("this device has no seat any more");
            self.settled.push((pending, Settled::Refused(why)));
            return None;
        }
        let ticket = self.tickets;
        self.tickets += 1;
        self.pendings.insert(ticket, pending);
        Some(ticket)
    }

    pub(super) fn take(&mut self, hands: &mut Hands<G>, mail: Mail<G>) {
        match mail {
            Mail::Net(event) => self.net(hands, event),
            Mail::Act {
                pending,
                turn,
                actions,
            } => {
                if let Some(ticket) = self.ticket(pending) {
                    let act = Input::Act {
                        ticket,
                        turn,
                        actions,
                    };
                    self.handle(hands, act);
                }
            }
            Mail::Operate { pending, operation } => {
                if let Some(ticket) = self.ticket(pending) {
                    self.handle(hands, Input::Operate { ticket, operation });
                }
            }
            Mail::Pause(paused) => {
                self.paused = paused;
                if !paused {
                    self.handle(hands, Input::Attend); // the app is in the foreground again
                }
            }
            Mail::Attend => self.handle(hands, Input::Attend),
            Mail::Claim => self.handle(hands, Input::Claim),
            Mail::Ask { buy_in } => self.ask(hands, buy_in),
            Mail::Report => self.report(hands),
            Mail::Contradict => self.contradict(hands),
            Mail::GoOn { without, answer } => drop(answer.send(self.go_on(hands, without))),
            Mail::Decisions { from, answer } => {
                drop(answer.send(audit::chunk(hands, Some(&self.engine), from)));
            }
            Mail::Stop => {}
        }
    }

    /// Shows how far this device is: to the other seats, and at the invitation's door to who
    /// follows it, or, without a seat of its own, to those whom it follows.
    fn report(&self, hands: &Hands<G>) {
        let status = Message::Status(self.engine.status());
        // Invariant: a status holds integers and digests, which always encode.
        let bytes: Arc<[u8]> = codec::encode(&status)
            .expect("a status always encodes")
            .into();
        for connection in self.peers.at(Door::Invite) {
            hands.line.send(connection, status.lane(), &bytes);
        }
        hands.line.broadcast(status.lane(), bytes);
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
            Request::Fetch { from, to, peers } => self.wants_blocks(hands, (from, to), &peers),
            Request::FetchSnapshot { above, to, peers } => {
                self.wants_snapshot(hands, (above, to), &peers);
            }
            Request::Compare { theirs } => self.shown_decisions.push(*theirs),
            Request::CleanUp { below } => self.needless.below = below,
            Request::Forget(spent) => self.needless.spent = spent,
        }
    }

    /// Writes the records of this pass in one transaction; what the engine says once they are on
    /// disk may bring more.
    pub(super) fn settle(&mut self, hands: &mut Hands<G>) -> Result<(), Halt> {
        self.drain(hands);
        if let Some(halt) = self.astray.take() {
            return Err(halt);
        }
        self.compare(hands)?;
        while let Some(token) = self.token.take() {
            let records = std::mem::take(&mut self.records);
            hands.ledger.write(&records, self.needless)?;
            self.audit(&records)?;
            self.show_verdict(hands);
            self.handle(hands, Input::Persisted(token));
        }
        self.mind_fork(hands)?;
        let play = self.engine.table().play();
        let ended = play.is_some_and(|play| play.end().is_some()) || self.going_on.is_over();
        if ended != self.ended {
            hands.ledger.set(super::meta::ENDED, &ended)?; // a rematch takes an end back
            self.ended = ended;
        }
        self.remember(hands)?;
        let height = self.engine.table().height();
        if self.engine.seat().is_none() && self.reported != Some(height) {
            self.reported = Some(height);
            self.report(hands); // whoever leaves waits for those who follow it
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
        self.ask_heirs(hands);
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let engine = self.engine.next_timeout().filter(|_| !self.paused);
        let fetching = self.fetching.as_ref().map(Fetching::due);
        let download = self.download.as_ref().and_then(Download::due);
        let going_on = self.going_on.next_timeout().filter(|_| !self.paused);
        let others = fetching.into_iter().chain(download).chain(going_on);
        engine.into_iter().chain(others).min()
    }

    /// What is left of the open deadline on this device.
    pub(super) fn left(&self) -> Option<Duration> {
        self.engine.left(clock::mono())
    }
}

/// The rules that everybody signed, if this build has them.
fn rules<G: Game>(signed: &SignedGenesis, me: &Name) -> Result<G, Halt> {
    let host = signed.genesis.seats.first().map(|chair| &chair.name);
    let terms = Terms::in_genesis(&signed.genesis);
    // A successor goes on with a game, and may have fewer seats than one can begin with.
    let known = if signed.genesis.predecessor.is_some() {
        known(&terms, host.unwrap_or(me))
    } else {
        opened(&terms, host.unwrap_or(me))
    };
    known.map_err(|why| Halt::WrongRules {
        why: why.to_string(),
    })
}

/// Why an engine does not start, as the table shows it.
fn not_started(error: StartError) -> Halt {
    match error {
        StartError::Corrupt(corrupt) => Halt::Corrupt(corrupt),
        other => Halt::WrongRules {
            why: other.to_string(),
        },
    }
}

/// What an engine of this device starts from.
fn setup<G: Game>(
    hands: &Hands<G>,
    signed: &SignedGenesis,
    game: G,
    signs: bool,
) -> Result<Setup<G>, Halt> {
    let signer = signs.then(|| hands.me.secret.signer(signed.genesis.signatures));
    Ok(Setup {
        game: Arc::new(game),
        fingerprint: signed.genesis.fingerprint, // `opened` found it to be this build's
        genesis: signed.clone(),
        signer,
        verifier: Arc::new(AnyScheme),
        entropy: *hands.me.random()?,
        anchor: hands.shared.read(|board| board.link.recent),
    })
}

fn begun<G: Game>(hands: &Hands<G>, setup: Setup<G>, journal: Journal) -> Result<Engine<G>, Halt> {
    let carried: Option<Saved> = hands.ledger.get(super::meta::CARRIED)?;
    let engine = match carried {
        Some(carried) => Engine::succeed(setup, carried, journal, clock::now()),
        None => Engine::new(setup, journal, clock::now()),
    };
    engine.map_err(not_started)
}

fn blocks(journal: &Journal) -> Vec<Arc<Block>> {
    let decisions = journal.decisions.iter();
    decisions.map(|(block, _)| Arc::clone(block)).collect()
}
