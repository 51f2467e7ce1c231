//! Who leads which round of a height.
//!
//! A schedule ranks the seats; seats that are [asleep](Sleep) are passed over for as many rounds
//! as there are seats. No schedule reads a block digest, which its author could steer.

mod sleep;

use serde::{Deserialize, Serialize};

use crate::crypto::PublicKey;
use crate::digest::domain_hasher;
use crate::genesis::{Schedule, TableId};
use crate::roster::Roster;
use crate::seat::{Seat, Seats};
use crate::time::{Height, Round};

pub use sleep::Sleep;

/// The leaders of one height, in the order of rounds; after the last the first leads again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaders {
    /// Seats that are awake, in the order they lead.
    awake: Vec<Seat>,
    /// Every seat, in the order they lead once as many rounds have failed as there are seats.
    all: Vec<Seat>,
}

impl Leaders {
    /// The leaders of `height` by the table's schedule, while the seats `asleep` are passed over.
    ///
    /// `HashScore` ranks seats by ascending blake3(table, height, key), and so does `ToAct`;
    /// `RoundRobin` starts one seat later at each height.
    #[must_use]
    pub fn of(
        schedule: Schedule,
        table: TableId,
        roster: &Roster,
        height: Height,
        asleep: Seats,
    ) -> Self {
        let is_awake = |seat: &Seat| !asleep.contains(*seat);
        match schedule {
            Schedule::HashScore | Schedule::ToAct => {
                let all = by_score(table, height, roster);
                let awake = all.iter().copied().filter(is_awake).collect();
                Self { awake, all }
            }
            Schedule::RoundRobin => Self {
                awake: in_turn(height, roster.seats() - asleep),
                all: in_turn(height, roster.seats()),
            },
        }
    }

    /// The same with the first of `seats` that is awake leading round 0, before all others.
    #[must_use]
    pub fn beginning_with(mut self, seats: Seats) -> Self {
        if let Some(at) = self.awake.iter().position(|seat| seats.contains(*seat)) {
            self.awake[..=at].rotate_right(1);
        }
        self
    }

    /// The leader of `round`.
    ///
    /// # Panics
    /// Never: a genesis has at least one seat, and a quorum is awake.
    #[must_use]
    pub fn leader(&self, round: Round) -> Seat {
        let round = usize::try_from(round.0).unwrap_or(usize::MAX);
        let order = if round < self.all.len() {
            &self.awake
        } else {
            &self.all
        };
        // Invariant: neither list is empty, and the remainder is below its length.
        order[round % order.len()]
    }

    /// The leaders of the rounds below `round`, each once.
    fn before(&self, round: Round) -> impl Iterator<Item = Seat> {
        let count = usize::try_from(round.0).unwrap_or(usize::MAX);
        // Whoever leads later rounds has led one of these before, or is asleep.
        self.awake.iter().copied().take(count)
    }
}

/// Seats by ascending score: fair over heights, and nobody can choose.
fn by_score(table: TableId, height: Height, roster: &Roster) -> Vec<Seat> {
    let score = |(_, key): &(Seat, PublicKey)| {
        let mut hasher = domain_hasher("leader");
        hasher.update(table.0.as_bytes());
        hasher.update(&height.0.to_be_bytes());
        hasher.update(key.as_bytes());
        *hasher.finalize().as_bytes()
    };
    let mut seats: Vec<_> = roster
        .iter()
        .map(|(seat, holder)| (seat, holder.key))
        .collect();
    seats.sort_by_cached_key(score);
    seats.into_iter().map(|(seat, _)| seat).collect()
}

/// Seats ascending, one later at each height.
fn in_turn(height: Height, seats: Seats) -> Vec<Seat> {
    let mut order: Vec<_> = seats.iter().collect();
    // The remainder is below the number of seats, at most 64.
    let shift = usize::try_from(height.0 % order.len().max(1) as u64).unwrap_or(0);
    order.rotate_left(shift);
    order
}
