//! Who leads which round of a height.

use crate::digest::domain_hasher;
use crate::genesis::{Schedule, TableId};
use crate::roster::Roster;
use crate::seat::Seat;
use crate::time::{Height, Round};

/// The leaders of one height, in the order of rounds; after the last the first leads again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaders(Vec<Seat>);

impl Leaders {
    /// The leaders of `height` by the table's schedule.
    ///
    /// `HashScore` ranks seats by ascending blake3(table, height, key); `RoundRobin` starts one
    /// seat later at each height.
    #[must_use]
    pub fn of(schedule: Schedule, table: TableId, roster: &Roster, height: Height) -> Self {
        let mut seats: Vec<_> = roster
            .iter()
            .map(|(seat, holder)| (seat, holder.key))
            .collect();
        match schedule {
            Schedule::HashScore => seats.sort_by_cached_key(|(_, key)| {
                let mut hasher = domain_hasher("leader");
                hasher.update(table.0.as_bytes());
                hasher.update(&height.0.to_be_bytes());
                hasher.update(key.as_bytes());
                *hasher.finalize().as_bytes()
            }),
            Schedule::RoundRobin => {
                // The remainder is below the number of seats, at most 64.
                let shift = usize::try_from(height.0 % seats.len().max(1) as u64).unwrap_or(0);
                seats.rotate_left(shift);
            }
        }
        Self(seats.into_iter().map(|(seat, _)| seat).collect())
    }

    /// The leader of `round`.
    ///
    /// # Panics
    /// Never: a genesis has at least one seat.
    #[must_use]
    pub fn leader(&self, round: Round) -> Seat {
        // Invariant: a roster is never empty, and the remainder is below its length.
        self.0[usize::try_from(round.0).unwrap_or(0) % self.0.len()]
    }
}
