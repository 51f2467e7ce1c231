//! Tables on the local network.

use std::collections::BTreeMap;
use std::sync::Mutex;

use quorate_core::codec;
use quorate_core::crypto::PublicKey;
use quorate_core::game::Game;
use quorate_core::roster::Name;
use serde::{Deserialize, Serialize};

use crate::limits::{ANNOUNCED_TABLES, ANNOUNCEMENT_BYTES_MAX, NEARBY_PEERS_MAX};
use crate::link::Link;
use crate::lock;
use crate::net::{Browsing, Event, Multiaddr, NetHandle};
use crate::table::Table;

/// A table on the local network that waits for players. A hint: anybody can announce anything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nearby {
    /// The link to join it by.
    pub link: Link,
    /// What is played.
    pub game: String,
    /// The version of the rules.
    pub version: u32,
    /// What the host is called.
    pub host: Name,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Announcement {
    link: String,
    game: String,
    version: u32,
    host: Name,
}

/// What other nodes of the local network announce.
#[derive(Default)]
pub(super) struct Neighbours {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looking: bool,
    known: BTreeMap<PublicKey, Vec<Nearby>>,
}

impl Neighbours {
    /// What is known; begins to look for more at the first call.
    pub(super) fn look(&self, net: &NetHandle) -> Vec<Nearby> {
        let mut state = lock(&self.state);
        if !state.looking {
            state.looking = net.browse(Browsing::On).is_ok();
        }
        state.known.values().flatten().cloned().collect()
    }

    /// Notes what the network says to the node itself.
    pub(super) fn note(&self, event: Event) {
        let Event::Discovered {
            peer,
            addresses,
            announcement,
        } = event
        else {
            return;
        };
        let read: Result<Vec<Announcement>, _> = codec::decode(&announcement);
        let Ok(announced) = read else {
            tracing::debug!(%peer, "announces what does not decode");
            return;
        };
        let nearby = |said| nearby(peer, &addresses, said);
        let tables = announced
            .into_iter()
            .take(ANNOUNCED_TABLES)
            .filter_map(nearby)
            .collect();
        let mut state = lock(&self.state);
        if state.known.len() < NEARBY_PEERS_MAX || state.known.contains_key(&peer) {
            state.known.insert(peer, tables);
        }
    }
}

/// A table that `peer` announces, if it is its own. Where it was heard is added to the link.
fn nearby(peer: PublicKey, addresses: &[Multiaddr], said: Announcement) -> Option<Nearby> {
    let mut link: Link = said.link.parse().ok()?;
    if link.host != peer {
        return None;
    }
    let more = addresses
        .iter()
        .filter(|address| !link.addresses.contains(address));
    let more: Vec<_> = more.cloned().collect();
    link.addresses.extend(more);
    link.addresses.truncate(crate::limits::LINK_ADDRESSES_MAX);
    Some(Nearby {
        link,
        game: said.game,
        version: said.version,
        host: said.host,
    })
}

/// What this node announces: its tables that wait for players.
#[derive(Default)]
pub(super) struct Announced {
    tables: Mutex<Vec<Announcement>>,
}

impl Announced {
    /// Announces a table that was just set up, and the one before it.
    pub(super) fn add<G: Game>(&self, net: &NetHandle, host: &Name, table: &Table<G>) {
        let Some(link) = table.link() else { return };
        let mut tables = lock(&self.tables);
        let (game, version, host) = (G::NAME.to_owned(), G::VERSION, host.clone());
        tables.push(Announcement {
            link: link.to_string(),
            game,
            version,
            host,
        });
        let extra = tables.len().saturating_sub(ANNOUNCED_TABLES);
        tables.drain(..extra);
        let mut said = tables.clone();
        // The newest is said in any case.
        let bytes = loop {
            match codec::encode(&said) {
                Ok(bytes) if bytes.len() <= ANNOUNCEMENT_BYTES_MAX => break Some(bytes),
                _ if said.len() > 1 => drop(said.remove(0)),
                _ => break None,
            }
        };
        let announced = bytes.map_or(Ok(()), |bytes| net.announce(Some(bytes.into())));
        if let Err(error) = announced {
            tracing::warn!(%error, "cannot announce the table");
        }
    }
}
