//! What one action costs as the state grows: the rules change one entry of a map that is shared by
//! all copies of the state.
//!
//! `apply` is a step of the rules with its roll-back; it grows like the logarithm of the entries.
//! `digest` is the one pass that a block makes over the whole state; it grows with its bytes. A map
//! that is not shared would be copied whole by each `apply`: `copied` shows what that would cost.

use std::hint::black_box;
use std::ops::RangeInclusive;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use imbl::OrdMap;
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::state::Play;
use quorate_core::{Seat, Seats, data};

/// A board of so many fields; a move marks one.
#[data(crate = quorate_core)]
struct Board {
    fields: u32,
}

impl Game for Board {
    const NAME: &'static str = "board";
    type State = OrdMap<u32, u32>;
    type Action = u32;
    type Event = ();
    type View = ();

    fn players(&self) -> RangeInclusive<u8> {
        1..=1
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<Self::State> {
        Ok((0..self.fields).map(|field| (field, 0u32)).collect())
    }

    fn turn(&self, _: &Self::State) -> Turn {
        Turn::of(Seats::first(1))
    }

    fn apply(&self, fields: &mut Self::State, _: &mut Cx<Self>, _: Seat, at: u32) -> Verdict {
        let field = fields.get_mut(&at).ok_or("no such field")?;
        *field = field.wrapping_add(1) % 100; // so that the bytes stay as many
        Ok(())
    }

    fn outcome(&self, _: &Self::State) -> Option<Outcome> {
        None
    }

    fn view(&self, _: &Self::State, _: &Viewer) {}
}

fn play(fields: u32) -> Play<Board> {
    let started = Play::start(Arc::new(Board { fields }), Seats::first(1));
    started.expect("a board for one").0
}

fn benchmark(c: &mut Criterion) {
    let seat = Seats::first(1).nth(0).expect("one seat");
    for fields in [100, 10_000, 100_000] {
        let mut group = c.benchmark_group("apply");
        let mut board = play(fields);
        let mut at = 0;
        group.bench_function(BenchmarkId::new("one action", fields), |b| {
            b.iter(|| {
                at = (at + 7_919) % fields;
                let turn = board.turn_number();
                board.act_unsettled(seat, turn, &[at]).expect("a field");
            });
        });
        group.finish();
        let mut group = c.benchmark_group("digest");
        let board = play(fields);
        group.bench_function(BenchmarkId::new("one pass", fields), |b| {
            b.iter(|| {
                let bytes = quorate_core::codec::encode(board.state()).expect("a state");
                black_box(quorate_core::Digest::of_bytes("bench", &bytes))
            });
        });
        group.finish();
        let mut group = c.benchmark_group("copied");
        let copied: std::collections::BTreeMap<u32, u32> = (0..fields).map(|f| (f, 0)).collect();
        group.bench_function(BenchmarkId::new("one copy", fields), |b| {
            b.iter(|| black_box(copied.clone()));
        });
        group.finish();
    }
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
