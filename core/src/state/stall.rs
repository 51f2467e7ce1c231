//! Seats that let the clock run out again and again.

use serde::{Deserialize, Serialize};

use crate::seat::{PerSeat, Seat, Seats};

/// What becomes of a seat that is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StallPolicy {
    /// Turns that wait for it have no clock: the table waits until it is back.
    Pause,
    /// The clock runs on, and its default moves are played.
    #[default]
    DefaultMove,
    /// It is removed from the game.
    Forfeit,
}

/// For each seat, the turns in a row in which it was late, and who is away for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    streaks: PerSeat<u32>,
    away: Seats,
}

impl Lateness {
    /// The seats that are away.
    #[must_use]
    pub const fn away(&self) -> Seats {
        self.away
    }

    /// Counts a turn in which the seats `late` were late; returns those that are away from now on,
    /// because it was their `limit`-th in a row.
    pub fn late(&mut self, late: Seats, limit: u32) -> Seats {
        let mut newly_away = Seats::NONE;
        for seat in late {
            let streak = self
                .streaks
                .get(seat)
                .map_or(1, |streak| streak.saturating_add(1));
            self.streaks.insert(seat, streak);
            if streak >= limit && self.away.insert(seat) {
                newly_away.insert(seat);
            }
        }
        newly_away
    }

    /// `seat` acted or said that it is here; true if it was away.
    pub fn here(&mut self, seat: Seat) -> bool {
        self.streaks.remove(seat);
        self.away.remove(seat)
    }

    /// Forgets `seat`, which is gone.
    pub fn forget(&mut self, seat: Seat) {
        self.here(seat);
    }
}
