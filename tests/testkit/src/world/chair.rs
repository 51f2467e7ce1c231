//! What people want of the table besides to play: they come, leave, dismiss each other, ask for a
//! pause or a rematch, and answer what others ask.

use quorate_core::engine::{Input, Operation};
use quorate_core::game::End;
use quorate_core::genesis::StallPolicy;
use quorate_core::message::{Choice, Motion};
use quorate_core::roster::{Name, Newcomer, SeatKind};
use quorate_core::{Game, Height, Seat, Seats};

use super::{Event, World};
use crate::trace::Step;

/// One in so many newcomers comes to watch over the table, not to play.
const WITNESS: u32 = 200_000;

/// Heights between two who come or go.
const CHURN_EVERY: u64 = 3;

/// A ballot that is no yes, in a storm.
const NAY: u32 = 150_000;

impl<G: Game> World<G> {
    /// The next wish comes up, where they do by the clock.
    pub(super) fn plan_wish(&mut self) {
        if let Some(wishes) = self.draw.house.wishes.filter(|wishes| !wishes.churn) {
            let at = self.now + self.rng.exponential(wishes.every);
            self.queue.put(at, Event::Wish);
        }
    }

    /// A height was decided: at a table with much coming and going somebody wants something after
    /// every third.
    pub(super) fn wish_at(&mut self, height: Height) {
        let churns = self.draw.house.wishes.is_some_and(|wishes| wishes.churn);
        if churns && !self.healed && height.0.is_multiple_of(CHURN_EVERY) {
            self.queue.put(self.now, Event::Wish);
        }
    }

    /// Somebody wants something.
    pub(super) fn wish(&mut self) {
        self.plan_wish();
        let top = self.top();
        let able = |device: &usize| {
            let host = &self.hosts[*device];
            let engine = host.engine.as_ref();
            let plays = engine.and_then(|engine| engine.table().play());
            host.honest && host.seat.is_some() && self.height(*device) == top && plays.is_some()
        };
        let able: Vec<_> = (0..self.hosts.len()).filter(able).collect();
        if able.is_empty() {
            return;
        }
        let device = *self.rng.pick(&able);
        if let Some(operation) = self.wanted(device) {
            self.operate(device, operation);
        }
    }

    pub(super) fn operate(&mut self, device: usize, operation: Operation) {
        self.note(device, Step::Note(format!("wants {operation:?}")));
        let host = &mut self.hosts[device];
        host.ticket += 1;
        let ticket = host.ticket;
        self.input(device, Input::Operate { ticket, operation });
    }

    fn wanted(&mut self, device: usize) -> Option<Operation> {
        let wishes = self.draw.house.wishes?;
        let engine = self.hosts[device].engine.as_ref()?;
        let (table, me) = (engine.table(), self.hosts[device].seat?);
        let roster = table.roster().seats();
        let (benched, paused) = (table.pot().benched(), table.presence().paused());
        let policy = table.presence().policy();
        let calm = self.draw.attackers.is_empty() && self.draw.house.witnesses == 0;
        let choice = self.rng.below(if wishes.churn { 6 } else { 12 });
        let motion = match choice {
            0..3 => Motion::Admit(self.newcomer()?),
            3 => Motion::Remove(self.dismissed(roster)?),
            4 => {
                self.dismissed(me.into())?;
                return Some(Operation::Leave);
            }
            5 => Motion::Readmit(benched.nth(self.rng.index(benched.len()))?),
            6 | 7 => Motion::Rematch,
            // Only where nobody silent can keep the table from going on.
            8 | 9 if calm && paused => Motion::Resume,
            8 | 9 if calm && policy != StallPolicy::Forfeit => Motion::Pause,
            10 if policy != StallPolicy::DefaultMove => Motion::Stall(StallPolicy::DefaultMove),
            10 if calm => Motion::Stall(StallPolicy::Pause),
            _ => return None,
        };
        Some(Operation::Propose(motion))
    }

    /// A seat that may go: the others bear the cheats without it.
    fn dismissed(&mut self, seats: Seats) -> Option<Seat> {
        let seat = seats.nth(self.rng.index(seats.len()))?;
        self.dismissals = self.dismissals.checked_sub(1)?;
        Some(seat)
    }

    /// Somebody without a seat who would like one, perhaps the one that it had.
    fn newcomer(&mut self) -> Option<Newcomer> {
        let without = |device: &usize| {
            let host = &self.hosts[*device];
            host.honest && host.key.is_some() && host.seat.is_none() && host.is_up()
        };
        let without: Vec<_> = (0..self.hosts.len()).filter(without).collect();
        if without.is_empty() {
            return None;
        }
        let device = *self.rng.pick(&without);
        let key = self.hosts[device].key?;
        let plain = |name: String| Name::new(&name).ok();
        let kind = if self.rng.chance(WITNESS) && self.draw.seats > 2 {
            let run_by = plain("the house".to_owned())?;
            SeatKind::Witness { run_by }
        } else {
            SeatKind::Player
        };
        let keys = self.keys.signer(key).keys();
        Some(Newcomer {
            key: keys.identity,
            ml_dsa: keys.ml_dsa,
            name: plain(format!("guest {device}"))?,
            kind,
            nonce: self.rng.bytes(),
            buy_in: String::new(),
        })
    }

    /// A player does what the table asks of it; tells whether it did.
    pub(super) fn answer(&mut self, device: usize) -> bool {
        let (healed, borne) = (self.healed, self.healed && self.cheating);
        let host = &mut self.hosts[device];
        let (Some(engine), Some(seat)) = (&host.engine, host.seat) else {
            return false;
        };
        // A cheat that fell silent is back where it shall do its worst; else it only plays.
        if !host.honest && !borne {
            return false;
        }
        let table = engine.table();
        let ended = table
            .play()
            .is_none_or(|play| play.end().is_some_and(gone_for_good));
        if ended {
            return false;
        }
        if table.presence().away().contains(seat) && !host.attended {
            host.attended = true;
            self.input(device, Input::Attend);
            return true;
        }
        host.attended = false;
        if !host.honest {
            return false;
        }
        let mut open = table.motions().all().iter();
        let unanswered = open.find(|motion| {
            motion.ballots.silent().contains(seat) && !host.answered.contains(&motion.id)
        });
        if let Some(id) = unanswered.map(|motion| motion.id) {
            host.answered.insert(id);
            let choice = match host.rng.chance(NAY) && !healed {
                true => *host.rng.pick(&[Choice::No, Choice::Abstain]),
                false => Choice::Yes,
            };
            self.operate(device, Operation::Ballot(id, choice));
            return true;
        }
        let resumes = |motion: &Motion| *motion == Motion::Resume;
        let asked = table
            .motions()
            .all()
            .iter()
            .any(|open| resumes(&open.motion));
        let stuck = healed && table.presence().paused() && !asked;
        if stuck && table.voters().contains(seat) {
            self.operate(device, Operation::Propose(Motion::Resume));
        }
        stuck
    }
}

const fn gone_for_good(end: &End) -> bool {
    !matches!(end, End::Finished(_))
}
