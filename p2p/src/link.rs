//! `quorate:` links: the line one player sends another so that they meet.
//!
//! A link names the host and the invitation, where to look for them, and perhaps how far the table
//! had come. Its text is base32 without case, so that it can be read aloud, survives line breaks
//! and makes a small QR code; a checksum turns a typing mistake into a clear error.
//!
//! ```
//! use quorate_core::{Digest, crypto::{SecretKey, Signer}};
//! use quorate_p2p::link::{Link, LinkError};
//!
//! let host = SecretKey::from_bytes(&[7; 32]).public();
//! let link = Link {
//!     addresses: vec!["/ip4/192.0.2.7/udp/4001/quic-v1".parse().unwrap()],
//!     ..Link::new(host, Digest::of_bytes("invite", b"friday night"))
//! };
//! let text = link.to_string();
//! assert_eq!(text.parse(), Ok(link));
//! assert_eq!(text[..text.len() - 3].parse::<Link>(), Err(LinkError::Checksum));
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use quorate_core::Digest;
use quorate_core::codec::{self, DecodeError};
use quorate_core::crypto::PublicKey;
use quorate_core::genesis::TableId;
use quorate_core::snapshot::Anchor;
use serde::{Deserialize, Serialize};

use crate::limits::{ADDRESS_BYTES_MAX, LINK_ADDRESSES_MAX, LINK_CHARS_MAX};
use crate::net::identity;

const SCHEME: &str = "quorate:";
const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// Where and whom to ask for a seat, or for one's own seat again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Who invites: the key that answers at [`Link::addresses`].
    pub host: PublicKey,
    /// What one is invited to: the channel on which to ask. It stays the same from gathering to
    /// the end.
    pub invite: Digest,
    /// The table, once its genesis is agreed.
    pub table: Option<TableId>,
    /// Where to look, at most [`LINK_ADDRESSES_MAX`]: the host, or the peer in a `/p2p/` suffix.
    pub addresses: Vec<Multiaddr>,
    /// A decision that the table had made when the link was written: its newest checkpoint, or
    /// its last decision before the first. Whoever follows the link must find it at the table, and
    /// may go on from there.
    pub recent: Option<Anchor>,
}

/// Why a text is no link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Address `index` is no address.
    #[error("address {index} of the link is not valid")]
    Address {
        /// Which, from 0.
        index: usize,
    },
    /// A character that no link has.
    #[error("character {character:?} at position {at} does not belong in a link")]
    Character {
        /// How many characters come before it.
        at: usize,
        /// The character.
        character: char,
    },
    /// A character is wrong, or the end is missing.
    #[error("the link is mistyped or cut off: its checksum does not match")]
    Checksum,
    /// The host's key is no key.
    #[error("the host's key in the link is not valid")]
    Host,
    /// The checksum matches, the content does not decode: another program wrote it.
    #[error("the link does not decode: {0}")]
    Malformed(DecodeError),
    /// Something else than a link.
    #[error("a link begins with \"quorate:\"")]
    Scheme,
    /// More than [`LINK_CHARS_MAX`] characters.
    #[error("a link has at most {LINK_CHARS_MAX} characters")]
    TooLong,
    /// More than [`LINK_ADDRESSES_MAX`] addresses.
    #[error("a link has at most {LINK_ADDRESSES_MAX} addresses")]
    TooManyAddresses,
    /// Written by a version this one does not know.
    #[error("the link has version {found}, this program reads version {VERSION}: update it")]
    Version {
        /// The link's version.
        found: u8,
    },
}

#[derive(Serialize, Deserialize)]
struct Body {
    host: PublicKey,
    invite: Digest,
    table: Option<TableId>,
    addresses: Vec<Vec<u8>>,
    recent: Option<Anchor>,
}

impl Link {
    /// A link with no address yet.
    #[must_use]
    pub const fn new(host: PublicKey, invite: Digest) -> Self {
        Self {
            host,
            invite,
            table: None,
            addresses: Vec::new(),
            recent: None,
        }
    }

    /// Adds addresses of another peer that can be asked, in place of the last of the others where
    /// there are too many.
    pub(crate) fn add(&mut self, peer: PublicKey, addresses: Vec<Multiaddr>) {
        let Some(id) = identity::peer_id(&peer) else {
            return;
        };
        let own = addresses.into_iter().take(LINK_ADDRESSES_MAX / 2);
        let own: Vec<_> = own.map(|address| address.with(Protocol::P2p(id))).collect();
        self.addresses.truncate(LINK_ADDRESSES_MAX - own.len());
        self.addresses.extend(own);
    }

    /// The addresses by the peer they lead to, the host among them even without one.
    #[must_use]
    pub fn peers(&self) -> BTreeMap<PublicKey, Vec<Multiaddr>> {
        let mut peers = BTreeMap::from([(self.host, Vec::new())]);
        for address in &self.addresses {
            let named = address.iter().find_map(|part| match part {
                Protocol::P2p(peer) => identity::public_key(&peer),
                _ => None,
            });
            let bare = address
                .iter()
                .filter(|part| !matches!(part, Protocol::P2p(_)))
                .collect();
            peers
                .entry(named.unwrap_or(self.host))
                .or_default()
                .push(bare);
        }
        peers
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.iter().take(LINK_ADDRESSES_MAX);
        let body = Body {
            host: self.host,
            invite: self.invite,
            table: self.table,
            addresses: addresses.map(Multiaddr::to_vec).collect(),
            recent: self.recent,
        };
        let mut bytes = vec![VERSION];
        bytes.extend(codec::encode(&body).map_err(|_| fmt::Error)?);
        bytes.extend(checksum(&bytes));
        write!(
            f,
            "{SCHEME}{}",
            BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
        )
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let bytes = unarmour(text)?;
        let (bytes, sum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(LinkError::Checksum)?;
        if *sum != checksum(bytes) {
            return Err(LinkError::Checksum);
        }
        match bytes.split_first() {
            Some((&VERSION, body)) => read(codec::decode(body).map_err(LinkError::Malformed)?),
            Some((&found, _)) => Err(LinkError::Version { found }),
            None => Err(LinkError::Checksum),
        }
    }
}

/// The bytes in a link's text. Spaces and line breaks, which chats and terminals add, mean nothing.
fn unarmour(text: &str) -> Result<Vec<u8>, LinkError> {
    if text.len() > 2 * LINK_CHARS_MAX {
        return Err(LinkError::TooLong);
    }
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let scheme = bare
        .get(..SCHEME.len())
        .filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    let armour = &bare[scheme.ok_or(LinkError::Scheme)?.len()..];
    if bare.len() > LINK_CHARS_MAX {
        return Err(LinkError::TooLong);
    }
    let belongs = |c: char| c.is_ascii_alphabetic() || ('2'..='7').contains(&c);
    if let Some((at, character)) = armour.chars().enumerate().find(|(_, c)| !belongs(*c)) {
        return Err(LinkError::Character {
            at: SCHEME.len() + at,
            character,
        });
    }
    let upper = armour.to_ascii_uppercase();
    BASE32_NOPAD
        .decode(upper.as_bytes())
        .map_err(|_| LinkError::Checksum)
}

fn read(body: Body) -> Result<Link, LinkError> {
    if body.addresses.len() > LINK_ADDRESSES_MAX {
        return Err(LinkError::TooManyAddresses);
    }
    identity::peer_id(&body.host).ok_or(LinkError::Host)?;
    let address = |(index, bytes): (usize, Vec<u8>)| {
        let short = bytes.len() <= ADDRESS_BYTES_MAX;
        let address = short.then(|| Multiaddr::try_from(bytes).ok()).flatten();
        address.ok_or(LinkError::Address { index })
    };
    let addresses = body.addresses.into_iter().enumerate().map(address);
    Ok(Link {
        host: body.host,
        invite: body.invite,
        table: body.table,
        addresses: addresses.collect::<Result<_, _>>()?,
        recent: body.recent,
    })
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = *Digest::of_bytes("link", bytes).as_bytes();
    [a, b, c, d]
}
