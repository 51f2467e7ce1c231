//! A whole table in one thread: devices, network, disks and players under one virtual clock.

mod carry;
mod chair;
mod faults;
mod heal;
mod heirs;
mod judge;
mod players;
mod snapshots;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_core::certificate::DecisionCertificate;
use quorate_core::crypto::SeatKeys;
use quorate_core::engine::{Engine, Input, Setup, Token};
use quorate_core::evidence::Evidence;
use quorate_core::genesis::{Bounds, Genesis, Seating, SignedGenesis, TableId};
use quorate_core::message::{Block, Peer};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::snapshot::Snapshot;
use quorate_core::state::Play;
use quorate_core::{Digest, Game, Height, PerSeat, Seat, Seats, Wall, codec};

use crate::attack::{Kind, second_twin};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::draw::{Disks, Draw};
use crate::frame::Frame;
use crate::host::Host;
use crate::keys::{Count, Keys, Scheme};
use crate::marks::{Faults, Marks};
use crate::mutant::Mutant;
use crate::network::Network;
use crate::oracle::{Bench, Oracle, Violation};
use crate::queue::Queue;
use crate::report::Throws;
use crate::rng::Rng;
use crate::script::Script;
use crate::trace::{Step, Trace};

/// Every so many inputs the engine that got one is weighed.
const WEIGHED_EVERY: u64 = 16;

/// What is due.
enum Event {
    Frame {
        to: usize,
        from: usize,
        peer: Peer,
        frame: Arc<Frame>,
    },
    Decisions {
        to: usize,
        peer: Peer,
        decisions: Vec<(Arc<Block>, DecisionCertificate)>,
    },
    Snapshot {
        to: usize,
        peer: Peer,
        snapshot: Box<Snapshot>,
    },
    Synced {
        device: usize,
        life: u32,
    },
    /// A broken host says so before it is true.
    SaidSynced {
        device: usize,
        life: u32,
        token: Token,
    },
    Connect(usize, usize),
    Gone {
        device: usize,
        peer: Peer,
    },
    Crash {
        device: usize,
        life: u32,
    },
    Start(usize),
    Freeze(usize),
    Wish,
    Cut,
    Mend,
    Blackout,
    Outage,
    Return,
    Play {
        device: usize,
        life: u32,
    },
}

/// A simulated table.
///
/// Tests drive it step by step; campaigns let [`run`](Self::run) do the whole plan of a
/// [`Draw`]: faults, healing, progress.
pub struct World<G: Game> {
    draw: Draw,
    game: Arc<G>,
    genesis: SignedGenesis,
    table: TableId,
    script: Arc<dyn Script<G>>,
    keys: Keys,
    mutant: Option<Mutant>,
    now: Duration,
    queue: Queue<Event>,
    hosts: Vec<Host<G>>,
    network: Network,
    oracle: Oracle,
    trace: Trace,
    rng: Rng,
    marks: Marks,
    faults: Faults,
    connections: u64,
    inputs: u64,
    /// Frames handed to the network that are no status.
    frames: u64,
    /// The game after the highest decided height, for judging the next.
    latest: Option<(Height, Play<G>)>,
    /// The round in which each height was first decided.
    rounds: Vec<quorate_core::Round>,
    /// Rounds in which an honest leader had to propose a prepared block again.
    reproposed: BTreeMap<Height, quorate_core::Round>,
    /// Seats kept down, and the height when that began.
    outage: Option<(Seats, Height)>,
    /// How often that happened.
    outages: u64,
    /// Honest seats that may still be dismissed.
    dismissals: usize,
    healed: bool,
    /// Whether cheats cheat: in storms, and at a healed table once that has gone on without them.
    cheating: bool,
    /// Honest seats that fell asleep while all was healed, and were not awake since.
    dozing: Seats,
    /// Leaders that called a cheat late whom an honest seat saw in time, by height.
    contested: BTreeMap<Height, Seats>,
    /// What the dice showed.
    throws: Throws,
    /// The height at which two honest devices decided different blocks.
    forked: Option<Height>,
    /// What forks that honest devices saw prove.
    proofs: PerSeat<Evidence>,
    /// How fast the disks are now.
    disks: Disks,
    violation: Option<Violation>,
    /// Seats that an honest device has proven guilty.
    named: Seats,
}

impl<G: Game> World<G> {
    /// A table as `draw` describes it, with every device about to start.
    ///
    /// # Panics
    /// If the game's options cannot be encoded.
    #[must_use]
    pub fn new(draw: Draw, game: G, script: Arc<dyn Script<G>>) -> Self {
        let rng = Rng::new(draw.seed).fork(1);
        let real = draw.real_keys || draw.signatures != quorate_core::crypto::Scheme::default();
        let scheme = if real {
            Scheme::Real(draw.signatures)
        } else {
            Scheme::Fast
        };
        let keys = Keys::new(scheme, draw.seats + draw.guests(), &mut rng.fork(2));
        let genesis = genesis(&draw, &game, &keys, &mut rng.fork(3));
        let devices = draw.seats + draw.strangers() + draw.guests();
        let bench = bench(&draw, &keys, genesis.genesis.table());
        let mut world = Self {
            network: Network::new(devices, draw.weather, rng.fork(4)),
            oracle: Oracle::new(bench, devices),
            game: Arc::new(game),
            table: genesis.genesis.table(),
            genesis,
            script,
            keys,
            mutant: None,
            now: Duration::ZERO,
            queue: Queue::new(),
            hosts: Vec::new(),
            trace: Trace::default(),
            rng: rng.fork(5),
            marks: Marks::default(),
            faults: Faults::default(),
            connections: 0,
            inputs: 0,
            frames: 0,
            latest: None,
            rounds: Vec::new(),
            reproposed: BTreeMap::new(),
            outage: None,
            outages: 0,
            dismissals: draw.house.wishes.map_or(0, |wishes| wishes.dismissals),
            healed: false,
            cheating: true,
            dozing: Seats::NONE,
            contested: BTreeMap::new(),
            throws: Throws::default(),
            forked: None,
            proofs: PerSeat::default(),
            disks: draw.disks,
            violation: None,
            named: Seats::NONE,
            draw,
        };
        world.oracle.beyond = world.draw.beyond;
        world.seat_everybody(devices);
        world.plan_faults();
        world
    }

    /// The same with one rule broken.
    #[must_use]
    pub fn with_mutant(mut self, mutant: Option<Mutant>) -> Self {
        self.mutant = mutant;
        self
    }

    /// The same, saying every step aloud.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace = Trace::new(true);
        self
    }

    fn seat_everybody(&mut self, devices: usize) {
        for index in 0..devices {
            let mut rng = self.rng.fork(100 + index as u64);
            let (key, second) = self.holder(index);
            let clock = self.clock(&mut rng);
            let seat = Seats::first(self.draw.seats).nth(key.unwrap_or(usize::MAX));
            let mut host = Host::new(key, devices, clock, rng);
            host.seat = seat;
            let cheat = self
                .draw
                .attackers
                .iter()
                .find(|(cheat, _)| seat == Some(*cheat));
            host.honest = cheat.is_none();
            host.attack = cheat.map(|(_, kind)| match self.draw.relentless {
                true => kind.relentless(&mut host.rng),
                false => kind.attack(&mut host.rng),
            });
            if second {
                host.attack = Some(second_twin());
            }
            host.rolls_back = cheat.is_some_and(|(_, kind)| *kind == Kind::RolledBack);
            // Who restores backups has them whole; of the others a third writes transcripts.
            let keeps = host.rolls_back || host.rng.fork(6).chance(333_000);
            host.disk.keep_history(keeps);
            self.hosts.push(host);
            let late = self.rng.between(Duration::ZERO, Duration::from_millis(20));
            self.queue.put(late, Event::Start(index));
        }
    }

    /// Whose key a device has, and whether it is the second that has it. Seats come first, then
    /// the watcher, second devices, and those who would like a seat.
    fn holder(&self, index: usize) -> (Option<usize>, bool) {
        let (seats, twins) = (self.draw.seats, self.draw.twins());
        let others = seats + usize::from(self.draw.watcher);
        match index.checked_sub(others) {
            None => (Some(index).filter(|index| *index < seats), false),
            Some(after) => match twins.get(after) {
                Some(twin) => (Some(twin.index()), true),
                None => (Some(seats + after - twins.len()), false),
            },
        }
    }

    /// Clocks as the draw has them off.
    fn clock(&self, rng: &mut Rng) -> Clock {
        let base = rng.between(Duration::from_secs(1), Duration::from_secs(1 << 20));
        let Some(skew) = self.draw.clocks else {
            return Clock::new(base, 0, 0);
        };
        let mut off = |most: u32| {
            let span = rng.below(2 * u64::from(most) + 1);
            i64::try_from(span).unwrap_or(0) - i64::from(most)
        };
        let wall_ms = off(skew.wall_ms);
        let rate_ppm = i32::try_from(off(skew.rate_ppm)).unwrap_or(0);
        Clock::new(base, rate_ppm, wall_ms)
    }

    /// Does what is due next. Tells whether there was anything, and nothing is wrong.
    pub fn step(&mut self) -> bool {
        let wakes = self.hosts.iter().enumerate();
        let wake = wakes
            .filter_map(|(device, host)| Some((host.wake?.max(host.frozen_until), device)))
            .min();
        let next = self.queue.next();
        match (next, wake) {
            (Some(at), due) if due.is_none_or(|(wake, _)| at <= wake) => {
                self.now = self.now.max(at);
                if let Some(event) = self.queue.pop() {
                    self.happen(event);
                }
            }
            (_, Some((wake, device))) => {
                self.now = self.now.max(wake);
                self.input(device, Input::Timeout);
            }
            _ => return false,
        }
        self.violation.is_none()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Frame {
                to,
                from,
                peer,
                frame,
            } => self.arrive((from, to), peer, frame),
            Event::Decisions {
                to,
                peer,
                decisions,
            } => self.serve(to, peer, decisions),
            Event::Snapshot { to, peer, snapshot } => {
                if self.hosts[to].device(peer).is_some() {
                    self.input(to, Input::Snapshot { peer, snapshot });
                }
            }
            Event::Synced { device, life } => self.sync(device, life),
            Event::SaidSynced {
                device,
                life,
                token,
            } => {
                if self.hosts[device].life == life {
                    self.input(device, Input::Persisted(token));
                }
            }
            Event::Connect(one, other) => self.connect(one, other),
            Event::Gone { device, peer } => self.disconnect(device, peer),
            Event::Crash { device, life } => self.strike(device, life),
            Event::Start(device) => self.start(device),
            Event::Freeze(device) => self.freeze(device),
            Event::Wish => self.wish(),
            Event::Cut => self.cut(),
            Event::Mend => self.mend(),
            Event::Blackout => self.black_out(),
            Event::Outage => self.begin_outage(),
            Event::Return => self.end_outage(),
            Event::Play { device, life } => self.play(device, life),
        }
    }

    /// Tells an engine something and carries out what it wants.
    fn input(&mut self, device: usize, input: Input<G>) {
        let host = &mut self.hosts[device];
        let Some(engine) = &mut host.engine else {
            return;
        };
        self.inputs += 1;
        if let Err(misuse) = engine.handle(host.clock.at(self.now), input) {
            self.misused(device, &misuse);
        }
        self.drain(device);
        if self.inputs.is_multiple_of(WEIGHED_EVERY) {
            self.weigh(device);
        }
    }

    /// Lets time pass.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        self.run_until(end, |_| false);
    }

    /// Goes on until `done`, or until true time `end`; tells whether it was done.
    pub fn run_until(&mut self, end: Duration, done: impl Fn(&Self) -> bool) -> bool {
        while !done(self) {
            if self.next_at().is_none_or(|at| at > end) {
                self.now = self.now.max(end);
                return false;
            }
            if !self.step() {
                return false;
            }
        }
        true
    }

    fn next_at(&self) -> Option<Duration> {
        let wakes = self.hosts.iter();
        let wakes = wakes.filter_map(|host| Some(host.wake?.max(host.frozen_until)));
        wakes.chain(self.queue.next()).min()
    }

    /// True time since the start.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// The engine of a device; none while it is down. Seats come first, then the watcher, then
    /// second devices of seats that have two.
    #[must_use]
    pub fn engine(&self, device: usize) -> Option<&Engine<G>> {
        self.hosts[device].engine.as_ref()
    }

    /// The disk of a device.
    #[must_use]
    pub fn disk(&self, device: usize) -> &Disk {
        &self.hosts[device].disk
    }

    /// The last height a device decided; 0 while it is down.
    #[must_use]
    pub fn height(&self, device: usize) -> u64 {
        let engine = self.engine(device);
        engine.map_or(0, |engine| engine.table().height().0)
    }

    /// The highest height any honest device decided.
    #[must_use]
    pub fn top(&self) -> u64 {
        self.oracle.chain.top().0
    }

    /// What went wrong, if anything did.
    #[must_use]
    pub const fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// How often keys were used, by all seats together.
    #[must_use]
    pub fn signatures(&self) -> Count {
        self.keys.count()
    }

    /// Frames handed to the network so far, but for statuses: everything about entries and
    /// agreement.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// What the run met.
    #[must_use]
    pub const fn marks(&self) -> Marks {
        self.marks
    }

    /// The last steps, and the digest of all.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The players and their game.
    #[must_use]
    pub const fn draw(&self) -> &Draw {
        &self.draw
    }

    fn note(&mut self, device: usize, step: Step) {
        self.trace.note(self.now, Some(device), step);
    }

    fn is_honest(&self, device: usize) -> bool {
        self.hosts[device].honest
    }

    /// The device that has this seat; of two, the first.
    fn device_of(&self, seat: Seat) -> Option<usize> {
        let mut hosts = self.hosts.iter();
        hosts.position(|host| host.seat == Some(seat))
    }

    fn setup(&mut self, device: usize) -> Setup<G> {
        let host = &mut self.hosts[device];
        Setup {
            game: self.game.clone(),
            fingerprint: self.genesis.genesis.fingerprint,
            genesis: self.genesis.clone(),
            signer: host.key.map(|key| self.keys.signer(key)),
            verifier: self.keys.verifier(),
            entropy: host.rng.bytes(),
            anchor: None,
        }
    }

    /// The devices that hold a seat.
    fn seated(&self) -> impl Iterator<Item = (usize, Seat)> + use<'_, G> {
        let hosts = self.hosts.iter().enumerate();
        hosts.filter_map(|(device, host)| Some((device, host.seat?)))
    }
}

/// Whose word counts for what at the beginning.
fn bench(draw: &Draw, keys: &Keys, table: TableId) -> Bench {
    let honest = Seats::first(draw.seats) - draw.cheats();
    let seated = honest.iter().map(Seat::index);
    let seated = seated.map(|seat| (keys.public(seat), seat));
    let first = draw.seats + draw.strangers();
    let coming = 0..draw.guests();
    let coming = coming.map(|guest| (keys.public(draw.seats + guest), first + guest));
    Bench {
        table,
        keys: keys.seats()[..draw.seats].to_vec(),
        verifier: keys.silent_verifier(),
        honest,
        players: Seats::first(draw.seats - draw.house.witnesses),
        protocol: draw.protocol,
        profile: draw.house.profile,
        dice: draw.dice,
        devices: seated.chain(coming).collect(),
    }
}

/// The genesis of the table, signed by all.
fn genesis<G: Game>(draw: &Draw, game: &G, keys: &Keys, rng: &mut Rng) -> SignedGenesis {
    let kind = |index| {
        if index < draw.seats - draw.house.witnesses {
            return SeatKind::Player;
        }
        // Invariant: as above.
        let run_by = Name::new("the house").expect("a plain name");
        SeatKind::Witness { run_by }
    };
    let seating = |(index, keys): (usize, SeatKeys)| Seating {
        // Invariant: the name is short and has no control codes.
        name: Name::new(&format!("seat {index}")).expect("a plain name"),
        key: keys.identity,
        ml_dsa: keys.ml_dsa,
        nonce: rng.bytes(),
        kind: kind(index),
    };
    let genesis = Genesis {
        game: G::NAME.to_owned(),
        version: G::VERSION,
        options: codec::encode(game).expect("options encode"),
        // What the rules' own check computes is the host's business; here all builds are one.
        fingerprint: Digest::ZERO,
        seats: keys
            .seats()
            .into_iter()
            .take(draw.seats)
            .enumerate()
            .map(seating)
            .collect(),
        protocol: draw.protocol,
        signatures: draw.signatures,
        schedule: draw.schedule,
        profile: draw.house.profile,
        dice: draw.dice,
        timing: draw.timing,
        bounds: Bounds::default(),
        stall: draw.house.stalls,
        motions: draw.house.motions,
        predecessor: None,
        fork_depth: quorate_core::limits::FORK_DEPTH,
        checkpoint: draw.checkpoint,
        expires: Wall(u64::MAX),
    };
    let signatures = Seats::first(draw.seats)
        .iter()
        .map(|seat| {
            let signer = keys.signer(seat.index());
            (seat, SignedGenesis::sign(&genesis, &*signer))
        })
        .collect();
    SignedGenesis {
        genesis,
        signatures,
    }
}
