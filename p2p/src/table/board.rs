//! What a table's thread shows and its handles read: short locks, nobody waits for the network.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quorate_core::Digest;
use quorate_core::claim::Claim;
use quorate_core::engine::BlockTally;
use quorate_core::game::{Game, Viewer};
use quorate_core::genesis::{SignedGenesis, TableId};
use quorate_core::message::Tip;
use quorate_core::motion::OpenMotion;
use quorate_core::roster::Newcomer;
use quorate_core::snapshot::Anchor;
use quorate_core::state::Play;
use quorate_core::transcript::Verdict;
use quorate_core::{Height, Mono, PerSeat, Round, Seat, Seats, evidence, fork};

use super::ring::Ring;
use super::{Event, Pending, Pulse, RollProgress, RollProof, Seated, Status, Succeeding, Trace};
use crate::clock;
use crate::driver::{Inbox, Mail, Running};
use crate::heirs::CannotGoOn;
use crate::link::Link;
use crate::lock;

/// What the handles of one table and its thread share.
#[derive(Debug)]
pub(crate) struct Shared<G: Game> {
    pub(crate) inbox: Inbox<Mail<G>>,
    pub(crate) ring: Arc<Ring<Event<G>>>,
    board: Mutex<Board<G>>,
    changed: Condvar,
}

/// What a table shows.
#[derive(Debug)]
pub(crate) struct Board<G: Game> {
    pub(crate) version: u64,
    pub(crate) status: Status,
    pub(crate) play: Option<Play<G>>,
    /// Who looks at the table on this device, and what of the state it may open.
    pub(crate) viewer: Viewer,
    /// The seats whose move of this turn is sealed.
    pub(crate) sealed: Seats,
    /// When the turn's clock runs out on this device.
    pub(crate) deadline: Option<Mono>,
    /// When the open roll closes without who has not revealed.
    pub(crate) roll_deadline: Option<Mono>,
    pub(crate) seat: Option<Seat>,
    pub(crate) seated: Vec<Seated>,
    pub(crate) link: Link,
    pub(crate) genesis: Option<Arc<SignedGenesis>>,
    pub(crate) height: Height,
    pub(crate) state: Digest,
    /// Digest of the last decided block.
    pub(crate) tip: Digest,
    /// The newest checkpoint.
    pub(crate) checkpoint: Option<Anchor>,
    /// The count of the round under way.
    pub(crate) tally: Option<BlockTally>,
    /// Whether a motion paused the table.
    pub(crate) paused: bool,
    /// The seats that the stall policy applies to.
    pub(crate) away: Seats,
    /// Whether a claim may be signed.
    pub(crate) stalled: bool,
    /// What those present have signed.
    pub(crate) claim: Option<Claim>,
    /// The questions that wait for answers.
    pub(crate) motions: Vec<OpenMotion>,
    /// Who asks for a seat and is not answered yet.
    pub(crate) askers: Vec<Newcomer>,
    pub(crate) round: Round,
    pub(crate) leader: Option<Seat>,
    pub(crate) present: Seats,
    /// What each seat showed last of what is decided; one that is gone keeps it.
    pub(crate) tips: PerSeat<Tip>,
    pub(crate) connected: Seats,
    /// Those who follow without a seat, and have not shown the last height.
    pub(crate) followers_behind: usize,
    pub(crate) traces: VecDeque<Trace>,
    pub(crate) roll: Option<RollProgress>,
    pub(crate) last_roll: Option<RollProof>,
    pub(crate) pendings: Vec<InFlight<G>>,
    pub(crate) faults: u64,
    pub(crate) proofs: Vec<evidence::Exported>,
    pub(crate) forks: Vec<fork::Exported>,
    /// How far those at a halted table are with a successor, or why this device cannot go on.
    pub(crate) succeeding: Result<Succeeding, CannotGoOn>,
    /// The successor, once it is open on this device.
    pub(crate) successor: Option<Arc<Running<G>>>,
    /// What a watcher has verified by itself.
    pub(crate) verdict: Option<Arc<Verdict>>,
    /// The turn of the newest view a handle gave out.
    pub(crate) seen: u64,
}

/// What this seat did and is not decided yet.
#[derive(Clone, Debug)]
pub(crate) struct InFlight<G: Game> {
    pub(crate) pending: Pending,
    pub(crate) turn: u64,
    /// None known of what was done before a restart.
    pub(crate) actions: Vec<G::Action>,
}

impl<G: Game> Shared<G> {
    pub(crate) fn new(link: Link) -> Self {
        let board = Board {
            version: 0,
            status: Status::Gathering {
                taken: 0,
                seats: 0,
                trouble: None,
            },
            play: None,
            viewer: Viewer::watcher(),
            sealed: Seats::NONE,
            deadline: None,
            roll_deadline: None,
            seat: None,
            seated: Vec::new(),
            link,
            genesis: None,
            height: Height(0),
            state: Digest::ZERO,
            tip: Digest::ZERO,
            checkpoint: None,
            tally: None,
            paused: false,
            away: Seats::NONE,
            stalled: false,
            claim: None,
            motions: Vec::new(),
            askers: Vec::new(),
            round: Round(0),
            leader: None,
            present: Seats::NONE,
            tips: PerSeat::default(),
            connected: Seats::NONE,
            followers_behind: 0,
            traces: VecDeque::new(),
            roll: None,
            last_roll: None,
            pendings: Vec::new(),
            faults: 0,
            proofs: Vec::new(),
            forks: Vec::new(),
            succeeding: Err(CannotGoOn::NotForked),
            successor: None,
            verdict: None,
            seen: 0,
        };
        let (inbox, ring, changed) = (Inbox::default(), Arc::default(), Condvar::new());
        Self {
            inbox,
            ring,
            board: Mutex::new(board),
            changed,
        }
    }

    /// Reads, or notes what a reader saw.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut Board<G>) -> T) -> T {
        read(&mut lock(&self.board))
    }

    /// Changes what is shown, and tells whoever waits for that.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Board<G>) -> T) -> T {
        let mut board = lock(&self.board);
        let result = change(&mut board);
        board.version += 1;
        self.changed.notify_all();
        result
    }

    /// Waits until `wanted` of what is shown, at most `timeout`; tells whether it came to that.
    pub(crate) fn wait(
        &self,
        timeout: Duration,
        mut wanted: impl FnMut(&Board<G>) -> bool,
    ) -> bool {
        let until = Instant::now().checked_add(timeout);
        let mut board = lock(&self.board);
        loop {
            if wanted(&board) {
                return true;
            }
            let left = until.map_or(timeout, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() || board.status.is_final() {
                return false;
            }
            let waited = self.changed.wait_timeout(board, left);
            board = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Shows `status`, and tells readers of events if it is another one than before.
    pub(crate) fn show(&self, status: Status) {
        if let Some(news) = self.set(status) {
            self.tell(news);
        }
    }

    /// Shows `status`; returns what readers of events are to be told, if it is another one.
    pub(crate) fn set(&self, status: Status) -> Option<Event<G>> {
        let before = self.read(|board| board.status.clone());
        if before == status {
            return None;
        }
        self.update(|board| board.status = status.clone());
        let same = before.same(&status);
        (!same).then(|| Event::Status(self.status_of(status)))
    }

    /// Adds an event for the readers.
    pub(crate) fn tell(&self, event: Event<G>) {
        self.ring.push(event);
    }

    /// The status with the time that is left now.
    pub(crate) fn status(&self) -> Status {
        let status = self.read(|board| board.status.clone());
        self.status_of(status)
    }

    fn status_of(&self, status: Status) -> Status {
        match status {
            Status::Playing { turn, .. } => Status::Playing {
                turn,
                left: self.left(),
            },
            other => other,
        }
    }

    fn left(&self) -> Option<Duration> {
        let deadline = self.read(|board| board.deadline)?;
        Some(deadline.since(clock::mono()))
    }

    pub(crate) fn pulse(&self) -> Pulse {
        let now = clock::mono();
        self.read(|board| Pulse {
            version: board.version,
            height: board.height,
            round: board.round,
            turn: board.play.as_ref().map_or(0, Play::turn_number),
            left: board.deadline.map(|deadline| deadline.since(now)),
            leader: board.leader,
            present: board.present,
            rolling: board.play.as_ref().is_some_and(Play::is_rolling),
            pending: board.pendings.len(),
        })
    }

    pub(crate) fn id(&self) -> Option<TableId> {
        self.read(|board| board.genesis.as_ref().map(|signed| signed.genesis.table()))
    }
}

impl<G: Game> Board<G> {
    /// Whether every connected seat has the last height, and knows that this one has it: each can
    /// leave now without another waiting for it in vain.
    pub(crate) fn is_level(&self) -> bool {
        let others = match self.seat {
            Some(me) => self.connected - me.into(),
            None => self.connected,
        };
        let level = |tip: &Tip| {
            let knows = self.seat.is_none_or(|me| tip.level.contains(me));
            tip.height > self.height || tip.height == self.height && knows
        };
        others
            .iter()
            .all(|seat| self.tips.get(seat).is_some_and(level))
    }
}

impl Status {
    /// Whether a reader of events would call both the same: a clock that runs is no change.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Playing { turn, .. }, Self::Playing { turn: now, .. }) => turn == now,
            (Self::CatchingUp { .. }, Self::CatchingUp { .. }) => true,
            _ => self == other,
        }
    }
}
