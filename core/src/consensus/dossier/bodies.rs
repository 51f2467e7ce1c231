//! Bodies of blocks: kept within bounds, fetched by digest from seats that must have them.

use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;

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

    /// Keeps a body, if it must be kept or there is room. Where rounds fail for long, blocks of
    /// past rounds make room for the next.
    pub(in crate::consensus) fn store_body(&mut self, digest: Digest, block: Arc<Block>) {
        if self.bodies.len() < BODIES_PER_HEIGHT || self.makes_room_for(digest) {
            self.bodies.insert(digest, block);
            self.asked.remove(&digest);
        }
    }

    /// Drops the bodies that only past rounds named, and tells whether one more may be kept.
    fn makes_room_for(&mut self, digest: Digest) -> bool {
        let bound = self.bound();
        let proposals = self.proposals.range(self.round..);
        let open: FxHashSet<_> = proposals.filter_map(|(_, held)| held.digest()).collect();
        let matters = |body: &Digest| bound.contains(body) || open.contains(body);
        self.bodies.retain(|body, _| matters(body));
        self.asked.retain(|body, _| matters(body));
        let others = self.bodies.keys().filter(|body| !bound.contains(body));
        bound.contains(&digest) || others.count() < BODIES_PER_HEIGHT
    }

    /// Blocks that this seat is bound to hand over for as long as the height lasts: the decided
    /// one, those that a certificate vouches for, and those it prepared itself. A certificate may
    /// turn up after any number of rounds, and whoever leads then must propose its block; at least
    /// one of the seats that prepared it is honest and has it still.
    fn bound(&self) -> FxHashSet<Digest> {
        let certified = self.certificates.values().map(|held| held.0.digest);
        let decided = self.decided.iter().map(|held| held.0.digest);
        let prepared = self.signed.prepares.values().copied().flatten();
        certified.chain(decided).chain(prepared).collect()
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
