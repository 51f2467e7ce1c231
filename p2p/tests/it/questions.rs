//! Questions put to a real table, and what becomes of it.

use quorate_core::Seats;
use quorate_core::claim::ClaimError;
use quorate_core::crypto::AnyScheme;
use quorate_core::game::{ActError, End, Outcome, Settled};
use quorate_core::genesis::Stalls;
use quorate_core::message::{Charge, Choice, Dispute, Motion};
use quorate_core::motion::Resolution;
use quorate_core::table::MotionNews;
use quorate_p2p::{Event, Status};

use crate::race::{
    Action, Race, SOON, act, assert_level, decided, gathered, gathered_at, gathered_for, node,
    play, seating, until,
};

#[test]
fn three_play_again_at_the_same_table() {
    let nodes = ["Ann", "Bob", "Eve"].map(node);
    let tables = gathered_for(Race { goal: 3 }, &nodes, seating(3));
    decided(&tables[0].act(Action::Step(3)).unwrap());
    let first = Outcome::won(tables[0].seat().unwrap());
    for table in &tables {
        until(table, |table| {
            table.status() == Status::Ended(End::Finished(first.clone()))
        });
    }
    // Everybody asks at once; whoever comes second agrees with the first.
    tables[1].rematch().unwrap();
    for table in [&tables[0], &tables[2]] {
        until(table, |table| !table.motions().is_empty());
        table.rematch().unwrap();
    }
    for table in &tables {
        until(table, |table| {
            matches!(table.status(), Status::Playing { .. })
        });
        let play = table.play().unwrap();
        assert_eq!((play.game_number(), play.state().at.len()), (1, 3));
    }
    act(&tables, Action::Step(1));
    assert_level(&tables);
}

#[test]
fn everybody_reads_a_question_and_its_answers_while_it_is_open() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let tables = gathered(&nodes);
    let mut events = tables[3].events();
    decided(&tables[0].propose(Motion::Pause).unwrap());
    let id = tables[0].motions()[0].id;
    until(&tables[1], |table| !table.motions().is_empty());
    decided(&tables[1].ballot(id, Choice::No).unwrap());
    let second = tables[1].ballot(id, Choice::Yes).unwrap().wait(SOON);
    assert!(matches!(second, Some(Settled::Refused(_))), "{second:?}");
    until(&tables[3], |table| {
        table.motions()[0].ballots.given() == Seats::first(2)
    });
    let mut told = || loop {
        let event = events.wait(SOON).expect("the question is told");
        if let Event::Motion { news, .. } = event {
            break news;
        }
    };
    let first = told();
    assert!(matches!(first, MotionNews::Proposed { .. }), "{first:?}");
    let then = told();
    let MotionNews::Balloted { choice, .. } = &then else {
        panic!("{then:?}");
    };
    assert_eq!(*choice, Choice::No);
    assert!(tables[2].tally().is_some_and(|tally| tally.needed == 3));
}

#[test]
fn a_paused_table_refuses_moves_until_it_resumes() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    let agree = |motion: Motion, wanted: fn(&Status) -> bool| {
        decided(&tables[0].propose(motion).unwrap());
        until(&tables[1], |table| !table.motions().is_empty());
        let id = tables[1].motions()[0].id;
        decided(&tables[1].ballot(id, Choice::Yes).unwrap());
        for table in &tables {
            until(table, |table| wanted(&table.status()));
        }
    };
    agree(Motion::Pause, |status| *status == Status::Paused);
    assert_eq!(
        tables[0].act(Action::Step(1)).unwrap_err(),
        ActError::Paused
    );
    agree(Motion::Resume, |status| {
        matches!(status, Status::Playing { .. })
    });
    play(&tables, 2);
    assert_level(&tables);
}

#[test]
fn a_dispute_that_the_table_can_settle_ends_in_its_own_block() {
    let nodes = ["Ann", "Bob"].map(node);
    let tables = gathered(&nodes);
    play(&tables, 2);
    let mut events = tables[1].events();
    let bob = tables[1].seat().unwrap();
    let height = tables[0].pulse().height;
    let dispute = Dispute::new(Charge::StalledSeat(bob), height);
    decided(&tables[0].dispute(dispute).unwrap());
    loop {
        let event = events.wait(SOON).expect("its end is told");
        if let Event::Motion {
            news: MotionNews::Closed(closed),
            ..
        } = event
        {
            assert_eq!(closed.resolution, Resolution::Dismissed, "Bob was in time");
            break;
        }
    }
}

#[test]
fn who_is_left_alone_signs_where_the_table_stood() {
    let nodes = ["Ann", "Bob", "Eve", "Mal"].map(node);
    let stalls = Stalls {
        claim_after_ms: 1_000,
        ..Stalls::default()
    };
    let tables = gathered_at(&nodes, seating(4).stall(stalls));
    play(&tables, 1);
    assert!(tables[0].sign_claim().is_err(), "there is a quorum");
    let mut events = tables[0].events();
    nodes[2].shutdown();
    nodes[3].shutdown();
    let absent = loop {
        let event = events.wait(SOON).expect("the loss is told");
        if let Event::Stalled { absent } = event {
            break absent;
        }
    };
    assert_eq!(
        absent,
        tables[2].seat().map(Seats::from).unwrap() | tables[3].seat().unwrap().into()
    );
    until(&tables[1], |table| table.sign_claim().is_ok());
    tables[0].sign_claim().unwrap();
    until(&tables[0], |table| {
        table
            .claim()
            .is_some_and(|claim| claim.testimonies.len() == 2)
    });
    let claim = tables[0].claim().unwrap();
    let standing = claim.verify(std::sync::Arc::new(AnyScheme)).unwrap();
    assert_eq!(
        (standing.signed, standing.absent),
        (Seats::first(2), absent)
    );
    let empty = quorate_core::claim::Claim {
        testimonies: vec![],
        ..claim
    };
    let nobody = empty.verify(std::sync::Arc::new(AnyScheme));
    assert_eq!(nobody, Err(ClaimError::Unsigned));
}
