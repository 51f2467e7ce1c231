//! One device: an engine, a disk, clocks and connections.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use quorate_core::engine::{Engine, Token};
use quorate_core::message::{MotionId, Peer};
use quorate_core::{Game, Height, Round, Seat};

use crate::attack::Attack;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::frame::Frame;
use crate::rng::Rng;

/// One device.
pub(crate) struct Host<G: Game> {
    /// The number of its key; none for a watcher.
    pub(crate) key: Option<usize>,
    /// The seat its key has, as far as it knows.
    pub(crate) seat: Option<Seat>,
    /// Whether it cheats nobody.
    pub(crate) honest: bool,
    /// None while it is down.
    pub(crate) engine: Option<Engine<G>>,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
    /// Its connection to each device.
    pub(crate) links: Vec<Option<Peer>>,
    /// Rises with every start, so that what belongs to an earlier life is dropped.
    pub(crate) life: u32,
    pub(crate) frozen_until: Duration,
    /// When its engine wants to be called.
    pub(crate) wake: Option<Duration>,
    /// What it does to others.
    pub(crate) attack: Option<Box<dyn Attack>>,
    /// Starts from an older journal each time: a cheat that restores a backup.
    pub(crate) rolls_back: bool,
    /// Sends nothing: a cheat while it rests after healing.
    pub(crate) muted: bool,
    pub(crate) rng: Rng,
    /// Whether its player is thinking.
    pub(crate) thinking: bool,
    pub(crate) ticket: u64,
    /// Questions that its player has answered.
    pub(crate) answered: BTreeSet<MotionId>,
    /// Whether its player has said that it is here.
    pub(crate) attended: bool,
    /// Whether it has stopped for good.
    pub(crate) halted: bool,
    /// Whether it knows where the table forked, and may go on: those who did it are gone, and a
    /// checkpoint lies above.
    pub(crate) is_past: bool,
    /// Where it held its Prepare last.
    pub(crate) held_at: Option<(Height, Round)>,
    /// Frames that a broken host keeps until the records before them are on disk.
    pub(crate) late: VecDeque<(Token, To, Arc<Frame>)>,
    /// The last record that was written.
    pub(crate) written: Token,
}

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// One connection.
    Peer(Peer),
    /// Every connection of another seat.
    Seats,
}

impl<G: Game> Host<G> {
    pub(crate) fn new(key: Option<usize>, devices: usize, clock: Clock, rng: Rng) -> Self {
        Self {
            key,
            seat: None,
            honest: true,
            engine: None,
            disk: Disk::default(),
            clock,
            links: vec![None; devices],
            life: 0,
            frozen_until: Duration::ZERO,
            wake: None,
            attack: None,
            rolls_back: false,
            muted: false,
            rng,
            thinking: false,
            ticket: 0,
            answered: BTreeSet::new(),
            attended: false,
            halted: false,
            is_past: false,
            held_at: None,
            late: VecDeque::new(),
            written: Token(0),
        }
    }

    /// Whether it runs.
    pub(crate) const fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// The device behind a connection, if it stands.
    pub(crate) fn device(&self, peer: Peer) -> Option<usize> {
        self.links.iter().position(|link| *link == Some(peer))
    }

    /// Notes when the engine wants to be called next.
    pub(crate) fn set_wake(&mut self) {
        let due = self.engine.as_ref().and_then(Engine::next_timeout);
        self.wake = due.map(|due| self.clock.when(due));
    }
}
