//! After a fork: those who are left agree to a successor and play on, with nothing in their way.
//!
//! How devices find each other's signatures is the node's matter, and tested there. Here every
//! heir works the successor out from its own disk, all must come to the same, and an engine of
//! each takes the game up, on a network that loses nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use quorate_core::engine::{Engine, Event, Input, Output, Request};
use quorate_core::fork::{Succession, SuccessionError};
use quorate_core::game::End;
use quorate_core::journal::Journal;
use quorate_core::message::Peer;
use quorate_core::state::Saved;
use quorate_core::table::{CarryError, TableState};
use quorate_core::{Digest, Game, Height, Now, PerSeat, Seat, Seats, Wall};

use super::World;
use crate::clock::Clock;
use crate::marks::Mark;
use crate::oracle::{Invariant, Judgement, Violation};
use crate::rng::Rng;
use crate::script::Script;

/// Heights that the successor must decide.
const HEIGHTS: u64 = 5;

/// Inputs after which it leads nowhere.
const INPUTS_MAX: u64 = 200_000;

/// Who is left, and the table as it stood below the fork by the own disk.
struct Heir<G: Game> {
    device: usize,
    seat: Seat,
    state: TableState<G>,
    tip: Height,
}

/// What those who are left agreed to, and the game that they take over.
struct Agreed<G: Game> {
    succession: Succession,
    carried: Saved,
    heirs: Vec<Heir<G>>,
}

impl<G: Game> World<G> {
    /// A forked table has a successor, where those who are left are enough and no secrets are open.
    pub(super) fn must_go_on(&mut self) {
        let Some(fork) = self.forked else { return };
        let judgement = match self.succession(fork) {
            Ok(Ok(agreed)) => {
                let successor = self.successor(&agreed);
                successor.and_then(|mut successor| self.must_play(&mut successor))
            }
            Ok(Err(lacks)) => {
                self.marks.set(lacks);
                Ok(())
            }
            Err(violation) => Err(violation),
        };
        self.judge(judgement);
    }

    /// What the heirs agree to; or what they lack.
    fn succession(&mut self, fork: Height) -> Result<Result<Agreed<G>, Mark>, Violation> {
        let heirs = self.heirs(fork)?;
        let Some(first) = heirs.first() else {
            return Ok(Err(Mark::HeirsBound));
        };
        let (carried, _) = first.state.carry().map_err(untaken)?;
        let left: Seats = heirs.iter().map(|heir| heir.seat).collect();
        let roster = first.state.roster().seats();
        let guilty = self.proofs.seats() & roster;
        let absent = roster - guilty - left;
        let proofs = self
            .proofs
            .iter()
            .filter(|(seat, _)| guilty.contains(*seat));
        let proofs: PerSeat<_> = proofs.map(|(seat, proof)| (seat, proof.clone())).collect();
        let depth = self.genesis.genesis.fork_depth;
        let mut whole: Option<Succession> = None;
        for heir in &heirs {
            let origin = heir.state.origin(heir.tip).map_err(untaken)?;
            // No two clocks agree, so it does not expire.
            let draft = origin.draft(guilty, absent, depth, Wall(u64::MAX));
            let new = || Succession::new(draft.clone(), proofs.clone());
            let whole = whole.get_or_insert_with(new);
            if whole.signed.genesis != draft {
                let what = format!("device {} drafts a successor of its own", heir.device);
                return Err(broken(what));
            }
            if let Some(key) = self.hosts[heir.device].key {
                whole.agree(heir.state.roster(), &*self.keys.signer(key));
            }
        }
        let Some(whole) = whole else {
            return Ok(Err(Mark::HeirsTooFew));
        };
        for heir in &heirs {
            let origin = heir.state.origin(heir.tip).map_err(untaken)?;
            match whole.check(&origin, &self.keys.silent_verifier()) {
                Ok(()) => {}
                Err(SuccessionError::Consent { .. }) => return Ok(Err(Mark::HeirsTooFew)),
                Err(why) => {
                    let device = heir.device;
                    return Err(broken(format!(
                        "device {device} refuses the successor: {why}"
                    )));
                }
            }
        }
        let succession = whole;
        Ok(Ok(Agreed {
            succession,
            carried,
            heirs,
        }))
    }

    /// The honest who have a seat below the fork and all blocks up to there.
    fn heirs(&self, fork: Height) -> Result<Vec<Heir<G>>, Violation> {
        let mut heirs = Vec::new();
        let honest = (0..self.hosts.len()).filter(|device| self.is_honest(*device));
        for device in honest {
            let (Some(state), Some(key)) = (self.branch(device, fork)?, self.hosts[device].key)
            else {
                continue;
            };
            if let Some(seat) = state.roster().seat_of(&self.keys.public(key)) {
                let tip = Height(self.height(device)).max(state.height());
                heirs.push(Heir {
                    device,
                    seat,
                    state,
                    tip,
                });
            }
        }
        Ok(heirs)
    }

    /// The last state below the fork that can be carried over, by the disk of this device.
    fn branch(&self, device: usize, fork: Height) -> Result<Option<TableState<G>>, Violation> {
        let Some(below) = fork.previous() else {
            return Ok(None);
        };
        let decisions = self.hosts[device].disk.decisions(Height(1), below);
        if decisions.len() as u64 != below.0 {
            return Ok(None); // away for too long, or dropped
        }
        let genesis = Arc::new(self.genesis.genesis.clone());
        let mut state = TableState::new(genesis, Arc::clone(&self.game));
        let mut found = None;
        for (block, _) in &decisions {
            let after = state.after([block]);
            let why = |why| {
                broken(format!(
                    "device {device} cannot repeat its own blocks: {why}"
                ))
            };
            state = after.map_err(why)?;
            if state.may_carry() {
                found = Some(state.clone());
            }
        }
        Ok(found)
    }

    /// The engines of the heirs at their new table.
    fn successor(&mut self, agreed: &Agreed<G>) -> Result<Successor<G>, Violation> {
        let clock = Clock::new(self.now, 0, 0);
        let mut engines = Vec::new();
        for heir in &agreed.heirs {
            let mut setup = self.setup(heir.device);
            setup.genesis = agreed.succession.signed.clone();
            let now = clock.at(self.now);
            let engine = Engine::succeed(setup, agreed.carried.clone(), Journal::default(), now);
            let why = |why| broken(format!("device {} does not go on: {why}", heir.device));
            engines.push((engine.map_err(why)?, heir.seat));
        }
        Ok(Successor {
            engines,
            script: Arc::clone(&self.script),
            rng: self.rng.fork(7),
            now: clock.at(self.now),
            frames: VecDeque::new(),
            states: BTreeMap::new(),
            inputs: 0,
        })
    }

    fn must_play(&mut self, successor: &mut Successor<G>) -> Judgement {
        let judgement = successor.play();
        self.inputs += successor.inputs;
        judgement?;
        let abandoned = matches!(successor.end(), Some(End::Abandoned));
        self.marks.set(match abandoned {
            true => Mark::HeirsAbandoned,
            false => Mark::HeirsPlayed,
        });
        Ok(())
    }
}

fn broken(what: impl Into<String>) -> Violation {
    Violation::new(Invariant::Fork, what)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
fn untaken(why: CarryError) -> Violation {
    broken(format!("nothing can be taken over: {why}"))
}

/// The heirs' engines, on a network that loses nothing and disks that take no time.
struct Successor<G: Game> {
    engines: Vec<(Engine<G>, Seat)>,
    script: Arc<dyn Script<G>>,
    rng: Rng,
    now: Now,
    frames: VecDeque<(usize, Peer, Vec<u8>)>,
    /// The state after each height, by whoever decided it first.
    states: BTreeMap<Height, Digest>,
    inputs: u64,
}

impl<G: Game> Successor<G> {
    /// Plays until enough is decided everywhere, or the game is over.
    fn play(&mut self) -> Judgement {
        for here in 0..self.engines.len() {
            for there in (0..self.engines.len()).filter(|there| *there != here) {
                let key = self.key(there);
                let peer = Peer(there as u64);
                self.input(here, Input::Connected { peer, key })?;
            }
        }
        while !self.is_done() {
            while let Some((to, peer, bytes)) = self.frames.pop_front() {
                self.input(to, Input::Received { peer, bytes })?;
            }
            let acted = self.act()?;
            let moves = acted || !self.frames.is_empty() || self.pass()?;
            if !moves || self.inputs > INPUTS_MAX {
                let height = self.lowest();
                return Err(broken(format!("the successor is stuck at h{height}")));
            }
        }
        match self.end() {
            Some(End::RulesBug(bug)) => {
                Err(broken(format!("the rules fail at the successor: {bug}")))
            }
            _ => Ok(()),
        }
    }

    fn key(&self, index: usize) -> Option<quorate_core::crypto::PublicKey> {
        let (engine, seat) = &self.engines[index];
        let roster = engine.table().roster();
        roster.holder(*seat).map(|holder| holder.key)
    }

    /// Lets every player do what it may; tells whether anybody did.
    fn act(&mut self) -> Result<bool, Violation> {
        let mut acted = false;
        for index in 0..self.engines.len() {
            let (engine, seat) = &self.engines[index];
            let Some(play) = engine.table().play() else {
                continue;
            };
            let awaited = engine.table().awaited().contains(*seat);
            if !awaited || engine.pending() > 0 {
                continue;
            }
            let (turn, ticket) = (play.turn_number(), self.inputs);
            let actions = self.script.act(&mut self.rng, play, *seat);
            if !actions.is_empty() {
                acted = true;
                let act = Input::Act {
                    ticket,
                    turn,
                    actions,
                };
                self.input(index, act)?;
            }
        }
        Ok(acted)
    }

    /// Goes to the next timeout; tells whether there is one.
    fn pass(&mut self) -> Result<bool, Violation> {
        let next = self.engines.iter();
        let Some(next) = next.filter_map(|(engine, _)| engine.next_timeout()).min() else {
            return Ok(false);
        };
        let passed = next.0.saturating_sub(self.now.mono.0);
        self.now.mono = self.now.mono.max(next);
        self.now.wall.0 += passed / 1_000;
        for index in 0..self.engines.len() {
            let due = self.engines[index].0.next_timeout();
            if due.is_some_and(|due| due <= self.now.mono) {
                self.input(index, Input::Timeout)?;
            }
        }
        Ok(true)
    }

    fn input(&mut self, index: usize, input: Input<G>) -> Judgement {
        self.inputs += 1;
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let engine = &mut self.engines[index].0;
            if let Err(misuse) = engine.handle(self.now, input) {
                return Err(broken(format!("heir {index} is misused: {misuse}")));
            }
            while let Some(output) = self.engines[index].0.poll_output() {
                match output {
                    Output::Request(request) => inputs.extend(self.carry_out(index, request)),
                    Output::Event(event) => self.hear(index, &event)?,
                }
            }
        }
        Ok(())
    }

    /// Does what an engine asks for, and returns what it is to be told at once.
    fn carry_out(&mut self, from: usize, request: Request) -> Option<Input<G>> {
        let peer = Peer(from as u64);
        match request {
            Request::Persist { token, .. } => return Some(Input::Persisted(token)),
            Request::Send {
                peer: to, bytes, ..
            } => {
                let to = usize::try_from(to.0).unwrap_or(usize::MAX);
                self.frames.push_back((to, peer, bytes.to_vec()));
            }
            Request::Broadcast { bytes, .. } => {
                let others = (0..self.engines.len()).filter(|to| *to != from);
                let frames = others.map(|to| (to, peer, bytes.to_vec()));
                self.frames.extend(frames);
            }
            _ => {} // nothing is lost, so nothing has to be fetched
        }
        None
    }

    fn hear(&mut self, index: usize, event: &Event<G>) -> Judgement {
        match event {
            Event::Decided(decided) => {
                let height = decided.height;
                let first = *self.states.entry(height).or_insert(decided.state);
                if first != decided.state {
                    return Err(broken(format!("the heirs do not agree at h{height}")));
                }
                Ok(())
            }
            Event::Halted(why) => Err(broken(format!("heir {index} halts: {why}"))),
            _ => Ok(()),
        }
    }

    fn lowest(&self) -> Height {
        let heights = self.engines.iter();
        let heights = heights.map(|(engine, _)| engine.table().height());
        heights.min().unwrap_or_default()
    }

    /// How play ended, once it has everywhere.
    fn end(&self) -> Option<End> {
        let mut ends = self.engines.iter().map(|(engine, _)| {
            let play = engine.table().play();
            play.and_then(|play| play.end().cloned())
        });
        let first = ends.next()??;
        ends.all(|end| end.is_some()).then_some(first)
    }

    fn is_done(&self) -> bool {
        self.lowest().0 >= HEIGHTS || self.end().is_some()
    }
}
