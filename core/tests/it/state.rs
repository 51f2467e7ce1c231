//! The rules of the table that a game cannot break: turn numbers, clocks, rolls, value, hooks.

use std::sync::Arc;

use quorate_core::codec;
use quorate_core::game::{ActError, Cause, Draw, End, Outcome, Roll, SeatChange, Shown, Why};
use quorate_core::limits::{
    ACTION_BYTES_MAX, ENTRY_ACTIONS_MAX, EVENTS_PER_STEP_MAX, HIDDEN_MAX, STATE_BYTES_MAX,
};
use quorate_core::state::{Play, Saved, Step};
use quorate_core::{PerSeat, Seat, Seats};

use crate::games::Puppet;
use crate::games::puppet::Do::{
    self, Clock, Defaults, DiscardAll, Emit, Float, Forge, ForgetDice, Grow, Hide, InHooks, Issue,
    May, Must, NextTurn, Offer, Panic, Reject, RestartClock, Retire, Seal, ShowAll, Win,
};

const DICE: Draw = Draw::dice(2, 6);

fn seat(index: u8) -> Seat {
    Seat::new(index).unwrap()
}

fn seats(indices: &[u8]) -> Seats {
    indices.iter().map(|index| seat(*index)).collect()
}

fn four() -> Play<Puppet> {
    Play::start(Arc::new(Puppet), Seats::first(4)).unwrap().0
}

/// Seat 0 acts, and everybody else may: what it orders is what is tested.
fn ready() -> Play<Puppet> {
    let mut play = four();
    order(&mut play, 0, [Must(seats(&[0])), May(Seats::first(4))]);
    play
}

fn try_order(
    play: &mut Play<Puppet>,
    index: u8,
    orders: impl Into<Vec<Do>>,
) -> Result<Step<Puppet>, ActError> {
    let turn = play.turn_number();
    play.act(seat(index), turn, &[orders.into()])
}

fn order(play: &mut Play<Puppet>, index: u8, orders: impl Into<Vec<Do>>) -> Step<Puppet> {
    try_order(play, index, orders).unwrap()
}

fn bytes(play: &Play<Puppet>) -> Vec<u8> {
    codec::encode(play).unwrap()
}

fn log(play: &Play<Puppet>) -> &str {
    play.state().log.last().unwrap()
}

fn refused_as_bug(play: &mut Play<Puppet>, orders: impl Into<Vec<Do>>) -> String {
    let before = bytes(play);
    let Err(ActError::Rejected(rejection)) = try_order(play, 0, orders) else {
        panic!("not refused by the rules")
    };
    assert!(rejection.bug, "{rejection} is a bug of the rules");
    assert_eq!(bytes(play), before, "a refused step leaves no trace");
    rejection.text.into_owned()
}

mod turns {
    use super::*;

    #[test]
    fn the_first_turn_is_number_one() {
        assert_eq!(four().turn_number(), 1);
    }

    #[test]
    fn a_turn_goes_on_while_fewer_and_fewer_must_act() {
        let mut play = four();
        order(&mut play, 0, [Must(seats(&[1, 2, 3]))]);
        order(&mut play, 1, [Must(seats(&[3]))]);
        assert_eq!(play.turn_number(), 1);
    }

    #[test]
    fn a_turn_goes_on_when_others_may_act() {
        let mut play = four();
        order(&mut play, 0, [May(seats(&[1]))]);
        assert_eq!(play.turn_number(), 1);
    }

    #[test]
    fn a_turn_ends_when_somebody_else_must_act_or_nobody() {
        let mut play = four();
        order(&mut play, 0, [Must(seats(&[0]))]);
        order(&mut play, 0, [Must(seats(&[1]))]);
        assert_eq!(play.turn_number(), 2);
        order(&mut play, 1, [Must(seats(&[1, 2]))]);
        assert_eq!(play.turn_number(), 3);
        order(&mut play, 1, [Must(Seats::NONE), May(seats(&[1]))]);
        assert_eq!(play.turn_number(), 4);
    }

    #[test]
    fn a_turn_ends_when_it_becomes_sealed() {
        let mut play = four();
        order(&mut play, 0, [Seal(true)]);
        assert_eq!(play.turn_number(), 2);
    }

    #[test]
    fn the_rules_can_begin_a_new_turn() {
        let mut play = four();
        order(&mut play, 0, [NextTurn]);
        assert_eq!(play.turn_number(), 2);
    }

    #[test]
    fn entries_for_another_turn_are_stale() {
        let mut play = four();
        order(&mut play, 0, [NextTurn]);
        for meant in [1, 3] {
            let refused = play.act(seat(0), meant, &[vec![]]).unwrap_err();
            assert_eq!(refused, ActError::Stale { meant, now: 2 });
        }
    }

    #[test]
    fn only_those_act_who_must_or_may() {
        let mut play = four();
        order(&mut play, 0, [Must(seats(&[0])), May(seats(&[1]))]);
        assert_eq!(
            try_order(&mut play, 2, []).unwrap_err(),
            ActError::NotYourTurn
        );
        assert_eq!(
            try_order(&mut play, 9, []).unwrap_err(),
            ActError::NotYourTurn
        );
        order(&mut play, 1, []);
    }

    #[test]
    fn a_turn_for_a_stranger_is_a_bug() {
        let text = refused_as_bug(&mut ready(), [Must(seats(&[0, 7]))]);
        assert_eq!(
            text,
            "the turn names seats that never sat in this game: {7}"
        );
    }
}

mod clocks {
    use super::*;

    #[test]
    fn a_clock_belongs_to_the_turn_number() {
        let mut play = ready();
        assert_eq!(play.clock_running(), None);
        order(&mut play, 0, [Clock(1_000)]);
        let clock = play.clock_running().unwrap();
        assert_eq!(clock.length.as_millis(), 1_000);
        order(&mut play, 1, []);
        assert_eq!(
            play.clock_running(),
            Some(clock),
            "a bet in between does not restart it"
        );
        order(&mut play, 0, [NextTurn]);
        assert!(play.clock_running().unwrap().serial > clock.serial);
    }

    #[test]
    fn restarting_the_clock_keeps_what_is_in_flight_good() {
        let mut play = ready();
        order(&mut play, 0, [Clock(1_000)]);
        let (turn, clock) = (play.turn_number(), play.clock_running().unwrap());
        order(&mut play, 1, [RestartClock]);
        assert_eq!(play.turn_number(), turn);
        assert!(play.clock_running().unwrap().serial > clock.serial);
    }

    #[test]
    fn another_length_is_another_clock() {
        let mut play = ready();
        order(&mut play, 0, [Clock(1_000)]);
        let clock = play.clock_running().unwrap();
        order(&mut play, 0, [Clock(2_000)]);
        assert!(play.clock_running().unwrap().serial > clock.serial);
    }

    #[test]
    fn lengths_are_kept_within_reason() {
        let mut play = ready();
        order(&mut play, 0, [Clock(1)]);
        assert_eq!(play.clock_running().unwrap().length.as_millis(), 100);
        order(&mut play, 0, [Clock(u64::MAX)]);
        assert_eq!(
            play.clock_running().unwrap().length.as_secs(),
            30 * 24 * 60 * 60
        );
    }

    #[test]
    fn when_it_runs_out_the_rules_hear_who_was_late_and_a_new_turn_begins() {
        let mut play = ready();
        order(&mut play, 0, [Clock(1_000)]);
        let turn = play.turn_number();
        let step = play.clock(seats(&[0, 3]));
        assert_eq!(
            log(&play),
            "clock {0}",
            "seat 3 need not act, so it is not late"
        );
        assert_eq!(step.happened[0].cause, Cause::Clock(seats(&[0])));
        assert_eq!(step.happened[0].turn, turn);
        assert_eq!(play.turn_number(), turn + 1);
        play.clock(Seats::NONE);
        assert_eq!(log(&play), "clock {}");
    }

    #[test]
    fn no_clock_runs_while_dice_roll_or_when_play_has_ended() {
        let mut play = ready();
        order(&mut play, 0, [Clock(1_000), Do::Roll(DICE)]);
        assert_eq!(play.clock_running(), None);
        assert!(play.clock(seats(&[0])).happened.is_empty());
        play.rolled(Roll::new(DICE, vec![1, 2]).unwrap());
        assert!(play.clock_running().is_some());
        order(&mut play, 0, [Win(seat(0))]);
        assert_eq!(play.clock_running(), None);
    }
}

mod entries {
    use super::*;

    #[test]
    fn all_actions_of_an_entry_apply_or_none() {
        let mut play = ready();
        let (before, turn) = (bytes(&play), play.turn_number());
        let refused = play
            .act(seat(0), turn, &[vec![Emit(1)], vec![Reject]])
            .unwrap_err();
        let ActError::Rejected(rejection) = refused else {
            panic!("{refused}")
        };
        assert_eq!((rejection.code, rejection.bug), ("as ordered", false));
        assert_eq!(bytes(&play), before);
        let step = play
            .act(seat(0), turn, &[vec![Emit(1)], vec![Emit(2), Emit(3)]])
            .unwrap();
        let events: Vec<_> = step.happened.iter().map(|h| h.events.clone()).collect();
        assert_eq!(events, [vec![1], vec![2, 3]]);
    }

    #[test]
    fn an_action_that_ends_the_turn_is_the_last() {
        let mut play = ready();
        let turn = play.turn_number();
        let refused = play
            .act(seat(0), turn, &[vec![NextTurn], vec![]])
            .unwrap_err();
        assert_eq!(
            refused,
            ActError::Stale {
                meant: turn,
                now: turn + 1
            }
        );
        let refused = play
            .act(seat(0), turn, &[vec![Do::Roll(DICE)], vec![]])
            .unwrap_err();
        assert_eq!(refused, ActError::Rolling);
        let refused = play
            .act(seat(0), turn, &[vec![Win(seat(0))], vec![]])
            .unwrap_err();
        assert_eq!(refused, ActError::Ended);
        play.act(seat(0), turn, &[vec![], vec![NextTurn]]).unwrap();
    }

    #[test]
    fn an_entry_has_at_least_one_action_and_not_too_many() {
        let mut play = ready();
        let turn = play.turn_number();
        assert_eq!(
            play.act(seat(0), turn, &[]).unwrap_err(),
            ActError::WrongCount { count: 0 }
        );
        let most = vec![vec![]; ENTRY_ACTIONS_MAX];
        play.act(seat(0), turn, &most).unwrap();
        let more = vec![vec![]; ENTRY_ACTIONS_MAX + 1];
        let count = more.len();
        assert_eq!(
            play.act(seat(0), turn, &more).unwrap_err(),
            ActError::WrongCount { count }
        );
    }

    #[test]
    fn an_action_has_at_most_its_bytes() {
        let mut play = ready();
        let fits = vec![RestartClock; ACTION_BYTES_MAX - 2]; // the length takes two bytes
        order(&mut play, 0, fits.clone());
        let refused = try_order(&mut play, 0, [fits, vec![RestartClock]].concat()).unwrap_err();
        assert_eq!(
            refused,
            ActError::ActionTooLarge {
                bytes: ACTION_BYTES_MAX + 1
            }
        );
    }

    #[test]
    fn a_dry_run_answers_as_the_act_would_and_changes_nothing() {
        let mut play = ready();
        for orders in [
            vec![],
            vec![Reject],
            vec![Panic],
            vec![Float],
            vec![Forge(1)],
        ] {
            let (before, turn) = (bytes(&play), play.turn_number());
            let dry = play.check_act(seat(0), turn, std::slice::from_ref(&orders));
            assert_eq!(bytes(&play), before);
            assert_eq!(dry, try_order(&mut play, 0, orders).map(|_| ()));
        }
    }

    #[test]
    fn events_of_one_step_are_bounded() {
        let mut play = ready();
        let most = vec![Emit(0); EVENTS_PER_STEP_MAX];
        order(&mut play, 0, most.clone());
        let text = refused_as_bug(&mut play, [most, vec![Emit(0)]].concat());
        assert_eq!(text, "too many events in one step");
    }

    #[test]
    fn legal_actions_are_the_candidates_that_the_rules_accept() {
        let mut play = ready();
        order(
            &mut play,
            0,
            [Offer(vec![Reject, Emit(1), Panic, Forge(1), NextTurn])],
        );
        assert_eq!(play.legal(seat(0)), [vec![Emit(1)], vec![NextTurn]]);
        assert_eq!(play.legal(seat(9)), [] as [Vec<Do>; 0]);
    }
}

mod broken_rules {
    use super::*;

    #[test]
    fn a_panic_in_an_action_is_a_refusal() {
        let text = refused_as_bug(&mut ready(), [Emit(1), Panic]);
        assert_eq!(text, "apply panicked: as ordered");
    }

    #[test]
    fn value_cannot_be_made_or_lost() {
        let mut play = ready();
        order(&mut play, 0, [Issue(100), Retire(30)]);
        let text = refused_as_bug(&mut play, [Forge(1)]);
        assert_eq!(text, "the game holds 71, and 100 were issued, 30 retired");
        order(&mut play, 0, [Retire(70)]);
    }

    #[test]
    fn a_float_in_the_state_is_refused_when_it_appears() {
        let text = refused_as_bug(&mut ready(), [Float]);
        assert_eq!(
            text,
            "the state cannot be encoded in float: \
             a float has no canonical encoding; use integers, such as cents"
        );
    }

    #[test]
    fn a_state_has_at_most_its_bytes() {
        let mut play = ready();
        let room = u32::try_from(STATE_BYTES_MAX - 200).unwrap();
        order(&mut play, 0, [Grow(room)]);
        let text = refused_as_bug(&mut play, [Grow(200)]);
        assert!(text.starts_with("the state has"), "{text}");
    }

    #[test]
    fn an_unsettled_act_is_settled_later() {
        let mut play = ready();
        let turn = play.turn_number();
        play.act_unsettled(seat(0), turn, &[vec![Float]]).unwrap();
        assert!(play.settle().unwrap_err().bug);
        assert!(codec::encode(&play).is_err());
    }

    #[test]
    fn an_error_or_panic_in_a_hook_ends_play_with_the_state_before_it() {
        for fault in [Reject, Panic, Float, Forge(1)] {
            let mut play = ready();
            order(
                &mut play,
                0,
                [Do::Roll(DICE), InHooks(vec![Emit(1), fault])],
            );
            let before = play.state().log.clone();
            let step = play.rolled(Roll::new(DICE, vec![1, 2]).unwrap());
            assert!(
                matches!(play.end(), Some(End::RulesBug(_))),
                "{:?}",
                play.end()
            );
            assert_eq!(play.state().log, before);
            assert_eq!(step.happened.len(), 1);
            assert!(step.happened[0].events.is_empty());
            assert!(matches!(
                try_order(&mut play, 0, []),
                Err(ActError::RulesBug(_))
            ));
            assert!(
                bytes(&play).len() < 300,
                "it can still be digested and saved"
            );
        }
    }
}

mod rolls {
    use super::*;

    fn rolling() -> Play<Puppet> {
        let mut play = ready();
        order(&mut play, 0, [Do::Roll(DICE)]);
        play
    }

    #[test]
    fn nobody_acts_while_the_dice_roll() {
        let mut play = rolling();
        assert_eq!(play.needs().roll, Some(DICE));
        assert_eq!(play.turn().must(), Seats::NONE);
        assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Rolling);
        assert!(play.legal(seat(0)).is_empty());
    }

    #[test]
    fn the_result_goes_to_the_rules_and_starts_a_new_turn() {
        let mut play = rolling();
        let turn = play.turn_number();
        let roll = Roll::new(DICE, vec![3, 4]).unwrap();
        let step = play.rolled(roll.clone());
        assert_eq!(step.happened[0].cause, Cause::Rolled(roll));
        assert_eq!(log(&play), "roll [3, 4]");
        assert_eq!(play.turn_number(), turn + 1);
        assert!(play.needs().is_empty());
    }

    #[test]
    fn a_result_of_something_else_is_ignored() {
        let mut play = rolling();
        let before = bytes(&play);
        assert!(
            play.rolled(Roll::new(Draw::dice(1, 6), vec![3]).unwrap())
                .happened
                .is_empty()
        );
        assert_eq!(bytes(&play), before);
    }

    #[test]
    fn two_public_rolls_in_one_step_are_a_bug() {
        let text = refused_as_bug(&mut ready(), [Do::Roll(DICE), Do::Roll(DICE)]);
        assert_eq!(text, "two public rolls in one step");
    }

    #[test]
    fn draws_keep_their_limits() {
        let bad = [
            Draw::dice(0, 6),
            Draw::dice(1, 0),
            Draw::dice(1_025, 6),
            Draw::dice(1, 1_000_001),
            Draw::below(0),
            Draw::order(0),
            Draw::order(1_025),
        ];
        for draw in bad {
            assert_eq!(
                refused_as_bug(&mut ready(), [Do::Roll(draw)]),
                "a draw beyond its limits"
            );
        }
    }

    #[test]
    fn a_roll_can_lead_to_the_next() {
        let mut play = ready();
        order(
            &mut play,
            0,
            [Do::Roll(DICE), InHooks(vec![Do::Roll(Draw::below(9))])],
        );
        play.rolled(Roll::new(DICE, vec![3, 4]).unwrap());
        assert_eq!(play.needs().roll, Some(Draw::below(9)));
    }

    #[test]
    fn changes_of_seats_wait_for_the_result() {
        let mut play = rolling();
        assert!(
            play.seat_changed(seat(3), SeatChange::Withheld)
                .happened
                .is_empty()
        );
        play.seat_changed(seat(3), SeatChange::Withheld);
        play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
        assert!(play.players().contains(seat(2)));
        let step = play.rolled(Roll::new(DICE, vec![3, 4]).unwrap());
        let log = &play.state().log;
        assert_eq!(
            log[log.len() - 3..],
            [
                "roll [3, 4]",
                "seat 3 Withheld {0, 1, 2, 3}",
                "seat 2 Gone(Left) {0, 1, 3}"
            ]
        );
        assert_eq!(step.happened.len(), 3);
        assert!(!play.players().contains(seat(2)));
    }
}

mod hidden_rolls {
    use super::*;

    fn die(value: u32) -> Option<Roll> {
        Roll::new(Draw::dice(1, 6), vec![value])
    }

    fn dealt() -> Play<Puppet> {
        let mut play = ready();
        order(&mut play, 0, [Hide(seat(1)), Hide(seat(2))]);
        let open = play.needs().deal.clone();
        play.dealt(&open);
        play
    }

    #[test]
    fn nobody_acts_before_all_are_dealt() {
        let mut play = ready();
        let turn = play.turn_number();
        order(&mut play, 0, [Hide(seat(1)), Hide(seat(2))]);
        let [first, second] = play.needs().deal[..] else {
            panic!("two are open")
        };
        assert_eq!(first.owner(), seat(1));
        let step = play.dealt(&[first]);
        assert_eq!(step.happened[0].cause, Cause::Dealt);
        assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Rolling);
        play.dealt(&[second, first]);
        assert_eq!(play.turn_number(), turn + 1);
        assert!(play.dealt(&[first]).happened.is_empty());
    }

    #[test]
    fn all_that_one_step_asks_for_are_shown_at_once_and_then_over() {
        let mut play = dealt();
        order(&mut play, 0, [ShowAll]);
        let shows = play.needs().show.clone();
        let mut shown = Shown::default();
        shown.insert(&shows[0], die(5));
        play.shown(shown);
        assert_eq!(log(&play), "show [Some([5]), None]");
        assert_eq!(play.hidden().count(), 0);
        let text = refused_as_bug(&mut play, [ShowAll]);
        assert_eq!(text, "showing a hidden roll that is over, or twice");
    }

    #[test]
    fn a_show_of_another_draw_is_withheld() {
        let mut play = dealt();
        order(&mut play, 0, [ShowAll]);
        let mut shown = Shown::default();
        for hidden in &play.needs().show.clone() {
            shown.insert(hidden, Roll::new(Draw::dice(1, 20), vec![20]));
        }
        play.shown(shown);
        assert_eq!(log(&play), "show [None, None]");
    }

    #[test]
    fn shows_wait_for_rolls_and_deals() {
        let mut play = dealt();
        order(&mut play, 0, [Hide(seat(3)), ShowAll, Do::Roll(DICE)]);
        assert!(play.shown(Shown::default()).happened.is_empty());
        play.rolled(Roll::new(DICE, vec![1, 1]).unwrap());
        assert!(play.shown(Shown::default()).happened.is_empty());
        let open = play.needs().deal.clone();
        play.dealt(&open);
        assert_eq!(play.shown(Shown::default()).happened.len(), 1);
    }

    #[test]
    fn what_is_discarded_is_over() {
        let mut play = dealt();
        assert_eq!(play.hidden().count(), 2);
        order(&mut play, 0, [DiscardAll]);
        assert_eq!(play.hidden().count(), 0);
        let text = refused_as_bug(&mut play, [DiscardAll]);
        assert_eq!(
            text,
            "discarding a hidden roll that is over, or being shown"
        );
    }

    #[test]
    fn what_is_discarded_need_not_be_dealt() {
        let mut play = ready();
        order(
            &mut play,
            0,
            [Hide(seat(1)), Do::Roll(DICE), InHooks(vec![DiscardAll])],
        );
        play.rolled(Roll::new(DICE, vec![1, 1]).unwrap());
        assert!(play.needs().is_empty());
        order(&mut play, 0, []);
    }

    #[test]
    fn a_hidden_roll_for_a_stranger_is_a_bug() {
        let text = refused_as_bug(&mut ready(), [Hide(seat(9))]);
        assert_eq!(text, "a hidden roll for a seat that does not play");
    }

    #[test]
    fn their_number_is_bounded_and_ids_are_never_used_again() {
        let mut play = ready();
        let most = vec![Hide(seat(1)); HIDDEN_MAX];
        order(&mut play, 0, most);
        let open = play.needs().deal.clone();
        play.dealt(&open);
        let text = refused_as_bug(&mut play, [Hide(seat(1))]);
        assert_eq!(text, "too many hidden rolls; discard those that are over");
        order(&mut play, 0, [DiscardAll, ForgetDice, Hide(seat(1))]);
        assert_eq!(play.hidden().next().unwrap().id() as usize, HIDDEN_MAX);
    }
}

mod sealed_turns {
    use super::*;

    fn sealed() -> Play<Puppet> {
        let mut play = four();
        order(
            &mut play,
            0,
            [Seal(true), Must(seats(&[0, 1, 2])), May(seats(&[3]))],
        );
        play
    }

    #[test]
    fn a_sealed_move_is_looked_at_and_not_applied() {
        let mut play = sealed();
        let turn = play.turn_number();
        let before = bytes(&play);
        play.check_act(seat(0), turn, &[vec![Win(seat(0))]])
            .unwrap();
        assert_eq!(bytes(&play), before);
        let refused = play.check_act(seat(0), turn, &[vec![Reject]]).unwrap_err();
        assert!(matches!(refused, ActError::Rejected(_)));
        let two = [vec![], vec![]];
        let refused = play.check_act(seat(0), turn, &two).unwrap_err();
        assert_eq!(refused, ActError::WrongCount { count: 2 });
        assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Sealed);
    }

    #[test]
    fn the_rules_get_every_seat_and_none_for_what_is_missing_or_refused() {
        let mut play = sealed();
        let turn = play.turn_number();
        let moves = [
            (seat(0), Some(vec![])),
            (seat(1), Some(vec![Reject])),
            (seat(9), None),
        ];
        let step = play.opened(moves.into_iter().collect());
        assert_eq!(log(&play), "open {0} of {0, 1, 2, 3}");
        let Cause::Opened(opened) = &step.happened[0].cause else {
            panic!("opened")
        };
        assert_eq!(opened[seat(0)], Some(vec![]));
        assert_eq!(opened[seat(1)], None);
        assert_eq!(play.turn_number(), turn + 1);
    }

    #[test]
    fn an_open_turn_cannot_be_opened_nor_a_sealed_one_run_out() {
        let mut open = four();
        assert!(open.opened(PerSeat::default()).happened.is_empty());
        assert!(sealed().clock(seats(&[0])).happened.is_empty());
    }

    #[test]
    fn it_waits_for_the_others_when_one_is_gone_whose_move_no_longer_counts() {
        let mut play = sealed();
        let step = play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
        assert_eq!(step.happened.len(), 1, "nothing is opened yet");
        assert_eq!(play.awaited(), seats(&[0, 2]));
        let moves = PerSeat::new(Seats::first(3), |_| Some(vec![]));
        play.opened(moves);
        assert_eq!(log(&play), "open {0, 2} of {0, 1, 2, 3}");
    }

    #[test]
    fn it_opens_at_once_when_all_who_must_move_are_gone() {
        let mut play = ready();
        play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
        let hooks = InHooks(vec![Seal(false), Must(seats(&[1]))]);
        order(
            &mut play,
            0,
            [Seal(true), Must(seats(&[2])), May(seats(&[3])), hooks],
        );
        assert_eq!(log(&play), "open {} of {2, 3}");
        assert_eq!(play.turn().must(), seats(&[1]));
    }
}

mod absent_seats {
    use super::*;

    #[test]
    fn a_seat_that_is_gone_is_late_at_once_where_it_must_act() {
        let mut play = four();
        order(
            &mut play,
            0,
            [Must(seats(&[0])), InHooks(vec![Must(seats(&[1]))])],
        );
        play.seat_changed(seat(2), SeatChange::Gone(Why::Removed));
        let step = order(&mut play, 1, [Must(seats(&[2]))]);
        let causes: Vec<_> = step.happened.iter().map(|h| h.cause.clone()).collect();
        assert_eq!(causes[1..], [Cause::Clock(seats(&[2]))]);
        assert_eq!(play.turn().must(), seats(&[1]));
    }

    #[test]
    fn default_moves_are_the_first_candidates_that_the_rules_accept() {
        let mut play = four();
        order(
            &mut play,
            0,
            [
                Offer(vec![Reject, Panic, Emit(7), Emit(8)]),
                InHooks(vec![Defaults(seats(&[0, 2]))]),
            ],
        );
        let step = play.clock(seats(&[0, 2]));
        assert_eq!(step.happened[0].events, [7, 7]);
        let log = &play.state().log;
        assert_eq!(log[log.len() - 2..], ["apply 0", "apply 2"]);
    }

    #[test]
    fn play_that_cannot_go_on_without_who_is_gone_is_abandoned() {
        let mut play = four();
        order(&mut play, 0, [Must(seats(&[0]))]);
        play.seat_changed(seat(2), SeatChange::Gone(Why::Left));
        order(&mut play, 0, [InHooks(vec![Must(seats(&[2]))])]);
        // The hook notes each call in its state, so it goes on until the bound.
        let step = order(&mut play, 0, [Must(seats(&[2]))]);
        assert_eq!(play.end(), Some(&End::Abandoned));
        assert_eq!(step.happened.last().unwrap().cause, Cause::Abandoned);
    }

    #[test]
    fn below_the_minimum_play_is_abandoned_unless_the_rules_name_an_outcome() {
        let start = || Play::start(Arc::new(Puppet), Seats::first(2)).unwrap().0;
        let mut play = start();
        let step = play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
        assert_eq!(play.end(), Some(&End::Abandoned));
        assert_eq!(step.happened.last().unwrap().cause, Cause::Abandoned);
        let mut play = start();
        order(&mut play, 0, [InHooks(vec![Win(seat(0))])]);
        play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
        assert_eq!(play.end(), Some(&End::Finished(Outcome::won(seat(0)))));
    }

    #[test]
    fn nothing_changes_about_who_is_not_there() {
        let mut play = ready();
        let before = bytes(&play);
        for change in [
            SeatChange::Gone(Why::Left),
            SeatChange::Away,
            SeatChange::Withheld,
        ] {
            assert!(play.seat_changed(seat(9), change).happened.is_empty());
        }
        assert!(
            play.seat_changed(seat(0), SeatChange::Joined)
                .happened
                .is_empty()
        );
        assert_eq!(bytes(&play), before);
    }

    #[test]
    fn a_newcomer_can_be_asked_to_act() {
        let mut play = four();
        assert!(play.may_join());
        play.seat_changed(seat(4), SeatChange::Joined);
        assert_eq!(log(&play), "seat 4 Joined {0, 1, 2, 3, 4}");
        assert!(!play.may_join(), "five are all the game is for");
        order(&mut play, 0, [Must(seats(&[4]))]);
        order(&mut play, 4, []);
    }
}

mod games_in_a_row {
    use super::*;

    #[test]
    fn a_game_refuses_a_wrong_number_of_players() {
        for count in [0, 1, 6] {
            let refused = Play::start(Arc::new(Puppet), Seats::first(count)).unwrap_err();
            assert_eq!(
                refused.text,
                format!("this game is for 2 to 5 players, not {count}")
            );
        }
    }

    #[test]
    fn numbers_rise_over_a_rematch_and_value_begins_anew() {
        let mut play = ready();
        order(&mut play, 0, [Issue(5), Clock(500)]);
        order(&mut play, 0, [Win(seat(0))]);
        assert_eq!(try_order(&mut play, 0, []).unwrap_err(), ActError::Ended);
        play.seat_changed(seat(3), SeatChange::Gone(Why::Left));
        let turn = play.turn_number();
        let step = play.rematch().unwrap();
        assert_eq!(step.happened[0].cause, Cause::Started);
        assert_eq!(play.state().log, ["setup 1 Some({0})"]);
        assert_eq!((play.game_number(), play.turn_number()), (1, turn + 1));
        assert_eq!(play.players(), Seats::first(3));
        assert_eq!(play.end(), None);
    }

    #[test]
    fn a_refused_rematch_changes_nothing() {
        let mut play = Play::start(Arc::new(Puppet), Seats::first(2)).unwrap().0;
        play.seat_changed(seat(1), SeatChange::Gone(Why::Left));
        let before = bytes(&play);
        assert!(play.rematch().is_err());
        assert_eq!(bytes(&play), before);
        let mut rolling = ready();
        order(&mut rolling, 0, [Do::Roll(DICE)]);
        assert_eq!(
            rolling.rematch().unwrap_err().text,
            "no rematch while the dice roll"
        );
    }

    #[test]
    fn a_game_can_be_abandoned_at_any_time_once() {
        let mut play = ready();
        order(&mut play, 0, [Do::Roll(DICE), Hide(seat(1))]);
        assert_eq!(play.abandon().happened[0].cause, Cause::Abandoned);
        assert!(play.needs().is_empty());
        assert!(play.abandon().happened.is_empty());
    }
}

mod saving {
    use super::*;

    fn again(play: &Play<Puppet>) -> Play<Puppet> {
        let saved: Saved = codec::decode(&bytes(play)).unwrap();
        assert_eq!(saved, play.save().unwrap());
        Play::restore(Arc::new(Puppet), saved).unwrap()
    }

    #[test]
    fn a_restored_game_goes_on_as_if_nothing_had_been() {
        let mut play = ready();
        order(&mut play, 0, [Clock(700), Issue(9), Hide(seat(1))]);
        let mut other = again(&play);
        assert_eq!(other.needs(), play.needs());
        for play in [&mut play, &mut other] {
            let open = play.needs().deal.clone();
            play.dealt(&open);
        }
        let mut other = again(&other);
        assert_eq!(
            (other.turn(), other.clock_running()),
            (play.turn(), play.clock_running())
        );
        for play in [&mut play, &mut other] {
            order(play, 0, [Do::Roll(DICE)]);
            play.seat_changed(seat(1), SeatChange::Withheld);
        }
        let mut other = again(&other);
        for play in [&mut play, &mut other] {
            play.rolled(Roll::new(DICE, vec![6, 6]).unwrap());
            order(play, 0, [Win(seat(2))]);
        }
        assert_eq!(bytes(&again(&other)), bytes(&play));
        assert_eq!(again(&play).end(), play.end());
    }

    #[test]
    fn the_text_of_a_bug_is_not_decided() {
        let mut texts = Vec::new();
        for fault in [Reject, Panic] {
            let mut play = ready();
            order(&mut play, 0, [InHooks(vec![fault])]);
            play.seat_changed(seat(1), SeatChange::Away);
            let Some(End::RulesBug(text)) = play.end() else {
                panic!("a bug")
            };
            let Some(End::RulesBug(restored)) = again(&play).end().cloned() else {
                panic!()
            };
            texts.push((text.clone(), restored));
        }
        assert_ne!(texts[0].0, texts[1].0);
        assert_eq!(texts[0].1, texts[1].1);
    }

    #[test]
    fn numbers_at_the_end_of_their_range_end_play_and_nothing_worse() {
        let mut play = ready();
        order(&mut play, 0, [Clock(700)]);
        let counts: Vec<u8> = codec::encode(&(play.game_number(), play.turn_number())).unwrap();
        let most = codec::encode(&(play.game_number(), u64::MAX)).unwrap();
        let bytes = bytes(&play);
        assert!(bytes.starts_with(&counts));
        let bytes = [&most, &bytes[counts.len()..]].concat();
        let saved: Saved = codec::decode(&bytes).unwrap();
        let mut play = Play::restore(Arc::new(Puppet), saved).unwrap();
        assert_eq!(play.turn_number(), u64::MAX);
        refused_as_bug(&mut play, [NextTurn]);
        play.seat_changed(seat(1), SeatChange::Away);
        assert!(matches!(play.end(), Some(End::RulesBug(_))));
    }

    #[test]
    fn bytes_of_another_game_are_refused() {
        let saved = ready().save().unwrap();
        assert!(Play::restore(Arc::new(crate::games::TicTacToe), saved).is_err());
    }
}
