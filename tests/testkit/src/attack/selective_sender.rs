//! A seat that lets only a few others hear it, so that they hold what nobody else does: the hidden
//! lock.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::Message;

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Speaks to a chosen few, others at each height and round.
pub(super) struct SelectiveSender {
    /// To one seat more than may cheat: the fewest of whom one is honest in any case. Else to half
    /// of all seats, as chance has it.
    few: bool,
}

impl SelectiveSender {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let few = rng.chance(500_000);
        Self { few }
    }

    fn chooses(&self, hand: &Hand<'_>, to: Seat, salt: u64) -> bool {
        if !self.few {
            return hand.is_chosen(to, salt);
        }
        let others: Vec<_> = (hand.seats - hand.me.into()).iter().collect();
        let count = hand.seats.len().saturating_sub(1) / 3 + 1;
        let first = Rng::new(salt).index(others.len());
        let chosen = others.iter().cycle().skip(first).take(count);
        chosen.into_iter().any(|seat| *seat == to)
    }
}

impl Attack for SelectiveSender {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let salt = hand.height.0 << 8 | u64::from(hand.round.0 & 0xff);
        let hears = match frame.message() {
            // Its first vote reaches some of the seats, its second perhaps others.
            Some(Message::Vote(vote)) => self.chooses(hand, to, salt ^ (vote.kind as u64) << 40),
            Some(Message::Status(_) | Message::Entry(_)) => true,
            _ => self.chooses(hand, to, salt),
        };
        if hears {
            hand.pass(to, frame);
        }
    }
}
