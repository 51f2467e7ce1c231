//! Money and ledgers lose nothing and refuse what cannot be.

use proptest::prelude::*;
use quorate_core::codec;
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::ledger::{Ledger, Money};
use quorate_core::local::Local;
use quorate_core::{Seat, data};

fn money(units: u64) -> Money {
    Money::new(units).unwrap()
}

/// A game that only has a ledger: actions are payments.
#[data(crate = quorate_core)]
struct Bank {
    issue: Vec<(u16, u32)>,
}

impl Game for Bank {
    const NAME: &'static str = "bank";
    type State = Ledger<u16>;
    type Action = (u16, u16, u32);
    type Event = ();
    type View = u64;

    fn players(&self) -> std::ops::RangeInclusive<u8> {
        1..=1
    }
    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Ledger<u16>> {
        let mut ledger = Ledger::new();
        for (purse, units) in &self.issue {
            ledger.issue(cx, *purse, Money::of(*units))?;
        }
        Ok(ledger)
    }
    fn turn(&self, _: &Ledger<u16>) -> Turn {
        Seat::new(0).map_or(Turn::nobody(), Turn::of)
    }
    fn apply(
        &self,
        ledger: &mut Ledger<u16>,
        _: &mut Cx<Self>,
        _: Seat,
        (from, to, units): (u16, u16, u32),
    ) -> Verdict {
        ledger.pay(from, to, Money::of(units))
    }
    fn outcome(&self, _: &Ledger<u16>) -> Option<Outcome> {
        None
    }
    fn view(&self, ledger: &Ledger<u16>, _: &Viewer) -> u64 {
        ledger.total().units()
    }
    fn total(&self, ledger: &Ledger<u16>) -> Option<Money> {
        Some(ledger.total())
    }
}

fn ledger(issue: &[(u16, u32)]) -> Ledger<u16> {
    let table = Local::seeded(
        Bank {
            issue: issue.to_vec(),
        },
        1,
        0,
    )
    .unwrap();
    table.play().state().clone()
}

#[test]
fn amounts_end_where_a_double_is_no_longer_exact() {
    assert_eq!(Money::MAX.units(), (1 << 53) - 1);
    assert!(Money::new(1 << 53).is_err());
    assert!(Money::MAX.plus(Money::of(1)).is_err());
    assert!(Money::MAX.times(2).is_err());
    assert!(Money::MAX.ratio(u64::MAX, 1).is_err());
    assert_eq!(Money::MAX.ratio(u64::MAX, u64::MAX), Ok(Money::MAX));
    assert!(Money::of(1).ratio(1, 0).is_err());
    assert!(Money::of(1).minus(Money::of(2)).is_err());
    assert!(Money::of(1).split(0).is_err());
    assert!(codec::decode::<Money>(&codec::encode(&(1u64 << 53)).unwrap()).is_err());
}

#[test]
fn a_payment_beyond_the_purse_is_refused_and_pays_nothing() {
    let mut ledger = ledger(&[(1, 10)]);
    let before = ledger.clone();
    let refused = ledger.pay(1, 2, money(11)).unwrap_err();
    assert_eq!(refused.text, "1 has less than 11");
    assert_eq!(ledger, before);
    assert_eq!(ledger.pay_up_to(1, 2, money(11)), money(10));
    assert_eq!((ledger.of(1), ledger.of(2)), (Money::ZERO, money(10)));
    assert_eq!(ledger.sweep(2, 2), money(10));
    assert_eq!(ledger.of(2), money(10));
}

#[test]
fn an_empty_purse_leaves_no_trace() {
    let mut one = ledger(&[(1, 10), (2, 5)]);
    one.sweep(2, 1);
    assert_eq!(
        codec::encode(&one).unwrap(),
        codec::encode(&ledger(&[(1, 15)])).unwrap()
    );
}

#[test]
fn the_wire_holds_ascending_purses_that_are_not_empty() {
    let bytes = |pairs: &[(u16, u64)]| codec::encode(pairs).unwrap();
    assert_eq!(
        codec::encode(&ledger(&[(2, 5), (1, 10)])).unwrap(),
        bytes(&[(1, 10), (2, 5)])
    );
    for bad in [
        &[(2, 5), (1, 10)][..],
        &[(1, 5), (1, 10)],
        &[(1, 0)],
        &[(1, 1 << 53)],
        &[(1, (1 << 53) - 1), (2, 1)],
    ] {
        assert!(
            codec::decode::<Ledger<u16>>(&bytes(bad)).is_err(),
            "{bad:?}"
        );
    }
}

proptest! {
    #[test]
    fn a_split_loses_nothing_and_is_fair(units in 0..1u64 << 53, parts in 1..1_000usize) {
        let split = money(units).split(parts).unwrap();
        prop_assert_eq!(split.len(), parts);
        prop_assert_eq!(Money::sum(split.iter().copied()).unwrap(), money(units));
        prop_assert!(split[0].units() - split[parts - 1].units() <= 1);
        prop_assert!(split.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn payments_keep_the_total_and_the_bytes_agree(
        payments in prop::collection::vec((0..6u16, 0..6u16, 0..200u32), 0..40),
    ) {
        let options = Bank { issue: vec![(0, 100), (1, 100), (5, 1)] };
        let mut table = Local::seeded(options, 1, 0).unwrap();
        let [seat] = table.players();
        let mut model = [100u32, 100, 0, 0, 0, 1];
        for (from, to, units) in payments {
            let enough = model[usize::from(from)] >= units;
            if enough {
                model[usize::from(from)] -= units;
                model[usize::from(to)] += units;
            }
            prop_assert_eq!(table.act_as(seat, (from, to, units)).is_ok(), enough);
        }
        let ledger = table.play().state();
        prop_assert_eq!(ledger.total(), money(201));
        for (purse, units) in (0u16..).zip(model) {
            prop_assert_eq!(ledger.of(purse), Money::of(units));
        }
        let again: Ledger<u16> = codec::decode(&codec::encode(ledger).unwrap()).unwrap();
        prop_assert_eq!(&again, ledger);
        prop_assert_eq!(again.total(), money(201));
    }
}
