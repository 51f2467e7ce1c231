//! Where peers may be found, best known addresses first.

use std::collections::BTreeMap;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use quorate_core::crypto::PublicKey;

use super::gate::ip;
use crate::limits::{ADDRESS_BYTES_MAX, BOOK_ADDRESSES_MAX, BOOK_PEERS_MAX};

/// How an address came to be known; a better one pushes out a worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// Another peer told it.
    Told,
    /// The local network told it.
    Nearby,
    /// The peer itself told it, or a link or the host app did.
    Given,
    /// The peer answered there.
    Proven,
}

#[derive(Debug)]
struct Known {
    address: Multiaddr,
    source: Source,
    noted: u64,
}

/// Addresses of peers, bounded in every direction.
#[derive(Debug, Default)]
pub(super) struct Book {
    peers: BTreeMap<PublicKey, Vec<Known>>,
    clock: u64,
}

impl Book {
    /// Notes an address; tells whether it was new.
    pub(super) fn learn(&mut self, peer: PublicKey, address: &Multiaddr, source: Source) -> bool {
        let Some(address) = normal(address) else {
            return false;
        };
        if self.peers.len() >= BOOK_PEERS_MAX && !self.peers.contains_key(&peer) {
            return false;
        }
        self.clock += 1;
        let noted = self.clock;
        let known = self.peers.entry(peer).or_default();
        if let Some(old) = known.iter_mut().find(|known| known.address == address) {
            old.source = old.source.max(source);
            old.noted = noted;
            return false;
        }
        if known.len() >= BOOK_ADDRESSES_MAX {
            let worst = (0..known.len()).min_by_key(|at| (known[*at].source, known[*at].noted));
            match worst {
                Some(at) if known[at].source <= source => drop(known.swap_remove(at)),
                _ => return false,
            }
        }
        known.push(Known {
            address,
            source,
            noted,
        });
        true
    }

    /// Notes what a peer says of itself: what it does not name any more ranks last. Tells whether
    /// anything was new.
    pub(super) fn learn_own(&mut self, peer: PublicKey, addresses: &[Multiaddr]) -> bool {
        let named: Vec<_> = addresses.iter().filter_map(normal).collect();
        for known in self.peers.get_mut(&peer).into_iter().flatten() {
            if !named.contains(&known.address) {
                known.source = Source::Told;
            }
        }
        let learnt = named
            .iter()
            .map(|address| self.learn(peer, address, Source::Given));
        learnt.fold(false, |any, new| any | new)
    }

    /// Forgets an address at which somebody else answers.
    pub(super) fn forget(&mut self, peer: PublicKey, address: &Multiaddr) {
        let address = normal(address);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.retain(|known| Some(&known.address) != address.as_ref());
        }
    }

    /// The addresses of `peer`, best first.
    pub(super) fn addresses(&self, peer: &PublicKey) -> Vec<Multiaddr> {
        let mut known: Vec<_> = self.peers.get(peer).into_iter().flatten().collect();
        known.sort_by_key(|known| std::cmp::Reverse((known.source, known.noted)));
        known
            .into_iter()
            .map(|known| known.address.clone())
            .collect()
    }

    /// Every peer with its addresses, best first.
    pub(super) fn all(&self) -> Vec<(PublicKey, Vec<Multiaddr>)> {
        self.peers
            .keys()
            .map(|peer| (*peer, self.addresses(peer)))
            .collect()
    }
}

/// An address without a peer's identity, if it is one that can be dialled.
pub(super) fn normal(address: &Multiaddr) -> Option<Multiaddr> {
    let bare: Multiaddr = address
        .iter()
        .filter(|part| !matches!(part, Protocol::P2p(_)))
        .collect();
    let mut parts = bare.iter().skip(1);
    let dialable = match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Udp(port)), Some(Protocol::QuicV1), None)
        | (Some(Protocol::Tcp(port)), None, None) => port != 0,
        _ => false,
    };
    let specified = ip(&bare).is_some_and(|ip| !ip.is_unspecified() && !ip.is_multicast());
    (dialable && specified && bare.len() <= ADDRESS_BYTES_MAX).then_some(bare)
}

/// Whether `address` means this machine, to whoever reads it.
pub(super) fn is_loopback(address: &Multiaddr) -> bool {
    ip(address).is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    fn peer() -> PublicKey {
        PublicKey::from_bytes([1; 32])
    }

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/192.0.2.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn hearsay_never_pushes_out_what_a_peer_says_of_itself() {
        let mut book = Book::default();
        for port in 1..=8 {
            assert!(book.learn(peer(), &address(port), Source::Given));
        }
        assert!(!book.learn(peer(), &address(9), Source::Told));
        assert!(book.learn(peer(), &address(10), Source::Proven));
        let known = book.addresses(&peer());
        assert_eq!(
            (known.len(), known.first()),
            (BOOK_ADDRESSES_MAX, Some(&address(10)))
        );
        assert!(
            !known.contains(&address(1)),
            "the oldest of the least made room"
        );
    }

    #[test]
    fn addresses_nobody_can_dial_are_not_kept() {
        let mut book = Book::default();
        for text in [
            "/ip4/0.0.0.0/tcp/5",
            "/ip4/192.0.2.1/tcp/0",
            "/ip4/192.0.2.1/udp/5",
            "/ip4/224.0.0.251/udp/5/quic-v1",
            "/dns4/example.org/tcp/5",
        ] {
            assert!(
                !book.learn(peer(), &text.parse().unwrap(), Source::Given),
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_peer_names_no_more_ranks_last() {
        let mut book = Book::default();
        book.learn(peer(), &address(1), Source::Proven);
        assert!(book.learn_own(peer(), &[address(2)]));
        assert_eq!(book.addresses(&peer()), [address(2), address(1)]);
    }

    #[test]
    fn peers_are_bounded() {
        let mut book = Book::default();
        for index in 0..BOOK_PEERS_MAX {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&index.to_le_bytes());
            assert!(book.learn(PublicKey::from_bytes(key), &address(1), Source::Told));
        }
        assert!(!book.learn(
            PublicKey::from_bytes([0xff; 32]),
            &address(1),
            Source::Proven
        ));
    }
}
