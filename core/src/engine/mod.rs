//! The engine: one seat's, or watcher's, whole protocol as a deterministic state machine.
//!
//! The host owns time, storage and network. It calls [`Engine::handle`] with what happened and then
//! drains [`Engine::poll_output`]; [`Engine::next_timeout`] says when to call with
//! [`Input::Timeout`] if nothing else happens. Same inputs and same seed give the same outputs,
//! byte for byte, on every platform. Bytes from peers never cause an error or a panic: they become
//! a [`Fault`] that names the connection.
//!
//! Nothing that a signature of this seat depends on leaves, or counts in the seat's own tallies,
//! before [`Input::Persisted`] says that its record is on disk.
//!
//! ```text
//!   host                      engine
//!   handle(now, Received) ──▶ verify, count, decide
//!   poll_output()         ◀── Persist { token, record }
//!   (fsync)
//!   handle(now, Persisted)──▶ count the own vote
//!   poll_output()         ◀── Broadcast, Event, ...
//! ```

mod clocks;
mod decide;
mod desk;
mod duty;
mod io;
mod outbox;
mod peers;
mod pool;
mod receive;
mod repair;
mod sign;
mod start;
mod submit;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use clocks::DeadlineClock;
use desk::Desk;
use duty::Secretary;
use outbox::{Deferred, Outbox};
use peers::Peers;
use pool::Pool;
use submit::Submissions;

use crate::certificate::{Checker, DecisionCertificate};
use crate::consensus::pbft::{Context, Work};
use crate::consensus::{Pbft, Place};
use crate::crypto::Signer;
use crate::digest::Digest;
use crate::game::Game;
use crate::genesis::DicePolicy;
use crate::limits::CLOCK_WRONG_MS;
use crate::message::{Block, Deadline, Message, Peer, Tip};
use crate::seat::{PerSeat, Seat, Seats};
use crate::table::{Applied, TableState};
use crate::time::{Height, Mono, Now, Round};

pub use io::{Decided, Event, Fault, Halted, Input, Misuse, Output, Request, Token};
pub use start::{Setup, StartError};

/// A gap in the host's calls after which the device must have been asleep: clocks start anew.
const SUSPENDED: Duration = Duration::from_secs(10);

/// One seat's, or watcher's, protocol.
pub struct Engine<G: Game> {
    table: TableState<G>,
    me: Option<Seat>,
    signer: Option<Arc<dyn Signer>>,
    checker: Checker,
    consensus: Pbft,
    /// Blocks of this height that were found valid, and what they lead to.
    tried: BTreeMap<Digest, Applied<G>>,
    /// Certificates of the last decided block, by the round that decided it.
    parents: BTreeMap<Round, DecisionCertificate>,
    /// Bodies of this height that the journal holds.
    journalled: Vec<Digest>,
    pool: Pool,
    clock: DeadlineClock,
    peers: Peers,
    present: Seats,
    recent: VecDeque<(Arc<Block>, DecisionCertificate)>,
    /// Messages for the next height.
    ahead: Vec<(Peer, Message)>,
    secretary: Secretary,
    submissions: Submissions,
    outbox: Outbox<G>,
    now: Now,
    /// When this height began here.
    began: Mono,
    /// When the status was shown last, and whether it has changed since.
    shown: Option<Mono>,
    changed: bool,
    fetched: Option<Mono>,
    /// Whether the wall clock was last seen to be far from the others'.
    clock_wrong: bool,
    halted: Option<Halted>,
}

impl<G: Game> Engine<G> {
    /// Takes one input.
    ///
    /// # Errors
    /// [`Misuse`] if the caller must mend something; the engine is as it was.
    pub fn handle(&mut self, now: Now, input: Input<G>) -> Result<(), Misuse> {
        if now.mono < self.now.mono {
            return Err(Misuse::ClockWentBack);
        }
        let slept = now.mono >= self.now.mono.after(SUSPENDED);
        self.now = now;
        if slept {
            self.clock.restart(now.mono);
        }
        self.take(input)?;
        self.crank();
        Ok(())
    }

    fn take(&mut self, input: Input<G>) -> Result<(), Misuse> {
        match input {
            Input::Act {
                ticket,
                turn,
                actions,
            } => self.submit(ticket, turn, &actions)?,
            Input::Connected { peer, seat } => {
                if !self.peers.connected(peer, seat) {
                    return Err(Misuse::TooManyPeers(crate::limits::PEERS_MAX));
                }
                let status = Message::Status(self.status());
                self.outbox.send(peer, &status);
            }
            Input::Disconnected { peer } => self.peers.disconnected(peer),
            Input::Received { peer, bytes } => self.receive(peer, &bytes),
            Input::Decision {
                peer,
                block,
                certificate,
            } => {
                self.fetched_decision(peer, block, certificate);
            }
            Input::Persisted(token) => {
                let freed = self
                    .outbox
                    .persisted(token)
                    .ok_or(Misuse::UnknownToken(token.0))?;
                freed
                    .into_iter()
                    .for_each(|deferred| self.release(deferred));
            }
            Input::Timeout => {}
        }
        Ok(())
    }

    /// The next output, if there is one. Drain it after every call of [`handle`](Self::handle).
    pub fn poll_output(&mut self) -> Option<Output<G>> {
        self.outbox.pop()
    }

    /// When to call with [`Input::Timeout`] if nothing else happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        if self.halted.is_some() {
            return None;
        }
        let now = self.now.mono;
        let status = self.next_status();
        let others = [
            self.consensus.next_timeout(),
            self.pool.next_waiting(self.half_round()),
            self.clock.falls_due(now),
            self.peers.next_absence(now),
            self.collecting_until(),
        ];
        others.into_iter().flatten().chain([status]).min()
    }

    /// Decided state.
    #[must_use]
    pub const fn table(&self) -> &TableState<G> {
        &self.table
    }

    /// This device's seat; none for a watcher.
    #[must_use]
    pub const fn seat(&self) -> Option<Seat> {
        self.me
    }

    /// The height being decided.
    #[must_use]
    pub fn height(&self) -> Height {
        self.table.height().next()
    }

    /// The round this seat is in.
    #[must_use]
    pub const fn round(&self) -> Round {
        self.consensus.round()
    }

    /// Agreement on the height being decided, for looking at.
    #[must_use]
    pub const fn consensus(&self) -> &Pbft {
        &self.consensus
    }

    /// Seats heard from lately, oneself included.
    #[must_use]
    pub const fn present(&self) -> Seats {
        self.present
    }

    /// What each connected seat showed last of what is decided.
    #[must_use]
    pub fn tips(&self) -> PerSeat<Tip> {
        self.peers.tips()
    }

    /// What is left of the open deadline: of the turn's clock, or of the roll's.
    #[must_use]
    pub fn left(&self, now: Mono) -> Option<Duration> {
        self.clock.left(now)
    }

    /// Why play cannot go on here, if it cannot.
    #[must_use]
    pub const fn halted(&self) -> Option<&Halted> {
        self.halted.as_ref()
    }

    /// Does everything that follows from what has changed.
    fn crank(&mut self) {
        // Every pass signs, decides or submits something, of which there is a bounded amount.
        while self.halted.is_none() {
            self.mind_presence();
            self.clock.follow(self.open_deadline(), self.now.mono);
            self.do_duties();
            let mut effects = self.advance();
            if effects.is_empty() {
                break;
            }
            self.changed = true;
            effects.drain(..).for_each(|effect| self.carry_out(effect));
        }
        if self.halted.is_none() {
            self.pass_on();
            self.catch_up();
            self.show_status();
        }
    }

    fn advance(&mut self) -> Vec<crate::consensus::Effect> {
        let work = self.work();
        let mut desk = Desk {
            table: &self.table,
            pool: &self.pool,
            clock: &self.clock,
            tried: &mut self.tried,
            parents: &self.parents,
            now: self.now.mono,
            wall: self.peers.corrected(self.now.wall),
        };
        let mut cx = Context {
            now: self.now.mono,
            work,
            rules: &mut desk,
            checker: &mut self.checker,
            liars: Vec::new(),
        };
        let effects = self.consensus.advance(&mut cx);
        for peer in cx.liars {
            self.outbox.event(Event::Fault {
                peer,
                fault: Fault::FalseVote,
            });
        }
        effects
    }

    /// What there is to decide at this height.
    fn work(&mut self) -> Work {
        if self.table.height() == Height(0) {
            let in_time = self.now.wall <= self.table.genesis().expires;
            let ready = in_time && self.pool.ready(&self.table);
            return Work {
                pending: ready,
                propose: ready,
            };
        }
        let due = self.clock.due(self.now.mono).is_some();
        let entries = self.pool.has_work(&self.table);
        for (seat, why) in self.pool.take_refused() {
            if self.me != Some(seat) {
                self.outbox.event(Event::EntryRefused { seat, why });
            }
        }
        let collecting = !due
            && self
                .collecting_until()
                .is_some_and(|end| self.now.mono < end);
        let pending = due || entries;
        Work {
            pending,
            propose: pending && !collecting,
        }
    }

    /// While some secrets of a roll are still on their way, a leader waits a little for them, so
    /// that they are decided in one block.
    fn collecting_until(&self) -> Option<Mono> {
        let roll = self.table.rolling()?;
        let complete = roll
            .awaited()
            .iter()
            .all(|seat| self.pool.reveals(seat, roll.id));
        let since = self.pool.work_since(&self.table).filter(|_| !complete)?;
        let end = since.after(self.table.genesis().timing.round(0) / 8);
        (end > self.now.mono).then_some(end)
    }

    /// What the table waits for, and for how long.
    fn open_deadline(&self) -> Option<(Deadline, Duration)> {
        let open = self.table.open_deadline()?;
        let length = match (open, self.table.genesis().dice) {
            (Deadline::Turn { .. }, _) => self.table.play()?.clock_running()?.length,
            (Deadline::Reveal { .. }, DicePolicy::CommitReveal { deadline_ms, .. }) => {
                Duration::from_millis(u64::from(deadline_ms))
            }
            (Deadline::Reveal { .. }, DicePolicy::Local) => return None,
        };
        Some((open, length))
    }

    fn mind_presence(&mut self) {
        let now = self.now.mono;
        // Whatever is awaited may need a status to be repaired.
        let live = self.open_deadline().is_some()
            || self.table.play().is_none()
            || !self.consensus.is_idle()
            || self.pool.iter().next().is_some()
            || self.behind().is_some();
        self.peers.set_live(live, now);
        let me = self.me.map_or(Seats::NONE, Seats::from);
        let roster = self.table.roster();
        let present = self.peers.present(now, roster.faults()) & roster.seats() | me;
        if present != self.present {
            self.present = present;
            self.outbox.event(Event::Present { seats: present });
        }
        self.mind_wall_clock();
        let quorum = present.len() >= self.table.roster().quorum();
        self.clock.set_quorum(quorum, self.now.mono);
    }

    /// Tells when this device's wall clock starts or ceases to be far from the others'.
    fn mind_wall_clock(&mut self) {
        let corrected = self.peers.corrected(self.now.wall);
        let wrong = corrected.0.abs_diff(self.now.wall.0) > CLOCK_WRONG_MS;
        if wrong && !self.clock_wrong {
            let table = corrected;
            self.outbox.event(Event::ClockWrong {
                here: self.now.wall,
                table,
            });
        }
        self.clock_wrong = wrong;
    }

    fn place(table: &TableState<G>, me: Option<Seat>) -> Place {
        Place {
            table: table.table(),
            epoch: table.epoch(),
            height: table.height().next(),
            roster: table.roster().clone(),
            leaders: table.leaders(),
            me,
            timing: table.genesis().timing,
        }
    }

    fn release(&mut self, deferred: Deferred) {
        match deferred {
            Deferred::Broadcast(message) => self.outbox.broadcast(&message),
            Deferred::Count(vote) => {
                self.outbox.event(Event::Voted(vote.clone()));
                if vote.height == self.height() {
                    self.consensus.count_own(vote);
                }
            }
            Deferred::CountChange(change) => {
                if change.height == self.height() {
                    self.consensus.count_own_change(change);
                }
            }
        }
    }
}

impl<G: Game> std::fmt::Debug for Engine<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("table", &self.table.table())
            .field("seat", &self.me)
            .field("height", &self.height())
            .field("round", &self.round())
            .finish_non_exhaustive()
    }
}
