//! What one action costs as the state grows: the rules change one entry of a map that is shared by
//! all copies of the state.
//!
//! `apply` is a step of the rules with its roll-back; it grows like the logarithm of the entries.
//! `digest` is the one pass that a block makes over the whole state; it grows with its bytes. A map
//! that is not shared would be copied whole by each `apply`: `copied` shows what that would cost.

#[path = "../tests/games/board.rs"]
mod board;

use std::hint::black_box;

use board::Field;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

impl Field for u32 {
    fn mark(&mut self) {
        *self = self.wrapping_add(1) % 100;
    }
}

fn benchmark(c: &mut Criterion) {
    for fields in [100, 10_000, 100_000] {
        let mut group = c.benchmark_group("apply");
        let mut play = board::board::<u32>(fields);
        let mut at = 0;
        group.bench_function(BenchmarkId::new("one action", fields), |b| {
            b.iter(|| {
                at = (at + 7_919) % fields;
                board::mark(&mut play, at);
            });
        });
        group.finish();
        let mut group = c.benchmark_group("digest");
        let play = board::board::<u32>(fields);
        group.bench_function(BenchmarkId::new("one pass", fields), |b| {
            b.iter(|| {
                let bytes = quorate_core::codec::encode(play.state()).expect("a state");
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
