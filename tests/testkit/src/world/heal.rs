//! The plan of a run: faults strike, everything is healed, and then the table must go on.

use std::time::Duration;

use quorate_core::genesis::DicePolicy;
use quorate_core::message::Deadline;
use quorate_core::{Game, Height, Seat, Seats};

use super::{Event, World};
use crate::attack::Kind;
use crate::draw::Disks;
use crate::marks::Mark;
use crate::network::Weather;
use crate::oracle::{Invariant, Violation};
use crate::report::{Ending, Run};
use crate::trace::Step;

/// Heights that must be decided after healing.
const AFTER: u64 = 10;

/// Heights that must be decided after that, with cheats at work: more than a turn has, so that they
/// do not pass before a cheat has struck.
const BORNE: u64 = 12;

/// Inputs after which a run is cut off, which is reported apart.
const INPUTS_MAX: u64 = 4_000_000;

impl<G: Game> World<G> {
    /// Does the whole plan: storm after storm, healing after each, and progress after each
    /// healing; after the last as many heights as the draw asks for.
    #[must_use]
    pub fn run(mut self) -> Run {
        let storms = self.draw.storms.clone();
        let mut survived = false;
        for (number, storm) in storms.iter().enumerate() {
            if number > 0 {
                self.strike_again();
            }
            self.weather_storm(*storm);
            survived |= self.outages > 0;
            if self.violation.is_none() {
                self.heal();
                self.must_recover(number + 1 == storms.len());
            }
            if self.forked.is_some()
                || self.violation.is_some()
                || self.inputs >= INPUTS_MAX
                || self.has_ended()
            {
                break;
            }
        }
        if self.violation.is_none() {
            self.must_be_named();
        }
        if self.violation.is_none() && self.draw.heirs {
            self.must_go_on();
        }
        let ending = match self.violation.take() {
            Some(violation) => Ending::Violated(violation),
            None if self.inputs >= INPUTS_MAX => Ending::CutOff,
            None => Ending::Passed,
        };
        if survived && ending == Ending::Passed {
            self.marks.set(Mark::OutageOver);
        }
        if self.has_ended() {
            self.marks.set(Mark::Ended);
        }
        self.faults.frames_lost = self.network.lost;
        Run {
            ending,
            heights: self.top(),
            named: self.named,
            inputs: self.inputs,
            simulated: self.now,
            marks: self.marks,
            faults: self.faults,
            throws: self.throws,
            hash: self.trace.hash(),
            trace: self.trace.lines(),
            draw: self.draw,
        }
    }

    /// What a healed table must do, after the `last` storm for as long as the draw asks for.
    fn must_recover(&mut self, last: bool) {
        if self.draw.beyond {
            return self.must_halt_forked();
        }
        let heights = if last { self.draw.heights } else { 0 };
        self.must_progress(heights.max(self.top() + AFTER));
        if last {
            self.must_bear_cheats();
        }
    }

    /// Cheats that never rest, cannot but be proven guilty, and are not yet.
    fn unnamed(&self) -> Seats {
        let bound = |(_, kind): &&(Seat, Kind)| kind.is_bound_to_be_named();
        let cheats = self.draw.attackers.iter().filter(bound);
        let cheats: Seats = cheats.map(|(seat, _)| *seat).collect();
        if self.draw.relentless && !self.draw.beyond {
            cheats - self.named
        } else {
            Seats::NONE
        }
    }

    /// Who cannot but be proven guilty is, unless there was nothing more to vote on.
    fn must_be_named(&mut self) {
        let unnamed = self.unnamed();
        if !unnamed.is_empty() && !self.has_ended() {
            let what = format!("nobody has proven that {unnamed:?} cheated");
            self.judge(Err(Violation::new(Invariant::Unnamed, what)));
        }
    }

    fn weather_storm(&mut self, storm: Duration) {
        let (end, heights) = (self.now + storm, self.top() + self.draw.heights);
        self.run_until(end, |world| {
            let over = world.top() >= heights && world.unnamed().is_empty();
            over || world.has_ended() || world.inputs >= INPUTS_MAX
        });
    }

    /// The next storm breaks.
    fn strike_again(&mut self) {
        self.trace
            .note(self.now, None, Step::Note("STORM".to_owned()));
        (self.healed, self.cheating) = (false, true);
        self.disks = self.draw.disks;
        self.network.set_weather(self.draw.weather);
        for host in &mut self.hosts {
            host.muted = false;
        }
        self.plan_faults();
    }

    /// Ends every fault: what is in flight is dropped, cheats fall silent, who is down returns.
    pub fn heal(&mut self) {
        self.trace
            .note(self.now, None, Step::Note("HEALED".to_owned()));
        (self.healed, self.cheating) = (true, false);
        self.outage = None;
        let keep = |event: &Event| {
            matches!(
                event,
                Event::Synced { .. } | Event::SaidSynced { .. } | Event::Play { .. }
            )
        };
        self.queue.retain(keep);
        self.network.set_weather(Weather {
            delay_mean: Duration::from_millis(2),
            ..Weather::calm()
        });
        self.network.set_cut(None);
        self.disks = Disks {
            sync_mean: Duration::from_micros(200),
            stall_ppm: 0,
            stall_max: Duration::ZERO,
        };
        for device in 0..self.hosts.len() {
            let host = &mut self.hosts[device];
            host.frozen_until = self.now;
            host.muted = host.attack.is_some();
            if !host.is_up() {
                self.queue.put(self.now, Event::Start(device));
            }
            self.think(device);
            for other in 0..device {
                let late = Duration::from_millis(self.rng.within(1, 100));
                self.queue
                    .put(self.now + late, Event::Connect(device, other));
            }
        }
    }

    /// How long one height may take at a healed table: the leaders may all be silent cheats, and
    /// clocks may have to run out first.
    fn patience(&self) -> Duration {
        let timing = self.draw.timing;
        let most = Duration::from_millis(u64::from(timing.round_ms_max));
        let reveal = match self.draw.dice {
            DicePolicy::CommitReveal { deadline_ms, .. } => {
                Duration::from_millis(u64::from(deadline_ms))
            }
            _ => Duration::ZERO,
        };
        let clock = self.draw.players.clock.max(self.turn_clock());
        let rounds = u32::try_from(self.draw.seats).unwrap_or(u32::MAX).max(8);
        most * rounds + clock * 2 + reveal * 2 + Duration::from_secs(10)
    }

    /// The longest clock of a turn that is open anywhere: silent cheats let it run out.
    fn turn_clock(&self) -> Duration {
        let engines = (0..self.hosts.len()).filter_map(|device| self.engine(device));
        let open = engines.flat_map(|engine| engine.table().open_deadlines());
        let turns = open.filter(|open| matches!(open.deadline, Deadline::Turn { .. }));
        turns.map(|open| open.length).max().unwrap_or_default()
    }

    /// Whether the rules wait without a clock for seats that say nothing any more.
    fn waits_for_cheats(&self) -> bool {
        self.latest.as_ref().is_some_and(|(_, play)| {
            let (awaited, endless) = (play.awaited(), play.turn().clock().is_none());
            let silent = !awaited.is_empty() && awaited.is_subset(self.draw.cheats());
            silent && endless && !play.is_rolling()
        })
    }

    /// With traitors beyond the bound nothing is promised, but that a fork stops everybody who has
    /// learnt of it, once they all meet.
    fn must_halt_forked(&mut self) {
        let stopped = |world: &Self| {
            let honest = (0..world.hosts.len()).filter(|device| world.is_honest(*device));
            honest.into_iter().all(|device| world.has_stopped(device))
        };
        let (patience, enough) = (self.patience(), self.top() + AFTER);
        let met = self.run_until(self.now + patience, |world| match world.forked {
            Some(_) => stopped(world),
            None => world.top() >= enough,
        });
        if self.forked.is_some() && !met && self.violation.is_none() {
            let honest = (0..self.hosts.len()).filter(|device| self.is_honest(*device));
            let going = honest.filter(|device| !self.has_stopped(*device));
            let going: Vec<_> = going.map(|device| (device, self.height(device))).collect();
            let what = format!("forked and healed, and still going: {going:?}");
            self.judge(Err(Violation::new(Invariant::Fork, what)));
        }
    }

    /// Whether a device has halted, has not come to where the table forked, or knows it is past.
    fn has_stopped(&self, device: usize) -> bool {
        let before = self.forked.is_some_and(|fork| self.height(device) < fork.0);
        let host = &self.hosts[device];
        host.halted || host.is_past || before
    }

    /// At the table that was healed the cheats go on, and never rest. No more of them than it can
    /// bear can do no worse than to waste the rounds they lead and let their clocks run out: honest
    /// seats need nothing of them, and hear each other. So each height comes in its time all the
    /// same, for every honest seat.
    fn must_bear_cheats(&mut self) {
        let before = self.faults.cheats;
        let idle = self.hosts.iter().all(|host| host.attack.is_none());
        if idle || self.violation.is_some() || self.has_ended() || self.inputs >= INPUTS_MAX {
            return;
        }
        self.trace
            .note(self.now, None, Step::Note("CHEATS RETURN".to_owned()));
        self.cheating = true;
        for (device, (_, kind)) in self.cheating_devices() {
            let host = &mut self.hosts[device];
            if kind != Kind::Twins {
                host.attack = Some(kind.relentless(&mut host.rng));
            }
            if host.rolls_back {
                self.plan_crash(device);
            }
        }
        for host in &mut self.hosts {
            host.muted = false;
        }
        let goal = self.top() + BORNE;
        self.must_progress(goal);
        let cheated = self.faults.cheats > before;
        if cheated && self.slowest() >= goal && self.violation.is_none() {
            self.marks.set(Mark::Borne);
        }
    }

    /// The devices of the cheats, of two the first, and how they cheat.
    fn cheating_devices(&self) -> Vec<(usize, (Seat, Kind))> {
        let cheats = self.draw.attackers.iter();
        // Seats come first among the devices, in their order.
        cheats.map(|cheat| (cheat.0.index(), *cheat)).collect()
    }

    /// Plays on until every honest seat has decided the height `goal`, or play is over. None may
    /// take too long.
    fn must_progress(&mut self, goal: u64) {
        let done = |world: &Self| {
            let over = world.has_ended() || world.waits_for_cheats();
            let ended = over && world.slowest() == world.top();
            ended || world.slowest() >= goal || world.inputs >= INPUTS_MAX
        };
        while self.violation.is_none() && !done(self) {
            let before = self.slowest();
            let patience = self.patience();
            let moved = self.run_until(self.now + patience, |world| {
                world.slowest() > before || done(world)
            });
            if !moved && self.violation.is_none() {
                self.stalled(before, patience);
            }
        }
    }

    /// Whether play is over: with too few seats left to make dice it is abandoned.
    fn has_ended(&self) -> bool {
        let latest = self.latest.as_ref();
        latest.is_some_and(|(_, play)| play.end().is_some())
    }

    /// The lowest height of the honest devices.
    fn slowest(&self) -> u64 {
        let honest = (0..self.hosts.len()).filter(|device| self.is_honest(*device));
        honest.map(|device| self.height(device)).min().unwrap_or(0)
    }

    fn stalled(&mut self, height: u64, patience: Duration) {
        let nothing = self.next_at().is_none();
        let invariant = if nothing {
            Invariant::Timer
        } else {
            Invariant::Progress
        };
        let places: Vec<_> = (0..self.hosts.len())
            .filter_map(|device| {
                let engine = self.engine(device)?;
                let (height, round) = (engine.height(), engine.round());
                let hold = engine.consensus().hold().map(|hold| hold.why);
                let open = engine.table().open_deadlines();
                let left = engine.left(self.hosts[device].clock.at(self.now).mono);
                let present = engine.present();
                Some(format!(
                    "{device} at h{height} r{round} holding {hold:?} waiting for {open:?}, \
                     {left:?} left, with {present:?}"
                ))
            })
            .collect();
        let what = format!(
            "healed for {patience:?}, and not everybody is above h{}: {}",
            Height(height),
            places.join(", ")
        );
        self.judge(Err(Violation::new(invariant, what)));
    }
}
