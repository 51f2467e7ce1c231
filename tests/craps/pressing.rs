//! What the keys mean.

use quorate::Money;
use quorate::core::local::Local;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::keys::{Wish, next_stake, wish};
use crate::rules::bet::{Bet, Number, Pair, Side};
use crate::rules::{Action, Craps, View};

#[test]
fn p_and_d_mean_the_line_on_the_come_out_and_come_on_a_point() {
    let (come_out, point) = (view(&[]), view(&[4, 4]));
    for (key, line, come) in [
        ('p', Bet::PASS, Bet::Come(Side::Right)),
        ('d', Bet::DONT_PASS, Bet::Come(Side::Wrong)),
    ] {
        assert_eq!(pressed(key, Some(&come_out)), Some(Wish::Bet(line)));
        assert_eq!(pressed(key, Some(&point)), Some(Wish::Bet(come)));
    }
}

#[test]
fn digits_are_place_bets_and_after_h_hardways() {
    assert_eq!(
        pressed('1', None),
        Some(Wish::Bet(Bet::Place(Number::Four)))
    );
    assert_eq!(pressed('6', None), Some(Wish::Bet(Bet::Place(Number::Ten))));
    let after_h = |digit| wish(KeyCode::Char(digit).into(), None, true);
    assert_eq!(after_h('4'), Some(Wish::Bet(Bet::Hard(Pair::Fives))));
    assert_eq!(after_h('5'), Some(Wish::Bet(Bet::Place(Number::Nine))));
}

#[test]
fn control_c_leaves_as_q_does_and_c_alone_lets_mal_cheat() {
    let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(wish(key, None, false), Some(Wish::Quit));
    assert_eq!(pressed('q', None), Some(Wish::Quit));
    assert_eq!(pressed('c', None), Some(Wish::Cheat));
}

#[test]
fn stakes_go_up_and_down_by_chips_and_stop_at_the_ends() {
    let stake = |from, larger| next_stake(Money::of(from), larger).units();
    assert_eq!([stake(10, true), stake(10, false)], [25, 5]);
    assert_eq!([stake(500, true), stake(1, false)], [500, 1]);
}

fn pressed(key: char, view: Option<&View>) -> Option<Wish> {
    wish(KeyCode::Char(key).into(), view, false)
}

/// The table after a roll of `dice`, if any.
fn view(dice: &[u32]) -> View {
    let mut table = Local::scripted(Craps::default(), 2, dice.iter().copied())
        .expect("the default options are good");
    let [ann, _] = table.players();
    if !dice.is_empty() {
        table
            .act_as(ann, Action::Roll)
            .expect("the first seat shoots");
    }
    table.view_as(ann).view
}
