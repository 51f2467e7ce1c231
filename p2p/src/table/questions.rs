//! Disputes, rematches, and the count of a block under way.

use quorate_core::engine::BlockTally;
use quorate_core::game::{ActError, Game, Rejection, Verdict};
use quorate_core::message::{Choice, Dispute, Motion};

use super::{Kind, Pending, Table};

impl<G: Game> Table<G> {
    /// Says that something went wrong. What the attached evidence and the table's own state settle
    /// is settled in the block that decides it; of the rest the players judge, with
    /// [`ballot`](Self::ballot). [`Event::Motion`](crate::Event::Motion) tells how it ends.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub fn dispute(&self, dispute: Dispute) -> Result<Pending, ActError> {
        self.propose(Motion::Dispute(dispute))
    }

    /// Sets the game up again for who plays now. A table on this device does so at once; at one on
    /// the network this asks the others, or agrees with whoever has asked already, and play begins
    /// when enough agree.
    ///
    /// What the table makes of it later is not told here. Of two who ask at once one is refused,
    /// for the other asks the same, and has not agreed to that yet:
    /// [`Event::Motion`](crate::Event::Motion) shows the question, and asking again answers it.
    /// Who wants to know sends [`Motion::Rematch`] with [`propose`](Self::propose), whose
    /// [`Pending`] tells.
    ///
    /// # Errors
    /// If the dice of a local table roll, the game refuses the number of players, or this device
    /// has no seat.
    pub fn rematch(&self) -> Verdict {
        if let Kind::Local(local) = &self.kind {
            return local.rematch();
        }
        let mut open = self.motions().into_iter();
        let asked = open.find(|open| *open.motion == Motion::Rematch);
        let sent = match asked {
            Some(asked) if self.has_answered(&asked) => return Ok(()),
            Some(asked) => self.ballot(asked.id, Choice::Yes),
            None => self.propose(Motion::Rematch),
        };
        sent.map(drop).map_err(|error| {
            Rejection::formatted("no rematch", format_args!("no rematch: {error}"))
        })
    }

    fn has_answered(&self, asked: &quorate_core::motion::OpenMotion) -> bool {
        let given = asked.ballots.given();
        self.seat().is_some_and(|seat| given.contains(seat))
    }

    /// Who voted for what in the round under way, as far as this device has counted: Prepare, nil
    /// and Commit. None at a local table, and before the table has begun.
    #[must_use]
    pub fn tally(&self) -> Option<BlockTally> {
        self.shared()?.read(|board| board.tally)
    }
}
