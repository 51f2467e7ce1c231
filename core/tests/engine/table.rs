//! A table of engines in one process: messages arrive at once, disks are instant.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorate_core::certificate::DecisionCertificate;
use quorate_core::check::fingerprint;
use quorate_core::codec;
use quorate_core::crypto::{
    AnyScheme, PublicKey, SeatKeys, SecretKey, Signature, Signer, Verifier,
};
use quorate_core::engine::{Engine, Event, Input, Operation, Output, Request, Setup, StartError};
use quorate_core::fork::Fork;
use quorate_core::game::Game;
use quorate_core::genesis::{
    Bounds, DicePolicy, Genesis, MotionPolicy, Protocol, Schedule, Scheme, Seating, SignedGenesis,
    Stalls, Timing,
};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::{Block, Message, Peer};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::snapshot::{Anchor, Snapshot};
use quorate_core::state::Saved;
use quorate_core::table::TableState;
use quorate_core::{Digest, Height, Mono, Now, PerSeat, Seat, Wall};

/// In micros, as a table counts time.
pub(crate) const SECOND: u64 = 1_000_000;

/// How often keys were used, all seats together.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) made: AtomicUsize,
    pub(crate) checked: AtomicUsize,
}

struct CountingKey(Arc<dyn Signer>, Arc<Work>);

impl Signer for CountingKey {
    fn public(&self) -> PublicKey {
        self.0.public()
    }

    fn keys(&self) -> SeatKeys {
        self.0.keys()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        self.1.made.fetch_add(1, Ordering::Relaxed);
        self.0.sign(message)
    }
}

struct CountingCheck(Arc<Work>);

impl Verifier for CountingCheck {
    fn verify(&self, keys: &SeatKeys, message: &[u8], signature: &Signature) -> bool {
        self.0.checked.fetch_add(1, Ordering::Relaxed);
        AnyScheme.verify(keys, message, signature)
    }
}

/// Engines, the frames between them, and what they reported.
pub(crate) struct Table<G: Game> {
    pub(crate) engines: Vec<Engine<G>>,
    pub(crate) events: Vec<Vec<Event<G>>>,
    pub(crate) records: Vec<Vec<Record>>,
    /// The seeds of every seat's secrets, forgotten ones included, by their commitments.
    pub(crate) seeds: Vec<BTreeMap<u64, [u8; 32]>>,
    pub(crate) work: Arc<Work>,
    /// Whether every record must read back as it was written.
    pub(crate) verify_records: bool,
    pub(crate) keys: Vec<SecretKey>,
    /// Seats whose disk takes records and never says that they are safe.
    pub(crate) stuck_disks: Vec<usize>,
    /// Seats that nothing reaches and that do nothing.
    pub(crate) down: Vec<usize>,
    /// Every frame that left an engine, once for each receiver, where a test asks for them.
    pub(crate) sent: Option<Vec<(usize, Arc<[u8]>)>>,
    /// Every request for decided blocks.
    pub(crate) fetches: Vec<usize>,
    /// Whether requests for decided blocks are answered, from the records of who is asked first.
    pub(crate) serves: bool,
    game: Arc<G>,
    signed: SignedGenesis,
    frames: VecDeque<(usize, Peer, Vec<u8>)>,
    pub(crate) now: Mono,
    carried: Option<Saved>,
    /// What the link of whoever comes next vouches for.
    pub(crate) anchor: Option<Anchor>,
}

impl<G: Game> Table<G> {
    /// A table of `seats` whose genesis names `protocol`, with everybody connected.
    pub(crate) fn under(protocol: Protocol, game: G, seats: u8) -> Self {
        Self::with(protocol, game, seats, |_| {})
    }

    /// The same with something else changed in the genesis.
    pub(crate) fn with(
        protocol: Protocol,
        game: G,
        seats: u8,
        change: impl FnOnce(&mut Genesis),
    ) -> Self {
        Self::founded(game, seats, |genesis| {
            genesis.protocol = protocol;
            change(genesis);
        })
    }

    /// A table of `seats` whose genesis `amend` has changed, with everybody connected.
    pub(crate) fn founded(game: G, seats: u8, amend: impl FnOnce(&mut Genesis)) -> Self {
        let game = Arc::new(game);
        let keys: Vec<_> = (0..seats)
            .map(|i| SecretKey::from_bytes(&[i + 1; 32]))
            .collect();
        let mut genesis = genesis(&*game, &keys);
        amend(&mut genesis);
        for (chair, key) in genesis.seats.iter_mut().zip(&keys) {
            chair.ml_dsa = key.signer(genesis.signatures).keys().ml_dsa;
        }
        Self::begun(game, genesis, keys)
    }

    /// A table that begins from `genesis`, with everybody connected. `keys` by seat.
    pub(crate) fn begun(game: Arc<G>, genesis: Genesis, keys: Vec<SecretKey>) -> Self {
        let signatures = keys.iter().enumerate().map(|(i, key)| {
            let signer = key.signer(genesis.signatures);
            (seat(i), SignedGenesis::sign(&genesis, &*signer))
        });
        let signatures: PerSeat<_> = signatures.collect();
        let signed = SignedGenesis {
            genesis,
            signatures,
        };
        Self::of(signed, game, keys, None)
    }

    /// The table that takes over from this one, with those of its players who are on the roster.
    pub(crate) fn heirs(&self, signed: SignedGenesis, carried: Saved) -> Self {
        let heirs = signed.genesis.roster();
        let sits = |key: &&SecretKey| heirs.seat_of(&key.public()).is_some();
        let keys = self.keys.iter().filter(sits).cloned().collect();
        Self::of(signed, self.game.clone(), keys, Some(carried))
    }

    fn of(
        signed: SignedGenesis,
        game: Arc<G>,
        keys: Vec<SecretKey>,
        carried: Option<Saved>,
    ) -> Self {
        let mut table = Self {
            engines: Vec::new(),
            events: Vec::new(),
            records: Vec::new(),
            seeds: Vec::new(),
            work: Arc::new(Work::default()),
            keys: Vec::new(),
            stuck_disks: Vec::new(),
            down: Vec::new(),
            sent: None,
            fetches: Vec::new(),
            verify_records: true,
            serves: false,
            frames: VecDeque::new(),
            now: Mono(0),
            game,
            signed,
            carried,
            anchor: None,
        };
        for key in keys {
            table.add(key);
        }
        table.introduce();
        table
    }

    /// Hands an engine the decisions that engine 0 has and it lacks.
    pub(crate) fn catch_up(&mut self, index: usize) {
        let height = self.engines[index].table().height();
        let decisions = self.records[0].iter().filter_map(|record| match record {
            Record::Decision { block, certificate } if block.height > height => {
                Some((block.clone(), certificate.clone()))
            }
            _ => None,
        });
        for (block, certificate) in decisions.collect::<Vec<_>>() {
            let peer = Peer(0);
            let input = Input::Decision {
                peer,
                block,
                certificate,
            };
            self.handle(index, input);
        }
        self.settle();
    }

    /// Whether a device starts from a journal.
    pub(crate) fn starts_from(&self, index: usize, journal: Journal) -> Result<(), StartError> {
        self.try_engine(index, journal).map(drop)
    }

    fn engine(&self, index: usize, journal: Journal) -> Engine<G> {
        self.try_engine(index, journal).unwrap()
    }

    fn try_engine(&self, index: usize, journal: Journal) -> Result<Engine<G>, StartError> {
        let signer = self.keys[index].signer(self.signed.genesis.signatures);
        let key = CountingKey(signer, self.work.clone());
        let setup = Setup {
            game: self.game.clone(),
            fingerprint: self.signed.genesis.fingerprint,
            genesis: self.signed.clone(),
            signer: Some(Arc::new(key)),
            verifier: Arc::new(CountingCheck(self.work.clone())),
            entropy: [index as u8; 32],
            anchor: self.anchor,
        };
        match self.carried.clone() {
            Some(carried) => Engine::succeed(setup, carried, journal, self.now()),
            None => Engine::new(setup, journal, self.now()),
        }
    }

    fn add(&mut self, key: SecretKey) -> usize {
        let index = self.engines.len();
        self.keys.push(key);
        let engine = self.engine(index, Journal::default());
        self.engines.push(engine);
        self.events.push(Vec::new());
        self.records.push(Vec::new());
        self.seeds.push(BTreeMap::new());
        index
    }

    /// A device with a key of its own comes to the table; returns its number.
    pub(crate) fn arrive(&mut self, key: SecretKey) -> usize {
        let index = self.add(key);
        self.connect(index);
        index
    }

    /// A device starts again from what it has written.
    pub(crate) fn restart(&mut self, index: usize) {
        let journal = Journal::from_records(self.records[index].clone());
        self.engines[index] = self.engine(index, journal);
        self.down.retain(|down| *down != index);
        self.connect(index);
    }

    /// Connects a device, anew if it was, with all others that are up.
    pub(crate) fn connect(&mut self, index: usize) {
        for there in (0..self.engines.len()).filter(|there| *there != index) {
            for (here, there) in [(index, there), (there, index)] {
                let peer = Peer(there as u64);
                let key = Some(self.keys[there].public());
                self.handle(here, Input::Connected { peer, key });
            }
        }
        self.settle();
    }

    fn introduce(&mut self) {
        for here in 0..self.engines.len() {
            for there in (0..self.engines.len()).filter(|there| *there != here) {
                let peer = Peer(there as u64);
                let key = Some(self.keys[there].public());
                self.handle(here, Input::Connected { peer, key });
            }
        }
        self.settle();
    }

    /// Gives a device every block that another one has and it has not.
    pub(crate) fn fetch(&mut self, index: usize, from: usize) {
        for record in self.records[from].clone() {
            if let Record::Decision { block, certificate } = record {
                let peer = Peer(from as u64);
                let input = Input::Decision {
                    peer,
                    block,
                    certificate,
                };
                self.handle(index, input);
            }
        }
        self.settle();
    }

    const fn now(&self) -> Now {
        Now {
            mono: self.now,
            wall: Wall(1_000 + self.now.0 / 1_000),
        }
    }

    /// What every seat signed before the first move.
    pub(crate) const fn genesis(&self) -> &Genesis {
        &self.signed.genesis
    }

    /// The same with their signatures.
    pub(crate) const fn signed(&self) -> &SignedGenesis {
        &self.signed
    }

    /// The player at a device wants something of the table.
    pub(crate) fn operate(&mut self, index: usize, operation: Operation) {
        self.handle(
            index,
            Input::Operate {
                ticket: 7,
                operation,
            },
        );
        self.settle();
    }

    /// Gives decided blocks to who asked for them.
    fn serve(&mut self, index: usize, (from, to): (Height, Height), peer: Peer) {
        let wanted = |record: &Record| match record {
            Record::Decision { block, certificate } if (from..=to).contains(&block.height) => {
                Some((block.clone(), certificate.clone()))
            }
            _ => None,
        };
        let decisions: Vec<_> = self.records[peer.0 as usize]
            .iter()
            .filter_map(wanted)
            .collect();
        for (block, certificate) in decisions {
            self.handle(
                index,
                Input::Decision {
                    peer,
                    block,
                    certificate,
                },
            );
        }
    }

    pub(crate) fn act(&mut self, index: usize, action: G::Action) {
        let turn = self.engines[index].table().play().unwrap().turn_number();
        self.handle(
            index,
            Input::Act {
                ticket: 0,
                turn,
                actions: vec![action],
            },
        );
        self.settle();
    }

    /// Delivers everything that is on its way.
    pub(crate) fn settle(&mut self) {
        while let Some((to, peer, bytes)) = self.frames.pop_front() {
            self.handle(to, Input::Received { peer, bytes });
        }
    }

    /// Lets `micros` pass, waking engines when they ask for it.
    pub(crate) fn pass(&mut self, micros: u64) {
        let end = Mono(self.now.0 + micros);
        loop {
            let up = |index: &usize| !self.down.contains(index);
            let engines = (0..self.engines.len()).filter(up);
            let next = engines
                .filter_map(|index| self.engines[index].next_timeout())
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            for index in 0..self.engines.len() {
                self.handle(index, Input::Timeout);
            }
            self.settle();
        }
        self.now = end;
    }

    /// Forgets what was reported and written so far.
    #[allow(dead_code, reason = "only the bench runs long enough to need it")]
    pub(crate) fn forget(&mut self) {
        self.events.iter_mut().for_each(Vec::clear);
        self.records.iter_mut().for_each(Vec::clear);
    }

    /// Hands one message to an engine as a connection's.
    pub(crate) fn deliver(&mut self, to: usize, peer: Peer, message: &Message) {
        let bytes = codec::encode(message).unwrap();
        self.handle(to, Input::Received { peer, bytes });
    }

    pub(crate) fn handle(&mut self, index: usize, input: Input<G>) {
        if self.down.contains(&index) {
            return;
        }
        let now = self.now();
        self.engines[index].handle(now, input).unwrap();
        while let Some(output) = self.engines[index].poll_output() {
            self.carry_out(index, output);
        }
    }

    fn carry_out(&mut self, index: usize, output: Output<G>) {
        let from = Peer(index as u64);
        match output {
            Output::Event(event) => {
                if let Event::Decided(decided) = &event {
                    self.reads_back(index, &decided.block);
                }
                self.events[index].push(event);
            }
            Output::Request(Request::Persist { token, record }) => {
                let bytes = codec::encode(&record).unwrap();
                if self.verify_records {
                    assert_eq!(codec::decode::<Record>(&bytes).unwrap(), record);
                }
                if let Record::Secrets { counter, seed } = record {
                    self.seeds[index].insert(counter, seed);
                }
                self.records[index].push(record);
                if !self.stuck_disks.contains(&index) {
                    self.handle(index, Input::Persisted(token));
                }
            }
            Output::Request(Request::Send { peer, bytes, .. }) => {
                self.note_sent(index, &bytes);
                if (peer.0 as usize) < self.engines.len() {
                    self.frames
                        .push_back((peer.0 as usize, from, bytes.to_vec()));
                }
            }
            Output::Request(Request::Broadcast { bytes, .. }) => {
                for to in self.seated_beside(index) {
                    self.note_sent(index, &bytes);
                    self.frames.push_back((to, from, bytes.to_vec()));
                }
            }
            Output::Request(Request::Fetch { from, to, peers }) => {
                self.fetches.push(index);
                if self.serves {
                    self.serve(index, (from, to), peers[0]);
                }
            }
            Output::Request(Request::FetchSnapshot { peers, .. }) => {
                self.fetches.push(index);
                if let Some(snapshot) = self.newest(peers[0].0 as usize).filter(|_| self.serves) {
                    let peer = peers[0];
                    self.handle(index, Input::Snapshot { peer, snapshot });
                }
            }
            Output::Request(Request::Compare { theirs }) => self.compare(index, *theirs),
            Output::Request(Request::CleanUp { below }) => {
                self.clean_up(index, below);
            }
            Output::Request(Request::Forget(spent)) => {
                self.records[index].retain(|record| {
                    let until = record.until_spent();
                    !until.is_some_and(|until| spent.covers(&until))
                });
            }
        }
    }

    /// Whom a device reaches when it speaks to every other seat: those that sit there or sat, as it
    /// sees it, and nobody if it never did itself.
    fn seated_beside(&self, index: usize) -> Vec<usize> {
        let table = self.engines[index].table();
        let sits = |of: &usize| {
            let key = self.keys[*of].public();
            let mut past = table.membership().past().iter();
            table.seat_for(&key).is_some() || past.any(|span| span.roster.seat_of(&key).is_some())
        };
        let others = (0..self.engines.len()).filter(|to| *to != index && sits(to));
        others.filter(|_| sits(&index)).collect()
    }

    fn compare(&mut self, index: usize, theirs: DecisionCertificate) {
        let ours = self.records[index].iter().find_map(|record| match record {
            Record::Decision { block, certificate } if block.height == theirs.0.height => {
                Some(certificate.clone())
            }
            _ => None,
        });
        if let Some(ours) = ours.filter(|ours| ours.0.digest != theirs.0.digest) {
            self.handle(index, Input::Forked(Box::new(Fork { ours, theirs })));
        }
    }

    fn clean_up(&mut self, index: usize, below: Height) {
        let covered = self.newest(index).map(|held| held.height());
        assert!(covered >= Some(below), "nothing covers what is dropped");
        self.records[index].retain(|record| match record {
            Record::Decision { block, .. } => block.height >= below,
            Record::Snapshot(held) => held.height() >= below,
            record => record.until().is_none_or(|until| until >= below),
        });
    }

    /// The newest snapshot that a device has written down.
    pub(crate) fn newest(&self, index: usize) -> Option<Box<Snapshot>> {
        Journal::from_records(self.records[index].clone()).snapshot
    }

    /// The state after every single block reads back as the same.
    fn reads_back(&self, index: usize, block: &Block) {
        let table = self.engines[index].table();
        if !self.verify_records || table.height() != block.height {
            return;
        }
        let (genesis, game) = (table.genesis().clone(), self.game.clone());
        let bytes = table.encoded().unwrap();
        let back = TableState::decoded(genesis, game, block, &bytes).unwrap();
        assert_eq!(back.encoded().unwrap(), bytes);
        assert_eq!((back.digest(), back.tip()), (block.post_state, table.tip()));
        let turn = |table: &TableState<G>| *table.play().unwrap().turn();
        assert_eq!(turn(&back), turn(table), "the rules see the same");
    }

    fn note_sent(&mut self, from: usize, bytes: &Arc<[u8]>) {
        if let Some(sent) = &mut self.sent {
            sent.push((from, bytes.clone()));
        }
    }

    /// What has left engines since the last call; the first call begins to listen.
    pub(crate) fn overheard(&mut self) -> Vec<(usize, Message)> {
        let sent = self.sent.replace(Vec::new()).unwrap_or_default();
        let decoded = sent
            .into_iter()
            .map(|(from, bytes)| (from, codec::decode(&bytes).unwrap()));
        decoded.collect()
    }

    pub(crate) fn height(&self) -> Height {
        self.engines[0].table().height()
    }

    /// The one state digest all engines have.
    pub(crate) fn agreed(&self) -> Digest {
        let digest = self.engines[0].table().digest();
        for engine in &self.engines {
            assert_eq!(engine.table().digest(), digest);
        }
        digest
    }
}

pub(crate) fn seat(index: usize) -> Seat {
    Seat::new(index as u8).unwrap()
}

pub(crate) fn genesis<G: Game>(game: &G, keys: &[SecretKey]) -> Genesis {
    let seating = |(index, key): (usize, &SecretKey)| Seating {
        name: Name::new(&format!("Player {index}")).unwrap(),
        key: key.public(),
        ml_dsa: None,
        nonce: [index as u8; 32],
        kind: SeatKind::Player,
    };
    let alone = keys.len() == 1;
    Genesis {
        game: G::NAME.to_owned(),
        version: G::VERSION,
        options: codec::encode(game).unwrap(),
        fingerprint: fingerprint(game).unwrap(),
        seats: keys.iter().enumerate().map(seating).collect(),
        protocol: Protocol::default(),
        signatures: Scheme::default(),
        schedule: Schedule::HashScore,
        profile: None,
        dice: if alone {
            DicePolicy::Local
        } else {
            DicePolicy::default()
        },
        // Round numbers: the tests reckon in seconds.
        timing: Timing {
            round_ms: 1_000,
            ..Timing::default()
        },
        bounds: Bounds::default(),
        stall: Stalls::default(),
        motions: MotionPolicy::default(),
        expires: Wall(1_000_000),
        predecessor: None,
        fork_depth: 1_000,
        checkpoint: 120,
    }
}
