//! How a game ends.

use serde::{Deserialize, Serialize};

use crate::seat::{PerSeat, Seat, Seats};

/// Who won, in which order the seats came in, and with what scores.
///
/// ```
/// use quorate_core::{Seats, game::Outcome};
/// let [ann, bob, eve] = [0, 1, 2].map(|i| Seats::first(3).nth(i).unwrap());
/// let outcome = Outcome::scored([(ann, 12), (bob, 40), (eve, 12)]);
/// assert_eq!(outcome.winners(), bob.into());
/// assert_eq!(outcome.ranking(), [bob.into(), Seats::from(ann) | eve.into()]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    places: Vec<Seats>,
    scores: PerSeat<i64>,
}

impl Outcome {
    /// The seats that won, one or several together.
    #[must_use]
    pub fn won(winners: impl Into<Seats>) -> Self {
        Self::places([winners.into()])
    }

    /// Nobody won.
    #[must_use]
    pub fn draw() -> Self {
        Self {
            places: Vec::new(),
            scores: PerSeat::default(),
        }
    }

    /// First place, second place and so on; seats in one set share a place.
    pub fn places<S: Into<Seats>>(places: impl IntoIterator<Item = S>) -> Self {
        let places = places.into_iter().map(Into::into).collect();
        Self {
            places,
            scores: PerSeat::default(),
        }
    }

    /// Places by descending score.
    pub fn scored<N: Into<i64>>(scores: impl IntoIterator<Item = (Seat, N)>) -> Self {
        let scores: PerSeat<i64> = scores
            .into_iter()
            .map(|(seat, score)| (seat, score.into()))
            .collect();
        let mut heights: Vec<i64> = scores.iter().map(|(_, score)| *score).collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        heights.dedup();
        let places = heights
            .iter()
            .map(|height| scores.which(|score| score == height))
            .collect();
        Self { places, scores }
    }

    /// The seats in first place; none in a draw.
    #[must_use]
    pub fn winners(&self) -> Seats {
        self.places.first().copied().unwrap_or_default()
    }

    /// Every place, the first first; empty in a draw.
    #[must_use]
    pub fn ranking(&self) -> &[Seats] {
        &self.places
    }

    /// The scores; empty unless the outcome was [scored](Self::scored).
    #[must_use]
    pub const fn scores(&self) -> &PerSeat<i64> {
        &self.scores
    }
}

/// Why play is over. A rematch may follow any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The rules named an outcome.
    Finished(Outcome),
    /// Too few seats are left, or nobody can act who must, or too few make the dice.
    Abandoned,
    /// A hook of the rules failed, with what this device knows about it: a text for developers,
    /// which the table does not decide and a snapshot does not hold.
    RulesBug(String),
}
