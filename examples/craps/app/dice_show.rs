//! The show of a roll: it is over in milliseconds, so people get to see it slowly.

use std::time::{Duration, Instant};

use quorate::{Seat, Seats};

use crate::rules::bet::Dice;
use crate::screen::model::{DiceBox, Faces};

/// Between two secrets that open on the screen.
const BETWEEN: Duration = Duration::from_millis(180);
/// From the last secret to dice that lie.
const TUMBLE: Duration = Duration::from_millis(700);
/// How long opened secrets are seen beside dice that lie.
const LIE: Duration = Duration::from_secs(2);
/// How long a face of tumbling dice is seen.
const FACE: Duration = Duration::from_millis(70);

/// The roll on the screen.
#[derive(Clone, Debug)]
pub(crate) struct DiceShow {
    contributors: Seats,
    /// In the order in which they opened.
    opened: Vec<Seat>,
    result: Option<Dice>,
    started: Instant,
}

impl DiceShow {
    /// A roll to which `contributors` throw in secrets begins.
    pub(crate) const fn new(contributors: Seats, now: Instant) -> Self {
        Self {
            contributors,
            opened: Vec::new(),
            result: None,
            started: now,
        }
    }

    /// The secret of `seat` arrived.
    pub(crate) fn open(&mut self, seat: Seat) {
        if !self.opened.contains(&seat) {
            self.opened.push(seat);
        }
    }

    /// The dice fell, so every secret of the roll is known.
    pub(crate) fn fall(&mut self, dice: Dice) {
        self.contributors.iter().for_each(|seat| self.open(seat));
        self.result = Some(dice);
    }

    /// Whether the audience has not seen the end.
    pub(crate) fn goes_on(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.started) < self.length() || self.result.is_none()
    }

    /// Whether there is nothing more to see: the dice lie, or their fall was missed.
    pub(crate) fn is_past(&self, rolling: bool, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.started);
        let missed = self.result.is_none() && !rolling;
        passed >= self.length() + LIE && (missed || self.result.is_some())
    }

    fn length(&self) -> Duration {
        BETWEEN * u32::try_from(self.opened.len()).unwrap_or(0) + TUMBLE
    }

    /// What is to be seen now.
    pub(crate) fn picture(&self, now: Instant) -> DiceBox {
        let passed = now.saturating_duration_since(self.started);
        let shown = passed.as_millis() / BETWEEN.as_millis();
        let shown = usize::try_from(shown).unwrap_or(usize::MAX);
        let faces = match self.result {
            Some(dice) if !self.goes_on(now) => Faces::Fell(dice),
            _ => Faces::Tumbling(u64::try_from(passed.as_millis() / FACE.as_millis()).unwrap_or(0)),
        };
        let opened = self.opened.iter().copied().take(shown).collect();
        DiceBox {
            sealed: self.contributors,
            opened,
            faces,
        }
    }
}
