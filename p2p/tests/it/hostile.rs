//! A seat of the table that breaks every rule, with a valid key.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use quorate_core::codec;
use quorate_core::crypto::{PublicKey, SecretKey};
use quorate_core::message::{Content, Entry, EntryBody, Message};
use quorate_core::{Digest, Height};
use quorate_p2p::limits::PEER_FAULTS_BURST;
use quorate_p2p::net::{Admission, Lane, NetConfig};
use quorate_p2p::{Event, Node, Table};
use tempfile::TempDir;

use crate::peers::Peer;
use crate::race::{Action, Race, SOON, act, assert_level, eventually, gathered, node_in, play};

/// What every node says first on a channel: the version of the protocol.
pub(crate) const GREETING: (u16,) = (1,);

/// Frames of garbage: no more than wait to be written to one peer.
const GARBAGE: u32 = 1_000;

/// A table of four; the last seat's device is gone, and somebody uses its key.
struct Scene {
    nodes: Vec<Node>,
    tables: Vec<Table<Race>>,
    folder: TempDir,
    hostile: Peer,
    secret: SecretKey,
    channel: Digest,
}

/// The key of the node whose folder this is.
pub(crate) fn key_in(folder: &Path) -> SecretKey {
    let key = fs::read(folder.join("key")).unwrap();
    SecretKey::from_bytes(&key.try_into().unwrap())
}

impl Scene {
    fn new() -> Self {
        let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
        let names = ["Ann", "Bob", "Eve", "Mal"].into_iter();
        let nodes = names
            .zip(&folders)
            .map(|(name, at)| node_in(name, at.path()));
        let mut nodes: Vec<_> = nodes.collect();
        let mut tables = gathered(&nodes);
        play(&tables, 4);
        let channel = tables[0].id().unwrap().0;
        nodes[3].shutdown();
        drop((nodes.pop(), tables.pop()));
        let [_, _, _, folder] = folders;
        let secret = key_in(folder.path());
        let mut hostile = Peer::with(NetConfig::loopback(secret.clone()));
        let others: Vec<PublicKey> = nodes.iter().map(Node::key).collect();
        for node in &nodes {
            hostile.net.hint(node.key(), node.listening()).unwrap();
        }
        let greeting = Bytes::from(codec::encode(&GREETING).unwrap());
        let admission = Admission::Roster(others.clone());
        hostile.net.open(channel, admission, greeting).unwrap();
        for other in others {
            hostile.wait_up(channel, other);
        }
        Self {
            nodes,
            tables,
            folder,
            hostile,
            secret,
            channel,
        }
    }

    fn say(&self, lane: Lane, bytes: impl Into<Bytes>) {
        let told = self
            .hostile
            .net
            .broadcast(self.channel, lane, &bytes.into());
        told.unwrap();
    }

    /// The rightful owner of the key is back, and everybody plays on.
    fn ends_well(mut self) {
        self.hostile.net.shutdown();
        let mal = node_in("Mal", self.folder.path());
        self.tables.push(mal.reopen().unwrap().expect("its table"));
        assert!(self.tables[3].begun(SOON));
        assert!(self.tables[3].reached(self.tables[0].pulse().height, SOON));
        self.nodes.push(mal);
        play(&self.tables, 5);
        assert_level(&self.tables);
    }
}

#[test]
fn garbage_of_a_seat_is_told_with_its_name_but_cannot_drown_the_rest() {
    let scene = Scene::new();
    let mut events = scene.tables[0].events();
    for number in 0..GARBAGE {
        scene.say(Lane::Votes, number.to_be_bytes().to_vec());
    }
    for _ in 0..3 {
        act(&scene.tables, Action::Step(1)); // three of four play on in the meantime
    }
    let told = || events.wait(SOON);
    let fault = std::iter::from_fn(told).find_map(|event| match event {
        Event::Fault(fault) => Some(fault),
        _ => None,
    });
    let fault = fault.unwrap();
    assert_eq!(fault.name.as_ref().unwrap().as_str(), "Mal");
    assert_eq!(fault.seat.unwrap().index(), 3);
    let faults = || scene.tables[0].faults();
    eventually("all counted", || faults() >= u64::from(GARBAGE));
    let mut all = scene.tables[0].events_from(0);
    let all = std::iter::from_fn(|| all.try_next());
    let faults = all.filter(|event| matches!(event, Event::Fault(_))).count();
    assert!(
        faults >= 1 && faults < 10 * PEER_FAULTS_BURST as usize,
        "{faults} told"
    );
    scene.ends_well();
}

#[test]
fn an_action_on_which_the_rules_panic_is_refused_and_named_and_play_goes_on() {
    let scene = Scene::new();
    for _ in 0..3 {
        act(&scene.tables, Action::Step(1));
    }
    let mut events = scene.tables[0].events();
    let turn = scene.tables[0].play().unwrap().turn_number();
    let body = EntryBody {
        table: scene.tables[0].id().unwrap(),
        seat: scene.tables[0].play().unwrap().awaited().only().unwrap(),
        nonce: 100,
        follows: 1, // it moved once
        valid_until: Height(1_000),
        content: Content::Actions {
            turn,
            actions: vec![codec::encode(&Action::Pick(200)).unwrap()],
        },
    };
    let entry = Message::Entry(Arc::new(Entry::sign(body, &scene.secret)));
    scene.say(Lane::Proposals, codec::encode(&entry).unwrap());
    let refused = std::iter::from_fn(|| events.wait(SOON)).find_map(|event| match event {
        Event::Refused { seat, why } => Some((seat, why.to_string())),
        _ => None,
    });
    let (seat, why) = refused.unwrap();
    assert_eq!(seat.index(), 3);
    assert!(why.contains("index out of bounds"), "{why}");
    scene.ends_well();
}
