//! Rock, paper, scissors: moves made in secret at the same time.

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate_core::game::{Cx, Game, Outcome, SeatChange, Turn, Verdict, Viewer};
use quorate_core::{PerSeat, Seat, Seats, data, ensure};

#[data(crate = quorate_core)]
pub struct Rps {
    pub to_win: u8,
}

#[data(crate = quorate_core)]
#[derive(Copy, PartialEq, Eq)]
pub enum Hand {
    Rock,
    Paper,
    Scissors,
}

#[data(crate = quorate_core)]
pub struct Score {
    pub points: PerSeat<u8>,
    pub away: Seats,
    /// What nobody may show twice in a row.
    pub last: PerSeat<Hand>,
}

impl Hand {
    fn beats(self, other: Self) -> bool {
        use Hand::{Paper, Rock, Scissors};
        matches!(
            (self, other),
            (Rock, Scissors) | (Paper, Rock) | (Scissors, Paper)
        )
    }
}

impl Game for Rps {
    const NAME: &'static str = "rps";
    type State = Score;
    type Action = Hand;
    type Event = PerSeat<Option<Hand>>;
    type View = PerSeat<u8>;

    fn players(&self) -> RangeInclusive<u8> {
        2..=4
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Score> {
        ensure!(self.to_win > 0, "play to one point at least");
        let points = PerSeat::new(cx.players(), |_| 0);
        Ok(Score {
            points,
            away: Seats::NONE,
            last: PerSeat::default(),
        })
    }

    fn turn(&self, score: &Score) -> Turn {
        Turn::sealed(score.points.seats()).within(Duration::from_secs(5))
    }

    fn apply(&self, score: &mut Score, _: &mut Cx<Self>, seat: Seat, hand: Hand) -> Verdict {
        ensure!(score.last.get(seat) != Some(&hand), "not twice in a row");
        score.last.insert(seat, hand); // dropped: a sealed move is only looked at
        Ok(())
    }

    fn on_open(
        &self,
        score: &mut Score,
        cx: &mut Cx<Self>,
        moves: &PerSeat<Option<Hand>>,
    ) -> Verdict {
        cx.emit(moves.clone());
        for (seat, hand) in moves.iter() {
            if let Some(hand) = hand {
                score.last.insert(seat, *hand);
            }
            let beaten = |other: &Option<Hand>| match (hand, other) {
                (Some(hand), Some(other)) => hand.beats(*other),
                (Some(_), None) => true,
                (None, _) => false,
            };
            let points = moves.which(beaten).len();
            if let Some(own) = score.points.get_mut(seat) {
                *own += u8::try_from(points).map_err(|_| "too many points")?;
            }
        }
        Ok(())
    }

    fn on_seat(
        &self,
        score: &mut Score,
        _: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        match change {
            SeatChange::Away => {
                score.away.insert(seat);
            }
            SeatChange::Back => {
                score.away.remove(seat);
            }
            SeatChange::Gone(_) => {
                score.points.remove(seat);
            }
            _ => {}
        }
        Ok(())
    }

    fn outcome(&self, score: &Score) -> Option<Outcome> {
        let done = !score
            .points
            .which(|points| *points >= self.to_win)
            .is_empty();
        done.then(|| Outcome::scored(score.points.iter().map(|(seat, points)| (seat, *points))))
    }

    fn view(&self, score: &Score, _: &Viewer) -> Self::View {
        score.points.clone()
    }

    fn candidates(&self, _: &Score, _: Seat) -> Vec<Hand> {
        vec![Hand::Rock, Hand::Paper, Hand::Scissors]
    }
}
