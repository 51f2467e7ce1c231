//! `check` lets good games pass and finds what is wrong with bad ones.

use quorate_core::check::{Check, check};

use crate::games::{Chips, Peek, Rps, TicTacToe};

#[test]
fn good_games_pass() {
    let options = Check::default();
    let tic_tac_toe = check(&TicTacToe, &options).unwrap();
    println!("{tic_tac_toe:?}");
    let chips = check(&Chips::default(), &options).unwrap();
    println!("{chips:?}");
    let rps = check(&Rps { to_win: 3 }, &options).unwrap();
    println!("{rps:?}");
    let peek = check(&Peek, &options).unwrap();
    println!("{peek:?}");
}
