//! Decided entries: each follows the one before it of its seat and stream, and no action means a
//! turn that is over.

use std::collections::BTreeMap;

use quorate_core::Seat;
use quorate_core::message::{Block, Content, Stream};

use super::{Invariant, Judgement, Violation};

/// The last decided nonces.
#[derive(Default)]
pub(super) struct Entries(BTreeMap<(Seat, Stream), u64>);

impl Entries {
    /// A block was decided for the first time; `before` it was this turn, and perhaps the dice
    /// rolled, where that is known.
    pub(super) fn decided(&mut self, block: &Block, before: Option<(u64, bool)>) -> Judgement {
        let height = block.height;
        for entry in &block.entries {
            let (seat, nonce, follows) = (entry.body.seat, entry.body.nonce, entry.body.follows);
            let last = self.0.entry((seat, entry.stream())).or_default();
            if follows != *last || nonce <= *last || entry.body.valid_until < height {
                let what = format!("h{height} holds entry {nonce} of seat {seat} after {last}");
                return Err(Violation::new(Invariant::Entry, what));
            }
            *last = nonce;
            let meant = match &entry.body.content {
                Content::Actions { turn, actions } if !actions.is_empty() => Some(*turn),
                Content::Seal { turn, .. } => Some(*turn),
                _ => None,
            };
            if let (Some(meant), Some((turn, rolling))) = (meant, before)
                && (meant < turn || rolling)
            {
                let what = format!(
                    "h{height} holds a move of turn {meant}, and it was {turn}, rolling: {rolling}"
                );
                return Err(Violation::new(Invariant::Entry, what));
            }
        }
        Ok(())
    }
}
