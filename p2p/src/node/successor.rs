//! A halted table's successor: opened by the halted table's own thread, once it is settled.

use std::sync::{Arc, Weak};

use quorate_core::Digest;
use quorate_core::codec;
use quorate_core::game::Game;
use quorate_core::genesis::TableId;

use super::{Inner, Node, OpenError, home};
use crate::driver::{Card, Errand, Inheritance, Running, Successors, meta, read_meta};
use crate::link::Link;
use crate::lock;
use crate::store::{Batch, Store, StoreError};

/// The invitation to a successor: the same for all of its seats, for nobody hosts it.
fn invite(table: TableId) -> Digest {
    Digest::of_bytes("successor", table.0.as_bytes())
}

impl Inner {
    /// What a table's thread opens successors with. It keeps no node alive.
    pub(super) fn successors<G: Game>(self: &Arc<Self>) -> Successors<G> {
        let inner = Arc::downgrade(self);
        Box::new(move |inheritance| succeed(&inner, inheritance).transpose())
    }
}

/// Opens a successor, or finds the one that is open; none if the node is shutting down.
fn succeed<G: Game>(
    inner: &Weak<Inner>,
    inheritance: Inheritance,
) -> Result<Option<Arc<Running<G>>>, OpenError> {
    let Some(inner) = inner.upgrade() else {
        return Ok(None);
    };
    let node = Node { inner };
    let inner = &node.inner;
    let table = inheritance.signed.genesis.table();
    let mut link = Link::new(inner.net.local(), invite(table));
    link.table = Some(table);
    link.addresses = node.reachable();
    let mut tables = lock(&inner.tables);
    if inner.is_ended() {
        return Ok(None);
    }
    tables.retain(|_, open| !open.thread.is_finished());
    if let Some(open) = tables.get(&link.invite) {
        let running = Arc::clone(&open.mailbox).as_any().downcast();
        return Ok(running.ok()); // what has this invitation plays the game of its predecessor
    }
    let mut store = inner.home.store(link.invite)?;
    if home::card(&*store)?.is_none() {
        bequeath::<G>(&mut *store, inheritance, &link)?;
    }
    node.run(&mut tables, store, link, Errand::Join).map(Some)
}

/// Writes down all that the successor starts with, in one step.
fn bequeath<G: Game>(
    store: &mut dyn Store,
    inheritance: Inheritance,
    link: &Link,
) -> Result<(), StoreError> {
    let card = Card {
        role: inheritance.role,
        link: link.to_string(),
        game: G::NAME.to_owned(),
        version: G::VERSION,
    };
    let batch = Batch::default()
        .meta(meta::CARD, bytes(&card))
        .meta(meta::GENESIS, bytes(&inheritance.signed))
        .meta(meta::CARRIED, bytes(&inheritance.carried))
        .meta(meta::ADDRESSES, bytes(&inheritance.addresses))
        .meta(meta::BEFORE, bytes(&inheritance.before.to_string()));
    store.commit(&batch)
}

fn bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // Invariant: cards, genesis, saved games and addresses hold integers, bytes and text alone.
    codec::encode(value).expect("what a table starts with always encodes")
}

/// The link of the table that the one in `store` took over from.
pub(super) fn before(store: &dyn Store) -> Result<Option<Link>, StoreError> {
    let text: Option<String> = read_meta(store, meta::BEFORE)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

impl Node {
    /// Takes up the table that a successor took over from, if it is here: somebody who was away
    /// when the others agreed may come there yet.
    pub(super) fn open_before<G: Game>(&self, before: Option<&Link>) {
        let here = |before: &&Link| self.inner.home.holds(&before.invite);
        let Some(before) = before.filter(here) else {
            return;
        };
        let open = self.join::<G>(before).map(drop);
        match open {
            Ok(()) | Err(OpenError::AlreadyOpen { .. }) => {}
            Err(why) => tracing::warn!(%why, "the table before this one is not taken up"),
        }
    }
}
