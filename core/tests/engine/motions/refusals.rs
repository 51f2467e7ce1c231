//! Motions and ballots that are refused, and what is said of each.

use std::sync::Arc;

use quorate_core::engine::{Event, Fault, Input, Operation};
use quorate_core::game::Settled;
use quorate_core::genesis::{Protocol, StallPolicy};
use quorate_core::message::{Choice, Content, Message, Motion, MotionId, Peer};
use quorate_core::motion::MotionRefusal;
use quorate_core::table::EntryRefusal;

use super::{asked, ballot_of, table};
use crate::asking::{ballot, entry, open, propose, told};
use crate::table::{SECOND, seat};
use crate::witness;

#[test]
fn a_second_ballot_a_stranger_an_unknown_motion_and_a_false_signature_are_told_apart() {
    let (mut table, id) = asked();
    ballot(&mut table, 1, id, Choice::No);
    let state = table.engines[0].table();
    let second = state.would_take(&ballot_of(&table, 1, id)).unwrap_err();
    let (who, motion) = (seat(1), id);
    let refusal = MotionRefusal::SecondBallot { seat: who, motion };
    assert_eq!(second, EntryRefusal::Motion(refusal));
    let choice = Choice::Yes;
    let content = Content::Ballot { motion: id, choice };
    let stranger = entry(&table, (1, seat(9)), content);
    assert_eq!(
        state.would_take(&stranger),
        Err(EntryRefusal::Stranger(seat(9)))
    );
    let unknown = state.would_take(&ballot_of(&table, 2, MotionId(77)));
    assert_eq!(unknown, Err(MotionRefusal::Unknown(MotionId(77)).into()));
    let forged = entry(&table, (1, seat(2)), Content::Ballot { motion: id, choice });
    table.deliver(3, Peer(1), &Message::Entry(Arc::new(forged)));
    let stranger = Message::Entry(Arc::new(stranger));
    table.deliver(3, Peer(1), &stranger);
    table.deliver(3, Peer(2), &stranger);
    let charged = table.events[3].iter().filter_map(|event| match event {
        Event::Fault {
            fault: Fault::Entry { seat, why },
            ..
        } => Some((*seat, *why)),
        _ => None,
    });
    let charged: Vec<_> = charged.collect();
    assert_eq!(charged, [(seat(2), "false signature")]);
    // Rosters change, and who passes an entry on may be at another height: nobody is charged, and
    // it is told once, however often such entries come.
    let refused = table.events[3].iter().filter_map(|event| match event {
        Event::EntryRefused { seat, why } => Some((*seat, why.clone())),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused, [(seat(9), EntryRefusal::Stranger(seat(9)))]);
}

#[test]
fn who_does_not_play_asks_nothing_and_answers_nothing() {
    let mut table = witness::table(Protocol::Pbft, 3, 1);
    let state = table.engines[0].table();
    let pause = Content::Motion(Motion::Pause);
    let no_ballot = Err(MotionRefusal::NoBallot(seat(3)).into());
    assert_eq!(state.would_accept(seat(3), &pause), no_ballot);
    propose(&mut table, 0, Motion::Pause);
    let ballot = ballot_of(&table, 3, open(&table));
    assert_eq!(table.engines[0].table().would_take(&ballot), no_ballot);
}

#[test]
fn a_false_ballot_makes_its_block_invalid() {
    let (table, id) = asked();
    let choice = Choice::Yes;
    let forged = entry(&table, (1, seat(2)), Content::Ballot { motion: id, choice });
    let state = table.engines[0].table();
    let plan = quorate_core::table::Plan {
        entries: vec![Arc::new(forged)],
        due: vec![],
        time: state.time(),
        parent_round: quorate_core::Round(0),
    };
    let block = state.build(&plan).unwrap().block;
    assert_eq!(block.entries.len(), 1);
    let verifier = Arc::new(quorate_core::crypto::AnyScheme);
    let mut checker = quorate_core::certificate::Checker::new(verifier);
    let refused = state.apply(&block, &mut checker).unwrap_err();
    assert!(
        refused.to_string().ends_with("false signature"),
        "{refused}"
    );
}

#[test]
fn whoever_asks_has_answered_and_has_one_question_open() {
    let (mut table, id) = asked();
    ballot(&mut table, 0, id, Choice::Yes);
    assert!(
        matches!(told(&table, 0), Settled::Refused(_)),
        "a motion is its author's yes"
    );
    propose(&mut table, 0, Motion::Rematch);
    let Settled::Refused(why) = told(&table, 0) else {
        panic!("a second motion of one seat")
    };
    assert_eq!(why.text, "motion 1 of the same seat is still open");
    propose(&mut table, 1, Motion::Pause);
    let Settled::Refused(why) = told(&table, 1) else {
        panic!("the same question twice")
    };
    assert_eq!(why.text, "motion 1 asks the same");
}

#[test]
fn questions_that_would_change_nothing_are_refused() {
    let state = table().engines.remove(0);
    let moot = [
        Motion::Resume,
        Motion::Readmit(seat(1)),
        Motion::Stall(StallPolicy::DefaultMove),
    ];
    for motion in moot {
        let refused = state
            .table()
            .would_accept(seat(0), &Content::Motion(motion));
        assert_eq!(refused, Err(MotionRefusal::Moot.into()));
    }
}

#[test]
fn what_a_player_was_told_to_be_refused_is_taken_back() {
    let mut table = table();
    let ask = |motion| Input::Operate {
        ticket: 7,
        operation: Operation::Propose(motion),
    };
    // Two ask the same at the same moment; one of them is first.
    for by in [1, 2] {
        table.handle(by, ask(Motion::Pause));
    }
    table.settle();
    table.pass(5 * SECOND);
    let open = table.engines[0].table().motions().all().to_vec();
    assert_eq!(open.len(), 1);
    let loser = if open[0].by == seat(1) { 2 } else { 1 };
    assert!(matches!(told(&table, loser), Settled::Refused(_)));
    for by in (0..4).filter(|by| seat(*by) != open[0].by) {
        ballot(&mut table, by, open[0].id, Choice::No);
    }
    table.pass(5 * SECOND);
    assert_eq!(
        table.engines[0].table().motions().all(),
        [],
        "nothing rises from the grave"
    );
    table.agreed();
}
