//! Transcripts: what a table decided holds for strangers, and nothing else does.

mod decisions;
mod form;
mod truth;

use std::sync::Arc;

use quorate_core::codec;
use quorate_core::crypto::AnyScheme;
use quorate_core::game::Game;
use quorate_core::genesis::Protocol;
use quorate_core::journal::Record;
use quorate_core::state::Saved;
use quorate_core::table::TableState;
use quorate_core::transcript::{Flaw, MAGIC, Part, Reader, Recorder, Verdict, replay, verify};

use crate::chips::{Action, Chips, Side};
use crate::table::{SECOND, Table};
use crate::witness;

/// The transcript of a table, as device `by` kept it.
fn recorded<G: Game>(table: &Table<G>, by: usize, carried: Option<&Saved>) -> Vec<u8> {
    let play = table.engines[by].table().play().unwrap();
    let genesis = Arc::new(table.genesis().clone());
    let start = match carried {
        Some(carried) => {
            TableState::succeeding(genesis, play.game().clone(), carried.clone()).unwrap()
        }
        None => TableState::new(genesis, play.game().clone()),
    };
    let mut recorder = Recorder::new(Vec::new(), table.signed(), start, carried).unwrap();
    for record in &table.records[by] {
        if let Record::Decision { block, certificate } = record {
            recorder.decision(block, certificate).unwrap();
        }
    }
    recorder.finish().unwrap()
}

fn replayed<G: Game>(bytes: &[u8]) -> Result<Verdict, Flaw> {
    replay::<G>(bytes, AnyScheme, |_| {})
}

/// Both ways to verify, of which the one with the rules is returned.
fn holds<G: Game>(bytes: &[u8]) -> Verdict {
    let known = verify(bytes, AnyScheme).unwrap();
    let all = replayed::<G>(bytes).unwrap();
    assert_eq!((known.heights, known.tip), (all.heights, all.tip));
    assert_eq!((known.epochs, known.secrets), (all.epochs, all.secrets));
    assert!(all.replayed && !known.replayed);
    all
}

fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut reader = Reader::new(bytes).unwrap();
    std::iter::from_fn(|| reader.next_part().unwrap()).collect()
}

fn written(parts: &[Part]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for part in parts {
        let part = codec::encode(part).unwrap();
        bytes.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

/// Three people and a witness, some bets and rolls.
fn played(protocol: Protocol) -> Table<Chips> {
    let mut table = witness::table(protocol, 3, 1);
    for _ in 0..2 {
        table.act(1, Action::Bet(Side::Over, 10));
        table.act(2, Action::Bet(Side::Under, 20));
        let shooter = table.engines[0].table().play().unwrap().awaited();
        table.act(shooter.only().unwrap().index(), Action::Roll);
        table.pass(2 * SECOND);
    }
    table
}
