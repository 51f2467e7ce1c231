//! Where the other seats were found, kept with the table for its next start.
//!
//! The link says where its host was when it was written. Whoever restarts with its folder alone,
//! after the host and perhaps itself got other addresses, finds the seats that stayed.

use std::collections::BTreeMap;

use libp2p::Multiaddr;
use quorate_core::Mono;
use quorate_core::crypto::PublicKey;
use quorate_core::game::Game;

use super::playing::Playing;
use super::{Hands, meta};
use crate::clock;
use crate::limits::{REMEMBER_EVERY, REMEMBERED_ADDRESSES_MAX};
use crate::table::Halt;

/// The addresses of the other seats, as they are on disk.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// Encoded, as they may be of a kind that only another version reads.
    saved: BTreeMap<PublicKey, Vec<Vec<u8>>>,
    next: Mono,
}

impl Remembered {
    /// Whatever is news is written with the next pass.
    pub(super) fn hurry(&mut self) {
        self.next = Mono::default();
    }
}

impl<G: Game> Playing<G> {
    /// Takes up what was remembered, as a hint: whoever answers there must have the seat's key.
    pub(super) fn recall(&mut self, hands: &Hands<G>) -> Result<(), Halt> {
        self.remembered.saved = hands.ledger.get(meta::ADDRESSES)?.unwrap_or_default();
        for (peer, addresses) in &self.remembered.saved {
            let known = addresses.iter().cloned().map(Multiaddr::try_from);
            let known: Vec<_> = known.filter_map(Result::ok).collect();
            if let Err(error) = hands.line.net.hint(*peer, known) {
                tracing::debug!(%peer, %error, "what was remembered of it is of no use");
            }
        }
        Ok(())
    }

    /// Writes down where the other seats are, if that is news and was not done lately.
    pub(super) fn remember(&mut self, hands: &mut Hands<G>) -> Result<(), Halt> {
        let now = clock::mono();
        if now < self.remembered.next {
            return Ok(());
        }
        self.remembered.next = now.after(REMEMBER_EVERY);
        let known = self.known(hands);
        if known != self.remembered.saved {
            hands.ledger.set(meta::ADDRESSES, &known)?;
            self.remembered.saved = known;
        }
        Ok(())
    }

    /// The best addresses of every other seat, in an order of their own: which of them is better
    /// changes often, and is no news. A seat of which nothing is known keeps what it had.
    pub(super) fn known(&self, hands: &Hands<G>) -> BTreeMap<PublicKey, Vec<Vec<u8>>> {
        let (roster, me) = (self.engine.table().roster(), hands.key());
        let mut known = self.remembered.saved.clone();
        for (peer, addresses) in hands.line.net.known_addresses() {
            let heir = || self.going_on.speakers().any(|key| key == peer);
            let sits = roster.seat_of(&peer).is_some() || heir();
            if peer == me || !sits || addresses.is_empty() {
                continue;
            }
            let best = addresses.iter().take(REMEMBERED_ADDRESSES_MAX);
            let mut best: Vec<_> = best.map(Multiaddr::to_vec).collect();
            best.sort_unstable();
            known.insert(peer, best);
        }
        known
    }
}
