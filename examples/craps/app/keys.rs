//! What a key means.

use quorate::Money;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::rules::View;
use crate::rules::bet::{Bet, Number, Pair, Side};

/// What the player wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Bet(Bet),
    /// Odds behind whatever bet has room for them.
    Odds,
    TakeDown,
    Roll,
    /// The next key names a pair.
    Hardway,
    RaiseStake,
    LowerStake,
    Verify,
    Invite,
    Help,
    Kill,
    Revive,
    Split,
    Lag,
    Cheat,
    /// Write down what was decided.
    Transcript,
    Quit,
}

/// What the next bet puts down, from the least to the most.
const STAKES: [u32; 7] = [1, 5, 10, 25, 50, 100, 500];

/// Whether `key` ends any program, whatever covers its screen.
pub(crate) fn is_ctrl_c(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c')
}

/// The wish that `key` stands for while `view` is on the screen; after `h` the digits name pairs.
pub(crate) fn wish(key: KeyEvent, view: Option<&View>, after_h: bool) -> Option<Wish> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return is_ctrl_c(key).then_some(Wish::Quit);
    }
    let KeyCode::Char(letter) = key.code else {
        return None;
    };
    let side = |side| {
        let on_point = view.is_some_and(|view| view.point.is_some());
        Wish::Bet(if on_point {
            Bet::Come(side)
        } else {
            Bet::Line(side)
        })
    };
    let wish = match letter {
        '1'..='4' if after_h => Wish::Bet(Bet::Hard(Pair::ALL[nth(letter)])),
        '1'..='6' => Wish::Bet(Bet::Place(Number::ALL[nth(letter)])),
        '7' => Wish::Bet(Bet::AnySeven),
        'x' => Wish::Bet(Bet::AnyCraps),
        'p' => side(Side::Right),
        'd' => side(Side::Wrong),
        'f' => Wish::Bet(Bet::Field),
        'o' => Wish::Odds,
        'u' => Wish::TakeDown,
        'h' => Wish::Hardway,
        'r' | ' ' => Wish::Roll,
        '+' | '=' => Wish::RaiseStake,
        '-' => Wish::LowerStake,
        'v' => Wish::Verify,
        'i' => Wish::Invite,
        '?' => Wish::Help,
        'k' => Wish::Kill,
        'b' => Wish::Revive,
        's' => Wish::Split,
        'l' => Wish::Lag,
        'c' => Wish::Cheat,
        't' => Wish::Transcript,
        'q' => Wish::Quit,
        _ => return None,
    };
    Some(wish)
}

/// `'1'` is the first.
fn nth(digit: char) -> usize {
    digit
        .to_digit(10)
        .map_or(0, |digit| digit as usize)
        .saturating_sub(1)
}

/// The next larger stake, or the next smaller one.
pub(crate) fn next_stake(stake: Money, larger: bool) -> Money {
    let stakes = STAKES.map(Money::of);
    let next = if larger {
        stakes.into_iter().find(|next| *next > stake)
    } else {
        stakes.into_iter().rev().find(|next| *next < stake)
    };
    next.unwrap_or(stake)
}
