//! Who leads the next height, as decided state has it.

use super::TableState;
use super::execution::Execution;
use crate::game::Game;
use crate::genesis::Schedule;
use crate::schedule::{Leaders, Sleep};
use crate::seat::Seats;
use crate::time::Round;

impl<G: Game> TableState<G> {
    /// The leaders of the next height.
    #[must_use]
    pub fn leaders(&self) -> &Leaders {
        self.sleep.leads()
    }

    /// Who is asleep and passed over, and who led the last height.
    #[must_use]
    pub const fn sleep(&self) -> &Sleep {
        &self.sleep
    }

    /// How many seats may be asleep: the others still are a quorum.
    fn sleepers_most(&self) -> usize {
        self.roster.len() - self.roster.quorum()
    }

    /// The leaders of the height after this state's.
    pub(super) fn ranking(&self) -> Leaders {
        let genesis = &self.genesis;
        let (height, asleep) = (self.height.next(), self.sleep.asleep());
        let leaders = Leaders::of(genesis.schedule, self.table, &self.roster, height, asleep);
        leaders.beginning_with(self.to_act())
    }

    /// Seats of which one may lead because it is to act. Nobody, while the table waits for anything
    /// that another seat has a deadline for: that seat's entries would be in the leader's hand.
    fn to_act(&self) -> Seats {
        let Some(play) = self.play.as_ref() else {
            return Seats::NONE;
        };
        let asked = self.genesis.schedule == Schedule::ToAct;
        let busy = self.pot.open_roll().is_some()
            || play.turn().is_sealed()
            || !self.motions.all().is_empty();
        let awaited = play.awaited() & self.roster.seats();
        let others_deadline = play.clock_running().is_some() && awaited.len() > 1;
        if asked && !busy && !others_deadline {
            awaited
        } else {
            Seats::NONE
        }
    }
}

impl<G: Game> Execution<G> {
    /// The block names the round that decided its parent: whoever led one below falls asleep.
    pub(super) fn after(mut self, parent_round: Round) -> Self {
        let most = self.state.sleepers_most();
        self.state.sleep.fall(parent_round, most);
        self
    }

    /// Settles who leads the next height.
    pub(super) fn rank(&mut self) {
        let (seats, most) = (self.state.roster.seats(), self.state.sleepers_most());
        self.state.sleep.stay(seats, most);
        let leaders = self.state.ranking();
        self.state.sleep.next(leaders);
    }
}
