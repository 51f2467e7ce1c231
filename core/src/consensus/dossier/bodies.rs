//! Bodies of blocks: kept within bounds, fetched by digest from seats that must have them.

use std::sync::Arc;
use std::time::Duration;

use super::Dossier;
use crate::consensus::Effect;
use crate::digest::Digest;
use crate::limits::BODIES_PER_HEIGHT;
use crate::message::Block;
use crate::seat::Seats;
use crate::time::Mono;

/// How long to wait for a body before asking again.
const ASK_AGAIN: Duration = Duration::from_millis(300);

impl Dossier {
    /// The body with this digest, if it is held.
    #[must_use]
    pub fn body(&self, digest: Digest) -> Option<&Arc<Block>> {
        self.bodies.get(&digest)
    }

    /// Whether a certificate of any round vouches for the block.
    pub(in crate::consensus) fn is_certified(&self, digest: Digest) -> bool {
        let mut certificates = self.certificates.values();
        certificates.any(|held| held.0.digest == digest)
    }

    pub(in crate::consensus) fn store_body(&mut self, digest: Digest, block: Arc<Block>) {
        let decided = self.decided.as_ref();
        let certified =
            self.is_certified(digest) || decided.is_some_and(|held| held.0.digest == digest);
        if certified || self.bodies.len() < BODIES_PER_HEIGHT {
            self.bodies.insert(digest, block);
            self.asked.remove(&digest);
        }
    }

    /// Asks `from` for a body, unless that was done lately.
    pub(in crate::consensus) fn want(
        &mut self,
        digest: Digest,
        from: Seats,
        now: Mono,
        effects: &mut Vec<Effect>,
    ) {
        let lately = |asked: &Mono| now < asked.after(ASK_AGAIN);
        if !self.asked.get(&digest).is_some_and(lately) {
            self.asked.insert(digest, now);
            let from = self.place.me.map_or(from, |me| from - me.into());
            effects.push(Effect::Fetch { digest, from });
        }
    }

    /// Hands a decided block over, or fetches it.
    pub(in crate::consensus) fn deliver(&mut self, now: Mono, effects: &mut Vec<Effect>) {
        let Some(certificate) = self.decided.clone().filter(|_| !self.delivered) else {
            return;
        };
        match self.bodies.get(&certificate.0.digest).cloned() {
            Some(block) => {
                self.delivered = true;
                effects.push(Effect::Decide { certificate, block });
            }
            None => self.want(
                certificate.0.digest,
                certificate.0.signatures.seats(),
                now,
                effects,
            ),
        }
    }

    /// Takes a block body that was asked for. Tells whether it was.
    pub fn take_body(&mut self, digest: Digest, block: Arc<Block>) -> bool {
        let wanted = self.asked.contains_key(&digest);
        if wanted {
            self.store_body(digest, block);
        }
        wanted
    }

    /// Takes the body of the decided block, whoever brought it.
    pub fn take_decided_body(&mut self, digest: Digest, block: Arc<Block>) {
        if self
            .decided
            .as_ref()
            .is_some_and(|certificate| certificate.0.digest == digest)
        {
            self.bodies.insert(digest, block);
        }
    }
}
