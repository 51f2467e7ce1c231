//! The table's own books about a game: everything decided that is not the rules' state.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codec::Blob;
use crate::game::{Draw, Effects, End, Facts, Hidden, Outcome, Rejection, SeatChange, Verdict};
use crate::seat::{Seat, Seats};

/// What the table must supply before play goes on. While any of it is open nobody acts and no
/// clock runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The open public roll; answered with [`Play::rolled`](super::Play::rolled).
    pub roll: Option<Draw>,
    /// Hidden rolls to be dealt to their owners; answered with
    /// [`Play::dealt`](super::Play::dealt).
    pub deal: Vec<Hidden>,
    /// Hidden rolls to be shown to everybody; answered all at once with
    /// [`Play::shown`](super::Play::shown), once nothing is left to roll or deal.
    pub show: Vec<Hidden>,
    /// The seats of a sealed turn whose moves are to be opened; answered with
    /// [`Play::opened`](super::Play::opened).
    pub open: Seats,
}

impl Needs {
    /// Whether nothing is open.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.roll.is_none() && self.deal.is_empty() && self.show.is_empty() && self.open.is_empty()
    }
}

/// A game as bytes hold it: for snapshots, with [`Play::save`](super::Play::save) and
/// [`Play::restore`](super::Play::restore).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub(super) book: Book,
    pub(super) state: Blob,
}

/// The books. Its canonical bytes are part of the digest of every block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    /// Games played at the table before this one.
    pub(super) game: u32,
    /// The turn number; it rises over rematches.
    pub(super) turn: u64,
    /// Rises with every start of a clock.
    pub(super) clock: u64,
    /// The seats in the game now.
    pub(super) players: Seats,
    /// The seats that are or were in this game.
    pub(super) seated: Seats,
    pub(super) issued: u64,
    pub(super) retired: u64,
    pub(super) needs: Needs,
    /// Hidden rolls that are not over.
    pub(super) hidden: Arc<BTreeMap<u32, Hidden>>,
    pub(super) hidden_next: u32,
    /// Changes of seats that wait for the needs to be met.
    pub(super) waiting: Vec<(Seat, SeatChange)>,
    pub(super) ended: Option<Ended>,
    pub(super) previous: Option<Arc<Outcome>>,
}

/// [`End`] without the text of a bug, which may differ between devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ended {
    Finished(Arc<Outcome>),
    Abandoned,
    RulesBug,
}

impl From<&End> for Ended {
    fn from(end: &End) -> Self {
        match end {
            End::Finished(outcome) => Self::Finished(Arc::new(outcome.clone())),
            End::Abandoned => Self::Abandoned,
            End::RulesBug(_) => Self::RulesBug,
        }
    }
}

impl From<&Ended> for End {
    fn from(ended: &Ended) -> Self {
        match ended {
            Ended::Finished(outcome) => Self::Finished((**outcome).clone()),
            Ended::Abandoned => Self::Abandoned,
            Ended::RulesBug => Self::RulesBug("the rules failed".to_owned()),
        }
    }
}

impl Book {
    /// The books before the first game of `players` is set up.
    pub(super) fn new(players: Seats) -> Self {
        Self {
            game: 0,
            turn: 0,
            clock: 0,
            players,
            seated: players,
            issued: 0,
            retired: 0,
            needs: Needs::default(),
            hidden: Arc::default(),
            hidden_next: 0,
            waiting: Vec::new(),
            ended: None,
            previous: None,
        }
    }

    /// The books before the next game of the same players is set up: numbers rise on, so that
    /// nothing in flight for the old game fits the new one.
    pub(super) fn for_rematch(&self) -> Verdict<Self> {
        let previous = match &self.ended {
            Some(Ended::Finished(outcome)) => Some(Arc::clone(outcome)),
            _ => None,
        };
        Ok(Self {
            game: self.game.checked_add(1).ok_or("too many rematches")?,
            turn: self.turn,
            clock: self.clock,
            hidden_next: self.hidden_next,
            previous,
            ..Self::new(self.players)
        })
    }

    /// What the rules may know.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            players: self.players,
            game: self.game,
            previous: self.previous.clone(),
            hidden: Arc::clone(&self.hidden),
            hidden_next: self.hidden_next,
        }
    }

    /// Enters what the rules asked for in one step.
    pub(super) fn enter<E>(&mut self, effects: &Effects<E>) -> Verdict {
        if effects.roll.is_some() && self.needs.roll.is_some() {
            return Err(Rejection::new("a public roll while another is open").as_bug());
        }
        let overflow = || Rejection::new("more value than can be counted").as_bug();
        self.issued = self
            .issued
            .checked_add(effects.issued)
            .ok_or_else(overflow)?;
        self.retired = self
            .retired
            .checked_add(effects.retired)
            .ok_or_else(overflow)?;
        self.needs.roll = self.needs.roll.or(effects.roll);
        self.needs.deal.extend(&effects.deal);
        for hidden in &effects.show {
            if self.needs.show.contains(hidden) {
                return Err(Rejection::new("showing a hidden roll twice").as_bug());
            }
            self.needs.show.push(*hidden);
        }
        if !effects.deal.is_empty() || !effects.discard.is_empty() {
            let hidden = Arc::make_mut(&mut self.hidden);
            hidden.extend(effects.deal.iter().map(|dealt| (dealt.id(), *dealt)));
            if let Some(last) = effects.deal.last() {
                self.hidden_next = last.id() + 1; // `roll_hidden` stops short of the last id
            }
            for over in &effects.discard {
                hidden.remove(&over.id());
            }
            self.needs
                .deal
                .retain(|dealt| !effects.discard.contains(dealt));
            if self
                .needs
                .show
                .iter()
                .any(|shown| effects.discard.contains(shown))
            {
                return Err(Rejection::new("discarding a hidden roll that is shown").as_bug());
            }
        }
        Ok(())
    }

    /// Ends the hidden rolls that were to be shown, and returns them.
    pub(super) fn take_shows(&mut self) -> Vec<Hidden> {
        let shows = std::mem::take(&mut self.needs.show);
        let hidden = Arc::make_mut(&mut self.hidden);
        for shown in &shows {
            hidden.remove(&shown.id());
        }
        shows
    }

    /// Who is in the game after `change` of `seat`; false if nothing of that kind can change.
    pub(super) fn change(&mut self, seat: Seat, change: SeatChange) -> bool {
        match change {
            SeatChange::Joined => {
                self.seated.insert(seat);
                self.players.insert(seat)
            }
            SeatChange::Gone(_) => self.players.remove(seat),
            SeatChange::Away | SeatChange::Back | SeatChange::Withheld => {
                self.players.contains(seat)
            }
        }
    }
}
