//! Questions to the table and the ballots that answer them.

use std::sync::Arc;

use quorate_core::engine::{Event, Fault, Input, Operation};
use quorate_core::game::{End, SeatChange, Settled, Why};
use quorate_core::genesis::{MotionPolicy, StallPolicy};
use quorate_core::message::{
    Choice, Content, Deadline, Entry, EntryBody, Message, Motion, MotionId, Peer, Stream,
};
use quorate_core::motion::{Advice, Ballots, ClosedMotion, MotionRefusal, Resolution, advice};
use quorate_core::table::{EntryRefusal, MotionNews};
use quorate_core::{Height, Seats};

use super::chips::{Action, Chips, Side};
use super::table::{Table, seat};

const SECOND: u64 = 1_000_000;

/// A table of four with chips, on which seat 0 has asked for a pause.
fn asked() -> (Table<Chips>, MotionId) {
    let mut table = table();
    propose(&mut table, 0, Motion::Pause);
    let id = table.engines[0].table().motions().all()[0].id;
    (table, id)
}

fn table() -> Table<Chips> {
    Table::founded(Chips::default(), 4, |_| {})
}

fn operate(table: &mut Table<Chips>, by: usize, operation: Operation) {
    let ticket = 7;
    table.handle(by, Input::Operate { ticket, operation });
    table.settle();
}

fn propose(table: &mut Table<Chips>, by: usize, motion: Motion) {
    operate(table, by, Operation::Propose(motion));
}

fn ballot(table: &mut Table<Chips>, by: usize, id: MotionId, choice: Choice) {
    operate(table, by, Operation::Ballot(id, choice));
}

/// What the last request of a seat came to.
fn told(table: &Table<Chips>, seat: usize) -> Settled {
    let settled = table.events[seat]
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Settled { settled, .. } => Some(settled.clone()),
            _ => None,
        });
    settled.unwrap()
}

fn news(table: &Table<Chips>) -> Vec<MotionNews> {
    let decided = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(decided.news.clone()),
        _ => None,
    });
    decided.flatten().collect()
}

fn closed(table: &Table<Chips>) -> Vec<(MotionId, Resolution)> {
    let closed = news(table).into_iter().filter_map(|news| match news {
        MotionNews::Closed(ClosedMotion { motion, resolution }) => Some((motion.id, resolution)),
        _ => None,
    });
    closed.collect()
}

/// An entry of an operation that `author` signs as `seat`, fit for the next block.
fn signed(
    table: &Table<Chips>,
    author: usize,
    seat: quorate_core::Seat,
    content: Content,
) -> Entry {
    let state = table.engines[0].table();
    let follows = state.nonce(seat, Stream::Operations);
    let body = EntryBody {
        table: state.table(),
        seat,
        nonce: follows + 1,
        follows,
        valid_until: Height(state.height().0 + 8),
        content,
    };
    Entry::sign(body, &table.keys[author])
}

fn ballot_of(table: &Table<Chips>, author: usize, motion: MotionId) -> Entry {
    let choice = Choice::Yes;
    signed(
        table,
        author,
        seat(author),
        Content::Ballot { motion, choice },
    )
}

#[test]
fn three_of_four_pass_a_motion_and_everybody_reads_the_count_meanwhile() {
    let (mut table, id) = asked();
    ballot(&mut table, 1, id, Choice::Abstain);
    for engine in &table.engines {
        let ballots = &engine.table().motions().get(id).unwrap().ballots;
        assert_eq!(ballots.saying(Choice::Yes), seat(0).into());
        assert_eq!(ballots.saying(Choice::Abstain), seat(1).into());
        assert_eq!(ballots.silent(), Seats::from(seat(2)) | seat(3).into());
        assert_eq!((ballots.needed(), ballots.settled()), (3, None));
    }
    ballot(&mut table, 2, id, Choice::Yes);
    assert!(
        !table.engines[0].table().presence().paused(),
        "two are too few"
    );
    ballot(&mut table, 3, id, Choice::Yes);
    table.agreed();
    assert!(table.engines[0].table().presence().paused());
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

#[test]
fn a_motion_is_rejected_as_soon_as_it_cannot_pass_and_returns_after_fifty_heights() {
    let (mut table, id) = asked();
    ballot(&mut table, 1, id, Choice::No);
    assert_eq!(closed(&table), []);
    ballot(&mut table, 2, id, Choice::Abstain);
    assert_eq!(closed(&table), [(id, Resolution::Rejected)]);
    let returns = table.height().0 + 50;
    let tried = table.engines[3]
        .table()
        .would_accept(seat(3), &Content::Motion(Motion::Pause));
    let refusal = MotionRefusal::TooSoon(Height(returns));
    assert_eq!(tried, Err(EntryRefusal::Motion(refusal)), "whoever asks");
    // Other questions may be put meanwhile; each takes a height.
    while table.height().0 + 1 < returns {
        table.handle(0, Input::Attend);
        let here = Message::Entry(Arc::new(signed(&table, 0, seat(0), Content::Here)));
        table.deliver(1, Peer(0), &here);
        table.settle();
        table.pass(SECOND);
    }
    let accepts = |table: &Table<Chips>| {
        table.engines[3]
            .table()
            .would_accept(seat(3), &Content::Motion(Motion::Pause))
    };
    assert_eq!(accepts(&table), Ok(()));
}

#[test]
fn a_motion_that_nobody_answers_is_rejected_when_its_time_is_up() {
    let (mut table, id) = asked();
    table.pass(119 * SECOND);
    assert_eq!(closed(&table), []);
    table.pass(3 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Expired)]);
    table.agreed();
}

#[test]
fn the_time_for_ballots_stands_still_while_the_table_has_no_quorum() {
    let (mut table, id) = asked();
    table.down = vec![2, 3];
    table.pass(1_000 * SECOND);
    table.down.clear();
    table.pass(60 * SECOND);
    assert_eq!(closed(&table), [], "nobody could have answered");
    ballot(&mut table, 2, id, Choice::Yes);
    ballot(&mut table, 3, id, Choice::Yes);
    table.pass(2 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

#[test]
fn a_ballot_held_in_time_keeps_others_from_closing_the_motion() {
    let (mut table, id) = asked();
    ballot(&mut table, 2, id, Choice::Yes);
    table.pass(119 * SECOND);
    // The ballot reaches one honest seat only, just in time; no leader may close without it.
    let late = Message::Entry(Arc::new(ballot_of(&table, 3, id)));
    table.down = vec![3];
    table.deliver(1, Peer(3), &late);
    table.pass(10 * SECOND);
    assert_eq!(closed(&table), [(id, Resolution::Passed)]);
}

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
    let stranger = signed(&table, 1, seat(9), content);
    assert_eq!(
        state.would_take(&stranger),
        Err(EntryRefusal::Stranger(seat(9)))
    );
    let unknown = state.would_take(&ballot_of(&table, 2, MotionId(77)));
    assert_eq!(unknown, Err(MotionRefusal::Unknown(MotionId(77)).into()));
    let forged = signed(&table, 1, seat(2), Content::Ballot { motion: id, choice });
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
fn a_false_ballot_makes_its_block_invalid() {
    let (table, id) = asked();
    let choice = Choice::Yes;
    let forged = signed(&table, 1, seat(2), Content::Ballot { motion: id, choice });
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
fn two_operations_of_one_seat_at_once_are_both_decided() {
    let (mut table, id) = asked();
    let ask = |operation| Input::Operate {
        ticket: 7,
        operation,
    };
    table.handle(1, ask(Operation::Ballot(id, Choice::Yes)));
    table.handle(1, ask(Operation::Propose(Motion::Rematch)));
    table.settle();
    table.pass(SECOND);
    let motions = table.engines[0].table().motions().all();
    assert_eq!(motions.len(), 2);
    assert_eq!(motions[0].ballots.given().len(), 2);
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

#[test]
fn a_rematch_sets_the_game_up_again_for_the_same_players() {
    let game = Chips {
        rounds: 1,
        ..Chips::default()
    };
    let mut table = Table::founded(game, 3, |_| {});
    table.act(0, Action::Roll);
    table.pass(SECOND);
    let first = table.engines[0].table().play().unwrap();
    assert!(matches!(first.end(), Some(End::Finished(_))));
    let turn = first.turn_number();
    propose(&mut table, 2, Motion::Rematch);
    for by in [0, 1] {
        ballot(&mut table, by, MotionId(1), Choice::Yes);
    }
    let play = table.engines[1].table().play().unwrap();
    assert_eq!((play.game_number(), play.end()), (1, None));
    assert!(
        play.turn_number() > turn,
        "what is in flight for the old game is stale"
    );
    table.act(0, Action::Roll);
    table.pass(SECOND);
    let play = table.engines[1].table().play().unwrap();
    assert!(
        matches!(play.end(), Some(End::Finished(_))),
        "its dice are made as before"
    );
    table.agreed();
}

#[test]
fn a_rematch_that_passes_in_mid_roll_waits_for_the_dice() {
    let mut table = table();
    propose(&mut table, 1, Motion::Rematch);
    ballot(&mut table, 2, MotionId(1), Choice::Yes);
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(SECOND / 2);
    assert!(
        table.engines[0].table().rolling().is_some(),
        "one secret is missing"
    );
    ballot(&mut table, 0, MotionId(1), Choice::Yes);
    table.pass(SECOND * 5 / 4);
    assert_eq!(closed(&table), [(MotionId(1), Resolution::Passed)]);
    assert_eq!(table.engines[0].table().play().unwrap().game_number(), 0);
    table.pass(10 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(state.play().unwrap().game_number(), 1);
    assert_eq!(state.play().unwrap().state().round, 0);
}

#[test]
fn in_a_pause_nobody_acts_and_no_clock_runs() {
    let (mut table, id) = asked();
    table.pass(15 * SECOND);
    for by in [1, 2] {
        ballot(&mut table, by, id, Choice::Yes);
    }
    table.act(1, Action::Bet(Side::Over, 1));
    let Settled::Refused(why) = told(&table, 1) else {
        panic!("the table is paused")
    };
    assert_eq!(why.code, "the table is paused");
    let height = table.height();
    table.pass(100 * SECOND);
    assert_eq!(table.height(), height, "the shooter's clock stands still");
    propose(&mut table, 3, Motion::Resume);
    for by in [0, 1] {
        ballot(&mut table, by, MotionId(2), Choice::Yes);
    }
    let height = table.height();
    table.pass(3 * SECOND);
    assert_eq!(table.height(), height, "what was left of it is left still");
    table.pass(4 * SECOND);
    assert!(table.height() > height, "and no more");
}

#[test]
fn a_seat_that_withheld_counts_again_when_it_is_readmitted() {
    let mut table = table();
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(5 * SECOND);
    table.down.clear();
    table.pass(5 * SECOND);
    let pot = |table: &Table<Chips>| table.engines[0].table().pot().clone();
    assert_eq!(pot(&table).benched(), seat(3).into());
    assert!(
        pot(&table).standing(seat(3)).is_some(),
        "it has committed anew"
    );
    propose(&mut table, 0, Motion::Readmit(seat(3)));
    for by in [1, 2] {
        ballot(&mut table, by, MotionId(1), Choice::Yes);
    }
    assert!(pot(&table).eligible().contains(seat(3)));
}

#[test]
fn a_removed_seat_is_gone_from_the_game_and_the_roster() {
    let mut table = Table::founded(Chips::default(), 5, |_| {});
    propose(&mut table, 0, Motion::Remove(seat(2)));
    for by in [1, 3, 4] {
        ballot(&mut table, by, MotionId(1), Choice::Yes);
    }
    let state = table.engines[0].table();
    assert_eq!(state.roster().len(), 4);
    assert!(!state.play().unwrap().players().contains(seat(2)));
    table.act(1, Action::Bet(Side::Over, 3));
    assert!(
        told(&table, 1)
            == Settled::Decided {
                height: table.height()
            }
    );
}

#[test]
fn another_roster_voids_what_was_asked_of_the_old_one() {
    let mut table = Table::founded(Chips::default(), 5, |_| {});
    propose(&mut table, 0, Motion::Pause);
    operate(&mut table, 4, Operation::Leave);
    assert_eq!(closed(&table), [(MotionId(1), Resolution::Voided)]);
    propose(&mut table, 0, Motion::Pause);
    assert_eq!(
        table.engines[1].table().motions().all().len(),
        1,
        "and may be asked anew"
    );
}

#[test]
fn who_leaves_is_told_to_the_game_and_the_rest_play_on() {
    let mut table = table();
    operate(&mut table, 3, Operation::Leave);
    let height = table.height();
    assert_eq!(told(&table, 3), Settled::Decided { height });
    table.down = vec![3];
    let gone = quorate_core::game::Cause::Seat(seat(3), SeatChange::Gone(Why::Left));
    assert!(happened(&table).contains(&gone));
    table.act(0, Action::Roll);
    table.pass(SECOND);
    assert_eq!(
        table.engines[1].table().play().unwrap().state().round,
        1,
        "without its secret"
    );
}

fn happened(table: &Table<Chips>) -> Vec<quorate_core::game::Cause<Action>> {
    let decided = table.events[0].iter().filter_map(|event| match event {
        Event::Decided(decided) => Some(&decided.happened),
        _ => None,
    });
    decided
        .flatten()
        .map(|happened| happened.cause.clone())
        .collect()
}

#[test]
fn to_leave_with_a_reveal_due_is_to_withhold_it() {
    use quorate_core::game::Cause;
    let mut table = Table::founded(Chips::default(), 4, |_| {});
    table.down = vec![3];
    table.act(0, Action::Roll);
    table.pass(SECOND / 2);
    let leave = signed(&table, 3, seat(3), Content::Leave);
    table.deliver(1, Peer(3), &Message::Entry(Arc::new(leave)));
    table.pass(SECOND);
    let told = happened(&table);
    let at = |cause: &Cause<Action>| told.iter().position(|told| told == cause);
    let withheld = at(&Cause::Seat(seat(3), SeatChange::Withheld));
    let gone = at(&Cause::Seat(seat(3), SeatChange::Gone(Why::Left)));
    assert!(withheld.is_some() && withheld < gone, "{told:?}");
    assert_eq!(table.engines[0].table().play().unwrap().state().round, 1);
}

#[test]
fn tallies_of_a_block_are_readable_while_it_is_decided() {
    let mut table = table();
    table.stuck_disks = vec![0, 1, 2, 3];
    table.act(1, Action::Bet(Side::Over, 1));
    table.stuck_disks.clear();
    let idle = table.engines[0].tally();
    assert_eq!(
        (idle.prepare, idle.nil, idle.commit, idle.needed),
        (Seats::NONE, Seats::NONE, Seats::NONE, 3)
    );
    // However fast the others were so far, this round is to be looked at for long.
    let mut table = Table::founded(Chips::default(), 4, |genesis| {
        genesis.timing.round_ms_min = genesis.timing.round_ms;
    });
    let leader = table.engines[0].tally().leader;
    table.down = (0..4)
        .filter(|index| seat(*index) != leader)
        .skip(1)
        .collect();
    let with = (0..4)
        .find(|index| seat(*index) != leader && !table.down.contains(index))
        .unwrap();
    table.act(with, Action::Bet(Side::Over, 1));
    table.pass(SECOND / 2);
    let tally = table.engines[with].tally();
    assert_eq!(tally.prepare, Seats::from(leader) | seat(with).into());
    assert_eq!((tally.commit, tally.height), (Seats::NONE, Height(2)));
}

#[test]
fn an_operation_that_waits_survives_a_restart_of_its_device() {
    let (mut table, id) = asked();
    table.down = vec![0, 2, 3];
    ballot(&mut table, 1, id, Choice::Yes);
    table.down.clear();
    table.restart(1);
    table.pass(5 * SECOND);
    let given = table.engines[0]
        .table()
        .motions()
        .get(id)
        .unwrap()
        .ballots
        .given();
    assert_eq!(given, Seats::from(seat(0)) | seat(1).into());
}

#[test]
fn the_deadline_of_a_motion_names_it() {
    let (table, motion) = asked();
    let open = table.engines[0].table().open_deadlines();
    let figures = MotionPolicy::default();
    let ballots = open
        .iter()
        .find(|open| open.deadline == Deadline::Motion { motion });
    assert_eq!(ballots.unwrap().length, figures.patience(false));
}

#[test]
fn few_answers_and_too_much_agreement_are_pointed_out() {
    let count = |voters: usize, yes: usize, no: usize| {
        let mut ballots = Ballots::among(Seats::first(voters));
        for (index, voter) in Seats::first(yes + no).iter().enumerate() {
            let choice = if index < yes { Choice::Yes } else { Choice::No };
            assert!(ballots.cast(voter, choice));
        }
        advice(&ballots)
    };
    let low = |given, voters| Advice::LowTurnout { given, voters };
    assert_eq!(count(5, 2, 0), [low(2, 5)]);
    assert_eq!(count(4, 2, 0), [], "half is enough");
    assert_eq!(count(6, 6, 0), [], "among few everybody agrees");
    let alike = |agreeing, given| Advice::SuspiciousUnanimity {
        choice: Choice::Yes,
        agreeing,
        given,
    };
    assert_eq!(count(7, 7, 0), [alike(7, 7)]);
    assert_eq!(
        count(10, 9, 1),
        [],
        "nine in ten are not more than nine in ten"
    );
    assert_eq!(count(11, 10, 0), [alike(10, 10)]);
}

#[test]
fn a_turn_that_takes_a_seat_out_of_the_game_may_settle_a_motion_that_is_due_too() {
    let game = Chips {
        rounds: 50,
        ..Chips::default()
    };
    let mut table = Table::founded(game, 4, |genesis| {
        (genesis.stall.policy, genesis.stall.away_after) = (StallPolicy::Forfeit, 1);
        genesis.motions.ballots_ms = 20_000;
    });
    // One for it, one against, two silent: without seat 0, whose turn it is, too few are left.
    propose(&mut table, 1, Motion::Pause);
    let id = table.engines[0].table().motions().all()[0].id;
    ballot(&mut table, 2, id, Choice::No);
    table.pass(39 * SECOND / 2);
    // Nothing can be decided until both the turn and the motion have been due for long.
    table.down = vec![1, 2];
    table.pass(5 * SECOND / 2);
    table.down.clear();
    table.pass(5 * SECOND);
    let state = table.engines[0].table();
    assert!(
        state.motions().all().is_empty(),
        "the block that ends the turn ends the motion"
    );
    assert!(!state.voters().contains(seat(0)));
    table.agreed();
}

#[test]
fn whether_to_go_on_may_be_asked_again_at_once_for_a_paused_table_decides_no_heights() {
    let (mut table, pause) = asked();
    ballot(&mut table, 1, pause, Choice::Yes);
    ballot(&mut table, 2, pause, Choice::Yes);
    let paused = |table: &Table<Chips>| table.engines[0].table().presence().paused();
    assert!(paused(&table));
    for (choice, stays) in [(Choice::No, true), (Choice::Yes, false)] {
        propose(&mut table, 1, Motion::Resume);
        let id = table.engines[0].table().motions().all()[0].id;
        ballot(&mut table, 2, id, choice);
        ballot(&mut table, 3, id, choice);
        assert!(table.engines[0].table().motions().all().is_empty());
        assert_eq!(paused(&table), stays);
    }
}
