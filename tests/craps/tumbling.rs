//! The show of a roll.

use std::time::{Duration, Instant};

use quorate::Seats;

use crate::dice_show::DiceShow;
use crate::rules::bet::Dice;
use crate::screen::model::Faces;

const SEVEN: Dice = Dice([3, 4]);

#[test]
fn secrets_open_one_after_the_other_and_the_dice_lie_last() {
    let start = Instant::now();
    let after = |millis| start + Duration::from_millis(millis);
    let mut show = DiceShow::new(Seats::first(4), start);
    show.fall(SEVEN);
    let opened: Vec<_> = [0, 200, 380, 560, 740]
        .into_iter()
        .map(|millis| show.picture(after(millis)).opened.len())
        .collect();
    assert_eq!(opened, [0, 1, 2, 3, 4]);
    assert!(matches!(
        show.picture(after(1_000)).faces,
        Faces::Tumbling(_)
    ));
    assert!(!show.goes_on(after(2_000)));
    assert_eq!(show.picture(after(2_000)).faces, Faces::Fell(SEVEN));
}

#[test]
fn dice_tumble_for_as_long_as_a_secret_is_missing() {
    let start = Instant::now();
    let mut show = DiceShow::new(Seats::first(3), start);
    let first = Seats::first(1);
    first.iter().for_each(|seat| show.open(seat));
    let much_later = start + Duration::from_secs(60);
    assert!(show.goes_on(much_later));
    let picture = show.picture(much_later);
    assert_eq!(picture.sealed - picture.opened, Seats::first(3) - first);
    assert!(matches!(picture.faces, Faces::Tumbling(_)));
}
