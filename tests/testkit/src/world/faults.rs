//! What strikes: crashes, frozen apps, partitions, outages.

use std::time::Duration;

use quorate_core::engine::{Engine, Input};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::Peer;
use quorate_core::{Game, Height, Seats};

use super::{Event, World};
use crate::draw::Spells;
use crate::marks::Mark;
use crate::network::Cut;
use crate::oracle::{Invariant, Violation};
use crate::trace::Step;

/// How long a blackout lasts at most.
const BLACKOUT_MAX: Duration = Duration::from_secs(3);

/// Mean time between two backups that a cheat restores.
const ROLL_BACK_EVERY: Duration = Duration::from_secs(3);

impl<G: Game> World<G> {
    /// Puts the first fault of each family into the queue.
    pub(super) fn plan_faults(&mut self) {
        for device in 0..self.hosts.len() {
            self.plan_crash(device);
            self.plan_freeze(device);
        }
        self.plan_cut();
        self.plan_wish();
        if let Some(outage) = self.draw.outage {
            self.queue.put(self.now + outage.at, Event::Outage);
        }
    }

    pub(super) fn plan_crash(&mut self, device: usize) {
        let host = &mut self.hosts[device];
        // A cheat has no reason to crash, but to start again from a backup.
        let every = match self.draw.crashes {
            _ if host.rolls_back => self.cheating.then_some(ROLL_BACK_EVERY),
            Some(crashes) if host.attack.is_none() && !self.healed => Some(crashes.spells.every),
            _ => None,
        };
        if let Some(every) = every {
            let at = self.now + host.rng.exponential(every);
            let life = host.life;
            self.queue.put(at, Event::Crash { device, life });
        }
    }

    fn plan_freeze(&mut self, device: usize) {
        if let Some(spells) = self.draw.pauses {
            let at = self.now + self.hosts[device].rng.exponential(spells.every);
            self.queue.put(at, Event::Freeze(device));
        }
    }

    fn plan_cut(&mut self) {
        if let Some(spells) = self.draw.partitions.filter(|_| self.hosts.len() > 1) {
            let at = self.now + self.rng.exponential(spells.every);
            self.queue.put(at, Event::Cut);
        }
    }

    /// A crash of the draw: the device starts again after a while.
    pub(super) fn strike(&mut self, device: usize, life: u32) {
        let host = &self.hosts[device];
        if host.life != life || !host.is_up() {
            return;
        }
        let down = match self.draw.crashes {
            Some(crashes) => self.length(crashes.spells),
            None => self.rng.between(Duration::ZERO, Duration::from_secs(2)),
        };
        self.crash(device);
        self.queue.put(self.now + down, Event::Start(device));
    }

    fn length(&mut self, spells: Spells) -> Duration {
        self.rng.between(spells.length_min, spells.length_max)
    }

    /// Takes a device down, with what was not on its disk yet.
    pub fn crash(&mut self, device: usize) {
        let judged = self.is_judged(device);
        let host = &mut self.hosts[device];
        if host.engine.take().is_none() {
            return;
        }
        host.life += 1;
        host.wake = None;
        host.thinking = false;
        host.late.clear();
        host.answered.clear();
        let at_risk = host.disk.at_risk();
        let lucky = host.rng.index(at_risk + 1);
        let kept = host.disk.crash(lucky);
        let mut judgement = Ok(());
        for record in kept {
            if judged {
                // Whatever is wrong with one, the others are on the disk as well.
                judgement = judgement.and(self.oracle.synced(device, record));
            }
        }
        self.judge(judgement);
        self.judge_clean_up(device);
        self.oracle.lateness.crashed(device);
        self.faults.crashes += 1;
        self.faults.records_lost += (at_risk - lucky) as u64;
        if lucky < at_risk {
            self.marks.set(Mark::RecordsLost);
        }
        self.note(device, Step::Crashed);
        self.hang_up(device);
    }

    /// The others notice, sooner or later, that a device is gone.
    fn hang_up(&mut self, device: usize) {
        let links = std::mem::take(&mut self.hosts[device].links);
        for (other, peer) in links.iter().enumerate() {
            if let Some(peer) = *peer {
                let late = self.rng.between(Duration::ZERO, Duration::from_secs(1));
                let gone = Event::Gone {
                    device: other,
                    peer,
                };
                self.queue.put(self.now + late, gone);
            }
        }
        self.hosts[device].links = vec![None; links.len()];
    }

    /// Starts a device from its journal.
    pub fn start(&mut self, device: usize) {
        let kept_down = self.outage.is_some_and(|(seats, _)| {
            self.hosts[device]
                .seat
                .is_some_and(|seat| seats.contains(seat))
        });
        if self.hosts[device].is_up() || kept_down {
            return;
        }
        self.roll_back(device);
        let pruned = self.draw.crashes.is_some_and(|crashes| crashes.pruned);
        let mut journal = self.hosts[device].disk.journal(pruned);
        if let Some(mutant) = self.mutant {
            journal = mutant.journal(journal);
        }
        let durable = journal.height();
        if in_mid_round(&journal, durable.next()) {
            self.marks.set(Mark::ReplayMidRound);
        }
        let setup = self.setup(device);
        let mut rng = self.hosts[device]
            .rng
            .fork(u64::from(self.hosts[device].life));
        // A restarted device may count its monotonic time from another point.
        let clock = self.clock(&mut rng);
        let host = &mut self.hosts[device];
        host.clock = clock;
        match Engine::new(setup, journal, clock.at(self.now)) {
            Ok(engine) => {
                host.seat = engine.seat();
                host.engine = Some(engine);
            }
            Err(error) => {
                let what = format!("device {device} does not start from its journal: {error}");
                return self.judge(Err(Violation::new(Invariant::Halted, what)));
            }
        }
        self.started(device, durable);
    }

    /// A cheat restores a backup. The second half of what it signed is enough to forget.
    fn roll_back(&mut self, device: usize) {
        let cheats = self.cheats();
        let host = &mut self.hosts[device];
        if cheats && host.rolls_back {
            let records = host.disk.records().len();
            let left = host.rng.index(records / 2 + 1);
            host.disk.roll_back(records - left);
            self.faults.cheats += 1;
        }
    }

    fn started(&mut self, device: usize, durable: Height) {
        let height = Height(self.height(device));
        if self.is_honest(device) {
            let judgement = self.oracle.chain.started(device, height, durable);
            self.judge(judgement);
        }
        self.note(device, Step::Started(height));
        self.oracle.lateness.started(device);
        if let Some(sight) = self.sight(device) {
            self.oracle.lateness.sees_at_start(device, sight);
        }
        self.drain(device);
        for other in 0..self.hosts.len() {
            if other != device && self.hosts[other].is_up() {
                let late = Duration::from_millis(self.rng.within(1, 200));
                self.queue
                    .put(self.now + late, Event::Connect(device, other));
            }
        }
        if self.hosts[device].life > 0 {
            self.plan_crash(device);
        }
        self.think(device);
    }

    /// Connects two devices, anew if they were.
    pub(super) fn connect(&mut self, one: usize, other: usize) {
        let keys = (self.hosts[one].key, self.hosts[other].key);
        if keys.0.is_some() && keys.0 == keys.1 {
            return; // two devices of one seat never meet
        }
        let apart = !self.network.reaches(one, other) || !self.network.reaches(other, one);
        let down = !self.hosts[one].is_up() || !self.hosts[other].is_up();
        if down || apart && self.draw.cut_shows {
            return;
        }
        for (device, with) in [(one, other), (other, one)] {
            if let Some(stale) = self.hosts[device].links[with] {
                self.disconnect(device, stale);
            }
        }
        self.connections += 1;
        let peer = Peer(self.connections);
        self.hosts[one].links[other] = Some(peer);
        self.hosts[other].links[one] = Some(peer);
        for (device, with) in [(one, other), (other, one)] {
            self.note(device, Step::Link(with, Some(peer)));
            let key = self.hosts[with].key.map(|key| self.keys.public(key));
            self.input(device, Input::Connected { peer, key });
        }
    }

    /// A device learns that a connection is gone.
    pub(super) fn disconnect(&mut self, device: usize, peer: Peer) {
        let host = &mut self.hosts[device];
        let Some(with) = host.device(peer) else {
            return;
        };
        host.links[with] = None;
        self.note(device, Step::Link(with, None));
        self.input(device, Input::Disconnected { peer });
    }

    /// An app is frozen for a while; its clock runs on.
    pub(super) fn freeze(&mut self, device: usize) {
        let Some(spells) = self.draw.pauses else {
            return;
        };
        let length = self.length(spells);
        self.pause(device, length);
        self.plan_freeze(device);
    }

    /// Freezes the app on a device for so long: nothing is lost, its clock runs on.
    pub fn pause(&mut self, device: usize, length: Duration) {
        if self.hosts[device].is_up() {
            let until = self.now + length;
            self.hosts[device].frozen_until = until;
            self.faults.pauses += 1;
            self.note(device, Step::Frozen(until));
        }
    }

    /// A partition begins.
    pub(super) fn cut(&mut self) {
        let Some(spells) = self.draw.partitions else {
            return;
        };
        let device = self.rng.index(self.hosts.len());
        let sides = self.rng.bits();
        let cut = match self.rng.below(6) {
            0 => Cut::Isolate(device),
            1 => Cut::Deaf(device),
            2 => Cut::Mute(device),
            3 => Cut::OneWay(sides),
            4 => Cut::Ring,
            _ => Cut::Halves(sides),
        };
        self.set_cut(Some(cut));
        let length = self.length(spells);
        self.queue.put(self.now + length, Event::Mend);
    }

    /// A partition ends.
    pub(super) fn mend(&mut self) {
        self.set_cut(None);
        self.plan_cut();
    }

    /// The power fails: what is in flight is lost, some devices go down, nobody reaches anybody.
    pub(super) fn black_out(&mut self) {
        self.marks.set(Mark::Blackout);
        let flies = |event: &Event| {
            matches!(
                event,
                Event::Frame { .. } | Event::Decisions { .. } | Event::Snapshot { .. }
            )
        };
        self.queue.retain(|event| !flies(event));
        for device in 0..self.hosts.len() {
            if self.is_honest(device) && self.rng.chance(500_000) {
                self.crash(device);
                let down = self.rng.between(Duration::ZERO, BLACKOUT_MAX);
                self.queue.put(self.now + down, Event::Start(device));
            }
        }
        self.set_cut(Some(Cut::All));
        let length = self.rng.between(Duration::ZERO, BLACKOUT_MAX);
        self.queue.put(self.now + length, Event::Mend);
    }

    /// A device goes unheard for a few rounds, and hears the others all the same.
    pub(super) fn hush(&mut self, device: usize) {
        self.set_cut(Some(Cut::Mute(device)));
        let round = Duration::from_millis(u64::from(self.draw.timing.round_ms));
        let length = self.rng.between(round * 4, round * 20);
        self.queue.put(self.now + length, Event::Mend);
    }

    /// Cuts the network, or mends it.
    pub fn set_cut(&mut self, cut: Option<Cut>) {
        self.network.set_cut(cut);
        self.faults.partitions += u64::from(cut.is_some());
        let words = cut.map_or_else(|| "mended".to_owned(), |cut| format!("cut: {cut:?}"));
        self.trace.note(self.now, None, Step::Note(words));
        for one in 0..self.hosts.len() {
            for other in 0..one {
                let linked = self.hosts[one].links[other].is_some();
                let late = Duration::from_millis(self.rng.within(1, 500));
                if cut.is_none() && !linked {
                    self.queue.put(self.now + late, Event::Connect(one, other));
                }
                let apart = !self.network.reaches(one, other) || !self.network.reaches(other, one);
                if let (Some(peer), true) =
                    (self.hosts[one].links[other], apart && self.draw.cut_shows)
                {
                    for device in [one, other] {
                        self.queue
                            .put(self.now + late, Event::Gone { device, peer });
                    }
                }
            }
        }
    }

    /// One seat more than the table can spare goes down.
    pub(super) fn begin_outage(&mut self) {
        let Some(outage) = self.draw.outage else {
            return;
        };
        let next = Height(self.top()).next();
        let spare = self.oracle.roster(next).len() - self.oracle.quorum(next);
        let mut free: Vec<_> = self.seated().collect();
        let mut seats = Seats::NONE;
        while seats.len() <= spare && !free.is_empty() {
            let (device, seat) = free.swap_remove(self.rng.index(free.len()));
            self.crash(device);
            seats |= seat.into();
        }
        self.outages += 1;
        self.outage = Some((seats, Height(self.top())));
        self.queue.put(self.now + outage.length, Event::Return);
    }

    /// They come back. Meanwhile at most what was in flight can have been decided.
    pub(super) fn end_outage(&mut self) {
        let Some((seats, height)) = self.outage.take() else {
            return;
        };
        if self.top() > height.0 + 1 {
            let what = format!("h{} was decided without a quorum", self.top());
            return self.judge(Err(Violation::new(Invariant::Agreement, what)));
        }
        for seat in seats {
            if let Some(device) = self.device_of(seat) {
                self.start(device);
            }
        }
    }
}

/// Whether a journal holds signatures for the height that is being decided.
fn in_mid_round(journal: &Journal, height: Height) -> bool {
    journal.records.iter().any(|record| match record {
        Record::Proposal { block, .. } => block.height == height,
        Record::Prepare { vote, .. } | Record::Commit { vote, .. } => vote.height == height,
        Record::RoundChange { change, .. } => change.height == height,
        Record::RoundOver(over) => over.height == height,
        _ => false,
    })
}
