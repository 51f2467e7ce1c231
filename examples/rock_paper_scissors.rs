//! Rock, paper, scissors for 2 to 6: sealed turns.
//!
//! Everybody chooses at the same time, and nobody can read a hand before all are made: a
//! [sealed](Turn::sealed) turn needs no more than `on_open`. Who is too late, or does not open what
//! it sealed, shows no hand and loses to every hand: were it given one, it could wait for the
//! others' and choose to be given that.
//!
//! ```text
//! $ cargo run --example rock_paper_scissors -- 0 --bots 3
//! player 1 (bot): Paper
//! player 2 (bot): Rock
//! player 3 (bot): Rock
//! player 1 (bot): Rock
//! ...
//! won by player 1 (bot)
//!   player 1 (bot): 3
//!   player 2 (bot): 1
//!   player 3 (bot): 1
//! ```
//!
//! `host` and `join` play it with others; `help` tells how.

use std::process::ExitCode;
use std::time::Duration;

use quorate::{Cx, Game, Outcome, PerSeat, Seat, SeatChange, Turn, Verdict, Viewer, ensure};

/// The rules, and the points that win.
#[quorate::data]
struct RockPaperScissors {
    to_win: u32,
}

#[quorate::data]
#[derive(Copy, PartialEq, Eq)]
enum Hand {
    Rock,
    Paper,
    Scissors,
}

/// The points of everybody in the game.
type Points = PerSeat<u32>;

/// Whether one hand beats the other; none at all is beaten by each.
fn beats(hand: Option<Hand>, other: Option<Hand>) -> bool {
    use Hand::{Paper, Rock, Scissors};
    match (hand, other) {
        (Some(hand), Some(other)) => {
            matches!(
                (hand, other),
                (Rock, Scissors) | (Paper, Rock) | (Scissors, Paper)
            )
        }
        (hand, _) => hand.is_some(),
    }
}

impl Game for RockPaperScissors {
    const NAME: &'static str = "rock-paper-scissors";
    type State = Points;
    type Action = Hand;
    type Event = ();
    type View = Points;

    fn players(&self) -> std::ops::RangeInclusive<u8> {
        2..=6
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Points> {
        ensure!(self.to_win > 0, "play to one point at least");
        Ok(PerSeat::new(cx.players(), |_| 0))
    }

    fn turn(&self, points: &Points) -> Turn {
        Turn::sealed(points.seats()).within(Duration::from_secs(20))
    }

    fn apply(&self, _: &mut Points, _: &mut Cx<Self>, _: Seat, _: Hand) -> Verdict {
        Ok(()) // every hand is allowed
    }

    fn on_open(
        &self,
        points: &mut Points,
        _: &mut Cx<Self>,
        hands: &PerSeat<Option<Hand>>,
    ) -> Verdict {
        for (seat, hand) in hands.iter() {
            let beaten = hands.which(|other| beats(*hand, *other)).len();
            let points = points.get_mut(seat).ok_or("a hand of nobody")?;
            *points += u32::try_from(beaten).map_err(|_| "too many seats")?;
        }
        Ok(())
    }

    fn on_seat(
        &self,
        points: &mut Points,
        _: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        if let SeatChange::Gone(_) = change {
            points.remove(seat);
        }
        Ok(())
    }

    fn outcome(&self, points: &Points) -> Option<Outcome> {
        let won = points.iter().any(|(_, points)| *points >= self.to_win);
        won.then(|| Outcome::scored(points.iter().map(|(seat, points)| (seat, *points))))
    }

    fn view(&self, points: &Points, _: &Viewer) -> Points {
        points.clone()
    }

    fn candidates(&self, _: &Points, _: Seat) -> Vec<Hand> {
        vec![Hand::Rock, Hand::Paper, Hand::Scissors]
    }
}

fn main() -> ExitCode {
    quorate::play(RockPaperScissors { to_win: 3 })
}

#[cfg(test)]
mod tests {
    use quorate::{End, Table};

    use super::*;

    #[test]
    fn each_hand_beats_one_and_none_is_beaten_by_all() {
        let hands = [Hand::Rock, Hand::Paper, Hand::Scissors].map(Some);
        for (index, hand) in hands.into_iter().enumerate() {
            let beaten: Vec<_> = hands
                .into_iter()
                .filter(|other| beats(hand, *other))
                .collect();
            assert_eq!(beaten, [hands[(index + 2) % 3]]);
            assert!(beats(hand, None) && !beats(None, hand));
        }
    }

    #[test]
    fn nobody_scores_before_all_have_chosen_and_who_opens_nothing_loses() {
        let table = Table::local(RockPaperScissors { to_win: 1 }, 2).unwrap();
        let [ann, bob] = table.players();
        table.act_as(ann, Hand::Rock).unwrap();
        assert_eq!(table.view_as(bob).unwrap()[ann], 0);
        table.withhold_as(bob);
        table.act_as(bob, Hand::Paper).unwrap();
        let Some(End::Finished(outcome)) = table.end() else {
            panic!("not over")
        };
        assert!(outcome.winners().contains(ann));
        assert!(!outcome.winners().contains(bob));
    }
}
