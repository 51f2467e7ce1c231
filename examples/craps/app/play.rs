//! The player's own bets: made, refused, won, lost.

use quorate::{ActError, Money, Pending, Settled};

use super::App;
use crate::rules::bet::Bet;
use crate::rules::{Action, Event};
use crate::screen::model::{Notice, Tone, grouped};

impl App {
    pub(super) fn bet(&mut self, bet: Bet) {
        let stake = self.stake;
        self.act(Action::Bet(bet, stake), format!("{stake} on {bet}"));
    }

    /// Puts odds behind the first of the player's bets that has none, or else adds to the least.
    pub(super) fn odds(&mut self) {
        let own = self.view.as_ref().and_then(|view| view.seats.get(view.me?));
        let bets = own.map_or(&[][..], |own| &own.bets);
        let odds = bets.iter().filter_map(|(bet, _)| bet.odds());
        let least = odds.min_by_key(|odds| own.map(|own| own.stake(*odds)));
        match least {
            Some(odds) => self.bet(odds),
            None => self.say(
                Tone::Quiet,
                "odds stand behind a Pass or Come bet, and you have none",
            ),
        }
    }

    /// Takes down the last of the player's bets, in the order of the felt, that may be.
    pub(super) fn take_down(&mut self) {
        let legal = self.crew.table().legal();
        let down = legal
            .into_iter()
            .rev()
            .find(|action| matches!(action, Action::TakeDown(_)));
        match down {
            Some(action @ Action::TakeDown(bet)) => self.act(action, format!("{bet} comes down")),
            _ => self.say(Tone::Quiet, "you have no bet that may be taken down"),
        }
    }

    pub(super) fn roll(&mut self) {
        self.act(Action::Roll, "you throw the dice".to_owned());
    }

    fn act(&mut self, action: Action, said: String) {
        match self.crew.table().act(action) {
            Ok(pending) => {
                self.say(Tone::Quiet, said.clone());
                self.pending = Some((pending, said));
            }
            Err(ActError::Rolling | ActError::Stale { .. }) => {
                self.say(Tone::Quiet, "the dice are in the air");
            }
            Err(error) => self.say(Tone::Bad, error.to_string()),
        }
    }

    /// Says what became of the player's last action.
    pub(super) fn settle(&mut self) {
        let settled = |(pending, _): &mut (Pending, String)| pending.settled().is_some();
        let Some((pending, said)) = self.pending.take_if(settled) else {
            return;
        };
        let (Some(settled), took) = (pending.settled(), pending.took()) else {
            return;
        };
        match settled {
            Settled::Decided { height } => {
                self.crew.tally.took(took);
                let ms = took.unwrap_or_default().as_secs_f64() * 1e3;
                let text = format!("{said}: final at height {height} after {ms:.1} ms");
                self.say(Tone::Good, text);
            }
            Settled::Refused(why) => self.say(Tone::Bad, why.to_string()),
            Settled::Stale => self.say(Tone::Bad, "too late: the dice were thrown first"),
            _ => self.say(Tone::Bad, "it was not decided, and counts for nothing"),
        }
    }

    /// Notes what a roll did to the player's bets, to be said when the dice lie.
    pub(super) fn tell_own(&mut self, events: &[Event]) {
        let me = self.crew.table().seat();
        let (mut won, mut lost) = (Money::ZERO, Money::ZERO);
        let mut text = String::new();
        for event in events {
            match event {
                Event::Won {
                    seat, won: more, ..
                } if Some(*seat) == me => {
                    won = won.plus(*more).unwrap_or(won);
                }
                Event::Lost { seat, stake, .. } if Some(*seat) == me => {
                    lost = lost.plus(*stake).unwrap_or(lost);
                }
                Event::PointOn(point) => text = format!("the point is {point}"),
                Event::PointMade(point) => text = format!("the point {point} is made"),
                Event::SevenOut(seat) => {
                    text = format!(
                        "seven out: {} passes the dice on",
                        self.names((*seat).into())
                    );
                }
                _ => {}
            }
        }
        let gap = if text.is_empty() { "" } else { "; " };
        let (told, tone) = match (won.is_zero(), lost.is_zero()) {
            (true, true) => (String::new(), Tone::Quiet),
            (false, true) => (format!("{gap}you won {}", grouped(won)), Tone::Good),
            (true, false) => (format!("{gap}you lost {}", grouped(lost)), Tone::Bad),
            (false, false) => {
                let tone = if won >= lost { Tone::Good } else { Tone::Bad };
                (
                    format!("{gap}you won {} and lost {}", grouped(won), grouped(lost)),
                    tone,
                )
            }
        };
        let text = text + &told;
        if !text.is_empty() {
            self.result = Some(Notice { text, tone });
        }
    }
}
