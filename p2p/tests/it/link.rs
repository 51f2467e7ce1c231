//! Links survive every trip and break only loudly.

use proptest::prelude::*;
use quorate_core::crypto::{SecretKey, Signer};
use quorate_core::genesis::TableId;
use quorate_core::snapshot::Anchor;
use quorate_core::{Digest, Height};
use quorate_p2p::limits::LINK_ADDRESSES_MAX;
use quorate_p2p::link::{Link, LinkError};
use quorate_p2p::net::Multiaddr;

use crate::peers::key;

fn address() -> impl Strategy<Value = Multiaddr> {
    let peer = proptest::option::of(any::<[u8; 32]>());
    let kind = (any::<[u8; 4]>(), any::<u16>(), any::<bool>(), peer);
    kind.prop_map(|(ip, port, quic, peer)| {
        let [a, b, c, d] = ip;
        let transport = if quic {
            format!("udp/{port}/quic-v1")
        } else {
            format!("tcp/{port}")
        };
        let peer = peer.map(|seed| {
            let secret = libp2p::identity::Keypair::ed25519_from_bytes(seed).unwrap();
            format!("/p2p/{}", secret.public().to_peer_id())
        });
        format!(
            "/ip4/{a}.{b}.{c}.{d}/{transport}{}",
            peer.unwrap_or_default()
        )
        .parse()
        .unwrap()
    })
}

prop_compose! {
    fn link()(
        host in any::<[u8; 32]>(),
        invite in any::<[u8; 32]>(),
        table in proptest::option::of(any::<[u8; 32]>()),
        addresses in proptest::collection::vec(address(), 0..=LINK_ADDRESSES_MAX),
        recent in proptest::option::of((any::<u64>(), any::<[u8; 32]>())),
    ) -> Link {
        let recent = recent.map(|(height, digest)| Anchor {
            height: Height(height),
            digest: Digest::from_bytes(digest),
        });
        Link {
            host: SecretKey::from_bytes(&host).public(),
            invite: Digest::from_bytes(invite),
            table: table.map(|table| TableId(Digest::from_bytes(table))),
            addresses,
            recent,
        }
    }
}

proptest! {
    #[test]
    fn every_link_comes_back_as_it_was(link in link()) {
        let text = link.to_string();
        prop_assert_eq!(text.parse::<Link>(), Ok(link.clone()));
        prop_assert_eq!(text.to_uppercase().parse::<Link>(), Ok(link), "as in a QR code");
    }

    #[test]
    fn one_wrong_character_is_always_noticed(link in link(), at in any::<prop::sample::Index>()) {
        let mut text: Vec<char> = link.to_string().chars().collect();
        let at = at.index(text.len());
        text[at] = if text[at] == 'a' { 'b' } else { 'a' };
        let text: String = text.into_iter().collect();
        prop_assert!(text.parse::<Link>().is_err());
    }

    #[test]
    fn no_text_panics(text in ".{0,300}", armour in "[a-z2-7]{0,300}") {
        let _ = text.parse::<Link>();
        let text = format!("quorate:{armour}");
        prop_assert!(text.parse::<Link>().is_err());
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let link = Link::new(key(0), Digest::of_bytes("test", b"invite"));
    let text = link.to_string();
    assert_eq!(
        "https://example.org".parse::<Link>(),
        Err(LinkError::Scheme)
    );
    assert_eq!("".parse::<Link>(), Err(LinkError::Scheme));
    assert_eq!(
        text[..text.len() - 1].parse::<Link>(),
        Err(LinkError::Checksum)
    );
    let digit = text.replacen("quorate:a", "quorate:1", 1);
    assert_eq!(
        digit.parse::<Link>(),
        Err(LinkError::Character {
            at: 8,
            character: '1'
        })
    );
    assert_eq!(
        format!("quorate:{}", "a".repeat(5000)).parse::<Link>(),
        Err(LinkError::TooLong)
    );
}

#[test]
fn a_link_wrapped_by_a_terminal_still_works() {
    let link = Link::new(key(0), Digest::of_bytes("test", b"invite"));
    let text = link.to_string();
    let (first, second) = text.split_at(50);
    assert_eq!(
        format!("  {first}\n   {second}\n").parse::<Link>(),
        Ok(link)
    );
}

#[test]
fn addresses_of_others_lead_to_them_and_bare_ones_to_the_host() {
    let other = libp2p::identity::Keypair::ed25519_from_bytes([2; 32]).unwrap();
    let other = other.public().to_peer_id();
    let bare: Multiaddr = "/ip4/192.0.2.1/tcp/5".parse().unwrap();
    let theirs: Multiaddr = format!("/ip4/192.0.2.2/tcp/6/p2p/{other}").parse().unwrap();
    let link = Link {
        addresses: vec![bare.clone(), theirs],
        ..Link::new(key(0), Digest::of_bytes("test", b"invite"))
    };
    let peers = link.peers();
    assert_eq!(peers[&key(0)], [bare]);
    assert_eq!(
        peers[&key(1)],
        ["/ip4/192.0.2.2/tcp/6".parse::<Multiaddr>().unwrap()]
    );
}
