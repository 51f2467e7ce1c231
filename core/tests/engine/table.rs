//! A table of engines in one process: messages arrive at once, disks are instant.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorate_core::check::fingerprint;
use quorate_core::codec;
use quorate_core::crypto::{Ed25519, PublicKey, SecretKey, Signature, Signer, Verifier};
use quorate_core::engine::{Engine, Event, Input, Output, Request, Setup};
use quorate_core::game::Game;
use quorate_core::genesis::{
    Bounds, DicePolicy, Genesis, Protocol, Schedule, Seating, SignedGenesis, Timing,
};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::{Message, Peer};
use quorate_core::roster::Name;
use quorate_core::{Digest, Height, Mono, Now, PerSeat, Seat, Wall};

/// How often keys were used, all seats together.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) made: AtomicUsize,
    pub(crate) checked: AtomicUsize,
}

struct CountingKey(SecretKey, Arc<Work>);

impl Signer for CountingKey {
    fn public(&self) -> PublicKey {
        self.0.public()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        self.1.made.fetch_add(1, Ordering::Relaxed);
        self.0.sign(message)
    }
}

struct CountingCheck(Arc<Work>);

impl Verifier for CountingCheck {
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        self.0.checked.fetch_add(1, Ordering::Relaxed);
        Ed25519.verify(key, message, signature)
    }
}

/// Engines, the frames between them, and what they reported.
pub(crate) struct Table<G: Game> {
    pub(crate) engines: Vec<Engine<G>>,
    pub(crate) events: Vec<Vec<Event<G>>>,
    pub(crate) records: Vec<Vec<Record>>,
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
    frames: VecDeque<(usize, Peer, Vec<u8>)>,
    now: Mono,
}

impl<G: Game> Table<G> {
    pub(crate) fn new(game: G, seats: u8) -> Self {
        let game = Arc::new(game);
        let work = Arc::new(Work::default());
        let keys: Vec<_> = (0..seats)
            .map(|i| SecretKey::from_bytes(&[i + 1; 32]))
            .collect();
        let genesis = genesis(&*game, &keys);
        let signatures = keys
            .iter()
            .enumerate()
            .map(|(i, key)| (seat(i), SignedGenesis::sign(&genesis, key)));
        let signatures: PerSeat<_> = signatures.collect();
        let fingerprint = genesis.fingerprint;
        let now = Now {
            mono: Mono(0),
            wall: Wall(1_000),
        };
        let engines = keys.iter().cloned().enumerate().map(|(i, key)| {
            let setup = Setup {
                game: game.clone(),
                fingerprint,
                genesis: SignedGenesis {
                    genesis: genesis.clone(),
                    signatures: signatures.clone(),
                },
                signer: Some(Arc::new(CountingKey(key, work.clone()))),
                verifier: Arc::new(CountingCheck(work.clone())),
                entropy: [i as u8; 32],
            };
            Engine::new(setup, Journal::default(), now).unwrap()
        });
        let engines: Vec<_> = engines.collect();
        let count = engines.len();
        let mut table = Self {
            engines,
            events: (0..count).map(|_| Vec::new()).collect(),
            records: vec![Vec::new(); count],
            work,
            keys,
            stuck_disks: Vec::new(),
            down: Vec::new(),
            sent: None,
            fetches: Vec::new(),
            verify_records: true,
            frames: VecDeque::new(),
            now: Mono(0),
        };
        for here in 0..count {
            for there in (0..count).filter(|there| *there != here) {
                let input = Input::Connected {
                    peer: Peer(there as u64),
                    seat: Some(seat(there)),
                };
                table.handle(here, input);
            }
        }
        table.settle();
        table
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
        let now = Now {
            mono: self.now,
            wall: Wall(1_000 + self.now.0 / 1_000),
        };
        self.engines[index].handle(now, input).unwrap();
        while let Some(output) = self.engines[index].poll_output() {
            self.carry_out(index, output);
        }
    }

    fn carry_out(&mut self, index: usize, output: Output<G>) {
        let from = Peer(index as u64);
        match output {
            Output::Event(event) => self.events[index].push(event),
            Output::Request(Request::Persist { token, record }) => {
                let bytes = codec::encode(&record).unwrap();
                if self.verify_records {
                    assert_eq!(codec::decode::<Record>(&bytes).unwrap(), record);
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
                for to in (0..self.engines.len()).filter(|to| *to != index) {
                    self.note_sent(index, &bytes);
                    self.frames.push_back((to, from, bytes.to_vec()));
                }
            }
            Output::Request(Request::Fetch { .. }) => self.fetches.push(index),
            Output::Request(Request::Forget { counter: first }) => {
                let spent = |record: &Record| match record {
                    Record::Secrets { counter, .. } => *counter < first,
                    _ => false,
                };
                self.records[index].retain(|record| !spent(record));
            }
        }
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

fn genesis<G: Game>(game: &G, keys: &[SecretKey]) -> Genesis {
    let seating = |(index, key): (usize, &SecretKey)| Seating {
        name: Name::new(&format!("Player {index}")).unwrap(),
        key: key.public(),
        nonce: [index as u8; 32],
    };
    let alone = keys.len() == 1;
    Genesis {
        game: G::NAME.to_owned(),
        version: G::VERSION,
        options: codec::encode(game).unwrap(),
        fingerprint: fingerprint(game).unwrap(),
        seats: keys.iter().enumerate().map(seating).collect(),
        protocol: Protocol::Pbft,
        schedule: Schedule::HashScore,
        dice: if alone {
            DicePolicy::Local
        } else {
            DicePolicy::default()
        },
        timing: Timing::default(),
        bounds: Bounds::default(),
        expires: Wall(1_000_000),
    }
}
