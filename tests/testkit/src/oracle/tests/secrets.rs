//! Sealed turns: what leaves early, serves twice or is not what was sealed.

use std::sync::Arc;

use quorate_core::message::{Block, Content, Deadline, Entry};
use quorate_core::{Digest, Seats, dice};

use super::{Court, block, breaks, opening, seat};
use crate::oracle::{Invariant, Judgement};

const TURN: u64 = 5;
const MOVE: [u8; 2] = [2, 7];

/// Both honest players of a sealed turn.
fn players() -> Seats {
    Seats::first(2)
}

fn seals(court: &Court, by: usize) -> Arc<Entry> {
    let key = court.keys.publics()[by];
    let seal = dice::seal(court.table, key, TURN, &[9; 32], &MOVE);
    court.entry(by, Content::Seal { turn: TURN, seal })
}

fn opens(court: &Court, by: usize, action: &[u8]) -> Arc<Entry> {
    let content = Content::Open {
        turn: TURN,
        action: action.to_vec(),
        opening: opening(9),
    };
    court.entry(by, content)
}

/// Decides a block with `entries` and `deadlines` in the sealed turn.
fn decided(court: &mut Court, entries: Vec<Arc<Entry>>, deadlines: Vec<Deadline>) -> Judgement {
    let mut block = court.first("a");
    let fields: &mut Block = Arc::make_mut(&mut block);
    (fields.entries, fields.deadlines) = (entries, deadlines);
    let sealing = Some((TURN, players()));
    court.oracle.secrets.decided(&block, sealing, Seats::NONE)
}

fn leaves(court: &mut Court, entry: &Entry) -> Judgement {
    court.oracle.secrets.leaves(entry, |_| true)
}

#[test]
fn a_move_stays_sealed_until_all_have_sealed() {
    let mut court = Court::new();
    let (first, second) = (seals(&court, 0), seals(&court, 1));
    let open = opens(&court, 0, &MOVE);
    decided(&mut court, vec![first], vec![]).expect("one seals");
    breaks(leaves(&mut court, &open), Invariant::Secret);
    decided(&mut court, vec![second], vec![]).expect("both have");
    leaves(&mut court, &open).expect("closed");
}

#[test]
fn a_clock_that_ran_out_closes_a_sealed_turn_and_tells_who_is_late() {
    let mut court = Court::new();
    let first = seals(&court, 0);
    let open = opens(&court, 0, &MOVE);
    decided(&mut court, vec![first], vec![]).expect("one seals");
    let clock = Deadline::Turn {
        turn: TURN,
        clock: 1,
    };
    decided(&mut court, vec![], vec![clock]).expect("the other is late");
    leaves(&mut court, &open).expect("closed");
    let mut closing = court.link(2, block("a"), "b");
    Arc::make_mut(&mut closing).deadlines = vec![clock, Deadline::Open { turn: TURN }];
    let missing = court
        .oracle
        .secrets
        .missing(&closing, Some((TURN, players())));
    assert_eq!(missing, (seat(1).into(), seat(0).into()));
}

#[test]
fn what_is_opened_is_what_was_sealed() {
    for (action, fits) in [(&MOVE[..], true), (&[2, 8], false), (&[], false)] {
        let mut court = Court::new();
        let sealed = vec![seals(&court, 0), seals(&court, 1)];
        let open = opens(&court, 0, action);
        decided(&mut court, sealed, vec![]).expect("both seal");
        let judgement = decided(&mut court, vec![open], vec![]);
        assert_eq!(judgement.is_ok(), fits, "{action:?}");
    }
    let mut court = Court::new();
    let open = opens(&court, 0, &MOVE);
    breaks(decided(&mut court, vec![open], vec![]), Invariant::Secret);
}

#[test]
fn a_secret_serves_once() {
    let mut court = Court::new();
    let sealed = vec![seals(&court, 0), seals(&court, 1)];
    decided(&mut court, sealed, vec![]).expect("both seal");
    let open = opens(&court, 0, &MOVE);
    leaves(&mut court, &open).expect("the first time");
    leaves(&mut court, &open).expect("sent again");
    let other = court.reveals(0, 8);
    leaves(&mut court, &other).expect("another secret");
    let same = court.reveals(0, 9);
    breaks(leaves(&mut court, &same), Invariant::Secret);
}

#[test]
fn the_oracle_and_the_table_seal_alike() {
    let court = Court::new();
    let (table, key) = (court.table, court.keys.publics()[0]);
    let ours: Digest = crate::oracle::secrets::seal(table, &key, TURN, (&[9; 32], &MOVE));
    assert_eq!(ours, dice::seal(table, key, TURN, &[9; 32], &MOVE));
}
