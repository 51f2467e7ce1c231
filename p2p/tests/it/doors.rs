//! What is said at the invitation's door with the key of a seat, by somebody else than its owner.

use bytes::Bytes;
use quorate_core::Digest;
use quorate_core::codec;
use quorate_core::crypto::{PublicKey, SecretKey};
use quorate_core::message::Motion;
use quorate_p2p::net::{self, Admission, Lane, NetConfig};
use quorate_p2p::{Event, Node, Refusal, Status, Table};
use serde::Serialize;

use crate::hostile::{GREETING, key_in};
use crate::membership::{admit, asker, pass, seat};
use crate::peers::Peer;
use crate::race::{Race, SOON, gathered, node, node_in, play, until};

/// What is said at the door, of which these tests say two.
#[derive(Serialize)]
enum Word {
    _Offer,
    _Ask,
    _Propose,
    _Sign,
    _Begin,
    Refused(Refusal),
    Watch,
}

/// The first bytes of words that are heard there.
const BEGIN: [u8; 2] = [0, 4];
const REFUSED: [u8; 2] = [0, 5];
const APPLY: [u8; 2] = [0, 7];

/// Somebody with another's key at the invitation's door, connected with one device.
struct Impostor {
    peer: Peer,
    invite: Digest,
    other: PublicKey,
}

impl Impostor {
    fn at(invite: Digest, secret: SecretKey, with: &Node) -> Self {
        let mut peer = Peer::with(NetConfig::loopback(secret));
        let other = with.key();
        peer.net.hint(other, with.listening()).unwrap();
        let greeting = Bytes::from(codec::encode(&GREETING).unwrap());
        let admission = Admission::Roster(vec![other]);
        peer.net.open(invite, admission, greeting).unwrap();
        peer.wait_up(invite, other);
        Self {
            peer,
            invite,
            other,
        }
    }

    fn says(&self, word: &Word) {
        self.sends([&[0][..], &codec::encode(word).unwrap()].concat());
    }

    fn sends(&self, frame: Vec<u8>) {
        let (net, invite) = (&self.peer.net, self.invite);
        net.send(invite, self.other, Lane::Control, frame.into())
            .unwrap();
    }

    /// Waits for a frame that begins like this.
    fn hears(&mut self, first: [u8; 2]) {
        self.peer.wait_for("such a word", |event| match event {
            net::Event::Frame { bytes, .. } => bytes.starts_with(&first).then_some(()),
            _ => None,
        });
    }
}

/// A table of four at play; the device of the last seat is gone, and this is its key.
fn without_mal() -> (Vec<Node>, Vec<Table<Race>>, SecretKey) {
    let home = tempfile::tempdir().unwrap();
    let mut nodes = Vec::from(["Ann", "Bob", "Eve"].map(node));
    nodes.push(node_in("Mal", home.path()));
    let mut tables = gathered(&nodes);
    play(&tables, 2);
    nodes[3].shutdown();
    drop((nodes.pop(), tables.pop()));
    (nodes, tables, key_in(home.path()))
}

#[test]
fn what_one_seat_refuses_is_not_refused_by_the_table() {
    let (_nodes, tables, secret) = without_mal();
    let zoe = node("Zoe");
    let link = tables[0].link().unwrap();
    let late: Table<Race> = zoe.join(&link).unwrap();
    let asks = Status::Asking { admitted: false };
    until(&late, |late| late.status() == asks);
    let asker = asker(&tables[0]);
    let mut mal = Impostor::at(link.invite, secret, &zoe);
    mal.hears(APPLY);
    let why = "I say so".to_owned();
    mal.says(&Word::Refused(Refusal::NotAdmitted { why }));
    mal.sends(vec![9]); // a fault, which is told after what was said before it
    let mut events = late.events_from(0);
    let told = std::iter::from_fn(|| events.wait(SOON));
    let last = told
        .inspect(|event| assert!(!matches!(event, Event::TurnedAway { .. })))
        .find(|event| matches!(event, Event::Fault(_)));
    assert!(last.is_some(), "{:?}", late.status());
    mal.peer.net.shutdown();
    admit(&tables, &asker);
    until(&late, |late| late.seat() == Some(seat(4)));
}

#[test]
fn who_asks_to_follow_before_its_seat_is_seen_gone_follows_once_it_is() {
    let (nodes, tables, secret) = without_mal();
    let invite = tables[0].link().unwrap().invite;
    let mut mal = Impostor::at(invite, secret, &nodes[0]);
    mal.hears(BEGIN); // as everybody at the door, before it says what it wants
    mal.says(&Word::Watch);
    mal.hears(REFUSED);
    pass(&tables, Motion::Remove(seat(3)));
    mal.hears(BEGIN);
    mal.peer.net.shutdown();
}
