//! Snapshots of what never came about, by peers that sit at the table or sat there: nobody goes on
//! from one, and nobody falls over one.

use super::checkpoints::{away, play, table};
use super::chips::Chips;
use super::table::{Table, seat};
use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::{SecretKey, Signer};
use quorate_core::engine::{Event, Fault, Input};
use quorate_core::genesis::Protocol;
use quorate_core::message::{Block, Peer, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Holder, Name, Roster, SeatKind};
use quorate_core::schedule::Leaders;
use quorate_core::snapshot::Snapshot;
use quorate_core::table::TableState;
use quorate_core::{Epoch, Height, PerSeat, Round};

under_both! {
    one_key_counts_once_however_many_seats_it_is_said_to_hold,
    nobody_speaks_for_a_table_at_which_everybody_must_sign,
    impossible_figures_are_charged_and_stop_nobody,
}

type State = TableState<Chips>;

fn state(table: &Table<Chips>, snapshot: &Snapshot) -> State {
    let known = table.engines[0].table();
    let (genesis, game) = (known.genesis().clone(), known.game().clone());
    TableState::decoded(genesis, game, &snapshot.block, &snapshot.state).unwrap()
}

/// `bytes` with the last place where `old` stands holding `new`.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).rposition(|part| part == old);
    let (before, after) = bytes.split_at(at.expect("it holds that"));
    [before, new, &after[old.len()..]].concat()
}

/// The bytes of `honest` in another epoch, with another roster and height: all else, such as who
/// owns what, could be written as well.
fn rewritten(
    honest: &State,
    roster: &Roster,
    epoch: Epoch,
    height: Height,
    change: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let id = honest.table();
    let start = (id, &**honest.roster(), honest.epoch(), honest.height());
    let start = codec::encode(&start).unwrap();
    let rest = honest.encoded().unwrap().split_off(start.len());
    let mut bytes = codec::encode(&(id, roster, epoch, height)).unwrap();
    bytes.extend(change(rest));
    bytes
}

/// Whoever holds `keys` signs the state in `bytes` as that after a block like the one of `like`.
fn signed(like: &Snapshot, bytes: Vec<u8>, place: (Epoch, Height), keys: &[SecretKey]) -> Snapshot {
    let ((epoch, height), state) = (place, Blob::from(bytes));
    let mut snapshot = Snapshot {
        state,
        ..like.clone()
    };
    let block = Block {
        epoch,
        height,
        post_state: snapshot.digest(),
        ..(*like.block).clone()
    };
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: block.table,
        epoch,
        height,
        round: Round(0),
        digest: Some(block.digest()),
    };
    let votes = keys.iter().enumerate();
    let votes = votes.map(|(at, key)| (seat(at), Vote::sign(unsigned, seat(at), key).signature));
    snapshot.certificate = DecisionCertificate(QuorumVotes {
        epoch,
        height,
        round: Round(0),
        digest: block.digest(),
        signatures: votes.collect::<PerSeat<_>>(),
    });
    snapshot.block = block.into();
    snapshot
}

/// What those who hold `sitting` say that the table came to at `height`: they are all who is left.
fn forged(
    table: &Table<Chips>,
    like: &Snapshot,
    height: Height,
    sitting: &[SecretKey],
) -> Snapshot {
    let honest = state(table, like);
    let holder = |key: &SecretKey| Holder {
        ml_dsa: None,
        name: Name::new("Mal").unwrap(),
        key: key.public(),
        kind: SeatKind::Player,
    };
    let roster = Roster::new(sitting.iter().map(holder));
    let leaders = |roster: &Roster, height: Height| {
        let (genesis, asleep) = (honest.genesis(), honest.sleep().asleep());
        let height = height.next();
        let leads = Leaders::of(genesis.schedule, honest.table(), roster, height, asleep);
        codec::encode(&leads).unwrap()
    };
    let leads = |rest: Vec<u8>| {
        let old = leaders(honest.roster(), honest.height());
        replaced(&rest, &old, &leaders(&roster, height))
    };
    let bytes = rewritten(&honest, &roster, Epoch(1), height, leads);
    let quorum = roster.quorum();
    signed(like, bytes, (Epoch(1), height), &sitting[..quorum])
}

fn offer(table: &mut Table<Chips>, to: usize, snapshot: Snapshot) -> Vec<Event<Chips>> {
    let before = table.events[to].len();
    let (peer, snapshot) = (Peer(1), Box::new(snapshot));
    table.handle(to, Input::Snapshot { peer, snapshot });
    table.events[to].split_off(before)
}

fn refused_as_strangers(events: &[Event<Chips>], (known, needed): (usize, usize)) {
    let stale = Event::<Chips>::LinkStale { known, needed };
    let told = |event: &Event<Chips>| format!("{event:?}") == format!("{stale:?}");
    assert!(events.iter().any(told), "{events:?}");
}

fn one_key_counts_once_however_many_seats_it_is_said_to_hold(protocol: Protocol) {
    let (mut table, honest) = away(protocol);
    let mal = vec![table.keys[1].clone(); 4];
    let forgery = forged(&table, &honest, honest.height(), &mal);
    let before = table.engines[3].table().height();
    refused_as_strangers(&offer(&mut table, 3, forgery), (1, 2));
    assert_eq!(table.engines[3].table().height(), before);
    offer(&mut table, 3, honest);
    assert!(table.engines[3].table().height() > before);
}

fn nobody_speaks_for_a_table_at_which_everybody_must_sign(protocol: Protocol) {
    let mut table = table(protocol, 3);
    play(&mut table, 7);
    table.serves = false;
    let late = table.arrive(SecretKey::from_bytes(&[99; 32]));
    let honest = *table.newest(0).unwrap();
    let (here, height) = (table.height(), Height(50));
    let alone = forged(&table, &honest, height, &table.keys[..1]);
    let both = forged(&table, &honest, height, &table.keys[..2]);
    refused_as_strangers(&offer(&mut table, 2, alone.clone()), (1, 3));
    refused_as_strangers(&offer(&mut table, 2, both), (2, 3));
    assert_eq!(table.engines[2].table().height(), here);
    assert!(table.engines[2].seat().is_some());
    refused_as_strangers(&offer(&mut table, late, alone), (1, 2));
}

fn impossible_figures_are_charged_and_stop_nobody(protocol: Protocol) {
    let (mut table, honest) = away(protocol);
    let there = state(&table, &honest);
    let (roster, height) = (there.roster().clone(), honest.height());
    let (last, as_it_was) = (Height(u64::MAX), |rest| rest);
    let same = rewritten(&there, &roster, Epoch(0), height, as_it_was);
    // Every fifth height is a checkpoint, and so is the last there can be.
    let no_next = rewritten(&there, &roster, Epoch(0), last, as_it_was);
    // A past epoch that ends with the last height there can be.
    let for_ever = rewritten(&there, &roster, Epoch(1), height, |rest| {
        let old = codec::encode(there.membership()).unwrap();
        assert_eq!(old[1..3], [0, 0], "nobody is awaited, nothing is past");
        let span = (Epoch(0), Height(1), last, &*roster);
        let span = codec::encode(&span).unwrap();
        replaced(&rest, &old, &[&old[..2], &[1], &span, &old[3..]].concat())
    });
    let keys = table.keys.clone();
    for (bytes, place) in [
        (same, (Epoch(u32::MAX), height)),
        (no_next, (Epoch(0), last)),
        (for_ever, (Epoch(1), height)),
    ] {
        let forgery = signed(&honest, bytes, place, &keys[..3]);
        let events = offer(&mut table, 3, forgery);
        let charged = |event: &Event<Chips>| {
            let (of, false_one) = match event {
                Event::Fault { peer, fault } => (*peer, matches!(fault, Fault::Snapshot { .. })),
                _ => return false,
            };
            of == Peer(1) && false_one
        };
        assert!(events.iter().any(charged), "{place:?}: {events:?}");
    }
    offer(&mut table, 3, honest);
    assert_eq!(table.engines[3].table().height(), height);
}
