//! The log: what happened at the table, kept until the screen may tell it.

use std::collections::VecDeque;

use quorate::{Event, Seats, Status};

use super::{App, wording};
use crate::rules::Craps;
use crate::screen::model::{LogLine, Tone};

/// Lines that are kept, more than any window has room for.
const LINES: usize = 200;

/// What is told, and what waits for the dice to lie.
#[derive(Debug, Default)]
pub(super) struct Diary {
    lines: VecDeque<LogLine>,
    held: Vec<LogLine>,
    /// Who was heard from lately.
    heard: Option<Seats>,
    /// Whether too few seats are here.
    waiting: bool,
}

impl Diary {
    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.lines.iter().cloned().collect()
    }

    fn note(&mut self, line: LogLine) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Tells what waited for the dice.
    pub(super) fn release(&mut self) {
        for line in std::mem::take(&mut self.held) {
            self.note(line);
        }
    }
}

impl App {
    /// Notes what the player did to the table, at the height where it is.
    pub(super) fn note(&mut self, tone: Tone, text: impl Into<String>) {
        let height = self.crew.table().pulse().height.0;
        let text = text.into();
        self.diary.note(LogLine { height, text, tone });
    }

    /// Notes `event`, if it is of interest; what dice did is `held` back until they lie.
    pub(super) fn record(&mut self, event: &Event<Craps>, held: bool) {
        match event {
            Event::Happened { height, happened } => {
                let me = self.crew.table().seat();
                let told = wording::step(happened, me, |seat| self.names(seat.into()));
                let Some((tone, text)) = told else {
                    return;
                };
                let height = height.0;
                let line = LogLine { height, text, tone };
                if held {
                    self.diary.held.push(line);
                } else {
                    self.diary.note(line);
                }
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
