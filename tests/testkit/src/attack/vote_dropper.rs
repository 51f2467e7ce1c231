//! A seat whose votes get lost: all of one kind, or every other.

use std::sync::Arc;

use quorate_core::Seat;
use quorate_core::message::VoteKind;

use super::{Attack, Hand};
use crate::frame::Frame;
use crate::rng::Rng;

/// Drops its own votes.
pub(super) struct VoteDropper {
    /// The only kind dropped; none drops half of both.
    kind: Option<VoteKind>,
}

impl VoteDropper {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let kinds = [None, Some(VoteKind::Prepare), Some(VoteKind::Commit)];
        Self {
            kind: *rng.pick(&kinds),
        }
    }
}

impl Attack for VoteDropper {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        let dropped = hand.own_vote(frame).map(|vote| vote.kind);
        let drops = match (dropped, self.kind) {
            (None, _) => false,
            (Some(_), None) => hand.rng.chance(500_000),
            (Some(kind), Some(only)) => kind == only,
        };
        if !drops {
            hand.pass(to, frame);
        }
    }
}
