//! The running count of one motion's ballots.

use serde::{Deserialize, Serialize};

use crate::message::Choice;
use crate::mutant::{self, Mutant};
use crate::roster::quorum;
use crate::seat::{PerSeat, Seat, Seats};

/// Who may answer a motion, and who said what so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballots {
    voters: Seats,
    cast: PerSeat<Choice>,
}

impl Ballots {
    /// No ballot of `voters` yet.
    #[must_use]
    pub fn among(voters: Seats) -> Self {
        Self {
            voters,
            cast: PerSeat::default(),
        }
    }

    /// Notes a voter's answer; false if the seat is no voter or has answered already.
    pub fn cast(&mut self, seat: Seat, choice: Choice) -> bool {
        let again = mutant::is(Mutant::BallotTwice);
        let first = self.voters.contains(seat) && (again || self.cast.get(seat).is_none());
        if first {
            self.cast.insert(seat, choice);
        }
        first
    }

    /// Takes the ballot from a seat, given or not.
    pub fn forget(&mut self, seat: Seat) {
        self.voters.remove(seat);
        self.cast.remove(seat);
    }

    /// Who may answer.
    #[must_use]
    pub const fn voters(&self) -> Seats {
        self.voters
    }

    /// What `seat` said.
    #[must_use]
    pub fn of(&self, seat: Seat) -> Option<Choice> {
        self.cast.get(seat).copied()
    }

    /// Who said `choice`.
    #[must_use]
    pub fn saying(&self, choice: Choice) -> Seats {
        self.cast.which(|said| *said == choice)
    }

    /// Who has answered.
    #[must_use]
    pub fn given(&self) -> Seats {
        self.cast.seats()
    }

    /// Who has not answered yet.
    #[must_use]
    pub fn silent(&self) -> Seats {
        self.voters - self.cast.seats()
    }

    /// How many must say yes: floor(2p/3) + 1 of p voters.
    #[must_use]
    pub const fn needed(&self) -> usize {
        quorum(self.voters.len())
    }

    /// Whether it has passed; none while both is possible.
    #[must_use]
    pub fn settled(&self) -> Option<bool> {
        let yes = self.saying(Choice::Yes).len();
        if yes >= self.needed() {
            Some(true)
        } else if yes + self.silent().len() < self.needed() {
            Some(false)
        } else {
            None
        }
    }
}
