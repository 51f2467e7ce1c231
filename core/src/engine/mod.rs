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

mod amnesia;
mod checkpoints;
mod claims;
mod clocks;
mod conduct;
mod decide;
mod desk;
mod docket;
mod duty;
mod forks;
mod io;
mod load;
mod operations;
mod outbox;
mod pace;
mod peers;
mod pool;
mod receive;
mod repair;
mod secrets;
mod sign;
mod start;
mod submit;
mod tally;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use checkpoints::Checkpoints;
use claims::Stalled;
use clocks::DeadlineClocks;
use conduct::Conduct;
use desk::Desk;
use docket::Docket;
use operations::Operations;
use outbox::{Deferred, Outbox};
use pace::Stopwatch;
use peers::Peers;
use pool::Pool;
use secrets::Secretary;
use submit::Submissions;

use crate::certificate::{Checker, DecisionCertificate};
use crate::consensus::{self, Agreement, Context, Effect, Pace, Place, Work};
use crate::crypto::Signer;
use crate::digest::Digest;
use crate::fork::Fork;
use crate::game::Game;
use crate::limits::CLOCK_WRONG_MS;
use crate::message::{Block, Deadline, Message, Peer, Tip};
use crate::mutant::{self, Mutant};
use crate::roster::Roster;
use crate::seat::{PerSeat, Seat, Seats};
use crate::table::{Applied, OpenDeadline, TableState};
use crate::time::{Height, Mono, Now, Round};

pub use conduct::Suspect;
pub use io::{Decided, Event, Fault, Halted, Input, Misuse, Operation, Output, Request, Token};
pub use load::Load;
pub use start::{Setup, StartError};
pub use tally::BlockTally;

/// A gap in the host's calls after which the device must have been asleep: clocks start anew.
const SUSPENDED: Duration = Duration::from_secs(10);

/// One seat's, or watcher's, protocol.
pub struct Engine<G: Game> {
    table: TableState<G>,
    me: Option<Seat>,
    signer: Option<Arc<dyn Signer>>,
    checker: Checker,
    consensus: Box<dyn Agreement>,
    /// Blocks of this height that were found valid, and what they lead to.
    tried: BTreeMap<Digest, Applied<G>>,
    /// Certificates of the last decided block, by the round that decided it.
    parents: BTreeMap<Round, DecisionCertificate>,
    /// Bodies of this height that the journal holds.
    journalled: Vec<Digest>,
    pool: Pool,
    clocks: DeadlineClocks,
    peers: Peers,
    present: Seats,
    recent: VecDeque<(Arc<Block>, DecisionCertificate)>,
    /// Messages for the next height.
    ahead: Vec<(Peer, Message)>,
    secretary: Secretary,
    docket: Docket,
    conduct: Conduct,
    forks: Vec<Arc<Fork>>,
    submissions: Submissions,
    operations: Operations,
    stalled: Stalled,
    /// Whether somebody may be looking at this device, so that its seat is back if it was away.
    attentive: bool,
    outbox: Outbox<G>,
    now: Now,
    stopwatch: Stopwatch,
    /// When this height began here.
    began: Mono,
    /// When something of this height first came in or was done; it may have been idle for long.
    stirred: Option<Mono>,
    /// When the status was shown last, and whether it has changed since.
    shown: Option<Mono>,
    changed: bool,
    fetched: Option<Mono>,
    /// Whether the wall clock was last seen to be far from the others'.
    clock_wrong: bool,
    halted: Option<Halted>,
    /// The highest slot that this seat has signed, as its journal has it.
    signed: Option<amnesia::Slot>,
    /// Whether the journal has lost what this seat signed, so that it may not sign any more.
    rolled_back: bool,
    checkpoints: Checkpoints,
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
        // An idle table calls seldom: the host is late only past the time it was asked for.
        let slept = now.mono >= self.now.mono.after(SUSPENDED)
            && self
                .next_timeout()
                .is_none_or(|due| now.mono >= due.after(SUSPENDED));
        self.now = now;
        if slept {
            self.clocks.restart(now.mono);
            self.attentive = true;
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
            Input::Operate { ticket, operation } => self.operate(ticket, operation)?,
            Input::Attend => self.attentive = true,
            Input::Claim => self.testify()?,
            Input::Connected { peer, key } => {
                let roster = self.table.roster();
                if !self.peers.connected(peer, key, roster, self.now.mono) {
                    return Err(Misuse::TooManyPeers(crate::limits::PEERS_MAX));
                }
                let status = Message::Status(self.status());
                self.outbox.send(peer, &status);
                self.show_proofs(peer);
                self.show_newest(peer, key);
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
            Input::Snapshot { peer, snapshot } => self.fetched_snapshot(peer, *snapshot),
            Input::Forked(fork) => self.found_fork(*fork),
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
            self.clocks.falls_due(now),
            self.peers.next_absence(now),
            self.next_claim(),
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
    pub fn round(&self) -> Round {
        self.consensus.round()
    }

    /// Agreement on the height being decided, for looking at.
    #[must_use]
    pub fn consensus(&self) -> &dyn Agreement {
        &*self.consensus
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

    /// How many of those who follow this device without a seat have not shown that they know the
    /// last decision.
    #[must_use]
    pub fn followers_behind(&self) -> usize {
        self.peers.followers_behind(self.height())
    }

    /// What is left of the open deadline: of the turn's clock, or of what is collected for a roll,
    /// an opening or a show.
    #[must_use]
    pub fn left(&self, now: Mono) -> Option<Duration> {
        let open = self.table.open_deadlines();
        let play = |open: &&OpenDeadline| !matches!(open.deadline, Deadline::Motion { .. });
        let open = open.iter().find(play)?;
        self.clocks.left(open.deadline, now)
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
            self.do_duties();
            let mut effects = self.advance();
            if effects.is_empty() {
                break;
            }
            self.stir();
            effects.drain(..).for_each(|effect| self.carry_out(effect));
        }
        if self.halted.is_none() {
            self.mind_leader();
            self.pass_on();
            self.catch_up();
            self.show_status();
        }
    }

    /// Something of this height has come in or is done: the others are to see it.
    fn stir(&mut self) {
        self.changed = true;
        self.stirred.get_or_insert(self.now.mono);
    }

    fn advance(&mut self) -> Vec<Effect> {
        let work = self.work();
        let mut desk = Desk {
            table: &self.table,
            pool: &mut self.pool,
            clocks: &self.clocks,
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
        let before = self.consensus.round();
        let effects = self.consensus.advance(&mut cx);
        for peer in cx.liars {
            self.fault(peer, Fault::FalseVote);
        }
        self.tell_counted();
        let (height, round) = (self.height(), self.consensus.round());
        if round > before && self.me.is_some() {
            self.outbox.event(Event::RoundChanged { height, round });
        }
        effects
    }

    /// Tells of votes once their signatures are known to hold: before, anybody could have put them
    /// into anybody's mouth.
    fn tell_counted(&mut self) {
        for vote in self.consensus.dossier_mut().take_counted() {
            self.outbox.event(Event::Voted(vote));
        }
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
        let due = self.clocks.due(self.now.mono).next().is_some();
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

    /// While some secrets of a roll, some openings or shows are still on their way, a leader waits
    /// a little for them, so that they are decided in one block.
    fn collecting_until(&self) -> Option<Mono> {
        let (deadline, awaited) = self.table.collecting()?;
        let complete = awaited
            .iter()
            .all(|seat| self.pool.contributes(seat, deadline));
        let since = self.pool.work_since(&self.table).filter(|_| !complete)?;
        let end = since.after(self.table.genesis().timing.round(0) / 8);
        (end > self.now.mono).then_some(end)
    }

    fn mind_presence(&mut self) {
        let now = self.now.mono;
        // Whatever is awaited may need a status to be repaired.
        let open = self.table.open_deadlines();
        let live = open.iter().any(|open| open.runs)
            || self.table.play().is_none()
            || !self.consensus.dossier().is_idle()
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
        self.clocks.follow(&open, quorum, now);
        self.mind_quorum(quorum);
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

    /// The seat this device's key holds now.
    fn own_seat(&self) -> Option<Seat> {
        let key = self.signer.as_ref()?.public();
        self.table.roster().seat_of(&key)
    }

    /// The next height of `table` begins, as its genesis has it.
    fn begin_consensus(table: &TableState<G>, me: Option<Seat>, pace: &Pace) -> Box<dyn Agreement> {
        let timing = table.genesis().timing;
        let place = Place {
            table: table.table(),
            epoch: table.epoch(),
            height: table.height().next(),
            roster: Arc::clone(Self::deciders(table)),
            leaders: table.leaders().clone(),
            me,
            timing,
            first_round: pace.first_round(&timing),
        };
        consensus::begin(table.genesis().protocol, place)
    }

    /// The roster that decides the next height.
    fn deciders(table: &TableState<G>) -> &Arc<Roster> {
        let last = table.membership().past().last();
        let late = last.filter(|span| span.last == table.height());
        match late.filter(|_| mutant::is(Mutant::RosterOneHeightLate)) {
            Some(span) => &span.roster,
            None => table.roster(),
        }
    }

    fn release(&mut self, deferred: Deferred) {
        match deferred {
            Deferred::Broadcast(message) => self.outbox.broadcast(&message),
            Deferred::Tell(message) => self.tell(&message),
            Deferred::Count(vote) => {
                self.outbox.event(Event::Voted(vote.clone()));
                self.start_stopwatch(&vote);
                if vote.height == self.height() {
                    self.consensus.dossier_mut().count_own(vote);
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
