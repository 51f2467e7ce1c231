//! A seat that serves false history to whoever lags behind.

use std::sync::Arc;

use quorate_core::Wall;
use quorate_core::crypto::Signature;

use super::{Attack, Served};
use crate::rng::Rng;

/// Lies when it is asked for decided blocks.
pub(super) struct LyingServer;

impl Attack for LyingServer {
    fn serves(&mut self, rng: &mut Rng, decisions: &mut Vec<Served>) -> bool {
        let count = decisions.len();
        let Some((block, certificate)) = decisions.get_mut(rng.index(count)) else {
            return true;
        };
        match rng.below(6) {
            0 => return false,
            // A block that nobody decided.
            1 => Arc::make_mut(block).time = Wall(block.time.0 + 1),
            // One that its certificate is for, and that nobody signed.
            2 => {
                Arc::make_mut(block).time = Wall(block.time.0 + 1);
                certificate.0.digest = block.digest();
            }
            3 => {
                let forged = |(seat, _)| (seat, Signature::from_bytes(&[7; 64]));
                certificate.0.signatures = certificate.0.signatures.iter().map(forged).collect();
            }
            4 => decisions.reverse(),
            _ => super::swap_certificates(decisions),
        }
        true
    }
}
