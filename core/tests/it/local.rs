//! A table on one device does for a game all that a networked one does.

use std::time::Duration;

use quorate_core::Seats;
use quorate_core::game::{ActError, Cause, End, Outcome, SeatChange, Why};
use quorate_core::ledger::Money;
use quorate_core::local::Local;
use quorate_core::state::StallPolicy;

use crate::games::chips::{Action, Event, Purse, Side};
use crate::games::peek;
use crate::games::rps::Hand::{Paper, Rock, Scissors};
use crate::games::{Chips, Peek, Puppet, Rps, TicTacToe};

const TURN: Duration = Duration::from_secs(20);
const SEALED_TURN: Duration = Duration::from_secs(5);

fn chips(players: u8, dice: impl IntoIterator<Item = u32>) -> Local<Chips> {
    Local::scripted(Chips::default(), players, dice).unwrap()
}

#[test]
fn two_people_share_a_screen() {
    let mut table = Local::seeded(TicTacToe, 2, 1).unwrap();
    let [ann, bob] = table.players();
    for (seat, square) in [(ann, 0), (bob, 3), (ann, 1), (bob, 4)] {
        table.act_as(seat, square).unwrap();
    }
    assert_eq!(table.act_as(bob, 5), Err(ActError::NotYourTurn));
    let Err(ActError::Rejected(why)) = table.act_as(ann, 4) else {
        panic!("taken")
    };
    assert_eq!(
        (why.code, &*why.text),
        ("square {square} is taken", "square 4 is taken")
    );
    assert_eq!(table.legal_as(ann), [2, 5, 6, 7, 8]);
    table.act_as(ann, 2).unwrap();
    assert_eq!(table.end(), Some(&End::Finished(Outcome::won(ann))));
    assert_eq!(table.view_as_watcher()[2], Some(ann));
}

#[test]
fn a_rematch_starts_with_the_other_player() {
    let mut table = Local::seeded(TicTacToe, 2, 1).unwrap();
    let [ann, bob] = table.players();
    let turn = table.view_as(ann).turn;
    table.rematch().unwrap();
    assert!(table.view_as(ann).turn > turn);
    assert_eq!(table.act_as(ann, 0), Err(ActError::NotYourTurn));
    table.act_as(bob, 0).unwrap();
}

#[test]
fn dice_fall_as_scripted_and_bets_are_paid() {
    let mut table = chips(2, [6, 5]);
    let [ann, bob] = table.players();
    table.act_as(bob, Action::Bet(Side::Over, 40)).unwrap();
    table.act_as(ann, Action::Bet(Side::Under, 30)).unwrap();
    table.act_as(ann, Action::Roll).unwrap();
    assert_eq!(table.view_as(ann)[ann], 70);
    assert_eq!(table.view_as(ann)[bob], 140);
    let events: Vec<_> = table.drain().into_iter().flat_map(|h| h.events).collect();
    assert_eq!(events, [Event::Fell(11), Event::Paid(bob, Money::of(40))]);
    assert!(table.drain().is_empty());
}

#[test]
fn where_the_script_ends_the_dice_stay_in_the_air() {
    let mut table = chips(2, [6]);
    let [ann, bob] = table.players();
    table.act_as(ann, Action::Roll).unwrap();
    assert_eq!(table.act_as(bob, Action::CashOut), Err(ActError::Rolling));
    table.script([1]);
    assert!(!table.play().is_rolling());
    table.act_as(bob, Action::Roll).unwrap();
    table.script([7, 7]);
    assert!(table.play().is_rolling(), "no die shows seven");
}

#[test]
fn held_dice_fall_when_let_go() {
    let mut table = Local::seeded(Chips::default(), 2, 3).unwrap();
    let [ann, bob] = table.players();
    table.hold_dice(true);
    table.act_as(ann, Action::Roll).unwrap();
    assert_eq!(table.act_as(ann, Action::CashOut), Err(ActError::Rolling));
    assert_eq!(table.left(), None, "no clock runs meanwhile");
    table.hold_dice(false);
    table.act_as(bob, Action::Roll).unwrap();
}

#[test]
fn the_same_seed_rolls_the_same_dice_and_another_others() {
    let events = |seed| {
        let mut table = Local::seeded(Chips::default(), 3, seed).unwrap();
        while table.step_bots() {}
        assert!(matches!(table.end(), Some(End::Finished(_))));
        table
            .drain()
            .into_iter()
            .flat_map(|h| h.events)
            .collect::<Vec<_>>()
    };
    assert_eq!(events(1), events(1));
    assert_ne!(events(1), events(2));
}

#[test]
fn an_entry_is_tied_to_what_was_on_the_screen() {
    let mut table = Local::seeded(Chips::default(), 2, 3).unwrap();
    let [ann, bob] = table.players();
    let seen = table.view_as(bob).turn;
    table
        .act_in(seen, bob, [Action::Bet(Side::Over, 1)])
        .unwrap();
    table.act_as(ann, Action::Roll).unwrap();
    let late = table.act_in(seen, bob, [Action::Bet(Side::Over, 1)]);
    assert!(
        matches!(late, Err(ActError::Stale { .. })),
        "a bet never lands on the next roll"
    );
}

#[test]
fn the_clock_runs_out_for_who_dawdles() {
    let mut table = chips(2, [1, 1]);
    let [ann, bob] = table.players();
    table.advance(TURN / 2);
    assert_eq!(table.left(), Some(TURN / 2));
    table.act_as(bob, Action::Bet(Side::Under, 5)).unwrap();
    assert_eq!(table.left(), Some(TURN), "a bet restarts this game's clock");
    table.advance(TURN);
    let causes: Vec<_> = table.drain().into_iter().map(|h| h.cause).collect();
    assert!(causes.contains(&Cause::Clock(ann.into())), "{causes:?}");
    assert_eq!(table.view_as(bob)[bob], 105);
}

#[test]
fn a_withheld_secret_is_told_and_the_roll_is_made_without_it() {
    let mut table = chips(3, [2, 2, 3, 3]);
    let [ann, bob, eve] = table.players();
    table.withhold_as(eve);
    table.act_as(ann, Action::Roll).unwrap();
    assert_eq!(table.play().state().withheld, Seats::from(eve));
    let causes: Vec<_> = table.drain().into_iter().map(|h| h.cause).collect();
    assert_eq!(causes.last(), Some(&Cause::Seat(eve, SeatChange::Withheld)));
    table.act_as(bob, Action::Roll).unwrap();
    assert_eq!(table.drain().len(), 2, "only the next secret is kept back");
}

#[test]
fn one_alone_cannot_make_dice_for_two() {
    let mut table = chips(2, [2, 2]);
    let [ann, bob] = table.players();
    table.withhold_as(bob);
    table.act_as(ann, Action::Roll).unwrap();
    assert_eq!(table.end(), Some(&End::Abandoned));
}

#[test]
fn who_leaves_is_out_and_who_joins_gets_a_seat_never_used() {
    let mut table = chips(3, [1, 1]);
    let [_, bob, eve] = table.players();
    table.leave_as(eve);
    let dan = table.join().unwrap();
    assert_eq!(dan.index(), 3);
    assert_eq!(table.seats().len(), 3);
    assert_eq!(
        table.act_as(eve, Action::CashOut),
        Err(ActError::NotYourTurn)
    );
    assert!(table.act_as(bob, Action::CashOut).is_ok());
    assert!(
        table.act_as(dan, Action::CashOut).is_err(),
        "a newcomer has no chips yet"
    );
}

#[test]
fn nobody_joins_a_game_that_does_not_let_them() {
    let mut table = Local::seeded(Rps { to_win: 1 }, 2, 0).unwrap();
    assert_eq!(table.join().unwrap_err().code, "nobody can join now");
}

mod sealed_turns {
    use super::*;

    fn rps(players: u8) -> Local<Rps> {
        Local::seeded(Rps { to_win: 5 }, players, 0).unwrap()
    }

    #[test]
    fn moves_are_secret_until_all_have_moved() {
        let mut table = rps(2);
        let [ann, bob] = table.players();
        table.act_as(ann, Rock).unwrap();
        assert_eq!(table.sealed(), Seats::from(ann));
        assert!(table.legal_as(ann).is_empty());
        assert_eq!(table.act_as(ann, Paper), Err(ActError::AlreadySealed));
        assert_eq!(table.play().state().last.len(), 0);
        table.act_as(bob, Scissors).unwrap();
        assert_eq!(table.view_as(bob)[ann], 1);
        assert!(table.sealed().is_empty());
    }

    #[test]
    fn a_sealed_move_is_checked_when_it_is_made() {
        let mut table = rps(2);
        let [ann, bob] = table.players();
        table.act_as(ann, Rock).unwrap();
        table.act_as(bob, Scissors).unwrap();
        assert!(matches!(
            table.act_as(ann, Rock),
            Err(ActError::Rejected(_))
        ));
        let turn = table.view_as(ann).turn;
        let two = table.act_in(turn, ann, [Paper, Paper]);
        assert_eq!(two, Err(ActError::WrongCount { count: 2 }));
    }

    #[test]
    fn who_is_late_has_not_moved() {
        let mut table = rps(3);
        let [ann, bob, eve] = table.players();
        table.act_as(ann, Rock).unwrap();
        table.act_as(bob, Scissors).unwrap();
        table.advance(SEALED_TURN);
        assert_eq!(
            table.view_as(eve)[ann],
            2,
            "beats scissors, and who shows nothing"
        );
        assert_eq!(table.view_as(eve)[eve], 0);
    }

    #[test]
    fn who_withholds_has_not_moved_either() {
        let mut table = rps(2);
        let [ann, bob] = table.players();
        table.withhold_as(bob);
        table.act_as(bob, Paper).unwrap();
        table.act_as(ann, Rock).unwrap();
        assert_eq!((table.view_as(ann)[ann], table.view_as(ann)[bob]), (1, 0));
        table.act_as(bob, Paper).unwrap();
        table.act_as(ann, Scissors).unwrap();
        assert_eq!(
            (table.view_as(ann)[ann], table.play().state().last[bob]),
            (2, Paper)
        );
    }

    #[test]
    fn a_seat_that_leaves_voids_what_is_sealed() {
        let mut table = rps(3);
        let [ann, bob, eve] = table.players();
        table.act_as(ann, Rock).unwrap();
        table.act_as(bob, Rock).unwrap();
        table.leave_as(eve);
        assert!(table.sealed().is_empty(), "it is another turn now");
        table.act_as(ann, Rock).unwrap();
        table.act_as(bob, Scissors).unwrap();
        assert_eq!(table.view_as(ann)[ann], 1);
    }
}

mod hidden_rolls {
    use super::*;

    #[test]
    fn only_the_owner_sees_its_die_until_it_is_shown() {
        let mut table = Local::scripted(Peek, 2, [3, 5]).unwrap();
        let [ann, bob] = table.players();
        assert_eq!(
            (table.view_as(ann)[ann], table.view_as(ann)[bob]),
            (Some(3), None)
        );
        assert_eq!(
            (table.view_as(bob)[ann], table.view_as(bob)[bob]),
            (None, Some(5))
        );
        assert_eq!(table.view_as_watcher()[bob], None);
        table.act_as(ann, peek::Action::Keep).unwrap();
        table.act_as(bob, peek::Action::Keep).unwrap();
        assert_eq!(table.view_as_watcher()[bob], Some(5));
        assert_eq!(
            table.end(),
            Some(&End::Finished(Outcome::scored([(ann, 3), (bob, 5)])))
        );
    }

    #[test]
    fn what_its_owner_does_not_show_stays_hidden() {
        let mut table = Local::scripted(Peek, 2, [3, 5]).unwrap();
        let [ann, bob] = table.players();
        table.withhold_as(bob);
        table.act_as(ann, peek::Action::Keep).unwrap();
        table.act_as(bob, peek::Action::Keep).unwrap();
        assert_eq!(table.view_as(ann)[bob], None);
        assert_eq!(
            table.end(),
            Some(&End::Finished(Outcome::scored([(ann, 3), (bob, 0)])))
        );
    }

    #[test]
    fn only_the_next_one_is_withheld() {
        use crate::games::puppet::Do::{ForgetDice, Hide, ShowAll};
        let mut table = Local::scripted(Puppet, 2, [3, 5]).unwrap();
        let [ann, bob] = table.players();
        table.withhold_as(bob);
        for _ in 0..2 {
            table
                .act_as(ann, vec![ForgetDice, Hide(bob), ShowAll])
                .unwrap();
        }
        let log = &table.play().state().log;
        let shows: Vec<_> = log.iter().filter(|line| line.starts_with("show")).collect();
        assert_eq!(shows, ["show [None]", "show [Some([5])]"]);
    }

    #[test]
    fn a_changed_die_is_another() {
        let mut table = Local::scripted(Peek, 2, [3, 5, 6]).unwrap();
        let [ann, _] = table.players();
        table.act_as(ann, peek::Action::Change).unwrap();
        assert_eq!(table.view_as(ann)[ann], Some(6));
        assert_eq!(table.play().hidden().count(), 2);
    }
}

mod away {
    use super::*;

    fn rps(stall: StallPolicy) -> Local<Rps> {
        Local::seeded(Rps { to_win: 99 }, 3, 0)
            .unwrap()
            .with_stall(stall)
    }

    /// Ann and Bob move; Eve does not.
    fn late_turn(table: &mut Local<Rps>) {
        let [ann, bob] = [0, 1].map(|nth| Seats::first(3).nth(nth).unwrap());
        for seat in [ann, bob] {
            let legal = table.legal_as(seat);
            table.act_as(seat, legal[0]).unwrap();
        }
        table.advance(SEALED_TURN);
    }

    #[test]
    fn who_is_late_three_turns_in_a_row_is_away_until_it_acts() {
        let mut table = rps(StallPolicy::DefaultMove);
        let [_, _, eve] = table.players();
        late_turn(&mut table);
        late_turn(&mut table);
        assert!(table.play().state().away.is_empty());
        late_turn(&mut table);
        assert_eq!(table.play().state().away, Seats::from(eve));
        table.act_as(eve, Rock).unwrap();
        assert!(table.play().state().away.is_empty());
        assert_eq!(
            table.sealed(),
            Seats::from(eve),
            "its move counts in the turn that it began"
        );
    }

    #[test]
    fn who_acts_in_between_is_not_away() {
        let mut table = rps(StallPolicy::DefaultMove);
        let [ann, bob, eve] = table.players();
        late_turn(&mut table);
        late_turn(&mut table);
        for seat in [ann, bob, eve] {
            let legal = table.legal_as(seat);
            table.act_as(seat, legal[0]).unwrap();
        }
        late_turn(&mut table);
        assert!(table.away().is_empty());
    }

    #[test]
    fn a_paused_table_waits_for_who_is_away() {
        let mut table = rps(StallPolicy::Pause);
        let [_, _, eve] = table.players();
        for _ in 0..3 {
            late_turn(&mut table);
        }
        assert_eq!(table.left(), None);
        let turn = table.play().turn_number();
        table.advance(SEALED_TURN * 1_000);
        assert_eq!(table.play().turn_number(), turn);
        table.here_as(eve);
        assert_eq!(table.left(), Some(SEALED_TURN));
    }

    #[test]
    fn who_forfeits_is_out() {
        let mut table = rps(StallPolicy::Forfeit);
        let [_, _, eve] = table.players();
        for _ in 0..3 {
            late_turn(&mut table);
        }
        assert!(!table.seats().contains(eve));
        let last = table.drain().pop().unwrap().cause;
        assert_eq!(last, Cause::Seat(eve, SeatChange::Gone(Why::Removed)));
    }
}

#[test]
fn chips_are_never_made_or_lost_in_a_whole_game() {
    let mut table = Local::seeded(Chips::default(), 4, 11).unwrap();
    while table.step_bots() {
        let ledger = &table.play().state().ledger;
        let sum = Money::sum(ledger.iter().map(|(_, amount)| amount)).unwrap();
        assert_eq!(sum, ledger.total());
        assert!(ledger.of(Purse::Bank) > Money::ZERO);
    }
}
