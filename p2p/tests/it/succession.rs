//! After a fork: those who are left agree to a successor, and play on with what they had.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::{AnyScheme, PublicKey, SecretKey};
use quorate_core::evidence::Evidence;
use quorate_core::fork::{Succession, SuccessionError};
use quorate_core::genesis::{SignedGenesis, TableId};
use quorate_core::message::{Message, Statement, Unsigned, Vote, VoteKind};
use quorate_core::transcript::{replay, verify};
use quorate_core::{Digest, Epoch, Height, PerSeat, Round, Seat, Seats, Wall};
use quorate_p2p::net::{self, Admission, Lane, NetConfig};
use quorate_p2p::{CannotGoOn, Event, FaultKind, History, Node, PartFault, Table};
use serde::{Deserialize, Serialize};

use crate::forked::{Forked, agreed, go_home, halted, heir, reopened, seat, told};
use crate::hostile::GREETING;
use crate::peers::Peer;
use crate::race::{Race, SOON, assert_level, eventually, gathered, node, play};

#[test]
fn the_honest_agree_and_play_on_without_the_guilty_with_what_they_had_below_the_fork() {
    let forked = Forked::two();
    let (nodes, tables) = forked.meet(&[0, 1]);
    for table in &tables {
        let progress = table.succeeding().unwrap();
        assert_eq!(progress.guilty, forked.guilty());
        assert_eq!(Some(progress.height), forked.at.previous());
        assert_eq!((progress.heirs, progress.needed), (Seats::first(2), 2));
        table.go_on(Seats::NONE).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    assert_eq!(heirs[0].id(), heirs[1].id());
    assert_ne!(heirs[0].id(), tables[0].id());
    for heir in &heirs {
        assert_eq!(
            *heir.view().unwrap(),
            [1, 1],
            "the step decided twice is given up"
        );
    }
    play(&heirs, 6);
    assert_level(&heirs);
    let without_bob = |table: &Table<Race>| table.go_on(Seats::from(seat(1)));
    assert_eq!(without_bob(&tables[0]), Err(CannotGoOn::Settled));
    // Alone after a restart, Ann's device knows where it is bound.
    let (entered, link) = (heirs[0].id(), tables[0].link().unwrap());
    drop(heirs);
    nodes.iter().for_each(Node::kill);
    go_home(nodes, tables);
    let node = forked.node(0);
    let table: Table<Race> = node.join(&link).unwrap();
    halted(&table);
    assert_eq!(table.succeeding().unwrap().table, entered);
    assert_eq!(without_bob(&table), Err(CannotGoOn::Settled));
}

#[test]
fn the_transcript_of_a_successor_begins_with_the_game_it_took_over() {
    let forked = Forked::two();
    let (_nodes, tables) = forked.meet(&[0, 1]);
    for table in &tables {
        table.go_on(Seats::NONE).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    play(&heirs, 6);
    for heir in &heirs {
        let mut bytes = Vec::new();
        let tip = heir.transcript(&mut bytes).unwrap();
        let chain = verify(&*bytes, AnyScheme).unwrap();
        let rules = replay::<Race>(&*bytes, AnyScheme, |_| {}).unwrap();
        assert_eq!((chain.heights, rules.heights), (tip, tip));
    }
}

#[test]
fn while_too_few_agree_nothing_happens_and_it_is_told_how_many() {
    let forked = Forked::two();
    let (_nodes, tables) = forked.meet(&[0, 1]);
    tables[0].go_on(Seats::NONE).unwrap();
    for table in &tables {
        agreed(table, Seats::first(1));
        let progress = table.succeeding().unwrap();
        assert_eq!((progress.needed, progress.table), (2, None));
        assert!(table.successor().is_none());
    }
    let whole = Seats::first(2);
    assert!(
        matches!(tables[1].go_on(whole), Err(CannotGoOn::Seats(_))),
        "nobody would be left"
    );
    tables[1].go_on(Seats::NONE).unwrap();
    tables.iter().for_each(|table| drop(heir(table)));
}

#[test]
fn a_process_that_dies_while_they_agree_and_after_goes_on_where_it_was() {
    let forked = Forked::two();
    let (mut nodes, mut tables) = forked.meet(&[0, 1]);
    tables[0].go_on(Seats::NONE).unwrap();
    nodes[0].kill();
    nodes[0] = forked.node(0);
    tables[0] = nodes[0].reopen().unwrap().unwrap();
    tables[1].go_on(Seats::NONE).unwrap();
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    play(&heirs, 3);
    assert_level(&heirs);
    let (before, old) = (heirs[0].id(), tables[0].link().unwrap().invite);
    drop(heirs);
    nodes.iter().for_each(Node::kill);
    go_home(nodes, tables);

    // Ann has thrown the folder of the old table away.
    let file = forked.folders[0].path().join(format!("{old}.redb"));
    fs::remove_file(file).unwrap();
    let nodes = forked.nodes([0, 1]);
    let heirs = reopened(&nodes);
    for heir in &heirs {
        assert!(heir.begun(SOON), "{:?}", heir.status());
        assert_eq!(heir.id(), before);
    }
    play(&heirs, 3);
    assert_level(&heirs);
}

#[test]
fn who_was_away_when_the_others_agreed_comes_late_and_enters() {
    let forked = Forked::two();
    let (mut nodes, mut tables) = forked.meet(&[0, 1]);
    tables[0].go_on(Seats::NONE).unwrap();
    agreed(&tables[1], Seats::first(1));
    nodes[0].kill();
    tables[1].go_on(Seats::NONE).unwrap();
    let bob = told(&tables[1], |event| match event {
        Event::Succeeded { .. } => tables[1].successor(),
        _ => None,
    });
    // Bob's device starts anew, with the successor, and serves the old table all the same.
    drop(tables.pop());
    nodes[1].kill();
    nodes[1] = forked.node(1);
    let bob_again: Table<Race> = nodes[1].reopen().unwrap().unwrap();
    eventually("at the successor", || bob_again.id().is_some());
    assert_eq!(bob_again.id(), bob.id());
    nodes[0] = forked.node(0);
    let ann = heir(&nodes[0].reopen().unwrap().unwrap());
    let heirs = [ann, bob_again];
    play(&heirs, 3);
    assert_level(&heirs);
}

#[test]
fn who_is_given_up_is_told_so_when_it_comes_back_and_the_others_play() {
    let sides: [&[_]; 2] = [&["Ann", "Bob"], &["Cat", "Dan"]];
    let forked = Forked::new(sides, &["Eve", "Mal", "Sly"], History::Whole);
    let (_nodes, tables) = forked.meet(&[0, 1, 2]);
    let dan = Seats::from(seat(3));
    for table in &tables {
        table.go_on(Seats::NONE).unwrap();
    }
    for table in &tables {
        agreed(table, Seats::first(3));
        assert!(table.successor().is_none(), "Dan has not said anything");
    }
    for table in &tables {
        table.go_on(dan).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    play(&heirs, 4);
    assert_level(&heirs);

    let node = forked.node(3);
    let late: Table<Race> = node.reopen().unwrap().unwrap();
    let id = told(&late, |event| match event {
        Event::Succeeded { table, seated } => Some((*table, *seated)),
        _ => None,
    });
    assert_eq!(id, (heirs[0].id().unwrap(), false));
    assert_eq!(late.succeeding().unwrap().absent, dan);
    assert!(late.successor().is_none());
    play(&heirs, 1);
}

#[test]
fn sides_that_played_on_past_a_checkpoint_find_the_lowest_height_they_differ_at() {
    let sides: [&[_]; 2] = [&["Ann"], &["Bob"]];
    let forked = Forked::long(sides, &["Eve", "Mal"], History::Whole, [3, 2]);
    let (_nodes, tables) = forked.meet(&[0, 1]);
    for table in &tables {
        table.go_on(Seats::NONE).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    let progress = tables[0].succeeding().unwrap();
    assert_eq!(Some(progress.height), forked.at.previous());
    assert_eq!(*heirs[1].view().unwrap(), [1, 1]);
    play(&heirs, 3);
    assert_level(&heirs);
}

#[test]
fn a_fork_below_the_one_that_was_settled_on_changes_nothing() {
    let forked = Forked::two();
    let (nodes, tables) = forked.meet(&[0, 1]);
    for table in &tables {
        table.go_on(Seats::NONE).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    let (ann, link) = (&tables[0], tables[0].link().unwrap());
    let before = ann.succeeding().unwrap();
    assert_eq!(before.table, heirs[0].id());
    drop(heirs);
    nodes[1].kill();
    let bob = Forger::new(forked.secret(1), &nodes[0], ann.id().unwrap().0);
    let below = forked.at.previous().unwrap();
    bob.shows(&decided_by_the_others(&forked, ann.id().unwrap(), below));
    told(ann, |event| match event {
        Event::Forked { height, .. } => (*height == below).then_some(()),
        _ => None,
    });
    for _ in 0..2 {
        // Each answer comes after what was heard before it has been seen to.
        assert_eq!(ann.go_on(Seats::NONE), Err(CannotGoOn::Settled));
    }
    let now = ann.succeeding().unwrap();
    assert_eq!((now.table, now.height), (before.table, before.height));
    let mut events = ann.events_from(0);
    let told = std::iter::from_fn(|| events.wait(Duration::ZERO));
    let entered = told.filter(|event| matches!(event, Event::Succeeded { .. }));
    assert_eq!(entered.count(), 1, "once");
    bob.peer.net.shutdown();
    go_home(nodes, tables);
    let node = forked.node(0);
    let table: Table<Race> = node.join(&link).unwrap();
    halted(&table);
    let after = table.succeeding().unwrap();
    assert_eq!((after.table, after.height), (before.table, before.height));
}

/// A block at `height` that nobody has seen, signed by everybody but Ann.
fn decided_by_the_others(forked: &Forked, table: TableId, height: Height) -> Message {
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table,
        epoch: Epoch(0),
        height,
        round: Round(0),
        digest: Some(Digest::from_bytes([9; 32])),
    };
    let sign = |index: u8| {
        let secret = forked.secret(index.into());
        let vote = Vote::sign(unsigned, seat(index), &secret);
        (seat(index), vote.signature)
    };
    let votes = QuorumVotes {
        epoch: unsigned.epoch,
        height,
        round: unsigned.round,
        digest: Digest::from_bytes([9; 32]),
        signatures: [1, 2, 3].map(sign).into_iter().collect(),
    };
    Message::Decided(DecisionCertificate(votes))
}

#[test]
fn what_a_device_gives_up_and_whom_it_knows_to_be_guilty_it_knows_after_a_restart() {
    let sides: [&[_]; 2] = [&["Ann", "Bob"], &["Cat", "Dan"]];
    let forked = Forked::new(sides, &["Eve", "Mal", "Sly"], History::Whole);
    let (nodes, tables) = forked.meet(&[0, 2]);
    let (bob, cat, dan) = (forked.secret(1), seat(2), seat(3));
    let mut forger = Forger::new(bob.clone(), &nodes[0], tables[0].id().unwrap().0);
    tables[0].go_on(Seats::from(cat)).unwrap();
    let mut part = forger.hears();
    // Bob holds a proof against Dan that Ann does not know.
    let genesis = &mut part.signed.genesis;
    let predecessor = genesis.predecessor.as_mut().unwrap();
    predecessor.guilty.insert(dan);
    predecessor.seats.remove(dan);
    genesis.seats.pop();
    let proof = signed_twice(tables[0].id().unwrap(), dan, &forked.secret(3));
    part.proofs.insert(dan, proof);
    part.signed.signatures = PerSeat::default();
    let signature = SignedGenesis::sign(&part.signed.genesis, &bob);
    part.signed.signatures.insert(seat(1), signature);
    forger.says(encoded(&part, false));
    agreed(&tables[0], Seats::first(2));
    let known = |table: &Table<Race>| {
        let progress = table.succeeding().unwrap();
        (progress.guilty, progress.absent)
    };
    let before = known(&tables[0]);
    assert_eq!(before, (forked.guilty() | dan.into(), cat.into()));
    forger.peer.net.shutdown();
    nodes[0].kill();
    go_home(nodes, tables);
    let (_nodes, tables) = forked.meet(&[0]);
    assert_eq!(known(&tables[0]), before);
}

/// A proof that `of` signed two blocks of one height.
fn signed_twice(table: TableId, of: Seat, by: &SecretKey) -> Evidence {
    let vote = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table,
            epoch: Epoch(0),
            height: Height(1),
            round: Round(0),
            digest: Some(Digest::from_bytes([byte; 32])),
        };
        Statement::Vote(Vote::sign(unsigned, of, by))
    };
    let (first, second) = (vote(1), vote(2));
    Evidence { first, second }
}

#[test]
fn devices_that_dropped_the_first_decisions_go_on_from_a_snapshot_below_the_fork() {
    let sides: [&[_]; 2] = [&["Ann"], &["Bob"]];
    let forked = Forked::new(sides, &["Eve", "Mal"], History::SinceCheckpoint);
    let (_nodes, tables) = forked.meet(&[0, 1]);
    for table in &tables {
        table.transcript(std::io::sink()).unwrap_err();
        table.go_on(Seats::NONE).unwrap();
    }
    let heirs: Vec<_> = tables.iter().map(heir).collect();
    assert_eq!(*heirs[1].view().unwrap(), [1, 1]);
    play(&heirs, 3);
    assert_level(&heirs);
}

#[test]
fn a_table_that_plays_has_nothing_to_succeed() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    assert_eq!(tables[0].go_on(Seats::NONE), Err(CannotGoOn::NotForked));
    assert_eq!(tables[1].succeeding(), Err(CannotGoOn::NotForked));
    play(&tables, 1);
    eventually("still at play", || !tables[0].status().is_final());
}

/// What devices ask each other, of which this test says the last alone.
#[derive(Serialize, Deserialize)]
enum Question {
    _Blocks,
    _Snapshot,
    Heirs { known: Option<Digest> },
}

/// What they answer, likewise.
#[derive(Serialize, Deserialize)]
enum Answer {
    _Blocks,
    _Snapshot,
    _Gone,
    Heirs(Option<Blob>),
}

/// Bob's key, in the hands of somebody who answers Ann as he likes.
struct Forger {
    peer: Peer,
    channel: Digest,
    ann: PublicKey,
}

impl Forger {
    fn new(secret: SecretKey, ann: &Node, channel: Digest) -> Self {
        let mut peer = Peer::with(NetConfig::loopback(secret));
        peer.net.hint(ann.key(), ann.listening()).unwrap();
        let greeting = Bytes::from(codec::encode(&GREETING).unwrap());
        let admission = Admission::Roster(vec![ann.key()]);
        peer.net.open(channel, admission, greeting).unwrap();
        peer.wait_up(channel, ann.key());
        let ann = ann.key();
        Self { peer, channel, ann }
    }

    /// What Ann says that she holds.
    fn hears(&mut self) -> Succession {
        loop {
            let question = codec::encode(&Question::Heirs { known: None }).unwrap();
            let asked = self
                .peer
                .net
                .request(self.channel, self.ann, question.into());
            let asked = asked.unwrap();
            let answer = self.peer.wait_for("answer", |event| match event {
                net::Event::Answer {
                    request, result, ..
                } if *request == asked => Some(result.clone()),
                _ => None,
            });
            if let Ok(Answer::Heirs(Some(part))) = codec::decode(&answer.unwrap()) {
                let (succession, settled): (Succession, bool) = codec::decode(&part).unwrap();
                assert!(!settled);
                return succession;
            }
        }
    }

    /// Shows Ann a decision, as seats do.
    fn shows(&self, message: &Message) {
        let frame = codec::encode(message).unwrap();
        let (net, channel) = (&self.peer.net, self.channel);
        net.send(channel, self.ann, Lane::Votes, frame.into())
            .unwrap();
    }

    /// Answers Ann's next question with these bytes.
    fn says(&mut self, part: Vec<u8>) {
        let wanted = |event: &net::Event| matches!(event, net::Event::Request { .. });
        let net::Event::Request { answer, .. } = self.peer.wait_event("question", wanted) else {
            unreachable!("the event that was waited for");
        };
        let bytes = codec::encode(&Answer::Heirs(Some(part.into()))).unwrap();
        answer.send(bytes.into()).unwrap();
    }
}

/// What nobody honest says, made of what Ann holds and of that with Bob's signature as well, and
/// what it is charged as.
fn false_parts(ann: &Succession, whole: &Succession) -> Vec<(Vec<u8>, PartFault)> {
    let part = |settled: bool, change: fn(&mut Succession)| {
        let mut succession = whole.clone();
        change(&mut succession);
        encoded(&succession, settled)
    };
    let other_draft = part(false, |one| one.signed.genesis.expires = Wall(0));
    let other_table = part(false, |one| one.signed.genesis.predecessor = None);
    let unproven = part(false, |one| {
        one.proofs.remove(seat(3));
    });
    let forged = part(false, |one| {
        let other = one.signed.signatures.get(seat(0)).cloned().unwrap();
        one.signed.signatures.insert(seat(1), other);
    });
    let not_settled = part(true, |one| {
        one.signed.signatures.remove(seat(0));
    });
    let unsigned = SuccessionError::Unsigned(Seats::first(1));
    vec![
        (b"nonsense".to_vec(), PartFault::Malformed),
        (encoded(ann, false), PartFault::Unsigned(seat(1))),
        (other_draft, PartFault::OtherDraft),
        (other_table, PartFault::OtherTable),
        (unproven, PartFault::Proof(seat(3))),
        (forged, PartFault::Signature(seat(1))),
        (not_settled, PartFault::NotSettled(unsigned)),
    ]
}

fn encoded(succession: &Succession, settled: bool) -> Vec<u8> {
    codec::encode(&(succession, settled)).unwrap()
}

#[test]
fn a_false_part_of_a_successor_is_charged_to_who_said_it() {
    let forked = Forked::two();
    let (mut nodes, mut tables) = forked.meet(&[0, 1]);
    nodes[1].shutdown();
    drop((nodes.pop(), tables.pop()));
    let secret = forked.secret(1);
    let mut forger = Forger::new(secret.clone(), &nodes[0], tables[0].id().unwrap().0);
    tables[0].go_on(Seats::NONE).unwrap();
    let ann = forger.hears();
    let mut whole = ann.clone();
    let signature = SignedGenesis::sign(&whole.signed.genesis, &secret);
    whole.signed.signatures.insert(seat(1), signature);
    for (bytes, fault) in false_parts(&ann, &whole) {
        forger.says(bytes);
        let wanted = FaultKind::Successor(fault);
        told(&tables[0], |event| match event {
            Event::Fault(told) if told.kind == wanted => {
                assert_eq!(told.name.as_ref().unwrap().as_str(), "Bob");
                Some(())
            }
            _ => None,
        });
        let agreed = tables[0].succeeding().unwrap().agreed;
        assert_eq!(agreed, Seats::first(1));
    }
    forger.says(encoded(&whole, false));
    told(&tables[0], |event| match event {
        Event::Succeeded { seated, .. } => seated.then_some(()),
        _ => None,
    });
    forger.peer.net.shutdown();
}
