//! A table that waits because its players want it to.

use quorate_core::game::Settled;
use quorate_core::message::{Choice, Motion, MotionId};

use super::asked;
use crate::asking::{ballot, open, propose, told};
use crate::chips::{Action, Chips, Side};
use crate::table::{SECOND, Table};

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
fn whether_to_go_on_may_be_asked_again_at_once_for_a_paused_table_decides_no_heights() {
    let (mut table, pause) = asked();
    ballot(&mut table, 1, pause, Choice::Yes);
    ballot(&mut table, 2, pause, Choice::Yes);
    let paused = |table: &Table<Chips>| table.engines[0].table().presence().paused();
    assert!(paused(&table));
    for (choice, stays) in [(Choice::No, true), (Choice::Yes, false)] {
        propose(&mut table, 1, Motion::Resume);
        let id = open(&table);
        ballot(&mut table, 2, id, choice);
        ballot(&mut table, 3, id, choice);
        assert!(table.engines[0].table().motions().all().is_empty());
        assert_eq!(paused(&table), stays);
    }
}
