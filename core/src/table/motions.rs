//! Motions at a table: put, answered, closed, and what becomes of the table when one passes.

use serde::{Deserialize, Serialize};

use super::execution::Execution;
use super::{EntryRefusal, MembershipRefusal, TableState};
use crate::game::{Game, Rejection, Why};
use crate::message::{Choice, Motion, MotionId};
use crate::motion::{ClosedMotion, MotionRefusal, Motions, Resolution};
use crate::seat::{Seat, Seats};
use crate::time::Height;

/// What a block did about motions, for whoever wants to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MotionNews {
    /// A seat put a question to the table, and said yes to it.
    Proposed {
        /// Its number.
        id: MotionId,
        /// Who put it.
        by: Seat,
        /// What is asked.
        motion: std::sync::Arc<Motion>,
    },
    /// A seat answered one.
    Balloted {
        /// Which.
        id: MotionId,
        /// Who answered.
        seat: Seat,
        /// What it said.
        choice: Choice,
    },
    /// A motion is over.
    Closed(ClosedMotion),
    /// What a motion that passed asks for cannot be done.
    Failed {
        /// Which.
        id: MotionId,
        /// Why not.
        why: Rejection,
    },
}

/// What passed and waits until the dice have come to rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    rematch: Option<MotionId>,
}

impl<G: Game> TableState<G> {
    /// The motions that are open.
    #[must_use]
    pub const fn motions(&self) -> &Motions {
        &self.motions
    }

    /// The seats that have a ballot: the players that are still in the game. None before play.
    #[must_use]
    pub fn voters(&self) -> Seats {
        let players = self.play.as_ref().map(crate::state::Play::players);
        players.map_or(Seats::NONE, |players| players & self.roster.players())
    }

    /// Whether `motion` could change anything now.
    fn is_moot(&self, motion: &Motion) -> bool {
        match motion {
            Motion::Rematch => self.waiting.rematch.is_some(),
            Motion::Pause => self.presence.paused(),
            Motion::Resume => !self.presence.paused(),
            Motion::Readmit(seat) => !self.pot.benched().contains(*seat),
            Motion::Stall(policy) => self.presence.policy() == *policy,
            _ => false,
        }
    }

    /// From which height on a question rejected in the next block may return.
    fn returns_at(&self) -> Height {
        let heights = u64::from(self.genesis.motions.returns_after);
        Height(self.height.0.saturating_add(heights))
    }
}

impl<G: Game> Execution<G> {
    /// A seat puts a question to the table.
    pub(super) fn propose(&mut self, by: Seat, motion: &Motion) -> Result<(), EntryRefusal> {
        if self.state.play.is_none() {
            return Err(EntryRefusal::NotBegun);
        }
        match motion {
            Motion::Admit(newcomer) => drop(self.state.may_admit(newcomer)?),
            Motion::Remove(seat) => self.state.may_remove(*seat)?,
            _ if self.state.is_moot(motion) => return Err(MotionRefusal::Moot.into()),
            _ => {}
        }
        let settled = match motion {
            Motion::Dispute(dispute) => self.checked(dispute)?,
            _ => None,
        };
        let (voters, height) = (self.state.voters(), self.state.height);
        let id = self
            .state
            .motions
            .open(by, motion.clone(), voters, height)?;
        let motion = std::sync::Arc::new(motion.clone());
        self.news.push(MotionNews::Proposed { id, by, motion });
        if let Some(resolution) = settled {
            self.close_as(id, resolution);
        }
        Ok(())
    }

    /// A seat answers a question.
    pub(super) fn ballot(
        &mut self,
        seat: Seat,
        id: MotionId,
        choice: Choice,
    ) -> Result<(), EntryRefusal> {
        self.state.motions.ballot(seat, id, choice)?;
        self.news.push(MotionNews::Balloted { id, seat, choice });
        Ok(())
    }

    /// Closes the motions that their ballots settle, and does what those that passed ask for.
    pub(super) fn settle_motions(&mut self) {
        let (returns, voters) = (self.state.returns_at(), self.state.voters());
        self.state.motions.keep_to(voters);
        for closed in self.state.motions.take_settled(returns) {
            self.close(closed);
        }
        self.do_waiting();
    }

    /// The ballots on a motion are due.
    pub(super) fn ballots_due(&mut self, id: MotionId) {
        self.close_as(id, Resolution::Expired);
    }

    fn close_as(&mut self, id: MotionId, resolution: Resolution) {
        let returns = self.state.returns_at();
        let closed = self.state.motions.close(id, resolution, returns);
        closed.into_iter().for_each(|closed| self.close(closed));
    }

    fn close(&mut self, closed: ClosedMotion) {
        let (id, passed) = (closed.motion.id, closed.resolution == Resolution::Passed);
        let motion = closed.motion.motion.clone();
        self.news.push(MotionNews::Closed(closed));
        if passed {
            self.carry_out(id, &motion);
        }
    }

    fn carry_out(&mut self, id: MotionId, motion: &Motion) {
        if let Err(why) = self.try_to(id, motion) {
            let why = Rejection::formatted("it cannot be done", format_args!("{why}"));
            self.news.push(MotionNews::Failed { id, why });
        }
    }

    fn try_to(&mut self, id: MotionId, motion: &Motion) -> Result<(), MembershipRefusal> {
        match motion {
            Motion::Remove(seat) => self.remove(*seat, Why::Removed)?,
            Motion::Admit(newcomer) => drop(self.admit(newcomer.clone())?),
            Motion::Rematch => self.state.waiting.rematch = Some(id),
            Motion::Pause => self.state.presence.pause(true),
            Motion::Resume => self.state.presence.pause(false),
            Motion::Readmit(seat) => self.state.pot.readmit(*seat),
            Motion::Stall(policy) => self.state.presence.set_policy(*policy),
            Motion::Dispute(_) => {} // what the table thinks of it is all that was asked
        }
        Ok(())
    }

    /// Another roster would answer the open motions: they are void.
    pub(super) fn void_motions(&mut self) {
        let void = self.state.motions.void();
        self.news.extend(void.into_iter().map(MotionNews::Closed));
    }

    /// Does what waited for the dice, once they are at rest.
    fn do_waiting(&mut self) {
        let Some(play) = &mut self.state.play else {
            return;
        };
        if play.is_rolling() {
            return;
        }
        let Some(id) = self.state.waiting.rematch.take() else {
            return;
        };
        match play.rematch() {
            Ok(step) => {
                self.state.presence.forgive();
                self.state.presence.pause(false);
                self.took(step);
            }
            Err(why) => self.news.push(MotionNews::Failed { id, why }),
        }
    }
}
