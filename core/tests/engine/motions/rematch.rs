//! Another game of the same players.

use quorate_core::game::End;
use quorate_core::message::{Choice, Motion, MotionId};
use quorate_core::motion::Resolution;

use super::table;
use crate::asking::{ballot, closed, propose};
use crate::chips::{Action, Chips};
use crate::table::{SECOND, Table};

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
