//! What is typed at a table with others.

use super::online::Evening;
use super::screen::{chosen, looks_like_a_move};
use super::telling::{awaited, is_witness, lacked, plays, why_not};
use super::words::{self, Word};
use super::{questions, save};
use crate::{ActError, Game, Pending, Settled};

/// What was typed, and what will become of it.
pub(super) struct Sent {
    pub(super) line: String,
    pub(super) pending: Pending,
    pub(super) is_move: bool,
}

/// Why something came to nothing; none if it did not.
pub(super) fn came_to(settled: &Settled) -> Option<String> {
    let why = match settled {
        Settled::Decided { .. } => return None,
        Settled::Refused(why) => return Some(why.to_string()),
        Settled::Stale => "too late, that turn was over",
        Settled::Superseded => "something you did later came first",
        _ => "it was not decided in time, and counts for nothing",
    };
    Some(why.to_owned())
}

impl<G: Game> Evening<'_, G> {
    /// Does what a line says.
    pub(super) fn typed(&mut self, line: &str) {
        self.table.attend();
        let leaving = std::mem::take(&mut self.leaving);
        let done = match words::read(line) {
            Some(Ok(Word::Leave)) if !leaving && self.table.seat().is_some() => {
                self.leaving = true;
                self.screen.say(format_args!(
                    "type leave again to give up your seat for good"
                ));
                Ok(())
            }
            Some(Ok(word)) => self.word(&word, line),
            Some(Err(wrong)) => Err(wrong),
            None => self.play(line),
        };
        if let Err(why) = done {
            self.screen.say(format_args!("no: {why}"));
        }
    }

    fn word(&mut self, word: &Word<'_>, line: &str) -> Result<(), String> {
        match word {
            Word::Help => words::help(plays(&self.table), self.screen),
            Word::Save(file) => {
                let saved = save(&self.table, file.as_ref(), self.screen);
                saved.map_err(|why| why.to_string())?;
            }
            word => {
                let sent = questions::asked(&self.table, word)?;
                self.sent.extend(sent.map(|pending| Sent {
                    line: line.trim().to_owned(),
                    pending,
                    is_move: false,
                }));
            }
        }
        Ok(())
    }

    /// What is wrong with a line that is no move. A number of a list that is not shown now says
    /// nothing; whose turn it is, does.
    fn out_of_turn(&self, line: &str, wrong: String) -> String {
        if looks_like_a_move(line) && self.choices.is_empty() && !self.is_awaited() {
            awaited(&self.table).map_or(wrong, |_| why_not(&self.table, &ActError::NotYourTurn))
        } else {
            wrong
        }
    }

    fn play(&mut self, line: &str) -> Result<(), String> {
        if is_witness(&self.table) {
            return Err("you are a witness, who makes no moves; help lists the words".to_owned());
        }
        let action = chosen(line, &self.choices).map_err(|wrong| self.out_of_turn(line, wrong))?;
        let sent = self.table.act(action);
        let pending = sent.map_err(|refused| why_not(&self.table, &refused))?;
        if let Some(whom) = lacked(&self.table, &self.table.status()) {
            self.screen
                .say(format_args!("sent; it is decided with {whom} back"));
        }
        self.sent.push(Sent {
            line: line.trim().to_owned(),
            pending,
            is_move: true,
        });
        Ok(())
    }
}
