//! Sleepers: seats that led a round in vain are passed over until they show themselves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Leaders;
use crate::seat::{Seat, Seats};
use crate::time::Round;

/// Who is asleep, and who leads: the schedule's part of table state.
///
/// A block names the round that decided its parent. Whoever led a round below that one, at the
/// parent's height, is asleep from this block on; it wakes with its next decided entry. So a phone
/// in a pocket costs the table one failed round, or two in a row where it leads the next height
/// too, and not one for each of its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleep {
    /// Seats that are asleep, in the order they fell asleep.
    asleep: Vec<Seat>,
    /// Who led the last decided height.
    led: Arc<Leaders>,
    /// Who leads the next.
    leads: Arc<Leaders>,
}

impl Sleep {
    /// The table before its first block.
    pub(crate) fn new(leads: Leaders) -> Self {
        Self {
            asleep: Vec::new(),
            led: Arc::default(),
            leads: Arc::new(leads),
        }
    }

    /// Seats that are asleep.
    #[must_use]
    pub fn asleep(&self) -> Seats {
        self.asleep.iter().copied().collect()
    }

    /// The leaders of the last decided height; at the first there is nobody.
    #[must_use]
    pub const fn led(&self) -> &Arc<Leaders> {
        &self.led
    }

    /// The leaders of the next height.
    #[must_use]
    pub const fn leads(&self) -> &Arc<Leaders> {
        &self.leads
    }

    /// The last height was decided in `round`: whoever led one below is asleep. At most `most`
    /// seats are; the earliest wake first.
    pub(crate) fn fall(&mut self, round: Round, most: usize) {
        for seat in self.led.before(round) {
            if !self.asleep.contains(&seat) {
                self.asleep.push(seat);
            }
        }
        self.spare(most);
    }

    /// A seat showed itself.
    pub(crate) fn wake(&mut self, seat: Seat) {
        self.asleep.retain(|other| *other != seat);
    }

    /// The next height begins with these seats, of which at most `most` may be asleep.
    pub(crate) fn stay(&mut self, seats: Seats, most: usize) {
        self.asleep.retain(|seat| seats.contains(*seat));
        self.spare(most);
    }

    /// The next height has these leaders.
    pub(crate) fn next(&mut self, leads: Leaders) {
        self.led = std::mem::replace(&mut self.leads, Arc::new(leads));
    }

    fn spare(&mut self, most: usize) {
        let over = self.asleep.len().saturating_sub(most);
        self.asleep.drain(..over);
    }
}
