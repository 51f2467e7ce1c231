//! An honest seat that knows less, or another branch, is not charged with what it passes on.

use std::sync::Arc;

use super::chips::Chips;
use super::roster::{key, newcomer, pass, table};
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::{DecisionCertificate, PrepareCertificate, QuorumVotes};
use quorate_core::crypto::{SecretKey, Signer};
use quorate_core::engine::{Event, Fault, Input, Operation};
use quorate_core::genesis::{DicePolicy, Protocol};
use quorate_core::message::{
    Block, Choice, Content, Entry, EntryBody, Message, Motion, MotionId, Peer, RoundChange, Stream,
    Unsigned, VoteKind,
};
use quorate_core::table::Plan;
use quorate_core::{Digest, Epoch, Height, Round, Wall};

under_both! {
    branches_that_gave_one_index_to_two_newcomers_find_out_from_each_other,
    who_passes_on_the_join_of_somebody_who_was_dismissed_since_is_not_charged,
}

fn faults(table: &Table<Chips>, at: usize, peer: Peer) -> Vec<Fault> {
    let events = table.events[at].iter();
    let faults = events.filter_map(|event| match event {
        Event::Fault { peer: by, fault } if *by == peer => Some(fault.clone()),
        _ => None,
    });
    faults.collect()
}

/// The index of a newcomer that never sat down goes to the next, and the first may not know that.
fn who_passes_on_the_join_of_somebody_who_was_dismissed_since_is_not_charged(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let eve = key(50);
    let invited = newcomer(&eve, "Eve");
    pass(&mut table, &[0, 1, 2, 3], Motion::Admit(invited.clone()));
    let state = table.engines[3].table();
    let place = seat(4);
    assert_eq!(
        state.author(place).map(|keys| keys.identity),
        Some(eve.public())
    );
    let body = EntryBody {
        table: state.table(),
        seat: place,
        nonce: 1,
        follows: 0,
        valid_until: Height(1_000),
        content: Content::Join {
            invitation: invited.digest(),
            commitment: None,
            counter: 0,
            height: state.height(),
            state: state.digest(),
        },
    };
    let join = Message::Entry(Arc::new(Entry::sign(body, &eve)));
    // Eve reaches seat 3 alone, which then sleeps.
    table.deliver(3, Peer(99), &join);
    table.down = vec![3];
    pass(&mut table, &[0, 1, 2], Motion::Remove(place));
    let frank = newcomer(&key(51), "Frank");
    pass(&mut table, &[0, 1, 2], Motion::Admit(frank));
    let author = table.engines[0].table().author(place);
    assert_eq!(
        author.map(|keys| keys.identity),
        Some(key(51).public()),
        "the index was free"
    );
    table.down.clear();
    table.pass(10 * SECOND);
    for at in 0..3 {
        assert_eq!(faults(&table, at, Peer(3)), [], "at {at}");
    }
}

/// Seats that decide a block with `entries` at one device alone.
fn decided_at(
    table: &mut Table<Chips>,
    device: usize,
    entries: Vec<Arc<Entry>>,
    keys: &[SecretKey],
) {
    let state = table.engines[device].table();
    let plan = Plan {
        entries,
        due: vec![],
        time: Wall(7_777),
        parent_round: table.engines[device].decided_in().unwrap(),
    };
    let block: Arc<Block> = state.build(&plan).unwrap().block;
    assert_eq!(block.entries.len(), plan.entries.len());
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: block.table,
        epoch: block.epoch,
        height: block.height,
        round: Round(0),
        digest: Some(block.digest()),
    };
    let quorum = state.roster().quorum();
    // The newcomer's signature is among them, if she sits there.
    let signers = keys.iter().enumerate().rev().take(quorum);
    let signatures = signers.map(|(at, key)| (seat(at), key.sign(&unsigned.bytes())));
    let certificate = DecisionCertificate(QuorumVotes {
        epoch: block.epoch,
        height: block.height,
        round: unsigned.round,
        digest: block.digest(),
        signatures: signatures.collect(),
    });
    let input = Input::Decision {
        peer: Peer(2),
        block,
        certificate,
    };
    table.handle(device, input);
}

fn operation(table: &Table<Chips>, device: usize, place: usize, content: Content) -> EntryBody {
    let state = table.engines[device].table();
    let follows = state.nonce(seat(place), Stream::Operations);
    EntryBody {
        table: state.table(),
        seat: seat(place),
        nonce: follows + 1,
        follows,
        valid_until: Height(1_000),
        content,
    }
}

/// At one device alone the motion passes, the newcomer sits down and helps to decide.
fn branch(table: &mut Table<Chips>, device: usize, motion: MotionId, invited: (&SecretKey, &str)) {
    let mut keys = table.keys.clone();
    let yes = |by: &usize| {
        let choice = Choice::Yes;
        let body = operation(table, device, *by, Content::Ballot { motion, choice });
        Arc::new(Entry::sign(body, &table.keys[*by]))
    };
    let ballots = [2, 3].iter().map(yes).collect();
    decided_at(table, device, ballots, &keys);
    let state = table.engines[device].table();
    let join = Content::Join {
        invitation: newcomer(invited.0, invited.1).digest(),
        commitment: None,
        counter: 0,
        height: state.height(),
        state: state.digest(),
    };
    let body = operation(table, device, 4, join);
    decided_at(
        table,
        device,
        vec![Arc::new(Entry::sign(body, invited.0))],
        &keys,
    );
    assert_eq!(table.engines[device].table().epoch(), Epoch(1));
    keys.push(invited.0.clone());
    decided_at(table, device, vec![], &keys);
}

/// More seats cheat than the table bears, and the roster changes before both sides meet.
fn branches_that_gave_one_index_to_two_newcomers_find_out_from_each_other(protocol: Protocol) {
    let rules = Chips {
        rounds: 100,
        ..Chips::default()
    };
    let mut table = Table::with(protocol, rules, 4, |genesis| {
        genesis.dice = DicePolicy::Local;
    });
    let newcomers = [(key(50), "Eve"), (key(51), "Frank")];
    for (by, (key, name)) in newcomers.iter().enumerate() {
        table.operate(by, Operation::Propose(Motion::Admit(newcomer(key, name))));
        table.pass(5 * SECOND);
    }
    let open: Vec<_> = table.engines[0]
        .table()
        .motions()
        .all()
        .iter()
        .map(|open| open.id)
        .collect();
    assert_eq!(open.len(), 2);
    for (device, (key, name)) in newcomers.iter().enumerate() {
        table.down = (0..4).filter(|other| *other != device).collect();
        branch(&mut table, device, open[device], (key, name));
        table.settle();
    }
    assert_eq!(
        table.engines[0].table().height(),
        table.engines[1].table().height()
    );
    table.down = vec![2, 3];
    table.connect(0);
    table.pass(10 * SECOND);
    for (device, other) in [(0, 1), (1, 0)] {
        assert_eq!(faults(&table, device, Peer(other)), [], "device {device}");
    }
    for device in [0, 1] {
        assert!(table.engines[device].halted().is_some(), "device {device}");
    }
}

/// What `signers` prepare in round 0 of the next height, whatever else they signed.
fn prepared(table: &Table<Chips>, block: Digest, signers: [usize; 3]) -> PrepareCertificate {
    let state = table.engines[0].table();
    let unsigned = Unsigned {
        kind: VoteKind::Prepare,
        table: state.table(),
        epoch: state.epoch(),
        height: state.height().next(),
        round: Round(0),
        digest: Some(block),
    };
    let sign = |at: usize| (seat(at), table.keys[at].sign(&unsigned.bytes()));
    PrepareCertificate(QuorumVotes {
        epoch: unsigned.epoch,
        height: unsigned.height,
        round: unsigned.round,
        digest: block,
        signatures: signers.map(sign).into_iter().collect(),
    })
}

/// Two traitors of four have two blocks prepared in one round. A seat that holds one certificate,
/// and the round change of somebody who claims the other, has nothing to show for that.
#[test]
fn who_passes_on_a_round_change_does_so_with_the_certificate_it_claims_or_not_at_all() {
    let mut table = table(Protocol::Pbft, 4);
    let [one, other] = [8, 9].map(|byte| Digest::from_bytes([byte; 32]));
    let (one, other) = (
        prepared(&table, one, [0, 1, 2]),
        prepared(&table, other, [0, 2, 3]),
    );
    let change = RoundChange {
        epoch: other.0.epoch,
        height: other.0.height,
        round: Round(1),
        claim: Some(other.claim()),
        seat: seat(2),
        signature: other.0.signatures[seat(2)].clone(),
    };
    let state = table.engines[0].table();
    let change = change.signed(state.table(), &table.keys[2]);
    table.down = vec![0, 2];
    table.deliver(1, Peer(0), &Message::Prepared(one));
    table.deliver(1, Peer(2), &Message::RoundChange(change, Some(other)));
    assert_eq!(faults(&table, 1, Peer(2)), []);
    table.pass(10 * SECOND);
    assert_eq!(faults(&table, 3, Peer(1)), []);
}
