//! Time of one decision, all seats together, beside the cost of exactly its signatures.
//!
//! Messages arrive at once and disks are instant, so what is measured is the work: encoding,
//! counting, rules and keys. `signatures` makes and checks as many as such a decision does, one
//! entry included, and nothing else; the difference is what the engine costs.

#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "the harness of the tests, of which this uses a part"
)]
#[path = "../tests/engine/table.rs"]
mod table;

use std::hint::black_box;
use std::ops::RangeInclusive;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quorate_core::crypto::{AnyScheme, Scheme, SecretKey, Signer, Verifier};
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::genesis::Protocol;
use quorate_core::roster::quorum;
use quorate_core::{Seat, Seats, data};
use table::Table;

/// Seats count up together, without end.
#[data(crate = quorate_core)]
struct Count;

impl Game for Count {
    const NAME: &'static str = "count";
    type State = (Seats, u64);
    type Action = u8;
    type Event = ();
    type View = u64;

    fn players(&self) -> RangeInclusive<u8> {
        1..=64
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Self::State> {
        Ok((cx.players(), 0))
    }

    fn turn(&self, state: &Self::State) -> Turn {
        Turn::of(state.0)
    }

    fn apply(&self, state: &mut Self::State, _: &mut Cx<Self>, _: Seat, by: u8) -> Verdict {
        state.1 += u64::from(by);
        Ok(())
    }

    fn outcome(&self, _: &Self::State) -> Option<Outcome> {
        None
    }

    fn view(&self, state: &Self::State, _: &Viewer) -> u64 {
        state.1
    }
}

fn decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decision");
    group.sample_size(20);
    for seats in [4u8, 7, 16] {
        for (name, protocol, scheme) in [
            ("pbft", Protocol::Pbft, Scheme::Ed25519),
            ("tendermint", Protocol::Tendermint, Scheme::Ed25519),
            ("pbft-ml-dsa", Protocol::Pbft, Scheme::MlDsa87),
        ] {
            let mut table = Table::with(protocol, Count, seats, |genesis| {
                genesis.signatures = scheme;
            });
            table.verify_records = false;
            let mut index = 0;
            group.bench_function(BenchmarkId::new(name, seats), |bencher| {
                bencher.iter(|| {
                    table.act(index % usize::from(seats), 1);
                    table.forget();
                    index += 1;
                });
            });
        }
        for (name, scheme) in [
            ("signatures", Scheme::Ed25519),
            ("signatures-ml-dsa", Scheme::MlDsa87),
        ] {
            let key = SecretKey::from_bytes(&[7; 32]).signer(scheme);
            let mut message = [1; 160];
            group.bench_function(BenchmarkId::new(name, seats), |bencher| {
                bencher.iter(|| signatures(&*key, usize::from(seats), &mut message));
            });
        }
    }
}

/// What a decision of one entry at a table of `seats` makes and checks. Every message is another:
/// how often ML-DSA must try until it has a signature depends on it.
fn signatures(key: &dyn Signer, seats: usize, message: &mut [u8; 160]) {
    let keys = key.keys();
    let made = 2 * seats + 1;
    let checked = 2 * seats * (quorum(seats) - 1) + seats - 1;
    let sign = |_| {
        let count = message.iter_mut().take(4);
        count.fold(true, |carry, byte| {
            *byte = byte.wrapping_add(u8::from(carry));
            carry && *byte == 0
        });
        black_box((*message, key.sign(black_box(message))))
    };
    let signed: Vec<_> = (0..made).map(sign).collect();
    for (message, signature) in signed.iter().cycle().take(checked) {
        black_box(AnyScheme.verify(&keys, black_box(message), signature));
    }
}

criterion_group!(benches, decision);
criterion_main!(benches);
