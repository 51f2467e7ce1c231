//! A seat that offers whoever was long away a snapshot of what was not decided.

use quorate_core::codec::Blob;
use quorate_core::snapshot::Snapshot;

use super::Attack;
use crate::rng::Rng;

/// How often it changes a bit until the state can be read.
const FLIPS: usize = 64;

/// Offers another state than the block's, a block that leads to it, or one that nobody signed.
pub(super) struct FalseSnapshot;

impl Attack for FalseSnapshot {
    fn offers(
        &mut self,
        rng: &mut Rng,
        mut snapshot: Snapshot,
        reads: &dyn Fn(&[u8]) -> bool,
    ) -> Snapshot {
        let mut state = snapshot.state.to_vec();
        for _ in 0..FLIPS {
            state = snapshot.state.to_vec();
            let at = rng.index(state.len());
            state[at] ^= 1 << rng.below(8);
            if reads(&state) {
                break;
            }
        }
        snapshot.state = Blob::from(state);
        if rng.chance(500_000) {
            return snapshot; // another state than the block's
        }
        let mut block = (*snapshot.block).clone();
        block.post_state = snapshot.digest();
        if rng.chance(500_000) {
            snapshot.certificate.0.digest = block.digest(); // signed by nobody
        }
        snapshot.block = block.into();
        snapshot
    }
}
