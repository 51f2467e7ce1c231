//! What was decided, by whom, in which order.

use std::sync::Arc;

use quorate_core::message::Block;
use quorate_core::snapshot::Snapshot;
use quorate_core::{Digest, Height};

use super::{Invariant, Judgement, Violation, bytes};

/// The one chain, and how far each device has come.
pub(crate) struct Chain {
    decided: Vec<Link>,
    devices: Vec<Height>,
}

struct Link {
    block: Digest,
    state: Digest,
}

impl Chain {
    pub(super) fn new(devices: usize) -> Self {
        Self {
            decided: Vec::new(),
            devices: vec![Height(0); devices],
        }
    }

    /// The highest height any honest device decided.
    pub(crate) fn top(&self) -> Height {
        Height(self.decided.len() as u64)
    }

    /// A device started from a journal of `durable` decisions. Its Commits there may decide the
    /// next height at once.
    pub(crate) fn started(&mut self, device: usize, height: Height, durable: Height) -> Judgement {
        self.devices[device] = durable;
        if height >= durable {
            return Ok(());
        }
        let what = format!("device {device} starts at h{height} from {durable} decisions");
        Err(Violation::new(Invariant::Prefix, what))
    }

    /// An honest device decided a block. Tells whether it was the first to do so.
    pub(crate) fn decided(
        &mut self,
        device: usize,
        block: &Arc<Block>,
        state: Digest,
    ) -> Result<bool, Violation> {
        let height = block.height;
        let violated = |invariant, what: String| Err(Violation::new(invariant, what));
        if height != self.devices[device].next() {
            let last = self.devices[device];
            let what = format!("device {device} decides h{height} after h{last}");
            return violated(Invariant::Prefix, what);
        }
        self.devices[device] = height;
        if state != block.post_state {
            let what = format!("device {device} is in another state after h{height}");
            return violated(Invariant::State, what);
        }
        let digest = bytes::block_digest(block);
        let index = usize::try_from(height.0 - 1).unwrap_or(usize::MAX);
        let Some(link) = self.decided.get(index) else {
            return self.extend(device, block, digest, state);
        };
        if link.block != digest {
            let (first, other) = (link.block.short(), digest.short());
            let what = format!("h{height} was decided as {first}, by device {device} as {other}");
            return violated(Invariant::Agreement, what);
        }
        if link.state != state {
            let what = format!("device {device} has another state digest at h{height}");
            return violated(Invariant::State, what);
        }
        Ok(false)
    }

    /// An honest device went on from a snapshot, with a state of this digest and, as far as
    /// they can be seen, of these bytes.
    pub(crate) fn adopted(
        &mut self,
        device: usize,
        height: Height,
        (said, state): (Digest, Option<&[u8]>),
    ) -> Judgement {
        let violated = |invariant, what: String| Err(Violation::new(invariant, what));
        let index = usize::try_from(height.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(link) = self.decided.get(index) else {
            let what = format!("device {device} goes on from h{height}, which nobody decided");
            return violated(Invariant::Prefix, what);
        };
        if height <= self.devices[device] {
            let last = self.devices[device];
            let what = format!("device {device} goes back from h{last} to h{height}");
            return violated(Invariant::Prefix, what);
        }
        self.devices[device] = height;
        if said != link.state || state.is_some_and(|is| bytes::state_digest(is) != link.state) {
            let what = format!("device {device} goes on from another state of h{height}");
            return violated(Invariant::State, what);
        }
        Ok(())
    }

    /// Whether a snapshot that an honest seat writes down is of what was decided.
    pub(super) fn holds(&self, held: &Snapshot) -> Judgement {
        let height = held.block.height;
        let index = usize::try_from(height.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let same = self.decided.get(index).is_some_and(|link| {
            let here = (
                bytes::block_digest(&held.block),
                bytes::state_digest(&held.state),
            );
            here == (link.block, link.state)
        });
        if same {
            return Ok(());
        }
        let what = format!("a snapshot of h{height} is not of what was decided there");
        Err(Violation::new(Invariant::State, what))
    }

    fn extend(
        &mut self,
        device: usize,
        block: &Block,
        digest: Digest,
        state: Digest,
    ) -> Result<bool, Violation> {
        let parent = self.decided.last().map(|link| link.block);
        if parent.is_some_and(|parent| parent != block.parent) {
            let what = format!(
                "the block device {device} decides at h{} has no parent",
                block.height
            );
            return Err(Violation::new(Invariant::Prefix, what));
        }
        self.decided.push(Link {
            block: digest,
            state,
        });
        Ok(true)
    }
}
