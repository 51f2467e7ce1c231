//! Disputes: what shows settles itself, of the rest the players judge.

use std::sync::Arc;

use quorate_core::Height;
use quorate_core::engine::Event;
use quorate_core::game::Settled;
use quorate_core::journal::Record;
use quorate_core::message::{
    Charge, Choice, Content, Dispute, Entry, Exhibit, Message, Motion, MotionId, Peer,
};
use quorate_core::motion::Resolution;

use super::asking::{ballot, closed, entry, propose, told};
use super::chips::{Action, Chips, Side};
use super::evidence::contradiction;
use super::table::{SECOND, Table, seat};

/// Four seats after a bet and a roll for which seat 3 kept back its secret.
fn table() -> Table<Chips> {
    let mut table = Table::founded(Chips::default(), 4, |_| {});
    table.act(1, Action::Bet(Side::Over, 10));
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(6 * SECOND);
    table.down.clear();
    table.pass(6 * SECOND);
    table
}

/// What becomes of it at once, where the table can tell.
fn dispute(table: &mut Table<Chips>, dispute: Dispute) -> Option<Resolution> {
    propose(table, 2, Motion::Dispute(dispute));
    table.pass(SECOND);
    closed(table).pop().map(|(_, resolution)| resolution)
}

/// Why the last dispute was refused.
fn refused(table: &Table<Chips>) -> String {
    match told(table, 2) {
        Settled::Refused(why) => why.text.into_owned(),
        other => panic!("{other:?}"),
    }
}

fn entries(table: &Table<Chips>) -> Vec<Entry> {
    let decided = table.records[0].iter().filter_map(|record| match record {
        Record::Decision { block, .. } => Some(&block.entries),
        _ => None,
    });
    decided.flatten().map(|entry| Entry::clone(entry)).collect()
}

/// The ids of the rolls that reveals were decided for, the oldest first.
fn rolls(table: &Table<Chips>) -> Vec<Height> {
    let mut rolls: Vec<_> = entries(table)
        .iter()
        .filter_map(|entry| match entry.body.content {
            Content::Reveal { roll, .. } => Some(roll),
            _ => None,
        })
        .collect();
    rolls.dedup();
    rolls
}

/// The reveals of a roll, by ascending seat.
fn reveals(table: &Table<Chips>, of: Height) -> Vec<Entry> {
    let entries = entries(table).into_iter();
    entries
        .filter(|entry| matches!(entry.body.content, Content::Reveal { roll, .. } if roll == of))
        .collect()
}

#[test]
fn who_withheld_a_secret_the_table_knows_by_itself() {
    let mut table = table();
    let [withheld, made] = rolls(&table)[..] else {
        panic!("one roll without seat 3's secret, and one without seat 3")
    };
    let charge = |who, roll| Dispute::new(Charge::WithheldReveal(seat(who)), roll);
    assert_eq!(
        dispute(&mut table, charge(3, withheld)),
        Some(Resolution::Upheld)
    );
    assert_eq!(
        dispute(&mut table, charge(1, withheld)),
        Some(Resolution::Dismissed)
    );
    assert_eq!(
        dispute(&mut table, charge(3, made)),
        Some(Resolution::Dismissed)
    );
    table.agreed();
}

#[test]
fn who_was_late_the_table_knows_by_itself() {
    let mut table = table();
    let before = table.height();
    table.pass(25 * SECOND); // seat 1 holds the dice, and its clock runs out
    let late = Height(before.0 + 1);
    let charge = |who, at| Dispute::new(Charge::StalledSeat(seat(who)), at);
    assert_eq!(
        dispute(&mut table, charge(1, late)),
        Some(Resolution::Upheld)
    );
    assert_eq!(
        dispute(&mut table, charge(0, late)),
        Some(Resolution::Dismissed)
    );
    assert_eq!(
        dispute(&mut table, charge(1, before)),
        Some(Resolution::Dismissed)
    );
}

#[test]
fn a_roll_is_computed_again_from_the_attached_secrets() {
    let mut table = table();
    let made = rolls(&table)[1];
    let charge = Dispute::new(Charge::WrongRoll, made);
    let true_secrets = charge.clone().with(Exhibit::Reveals(reveals(&table, made)));
    assert_eq!(
        dispute(&mut table, true_secrets),
        Some(Resolution::Dismissed)
    );
    let never = Dispute::new(Charge::WrongRoll, Height(1));
    assert_eq!(
        dispute(&mut table, never),
        Some(Resolution::Dismissed),
        "there was no such roll"
    );
    let open = dispute(&mut table, charge);
    assert_eq!(
        open,
        Some(Resolution::Dismissed),
        "as before: the question may not return yet"
    );
    assert!(refused(&table).starts_with("rejected lately"));
}

#[test]
fn forged_secrets_are_refused() {
    let mut table = table();
    let made = rolls(&table)[1];
    let mut forged = reveals(&table, made);
    forged[0].body.seat = seat(3);
    let charge = Dispute::new(Charge::WrongRoll, made).with(Exhibit::Reveals(forged));
    let entry = entry(
        &table,
        (2, seat(2)),
        Content::Motion(Motion::Dispute(charge)),
    );
    table.deliver(0, Peer(2), &Message::Entry(Arc::new(entry)));
    table.pass(SECOND);
    let faults = table.events[0].iter();
    assert!(
        faults
            .into_iter()
            .any(|event| matches!(event, Event::Fault { .. }))
    );
    assert_eq!(table.engines[0].table().motions().all(), []);
}

#[test]
fn a_double_vote_is_upheld_by_two_signatures_and_by_nothing_less() {
    let mut table = table();
    let height = Height(2);
    let twice = contradiction(table.genesis().table(), height, (3, &table.keys[3]));
    let charge = Dispute::new(Charge::DoubleVote(seat(3)), height);
    let shown = charge.clone().with(Exhibit::Contradiction(Box::new(twice)));
    assert_eq!(
        dispute(&mut table, charge),
        None,
        "of a bare word the players judge"
    );
    ballots(&mut table, MotionId(1), Choice::No);
    // Another seat asks, for the same question may not return at once.
    let other = Dispute {
        height: Height(3),
        ..shown.clone()
    };
    table.pass(SECOND);
    let before = table.height();
    dispute(&mut table, other);
    assert_eq!(refused(&table), "what is attached does not hold");
    assert_eq!(table.height(), before);
    let fresh = Dispute { height, ..shown };
    let state = table.engines[0].table();
    let tried = state.would_accept(seat(2), &Content::Motion(Motion::Dispute(fresh)));
    assert!(
        tried
            .unwrap_err()
            .to_string()
            .starts_with("rejected lately")
    );
}

fn ballots(table: &mut Table<Chips>, id: MotionId, choice: Choice) {
    for by in [0, 1, 3] {
        ballot(table, by, id, choice);
    }
}

#[test]
fn two_signed_votes_settle_a_dispute_at_once() {
    let mut table = table();
    let height = Height(2);
    let twice = contradiction(table.genesis().table(), height, (3, &table.keys[3]));
    let charge = Dispute::new(Charge::DoubleVote(seat(3)), height);
    let shown = charge.with(Exhibit::Contradiction(Box::new(twice)));
    assert_eq!(dispute(&mut table, shown), Some(Resolution::Upheld));
}

#[test]
fn a_decision_of_the_table_is_no_invalid_transition() {
    let mut table = table();
    let decision = table.records[0].iter().find_map(|record| match record {
        Record::Decision { block, certificate } if block.height == Height(2) => {
            let (block, certificate) = (block.clone(), certificate.clone());
            Some(Exhibit::Decision { block, certificate })
        }
        _ => None,
    });
    let charge = Dispute::new(Charge::InvalidTransition, Height(2)).with(decision.unwrap());
    assert_eq!(dispute(&mut table, charge), Some(Resolution::Dismissed));
    let payout = Dispute::new(Charge::WrongPayout, Height(2));
    dispute(&mut table, payout);
    let open = table.engines[0].table().motions().all();
    assert_eq!(open.len(), 1, "whether a rule is fair the players judge");
    let id = open[0].id;
    ballots(&mut table, id, Choice::Yes);
    table.pass(SECOND);
    assert_eq!(table.engines[0].table().motions().all(), []);
}

#[test]
fn a_dispute_waits_an_hour_for_ballots() {
    let mut table = table();
    dispute(&mut table, Dispute::new(Charge::WrongPayout, Height(2)));
    table.act(1, Action::Roll);
    table.pass(SECOND);
    let motions = |table: &Table<Chips>| table.engines[0].table().motions().all().len();
    for _ in 0..10 {
        table.pass(350 * SECOND);
    }
    assert_eq!(motions(&table), 1);
    for _ in 0..10 {
        table.pass(60 * SECOND);
    }
    assert_eq!(motions(&table), 0);
}

#[test]
fn nothing_can_be_disputed_that_has_not_happened() {
    let mut table = table();
    let next = table.height().next();
    dispute(&mut table, Dispute::new(Charge::WrongPayout, next));
    let height = next.0;
    let said = format!("about height {height}, which is not decided yet");
    assert_eq!(refused(&table), said);
}
