//! Checkpoints: states are written down, logs are cleaned up, the long absent go on from one.

use std::sync::Arc;

use quorate_core::certificate::Checker;
use quorate_core::codec::Blob;
use quorate_core::crypto::{AnyScheme, SecretKey};
use quorate_core::engine::{Event, Fault, Input, Operation};
use quorate_core::genesis::{GenesisError, Protocol};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::Peer;
use quorate_core::snapshot::{Anchor, Mismatch, Snapshot};
use quorate_core::table::{SnapshotError, TableState};
use quorate_core::{Digest, Height, Seat};

use super::chips::{Action, Chips, Side};
use super::roster;
use super::table::{SECOND, Table, genesis, seat};

under_both! {
    logs_are_cleaned_up_and_a_restart_goes_on_from_the_newest_checkpoint,
    who_was_away_for_long_goes_on_from_a_snapshot_and_plays,
    who_was_away_for_less_than_a_checkpoint_asks_for_blocks,
    a_newcomer_with_nothing_goes_on_from_a_snapshot,
    false_snapshots_are_charged_to_who_brings_them,
    who_knows_too_few_of_the_signers_asks_for_a_fresh_link,
    a_fresh_link_vouches_for_the_checkpoint_it_names_and_no_other,
    a_link_vouches_for_nothing_to_whoever_holds_a_seat,
}

const EVERY: u32 = 5;
pub(super) fn table(protocol: Protocol, seats: u8) -> Table<Chips> {
    let chips = Chips {
        rounds: 1_000,
        start: 10_000,
    };
    let mut table = Table::with(protocol, chips, seats, |genesis| genesis.checkpoint = EVERY);
    table.serves = true;
    table
}

/// Plays until `height` is decided.
pub(super) fn play(table: &mut Table<Chips>, height: u64) {
    let mut moves = 0;
    while table.height() < Height(height) {
        let seats = table.engines[0].table().roster().seats();
        let up = seats.iter().map(Seat::index);
        let up: Vec<_> = up.filter(|index| !table.down.contains(index)).collect();
        let shooter = table.engines[0].table().play().unwrap().state().shooter;
        if moves % 5 == 4 && !table.down.contains(&shooter.index()) {
            table.act(shooter.index(), Action::Roll);
        } else {
            let index = up[moves % up.len()];
            table.act(index, Action::Bet([Side::Over, Side::Under][moves % 2], 1));
        }
        table.pass(SECOND * 3);
        moves += 1;
        assert!(moves < 500, "stuck at {:?}", table.height());
    }
}

/// A table at which device 3 was away for long, and the newest snapshot of the others.
pub(super) fn away(protocol: Protocol) -> (Table<Chips>, Snapshot) {
    let mut table = table(protocol, 4);
    play(&mut table, 2);
    table.down.push(3);
    play(&mut table, 16);
    table.serves = false;
    let honest = *table.newest(0).unwrap();
    table.restart(3);
    (table, honest)
}

fn decisions(table: &Table<Chips>, index: usize) -> Vec<u64> {
    let decided = table.records[index]
        .iter()
        .filter_map(|record| match record {
            Record::Decision { block, .. } => Some(block.height.0),
            _ => None,
        });
    decided.collect()
}

fn logs_are_cleaned_up_and_a_restart_goes_on_from_the_newest_checkpoint(protocol: Protocol) {
    let mut table = table(protocol, 4);
    play(&mut table, 23);
    let top = table.height().0;
    let checkpoint = top - top % u64::from(EVERY);
    let kept = checkpoint - u64::from(EVERY);
    for index in 0..4 {
        assert_eq!(decisions(&table, index), (kept..=top).collect::<Vec<_>>());
        assert_eq!(table.newest(index).unwrap().height(), Height(checkpoint));
    }
    let agreed = table.agreed();
    for index in 0..4 {
        table.restart(index);
    }
    assert_eq!(table.agreed(), agreed);
    play(&mut table, top + 12);
    table.agreed();
}

fn who_was_away_for_long_goes_on_from_a_snapshot_and_plays(protocol: Protocol) {
    let mut table = table(protocol, 4);
    play(&mut table, 2);
    table.down.push(3);
    play(&mut table, 31);
    table.restart(3);
    table.pass(SECOND * 10);
    let adopted = |event: &Event<Chips>| matches!(event, Event::Adopted { .. });
    assert!(table.events[3].iter().any(adopted));
    table.agreed();
    assert!(
        decisions(&table, 3)[0] >= 30,
        "what the snapshot covers is dropped"
    );
    // It votes, bets and throws its secrets in again, also after another restart.
    table.restart(3);
    let height = table.height().0;
    table.down.push(2);
    play(&mut table, height + 4);
    assert!(table.engines[3].table().height() >= Height(height + 4));
}

fn who_was_away_for_less_than_a_checkpoint_asks_for_blocks(protocol: Protocol) {
    let mut table = table(protocol, 4);
    play(&mut table, 11);
    table.down.push(3);
    let away = table.height().0;
    play(&mut table, away + u64::from(EVERY) - 1);
    table.restart(3);
    table.pass(SECOND * 5);
    let adopted = |event: &Event<Chips>| matches!(event, Event::Adopted { .. });
    assert!(!table.events[3].iter().any(adopted));
    table.agreed();
}

fn a_newcomer_with_nothing_goes_on_from_a_snapshot(protocol: Protocol) {
    let mut table = table(protocol, 4);
    play(&mut table, 22);
    let nia = roster::admit(&mut table, &[0, 1, 2, 3], 9, "Nia");
    let adopted = |event: &Event<Chips>| matches!(event, Event::Adopted { .. });
    assert!(table.events[nia].iter().any(adopted));
    table.agreed();
    assert!(table.engines[nia].seat().is_some(), "it sat down");
    let height = table.height().0;
    play(&mut table, height + 8);
    table.agreed();
}

fn false_snapshots_are_charged_to_who_brings_them(protocol: Protocol) {
    let (mut table, honest) = away(protocol);
    let mut state = honest.state.to_vec();
    *state.last_mut().unwrap() ^= 1;
    let other_state = Snapshot {
        state: Blob::from(state),
        ..honest.clone()
    };
    let mut block = (*honest.block).clone();
    block.post_state = other_state.digest();
    let other_block = Snapshot {
        block: block.clone().into(),
        ..other_state.clone()
    };
    let mut unsigned = other_block.clone();
    unsigned.certificate.0.digest = block.digest();
    for snapshot in [other_state, other_block, unsigned] {
        let before = table.events[3].len();
        let (peer, snapshot) = (Peer(1), Box::new(snapshot));
        table.handle(3, Input::Snapshot { peer, snapshot });
        let charged = table.events[3][before..].iter().any(|event| {
            matches!(
                event,
                Event::Fault {
                    peer: Peer(1),
                    fault: Fault::Snapshot { .. }
                }
            )
        });
        assert!(charged);
    }
    assert!(table.engines[3].table().height() < Height(5));
    let (peer, snapshot) = (Peer(1), Box::new(honest));
    table.handle(3, Input::Snapshot { peer, snapshot });
    assert_eq!(table.engines[3].table().height(), Height(15));
}

/// A table at which nearly everybody has been replaced, and passed a checkpoint since.
fn of_strangers(protocol: Protocol) -> Table<Chips> {
    let mut table = table(protocol, 4);
    play(&mut table, 2);
    for leaver in 1..4 {
        let seats = table.engines[0].table().roster().seats();
        let voters: Vec<_> = seats.iter().map(Seat::index).collect();
        roster::admit(
            &mut table,
            &voters,
            20 + leaver,
            &format!("Newcomer {leaver}"),
        );
        table.operate(usize::from(leaver), Operation::Leave);
        table.pass(SECOND * 3);
    }
    let height = table.height().0;
    play(&mut table, height + 12);
    table
}

fn is_stale(event: &Event<Chips>) -> bool {
    let wanted = Event::<Chips>::LinkStale {
        known: 1,
        needed: 2,
    };
    format!("{event:?}") == format!("{wanted:?}")
}

fn who_knows_too_few_of_the_signers_asks_for_a_fresh_link(protocol: Protocol) {
    let mut table = of_strangers(protocol);
    let late = table.arrive(SecretKey::from_bytes(&[99; 32]));
    table.pass(SECOND * 5);
    assert!(table.events[late].iter().any(is_stale));
    assert_eq!(
        table.engines[late].table().height(),
        Height(0),
        "it believes nobody"
    );
    let charged = |event: &Event<Chips>| matches!(event, Event::Fault { .. });
    assert!(
        !table.events[late].iter().any(charged),
        "and accuses nobody"
    );
}

fn a_fresh_link_vouches_for_the_checkpoint_it_names_and_no_other(protocol: Protocol) {
    let mut table = of_strangers(protocol);
    let named = table.engines[0].checkpoint().unwrap();
    let (height, digest) = (named.height, Digest::ZERO);
    table.anchor = Some(Anchor { height, digest });
    let misled = table.arrive(SecretKey::from_bytes(&[98; 32]));
    table.anchor = Some(named);
    let late = table.arrive(SecretKey::from_bytes(&[99; 32]));
    table.pass(SECOND * 5);
    assert!(table.events[misled].iter().any(is_stale));
    assert_eq!(table.engines[misled].table().height(), Height(0));
    assert_eq!(table.engines[late].table().height(), table.height());
    assert_eq!(table.engines[late].checkpoint(), Some(named));
}

/// Whoever holds a seat knows what the table decided while it was there, and a link is no reason to
/// forget it.
fn a_link_vouches_for_nothing_to_whoever_holds_a_seat(protocol: Protocol) {
    let table = of_strangers(protocol);
    let newest = table.newest(0).unwrap();
    let there = table.engines[0].table();
    let first = TableState::new(there.genesis().clone(), there.game().clone());
    let adopt = |me| {
        let mut checker = Checker::new(Arc::new(AnyScheme));
        let adopted = first.adopt(&newest, me, Some(newest.anchor()), &mut checker);
        adopted.map(|state| state.height())
    };
    let strangers = SnapshotError::Strangers {
        known: 1,
        needed: 2,
    };
    assert_eq!(adopt(Some(seat(1))), Err(strangers));
    assert_eq!(adopt(None), Ok(newest.height()));
}

#[test]
fn the_parts_of_a_snapshot_must_belong_together() {
    let mut table = table(Protocol::Pbft, 4);
    play(&mut table, 11);
    let honest = *table.newest(0).unwrap();
    assert_eq!(honest.is_whole(), Ok(()));
    let mut other = honest.clone();
    other.state = Blob::from(vec![0]);
    assert_eq!(other.is_whole(), Err(Mismatch::State));
    let mut other = honest;
    other.certificate.0.digest = Digest::ZERO;
    assert_eq!(other.is_whole(), Err(Mismatch::Certificate));
}

#[test]
fn a_genesis_names_a_sensible_interval() {
    let keys = [SecretKey::from_bytes(&[1; 32])];
    let mut genesis = genesis(&Chips::default(), &keys);
    for (every, fine) in [
        (0, false),
        (1, false),
        (2, true),
        (100_000, true),
        (100_001, false),
    ] {
        genesis.checkpoint = every;
        let refused = matches!(
            genesis.validate(),
            Err(GenesisError::Figure {
                what: "checkpoint",
                ..
            })
        );
        assert_eq!(refused, !fine, "{every}");
    }
}

#[test]
fn a_damaged_snapshot_in_the_journal_stops_the_seat() {
    let mut table = table(Protocol::Pbft, 4);
    play(&mut table, 11);
    let mut journal = Journal::from_records(table.records[0].clone());
    let held = journal.snapshot.as_mut().unwrap();
    held.state = Blob::from(vec![1, 2, 3]);
    assert!(table.starts_from(0, journal).is_err());
}
