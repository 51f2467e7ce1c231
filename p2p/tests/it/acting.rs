//! What `act` says at once, and what a `Pending` says later.

use quorate_core::game::{ActError, Settled};
use quorate_p2p::Table;

use crate::race::{Action, LONG, Race, SOON, act, gathered, node, seating};

#[test]
fn the_rules_answer_here_and_now() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let [ann, bob] = [&tables[0], &tables[1]];
    assert_eq!(bob.act(Action::Step(1)).unwrap_err(), ActError::NotYourTurn);
    assert_eq!(bob.legal(), []);
    let refused = ann.act(Action::Step(9)).unwrap_err();
    assert_eq!(refused.to_string(), "nobody steps by 9");
    assert_eq!(ann.legal(), [Action::Step(1), Action::Roll]);
}

#[test]
fn a_double_tap_lands_once() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let seen = tables[0].view().unwrap();
    assert_eq!(*seen, [0, 0]);
    let first = tables[0].act(Action::Step(2)).unwrap();
    let second = tables[0].act(Action::Step(2));
    assert!(matches!(second, Err(ActError::Stale { .. })), "{second:?}");
    assert!(matches!(first.wait(SOON), Some(Settled::Decided { .. })));
    let turn = tables[0].play().unwrap().turn_number();
    assert!(turn > seen.turn);
}

#[test]
fn what_was_meant_for_a_turn_that_is_over_is_stale() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let seen = tables[0].view().unwrap();
    act(&tables, Action::Step(1));
    act(&tables, Action::Step(1));
    let stale = tables[0].act_all(seen.turn, vec![Action::Step(1)]);
    assert!(matches!(stale, Err(ActError::Stale { meant, .. }) if meant == seen.turn));
}

#[test]
fn nobody_acts_before_the_table_begins() {
    let ann = node("Ann");
    let table: Table<Race> = ann.host(LONG, seating(2)).unwrap();
    assert_eq!(table.act(Action::Roll).unwrap_err(), ActError::NotBegun);
    assert!(table.view().is_none() && table.play().is_none());
}

#[test]
fn a_pending_is_a_future() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let pending = tables[0].act(Action::Step(1)).unwrap();
    let settled = futures::executor::block_on(pending.clone());
    assert!(matches!(settled, Settled::Decided { .. }));
    assert!(pending.took().is_some());
}
