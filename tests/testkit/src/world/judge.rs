//! What an engine says happened, before the oracle and in the book of marks.

use quorate_core::certificate::Checker;
use quorate_core::consensus::HoldReason;
use quorate_core::engine::{Decided, Event, Input, Load, Misuse};
use quorate_core::fork::Fork;
use quorate_core::game::{Cause, End, Happened, SeatChange, Settled, Why};
use quorate_core::genesis::DicePolicy;
use quorate_core::journal::Record;
use quorate_core::message::{Content, Deadline, Entry, Evidence, Message};
use quorate_core::motion::Resolution;
use quorate_core::state::Play;
use quorate_core::table::MotionNews;
use quorate_core::{Game, Height, Round, Seat, Seats, codec};

use super::World;
use crate::marks::Mark;
use crate::oracle::{Invariant, Judgement, Sight, Violation};
use crate::scenario::Scenario;
use crate::trace::Step;

impl<G: Game> World<G> {
    /// Remembers the first violation; the run ends with it.
    pub(super) fn judge(&mut self, judgement: Judgement) {
        if let Err(violation) = judgement {
            let lost = self.forked.is_some() && violation.invariant == Invariant::Certificate;
            if lost || self.oracle.beyond && violation.invariant.needs_honesty() {
                return; // whose word counts after a fork nobody can tell
            }
            self.trace
                .note(self.now, None, Step::Note(format!("VIOLATION {violation}")));
            self.violation.get_or_insert(violation);
        }
    }

    fn violate(&mut self, invariant: Invariant, what: String) {
        self.judge(Err(Violation::new(invariant, what)));
    }

    pub(super) fn misused(&mut self, device: usize, misuse: &Misuse) {
        self.violate(
            Invariant::Halted,
            format!("device {device} was misused: {misuse}"),
        );
    }

    pub(super) fn garbage(&mut self, device: usize) {
        self.violate(
            Invariant::Certificate,
            format!("device {device} sends garbage"),
        );
    }

    /// Nothing that others send may fill an honest device beyond its bounds, however many cheat.
    pub(super) fn weigh(&mut self, device: usize) {
        let engine = self.hosts[device].engine.as_ref();
        let Some(engine) = engine.filter(|_| self.is_honest(device)) else {
            return;
        };
        if let Some(over) = engine.loads().into_iter().find(Load::is_over) {
            let Load { place, held, most } = over;
            let what = format!("device {device} holds {held} {place}, at most {most} are allowed");
            self.violate(Invariant::Bounds, what);
        }
    }

    pub(super) fn judge_event(&mut self, device: usize, event: Event<G>) {
        match event {
            Event::Decided(decided) => self.decided(device, &decided),
            Event::Settled { settled, .. } => self.settled(device, &settled),
            Event::Epoch { seat, .. } => self.follow(device, seat),
            Event::Adopted { height, state, .. } if self.is_honest(device) => {
                self.adopted(device, height, state);
            }
            Event::RolledBack { height, round } => self.rolled_back(device, (height, round)),
            _ if !self.is_honest(device) => {}
            Event::RoundChanged { round, .. } if round >= Round(3) => {
                self.marks.set(Mark::RoundThree);
            }
            Event::Guilty { evidence, .. } => {
                let seat = evidence.seat();
                self.marks.set(Mark::Equivocation);
                self.prove(device, &evidence);
                if self.oracle.honest().contains(seat) {
                    let what = format!("device {device} accuses honest seat {seat}");
                    self.violate(Invariant::Accused, what);
                }
            }
            Event::Fault { peer, fault } => {
                let by = self.hosts[device]
                    .device(peer)
                    .filter(|by| self.is_honest(*by));
                if let Some(by) = by {
                    let what = format!("device {device} charges honest device {by}: {fault}");
                    self.violate(Invariant::Accused, what);
                }
            }
            // It may have learnt in the same step that it has no seat any more.
            Event::Stalled { .. } if self.engine(device).is_some_and(|it| it.seat().is_some()) => {
                self.input(device, Input::Claim);
            }
            Event::Claimed { .. } => self.marks.set(Mark::Claimed),
            Event::CatchingUp { .. } => self.marks.set(Mark::CatchUp),
            Event::ClockWrong { .. } => self.marks.set(Mark::ClockWrong),
            Event::Forked { fork, halts } => self.forked(device, &fork, halts),
            Event::Halted(_) if self.draw.beyond => self.hosts[device].halted = true,
            Event::Halted(why) => {
                self.violate(Invariant::Halted, format!("device {device} halted: {why}"));
            }
            _ => {}
        }
    }

    /// A device holds the proof of a fork. Only traitors beyond the bound can make one.
    fn forked(&mut self, device: usize, fork: &Fork, halts: bool) {
        let honest = self.oracle.honest();
        let blame = fork.blame();
        let framed = blame.guilty.seats() & honest;
        if !framed.is_empty() {
            let what = format!("device {device} blames honest seats {framed:?} for a fork");
            return self.violate(Invariant::Accused, what);
        }
        if !self.draw.beyond {
            let what = format!("device {device} sees a fork at h{}", fork.height());
            return self.violate(Invariant::Agreement, what);
        }
        self.hosts[device].halted |= halts;
        self.hosts[device].is_past |= !halts && self.forked == Some(fork.height());
        self.marks.set(Mark::ForkProven);
        let in_round = fork.ours.0.round == fork.theirs.0.round;
        self.marks.set(if in_round {
            Mark::ForkedInRound
        } else {
            Mark::ForkedAcross
        });
        if !(blame.suspects & honest).is_empty() {
            self.marks.set(Mark::Relocked);
        }
        for (seat, proof) in blame.guilty.iter() {
            self.proofs.insert(seat, proof.clone());
        }
    }

    /// Another roster decides: a device may have a seat, or have one no more.
    fn follow(&mut self, device: usize, seat: Option<Seat>) {
        let had = std::mem::replace(&mut self.hosts[device].seat, seat);
        if self.is_honest(device) {
            self.marks.set(Mark::RosterChanged);
            if had.is_none() && seat.is_some() {
                self.marks.set(Mark::Seated);
            }
        }
    }

    /// Notes whom a proof names, if a stranger would believe it too.
    fn prove(&mut self, device: usize, evidence: &Evidence) {
        let Some(engine) = &self.hosts[device].engine else {
            return;
        };
        let mut stranger = Checker::new(self.keys.silent_verifier());
        match engine.table().court(evidence.height()) {
            Some((_, court)) if evidence.check(&court, &mut stranger).is_ok() => {
                self.named.insert(evidence.seat());
            }
            _ => {
                let what = format!("device {device} shows a proof that convinces no stranger");
                self.violate(Invariant::Accused, what);
            }
        }
    }

    fn rolled_back(&mut self, device: usize, (height, round): (Height, Round)) {
        if self.is_honest(device) {
            let what = format!("device {device} is said to have forgotten h{height} r{round}");
            self.violate(Invariant::Accused, what);
        } else if self.hosts[device].rolls_back {
            self.marks.set(Mark::BackupRefused);
        }
    }

    fn settled(&mut self, device: usize, settled: &Settled) {
        let words = match settled {
            Settled::Decided { height } => format!("decided at h{height}"),
            other => format!("{other:?}"),
        };
        self.note(device, Step::Settled(words));
        self.think(device);
    }

    fn decided(&mut self, device: usize, decided: &Decided<G>) {
        let digest = decided.block.digest();
        self.note(device, Step::Decided(decided.height, decided.round, digest));
        if self.is_honest(device) {
            let first = self
                .oracle
                .chain
                .decided(device, &decided.block, decided.state);
            match first {
                _ if self.forked.is_some() => {}
                Err(violation)
                    if self.draw.beyond && violation.invariant == Invariant::Agreement =>
                {
                    self.forked = Some(decided.height);
                    self.marks.set(Mark::Forked);
                }
                Ok(first) => {
                    let judgement = self.judge_decided(device, decided, first);
                    self.judge(judgement);
                    if first {
                        self.follow_up(device, decided);
                    }
                }
                Err(violation) => self.judge(Err(violation)),
            }
            self.mark_decided(device, decided);
            self.remember(device, decided.height);
            self.see(device);
        }
        self.think(device);
    }

    /// What the first decision of a height brings about, and shows.
    fn follow_up(&mut self, device: usize, decided: &Decided<G>) {
        for step in &decided.happened {
            if let Cause::Rolled(roll) = &step.cause {
                self.throws.all += 1;
                self.throws.even += u64::from(roll.sum().is_multiple_of(2));
            }
        }
        self.wish_at(decided.height);
        let engine = self.hosts[device].engine.as_ref();
        let asleep = engine.map_or(Seats::NONE, |engine| engine.table().sleep().asleep());
        let passed_over = asleep & self.oracle.honest();
        // Healing breaks connections: what a leader had just sent goes with them.
        if self.healed {
            self.dozing = passed_over;
        }
        let contested = self.contested.split_off(&decided.height);
        let contested = std::mem::replace(&mut self.contested, contested);
        let contested = contested
            .into_values()
            .fold(Seats::NONE, |all, seat| all | seat);
        self.dozing = (self.dozing | contested) & passed_over;
        let unheard = passed_over - self.dozing;
        if self.draw.hears_everybody() && !unheard.is_empty() {
            let what = format!("h{} finds {unheard:?} asleep", decided.height);
            self.violate(Invariant::Asleep, what);
        }
    }

    fn judge_decided(&mut self, device: usize, decided: &Decided<G>, first: bool) -> Judgement {
        let height = decided.height;
        if !self.oracle.is_decidable(height) {
            let what = format!("h{height} was decided, yet no quorum of Commits is on disk");
            return Err(Violation::new(Invariant::Certificate, what));
        }
        if !first {
            return Ok(());
        }
        self.rounds.push(decided.round);
        let voters = self.voters(device, height);
        let before = self.latest.as_ref().filter(|(at, _)| at.next() == height);
        let turn = before.map(|(_, play)| (play.turn_number(), play.is_rolling()));
        let result = |step: &&Happened<G>| matches!(step.cause, Cause::Rolled(_) | Cause::Dealt);
        let results = decided.happened.iter().filter(result).count() as u64;
        self.oracle
            .decided(&decided.block, &decided.news, (turn, voters, results))?;
        let loaded = self.draw.scenario == Some(Scenario::LoadedDice);
        // Witnesses throw nothing in, so they have nothing to keep back.
        let players = Seats::first(self.draw.seats - self.draw.house.witnesses);
        let colluders = (self.draw.cheats() & players).len() as u64;
        if loaded && self.oracle.dice.closings() > colluders {
            let what = format!("h{height} throws again, more often than there are colluders");
            return Err(Violation::new(Invariant::Secret, what));
        }
        if let Some((_, play)) = before {
            let sealing = play.turn().is_sealed();
            let sealing = sealing.then(|| (play.turn_number(), play.awaited()));
            let secrets = &mut self.oracle.secrets;
            secrets.decided(&decided.block, sealing, gone(&decided.happened))?;
            let (unsealed, unopened) = secrets.missing(&decided.block, sealing);
            let (late, withheld) = told(&decided.happened);
            // Who has left the table has no say any more, whatever it still owed the game.
            let seated = self.oracle.roster(height);
            let (late, withheld) = (late | unsealed, withheld | unopened);
            let (late, withheld) = (late & seated, withheld & seated);
            let independent = self.script.is_independent();
            let meets = |entry: &Entry| independent && meets(play, entry);
            self.oracle
                .lateness
                .judge(&decided.block, (late, withheld), meets)?;
        } else {
            self.oracle.secrets.decided_unseen(&decided.block)?;
        }
        self.oracle.lateness.settle(&decided.block);
        Ok(())
    }

    /// Who plays after `height`, where the device is still there.
    fn voters(&self, device: usize, height: Height) -> Option<Seats> {
        let table = self.hosts[device].engine.as_ref()?.table();
        let play = table.play().filter(|_| table.height() == height)?;
        Some(play.players())
    }

    /// Keeps the game after the highest height, and has its value counted.
    fn remember(&mut self, device: usize, height: Height) {
        let Some(engine) = &self.hosts[device].engine else {
            return;
        };
        let table = engine.table();
        let newer = self.latest.as_ref().is_none_or(|(at, _)| *at < height);
        if let Some(play) = table.play().filter(|_| newer && table.height() == height) {
            let failure = match play.end() {
                Some(End::RulesBug(what)) => {
                    Some((Invariant::Rules, format!("the rules failed: {what}")))
                }
                _ => {
                    let conserved = self.script.conserved(play);
                    conserved.err().map(|what| (Invariant::Value, what))
                }
            };
            self.latest = Some((height, play.clone()));
            if let Some((invariant, what)) = failure {
                self.violate(invariant, what);
            }
        }
    }

    /// Tells the oracle which clocks a device sees running.
    pub(super) fn see(&mut self, device: usize) {
        let Some(sight) = self.sight(device) else {
            return;
        };
        let (clock, now) = (self.hosts[device].clock, self.now);
        let when = |length| clock.when(clock.at(now).mono.after(length));
        self.oracle.lateness.sees(device, sight, when);
    }

    /// The clocks a device sees running.
    pub(super) fn sight(&self, device: usize) -> Option<Sight> {
        let table = self.hosts[device].engine.as_ref()?.table();
        let turn = table.play().and_then(|play| {
            let clock = play.clock_running()?;
            Some((play.turn_number(), clock.serial, clock.length))
        });
        let owed = match self.draw.dice {
            DicePolicy::CommitReveal { deadline_ms, .. } => {
                let length = std::time::Duration::from_millis(u64::from(deadline_ms));
                table.collecting().map(|(closes, _)| (closes, length))
            }
            _ => None,
        };
        Some(Sight { turn, owed })
    }

    fn mark_decided(&mut self, device: usize, decided: &Decided<G>) {
        let (late, withheld) = told(&decided.happened);
        if !late.is_empty() {
            self.marks.set(Mark::Late);
        }
        if !withheld.is_empty() {
            self.marks.set(Mark::Withheld);
        }
        for step in &decided.happened {
            match &step.cause {
                Cause::Rolled(_) => self.marks.set(Mark::Rolled),
                Cause::Shown => self.marks.set(Mark::Shown),
                Cause::Opened(moves) if !moves.which(Option::is_some).is_empty() => {
                    self.marks.set(Mark::Opened);
                }
                Cause::Seat(_, SeatChange::Back) => self.marks.set(Mark::Back),
                Cause::Seat(_, SeatChange::Gone(Why::Guilty)) => self.marks.set(Mark::Convicted),
                _ => {}
            }
        }
        self.mark_news(decided);
        let hides = |due: &Deadline| matches!(due, Deadline::Open { .. } | Deadline::Show { .. });
        if decided.block.deadlines.iter().any(hides) {
            self.marks.set(Mark::Hid);
        }
        if decided.round >= Round(3) {
            self.marks.set(Mark::DecidedInRoundThree);
        }
        if self.hosts[device].seat.is_none() {
            self.marks.set(Mark::Watched);
        }
        let index = usize::try_from(decided.height.0 - 1).unwrap_or(usize::MAX);
        if self
            .rounds
            .get(index)
            .is_some_and(|round| *round != decided.round)
        {
            self.marks.set(Mark::ParentRounds);
        }
        let height = decided.height;
        if self
            .reproposed
            .get(&height)
            .is_some_and(|round| *round == decided.round)
        {
            self.marks.set(Mark::ReproposalDecided);
        }
    }

    fn mark_news(&mut self, decided: &Decided<G>) {
        let passed = |news: &MotionNews| match news {
            MotionNews::Closed(closed) => closed.resolution == Resolution::Passed,
            _ => false,
        };
        if decided.news.iter().any(passed) {
            self.marks.set(Mark::MotionPassed);
        }
        let entries = &decided.block.entries;
        if entries
            .iter()
            .any(|entry| matches!(entry.body.content, Content::Evidence(_)))
        {
            self.marks.set(Mark::EvidenceDecided);
        }
    }

    /// Marks that show in what an honest seat writes down.
    pub(super) fn mark_record(&mut self, device: usize, record: &Record) {
        match record {
            Record::Prepare { vote, .. } if vote.digest.is_none() => self.marks.set(Mark::Nil),
            Record::Proposal { proposal, .. } => {
                let again = proposal.justification.as_ref();
                if again.is_some_and(|held| held.prepared.is_some()) {
                    let vote = &proposal.vote;
                    self.reproposed.insert(vote.height, vote.round);
                }
            }
            Record::Commit { vote, .. } => {
                let held = self.hosts[device].held_at.take();
                if held == Some((vote.height, vote.round)) {
                    self.marks.set(Mark::HoldOverridden);
                }
            }
            _ => {}
        }
    }

    /// Notes whether an honest seat hands on what a cheat signed.
    pub(super) fn mark_relayed(&mut self, message: &Message) {
        if let Message::Entry(entry) = message
            && !self.oracle.honest().contains(entry.body.seat)
        {
            self.marks.set(Mark::Relayed);
        }
    }

    /// Notes whether a seat holds its Prepare, and before whom it does because it saw a cheat in
    /// time that the leader calls late: one that reaches all but the leader in the last moment has
    /// that round fail.
    pub(super) fn mark_hold(&mut self, device: usize) {
        let host = &mut self.hosts[device];
        let Some(engine) = &host.engine else {
            return;
        };
        if let Some(hold) = engine.consensus().hold() {
            host.held_at = Some((engine.height(), engine.round()));
            self.marks.set(Mark::Held);
            if let HoldReason::NotLate(seat) = hold.why
                && host.honest
                && !self.oracle.honest().contains(seat)
            {
                let contested = self.contested.entry(engine.height()).or_default();
                contested.insert(engine.consensus().leader());
            }
        }
    }
}

/// Who was declared late, and who withheld. For seats that are gone the game moves on as if their
/// clock had run out: nobody declares that.
fn told<G: Game>(happened: &[Happened<G>]) -> (Seats, Seats) {
    let (mut late, mut withheld, mut gone) = (Seats::NONE, Seats::NONE, Seats::NONE);
    for step in happened {
        match &step.cause {
            Cause::Clock(seats) => late |= *seats - gone,
            Cause::Seat(seat, SeatChange::Gone(_)) => gone |= (*seat).into(),
            Cause::Seat(seat, SeatChange::Withheld) => withheld |= (*seat).into(),
            _ => {}
        }
    }
    (late, withheld)
}

/// Who is out of the game since.
fn gone<G: Game>(happened: &[Happened<G>]) -> Seats {
    let gone = happened.iter().filter_map(|step| match step.cause {
        Cause::Seat(seat, SeatChange::Gone(_)) => Some(seat),
        _ => None,
    });
    gone.collect()
}

/// Whether an entry could be applied at this state of the game.
fn meets<G: Game>(play: &Play<G>, entry: &Entry) -> bool {
    match &entry.body.content {
        Content::Actions { turn, actions } => {
            let actions: Result<Vec<G::Action>, _> =
                actions.iter().map(|bytes| codec::decode(bytes)).collect();
            let seat = entry.body.seat;
            actions.is_ok_and(|actions| {
                // Of several the first may begin a turn in which the next means nothing.
                actions.len() == 1
                    && play.awaited().contains(seat)
                    && play.check_act(seat, *turn, &actions).is_ok()
            })
        }
        // A seat that has sealed is not looked at again: its entry is decided.
        Content::Seal { turn, .. } => {
            play.turn().is_sealed()
                && play.turn_number() == *turn
                && play.awaited().contains(entry.body.seat)
        }
        Content::Reveal { .. } | Content::Open { .. } | Content::Show { .. } => true,
        _ => false,
    }
}
