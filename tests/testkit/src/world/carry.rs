//! Carrying out what an engine requests, and bringing it what arrives.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::certificate::{Checker, DecisionCertificate};
use quorate_core::crypto::{Signer, Verifier};
use quorate_core::engine::{Input, Output, Request, Token};
use quorate_core::fork::Fork;
use quorate_core::journal::Record;
use quorate_core::message::{Block, Lane, Message, Peer, VoteKind};
use quorate_core::table::{BlockRefusal, TableState};
use quorate_core::{Digest, Game, Height, PerSeat};

use super::{Event, World};
use crate::attack::Hand;
use crate::frame::Frame;
use crate::host::To;
use crate::mutant::Mutant;
use crate::trace::Step;

/// Decided blocks a device gives in one answer.
const SERVED: u64 = 32;

impl<G: Game> World<G> {
    /// Takes everything an engine puts out.
    pub(super) fn drain(&mut self, device: usize) {
        while let Some(engine) = &mut self.hosts[device].engine {
            match engine.poll_output() {
                Some(Output::Request(request)) => self.carry_out(device, request),
                Some(Output::Event(event)) => self.judge_event(device, event),
                None => break,
            }
            if self.violation.is_some() {
                return;
            }
        }
        self.mark_hold(device);
        self.hosts[device].set_wake();
    }

    fn carry_out(&mut self, device: usize, request: Request) {
        match request {
            Request::Persist { token, record } => self.write(device, token, record),
            Request::Send { peer, lane, bytes } => {
                self.emit(device, To::Peer(peer), Frame::new(lane, bytes));
            }
            Request::Broadcast { lane, bytes } => {
                self.emit(device, To::Seats, Frame::new(lane, bytes));
            }
            Request::Fetch { from, to, peers } => self.fetch(device, (from, to), &peers),
            Request::FetchSnapshot { above, peers, .. } => {
                self.fetch_snapshot(device, above, &peers);
            }
            Request::Compare { theirs } => self.compare(device, *theirs),
            Request::CleanUp { below } => {
                self.hosts[device].disk.clean_up(below);
                self.judge_clean_up(device);
            }
            Request::Forget(spent) => self.hosts[device].disk.forget(spent),
        }
    }

    /// Looks whether the device's disk holds another decision of that height.
    fn compare(&mut self, device: usize, theirs: DecisionCertificate) {
        let height = theirs.0.height;
        let ours = self.hosts[device].disk.decisions(height, height).pop();
        let other = ours.filter(|(_, ours)| ours.0.digest != theirs.0.digest);
        if let Some((_, ours)) = other {
            self.input(device, Input::Forked(Box::new(Fork { ours, theirs })));
        }
    }

    fn write(&mut self, device: usize, token: Token, record: Record) {
        if self.is_judged(device) {
            self.mark_record(device, &record);
            let judgement = self.oracle.requested(device, &record);
            self.judge(judgement);
        }
        let host = &mut self.hosts[device];
        host.disk.write(token, record);
        host.written = token;
        let life = host.life;
        if self.lies_about_disk() {
            let event = Event::SaidSynced {
                device,
                life,
                token,
            };
            self.queue.put(self.now, event);
        }
        self.begin_sync(device);
        let aimed = self.draw.crashes.map_or(0, |crashes| crashes.aimed_ppm);
        let host = &mut self.hosts[device];
        if !self.healed && host.attack.is_none() && host.rng.chance(aimed) {
            self.queue.put(self.now, Event::Crash { device, life });
        }
    }

    /// Whether the oracle looks at what a device writes: it may have, or get, a seat.
    pub(super) fn is_judged(&self, device: usize) -> bool {
        self.hosts[device].key.is_some() && self.is_honest(device)
    }

    const fn lies_about_disk(&self) -> bool {
        matches!(
            self.mutant,
            Some(Mutant::SendBeforePersist | Mutant::CountBeforePersist)
        )
    }

    fn begin_sync(&mut self, device: usize) {
        let disks = self.disks;
        let host = &mut self.hosts[device];
        if !host.disk.start_sync() {
            return;
        }
        let mut takes = host.rng.exponential(disks.sync_mean);
        if host.rng.chance(disks.stall_ppm) {
            takes += host.rng.between(Duration::ZERO, disks.stall_max);
        }
        let life = host.life;
        self.queue
            .put(self.now + takes, Event::Synced { device, life });
    }

    /// A sync is done.
    pub(super) fn sync(&mut self, device: usize, life: u32) {
        let (honest, judged) = (self.is_honest(device), self.is_judged(device));
        let host = &mut self.hosts[device];
        if host.life != life || !host.is_up() {
            return;
        }
        if host.frozen_until > self.now {
            let event = Event::Synced { device, life };
            return self.queue.put(host.frozen_until, event);
        }
        let Some((token, records)) = host.disk.finish_sync() else {
            return;
        };
        let mut judgement = Ok(());
        for record in records {
            if judged {
                // Whatever is wrong with one, the others are on the disk as well.
                judgement = judgement.and(self.oracle.synced(device, record));
            }
            if let (Record::Entry(entry), true) = (record, honest) {
                self.oracle.lateness.arrived(device, entry, self.now);
            }
        }
        let count = records.len();
        self.judge(judgement);
        self.judge_clean_up(device);
        self.note(device, Step::Synced(count));
        if self.lies_about_disk() {
            self.release_late(device, token);
        } else {
            self.input(device, Input::Persisted(token));
        }
        if self.hosts[device].is_up() {
            self.begin_sync(device);
        }
    }

    /// A host that counts too early sends no earlier than others.
    fn release_late(&mut self, device: usize, token: Token) {
        while let Some((after, ..)) = self.hosts[device].late.front()
            && *after <= token
        {
            if let Some((_, to, frame)) = self.hosts[device].late.pop_front() {
                self.emit_now(device, to, &frame);
            }
        }
    }

    fn emit(&mut self, device: usize, to: To, frame: Arc<Frame>) {
        let host = &mut self.hosts[device];
        let counts_early = self.mutant == Some(Mutant::CountBeforePersist);
        if counts_early && host.disk.at_risk() > 0 && !frame.is_status() {
            host.late.push_back((host.written, to, frame));
        } else {
            self.emit_now(device, to, &frame);
        }
    }

    fn emit_now(&mut self, device: usize, to: To, frame: &Arc<Frame>) {
        // A table begins only when every seat is ready, cheats too.
        if self.hosts[device].muted && self.top() > 0 {
            return;
        }
        if self.is_honest(device) && !frame.is_status() {
            match frame.message() {
                Some(message) => {
                    let judgement = self.oracle.sent(device, message);
                    self.judge(judgement);
                    self.mark_relayed(message);
                }
                None => self.garbage(device),
            }
        }
        if self.is_blackout(frame) {
            self.queue.put(self.now, Event::Blackout);
        }
        if self.is_hushed(device, frame) {
            self.hush(device);
        }
        let links = &self.hosts[device].links;
        let targets: Vec<usize> = match to {
            To::Peer(peer) => links
                .iter()
                .position(|link| *link == Some(peer))
                .into_iter()
                .collect(),
            To::Seats => {
                let linked =
                    |other: &usize| links[*other].is_some() && self.hosts[*other].key.is_some();
                (0..self.hosts.len()).filter(linked).collect()
            }
        };
        let all = to == To::Seats;
        let step = Step::Sent {
            to: targets.first().copied().filter(|_| !all),
            frame: frame.clone(),
        };
        self.note(device, step);
        for target in targets {
            self.post(device, target, frame);
        }
    }

    /// Whether the power fails now: a Commit is about to leave.
    fn is_blackout(&mut self, frame: &Frame) -> bool {
        let commits = |frame: &Frame| {
            let message = frame.message();
            matches!(message, Some(Message::Vote(vote)) if vote.kind == VoteKind::Commit)
        };
        let storm = self.draw.blackout_ppm > 0 && !self.healed;
        storm && commits(frame) && self.rng.chance(self.draw.blackout_ppm)
    }

    /// Whether a device goes unheard from now on: it is about to prepare a block.
    fn is_hushed(&mut self, device: usize, frame: &Frame) -> bool {
        let prepares = |frame: &Frame| {
            let message = frame.message();
            matches!(message, Some(Message::Vote(vote))
                if vote.kind == VoteKind::Prepare && vote.digest.is_some())
        };
        let storm = self.draw.hush_ppm > 0 && !self.healed && self.is_honest(device);
        storm && prepares(frame) && self.rng.chance(self.draw.hush_ppm)
    }

    /// Hands a frame to the network, or to the cheat in between.
    fn post(&mut self, from: usize, to: usize, frame: &Arc<Frame>) {
        let target = self.hosts[to].seat;
        match (self.hosts[from].attack.take(), target) {
            (Some(mut attack), Some(target)) if self.cheats() => {
                let sent = self.with_hand(from, |hand| attack.outgoing(hand, target, frame));
                self.hosts[from].attack = Some(attack);
                let faithful = is_just(&sent.1, frame);
                self.faults.cheats += u64::from(!faithful);
                self.ship_all(from, sent.1);
            }
            (attack, _) => {
                self.hosts[from].attack = attack;
                self.ship((from, to), frame, Duration::ZERO);
            }
        }
    }

    /// Whether cheats cheat now: not before play has begun.
    pub(super) fn cheats(&self) -> bool {
        self.cheating && self.top() > 0
    }

    fn with_hand<T>(
        &mut self,
        device: usize,
        act: impl FnOnce(&mut Hand<'_>) -> T,
    ) -> (Option<T>, Vec<Outgoing>) {
        let fellows = self.fellows(device);
        let host = &mut self.hosts[device];
        let (Some(me), Some(key), Some(engine)) = (host.seat, host.key, &host.engine) else {
            return (None, Vec::new());
        };
        let (seats, epoch) = (engine.table().roster().seats(), engine.table().epoch());
        let signer = self.keys.signer(key);
        let verifier = self.keys.silent_verifier();
        let finish = |block: &Block| finish(engine.table(), block, &verifier);
        let mut hand = Hand {
            me,
            seats,
            table: self.table,
            epoch,
            height: engine.height(),
            round: engine.round(),
            timing: self.draw.timing,
            signer: &*signer,
            fellows,
            leaders: engine.table().leaders(),
            finish: &finish,
            rolling: engine.table().rolling(),
            rng: &mut host.rng,
            out: Vec::new(),
        };
        let result = act(&mut hand);
        (Some(result), hand.out)
    }

    /// The others that cheat, where the table cannot bear them all.
    fn fellows(&self, device: usize) -> PerSeat<Arc<dyn Signer>> {
        let hosts = self.hosts.iter().enumerate();
        let cheats = hosts.filter(|(other, host)| *other != device && !host.honest);
        let cheats = cheats.filter(|_| self.draw.beyond);
        cheats
            .filter_map(|(_, host)| Some((host.seat?, self.keys.signer(host.key?))))
            .collect()
    }

    fn ship_all(&mut self, from: usize, frames: Vec<Outgoing>) {
        for (seat, frame, after) in frames {
            if let Some(to) = self.device_of(seat) {
                self.ship((from, to), &frame, after);
            }
        }
    }

    fn ship(&mut self, (from, to): (usize, usize), frame: &Arc<Frame>, after: Duration) {
        let Some(peer) = self.hosts[from].links[to] else {
            return;
        };
        self.frames += u64::from(!frame.is_status());
        for at in self.network.send(self.now + after, (from, to), frame.lane) {
            let frame = frame.clone();
            let event = Event::Frame {
                to,
                from,
                peer,
                frame,
            };
            self.queue.put(at, event);
        }
    }

    /// A frame arrives, if its connection still stands.
    pub(super) fn arrive(&mut self, (from, to): (usize, usize), peer: Peer, frame: Arc<Frame>) {
        let host = &mut self.hosts[to];
        if !host.is_up() || host.links[from] != Some(peer) {
            return;
        }
        if host.frozen_until > self.now {
            let event = Event::Frame {
                to,
                from,
                peer,
                frame,
            };
            return self.queue.put(host.frozen_until, event);
        }
        let sender = self.hosts[from].seat;
        if let Some(sender) = sender.filter(|_| self.cheats())
            && let Some(mut attack) = self.hosts[to].attack.take()
        {
            let (heard, sent) = self.with_hand(to, |hand| attack.incoming(hand, sender, &frame));
            self.hosts[to].attack = Some(attack);
            self.faults.cheats += sent.len() as u64;
            self.ship_all(to, sent);
            if heard == Some(false) {
                self.faults.cheats += 1;
                return;
            }
        }
        if !frame.is_status() && self.is_honest(to) {
            self.watch_arrival(to, &frame);
        }
        let bytes = frame.bytes.to_vec();
        self.note(to, Step::Arrived { from, frame });
        self.input(to, Input::Received { peer, bytes });
    }

    fn watch_arrival(&mut self, to: usize, frame: &Frame) {
        if let Some(Message::Entry(entry)) = frame.message() {
            self.oracle.lateness.arrived(to, entry, self.now);
        }
    }

    /// Asks one of the peers for decided blocks: the question and the answer both travel.
    fn fetch(&mut self, device: usize, (from, to): (Height, Height), peers: &[Peer]) {
        let host = &mut self.hosts[device];
        let known = peers
            .iter()
            .filter_map(|peer| Some((*peer, host.device(*peer)?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return;
        }
        let (peer, other) = *host.rng.pick(&known);
        let last = to.min(Height(from.0.saturating_add(SERVED)));
        let giver = &mut self.hosts[other];
        if !giver.is_up() || giver.muted {
            return;
        }
        let mut decisions = giver.disk.decisions(from, last);
        if let Some(attack) = giver.attack.as_mut().filter(|_| self.cheating) {
            let true_ones = decisions.clone();
            let serves = attack.serves(&mut giver.rng, &mut decisions);
            self.faults.cheats += u64::from(!serves || decisions != true_ones);
            if !serves {
                return;
            }
        }
        if let Some(at) = self.answered(device, other) {
            let event = Event::Decisions {
                to: device,
                peer,
                decisions,
            };
            self.queue.put(at, event);
        }
    }

    /// When what `device` asks of `other` now is answered, if neither way loses it.
    pub(super) fn answered(&mut self, device: usize, other: usize) -> Option<Duration> {
        let asked = self.network.send(self.now, (device, other), Lane::Control);
        let asked = asked.into_iter().next()?;
        let answer = self.network.send(asked, (other, device), Lane::Proposals);
        answer.into_iter().next()
    }

    /// Fetched blocks arrive.
    pub(super) fn serve(
        &mut self,
        to: usize,
        peer: Peer,
        decisions: Vec<(Arc<Block>, DecisionCertificate)>,
    ) {
        if self.hosts[to].device(peer).is_none() {
            return;
        }
        for (block, certificate) in decisions {
            let input = Input::Decision {
                peer,
                block,
                certificate,
            };
            self.input(to, input);
        }
    }
}

/// What a cheat sends, to whom, and after how long.
type Outgoing = (quorate_core::Seat, Arc<Frame>, Duration);

/// Whether a cheat passed on what its engine wanted sent, at once and as it was.
fn is_just(sent: &[Outgoing], frame: &Arc<Frame>) -> bool {
    matches!(sent, [(_, only, Duration::ZERO)] if Arc::ptr_eq(only, frame))
}

/// The state that a block leads to, if that is all that could be wrong with it.
fn finish<G: Game>(
    table: &TableState<G>,
    block: &Block,
    verifier: &Arc<dyn Verifier>,
) -> Option<Digest> {
    let mut block = block.clone();
    block.post_state = Digest::ZERO;
    match table.apply(&block, &mut Checker::new(Arc::clone(verifier))) {
        Err(BlockRefusal::State { here, .. }) => Some(here),
        _ => None,
    }
}
