//! What the table waits for, until when, and for whom.

use std::time::Duration;

use super::TableState;
use crate::game::Game;
use crate::genesis::DicePolicy;
use crate::limits::PRACTICE_OPENING_MS;
use crate::message::{Deadline, Motion};
use crate::motion::OpenMotion;
use crate::seat::Seats;

/// A deadline that would close what the table waits for, whether due or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDeadline {
    /// What it closes.
    pub deadline: Deadline,
    /// How long its clock runs.
    pub length: Duration,
    /// Whether decided state lets its clock run; where not it stands still, and nobody can declare
    /// it passed.
    pub runs: bool,
}

impl<G: Game> TableState<G> {
    /// The deadlines that are open, ascending.
    #[must_use]
    pub fn open_deadlines(&self) -> Vec<OpenDeadline> {
        let game = [self.turn_deadline(), self.collection_deadline()];
        let motions = self.motions.all().iter();
        let motions = motions.map(|open| self.ballot_deadline(open));
        let mut open: Vec<_> = game.into_iter().flatten().chain(motions).collect();
        open.sort_unstable_by_key(|open| open.deadline);
        open
    }

    /// Whether a block may declare `deadline` passed.
    #[must_use]
    pub fn closable(&self, deadline: Deadline) -> bool {
        let mut open = self.open_deadlines().into_iter();
        open.any(|open| open.deadline == deadline && open.runs)
    }

    /// Whom `deadline` would declare late; nobody if it cannot be declared.
    #[must_use]
    pub fn late_for(&self, deadline: Deadline) -> Seats {
        if !self.closable(deadline) {
            return Seats::NONE;
        }
        match deadline {
            Deadline::Turn { .. } => self.awaited(),
            Deadline::Reveal { .. } | Deadline::Open { .. } | Deadline::Show { .. } => self
                .collecting()
                .map_or(Seats::NONE, |(_, awaited)| awaited),
            Deadline::Motion { motion } => {
                let open = self.motions.get(motion);
                open.map_or(Seats::NONE, |open| open.ballots.silent())
            }
        }
    }

    fn turn_deadline(&self) -> Option<OpenDeadline> {
        let play = self.play.as_ref()?;
        let clock = play.clock_running()?;
        let (turn, clock, length) = (play.turn_number(), clock.serial, clock.length);
        Some(OpenDeadline {
            deadline: Deadline::Turn { turn, clock },
            length,
            runs: !self.presence.paused() && !self.waits_for_absent(),
        })
    }

    /// Of a roll's secrets, openings and shows alike.
    fn collection_deadline(&self) -> Option<OpenDeadline> {
        let (deadline, _) = self.collecting()?;
        let millis = match self.genesis.dice {
            DicePolicy::CommitReveal { deadline_ms, .. } => deadline_ms,
            DicePolicy::Local => PRACTICE_OPENING_MS,
        };
        Some(OpenDeadline {
            deadline,
            length: Duration::from_millis(u64::from(millis)),
            runs: true,
        })
    }

    fn ballot_deadline(&self, open: &OpenMotion) -> OpenDeadline {
        let dispute = matches!(*open.motion, Motion::Dispute(_));
        OpenDeadline {
            deadline: Deadline::Motion { motion: open.id },
            length: self.genesis.motions.patience(dispute),
            runs: !self.presence.paused() && self.collecting().is_none(),
        }
    }
}
