//! The log: what happened at the table, kept until the screen may tell it.

use std::collections::VecDeque;

use quorate::{Height, Seats};

use crate::screen::model::LogLine;

/// Lines that are kept, more than any window has room for.
const LINES: usize = 200;

/// What is told, and what waits for the dice to lie.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    lines: VecDeque<LogLine>,
    held: Vec<LogLine>,
    /// The last height of which the log was told.
    pub(crate) height: Option<Height>,
    /// Who was heard from lately.
    pub(crate) heard: Option<Seats>,
    /// Whether too few seats are here.
    pub(crate) waiting: bool,
}

impl Diary {
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.iter().cloned().collect()
    }

    /// Tells a line, or keeps it back as long as the dice are `held` in the air. What comes behind
    /// a line that is kept back waits with it: a log is read in order.
    pub(crate) fn note(&mut self, line: LogLine, held: bool) {
        if held || !self.held.is_empty() {
            self.held.push(line);
        } else {
            self.tell(line);
        }
    }

    /// Tells what waited for the dice.
    pub(crate) fn release(&mut self) {
        for line in std::mem::take(&mut self.held) {
            self.tell(line);
        }
    }

    fn tell(&mut self, line: LogLine) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}
