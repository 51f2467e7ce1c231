//! What the log is told of.

use quorate::{Event, Status};

use super::{App, wording};
use crate::rules::Craps;
use crate::screen::model::{LogLine, Tone};

impl App {
    /// Notes what is no step of the game, behind the last height that the log was told of: the
    /// table itself may be further.
    pub(super) fn note(&mut self, tone: Tone, text: impl Into<String>) {
        let height = self.diary.height;
        let height = height.unwrap_or_else(|| self.crew.table().pulse().height).0;
        let text = text.into();
        self.diary.note(LogLine { height, text, tone }, false);
    }

    /// Notes `event`, if it is of interest; what dice did is `held` back until they lie.
    pub(super) fn record(&mut self, event: &Event<Craps>, held: bool) {
        match event {
            Event::Decided(decided) => self.diary.height = Some(decided.height),
            Event::Happened { height, happened } => {
                let me = self.crew.table().seat();
                let told = wording::step(happened, me, |seat| self.names(seat.into()));
                let Some((tone, text)) = told else {
                    return;
                };
                let height = height.0;
                self.diary.note(LogLine { height, text, tone }, held);
            }
            Event::Joined { name, .. } => self.note(Tone::Good, format!("{name} sits down")),
            Event::Left { name } => self.note(Tone::Quiet, format!("{name} leaves")),
            Event::TurnedAway { why, .. } => self.note(Tone::Bad, format!("turned away: {why}")),
            Event::Present { seats } => {
                let begun = self.view.is_some();
                let before = self.diary.heard.replace(*seats).filter(|_| begun);
                let before = before.unwrap_or(*seats);
                for (tone, text) in wording::heard(before, *seats, |seat| self.names(seat.into())) {
                    self.note(tone, text);
                }
            }
            Event::Status(status) if self.view.is_some() => self.record_status(status),
            Event::Fault(fault) => self.note(Tone::Bad, fault.to_string()),
            _ => {}
        }
    }

    fn record_status(&mut self, status: &Status) {
        match status {
            Status::Waiting { absent, needed } if !self.diary.waiting => {
                self.diary.waiting = true;
                let names = self.names(*absent);
                let text = match (*needed, absent.len()) {
                    (needed, all) if needed < all => {
                        format!(
                            "too few seats: nothing is decided until {needed} of {names} is back"
                        )
                    }
                    _ => format!("too few seats: nothing is decided without {names}"),
                };
                self.note(Tone::Bad, text);
            }
            Status::Playing { .. } | Status::Rolling if self.diary.waiting => {
                self.diary.waiting = false;
                self.note(
                    Tone::Good,
                    "enough seats are here: play goes on where it stopped",
                );
            }
            _ => {}
        }
    }
}
