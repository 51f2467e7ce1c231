//! The terminal: lines out, lines in.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::{asked_to_leave, with_panic_place};

/// How often a list is looked at while the user may say something.
pub(super) const A_MOMENT: Duration = Duration::from_millis(500);

/// The word with which the user has had enough.
const QUIT: &str = "quit";

/// Lines typed and not read yet.
const LINES: usize = 64;

/// The terminal. Where a line tells of a panic of the rules, it says where that was. What cannot be
/// written, because nobody reads any more, is dropped.
#[derive(Debug, Default)]
pub(super) struct Screen;

impl Screen {
    pub(super) fn say(&self, line: fmt::Arguments<'_>) {
        let _ = writeln!(io::stdout(), "{}", with_panic_place(&line.to_string()));
    }

    pub(super) fn error(&self, error: &dyn fmt::Display) {
        let _ = writeln!(io::stderr(), "{}", with_panic_place(&error.to_string()));
    }

    /// What the user types, until the end of the input. To be asked for once: the thread that
    /// listens ends with the program. Who waits for lines looks at [`asked_to_leave`] meanwhile.
    pub(super) fn lines(&self) -> Receiver<String> {
        let (sender, lines) = sync_channel(LINES);
        let read = move || {
            let mut lines = io::stdin().lock().lines().map_while(Result::ok);
            let _ = lines.try_for_each(|line| sender.send(line)); // nobody reads any more
        };
        let _ = thread::Builder::new().name("stdin".to_owned()).spawn(read);
        lines
    }
}

/// What the user has typed, waited for a moment; none also after the end of the input. A signal to
/// end is as good as a word.
pub(super) fn typed(lines: &Receiver<String>) -> Option<String> {
    if asked_to_leave() {
        return Some(QUIT.to_owned());
    }
    match lines.recv_timeout(A_MOMENT) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => {
            thread::park_timeout(A_MOMENT); // nothing will come: only time passes
            None
        }
    }
}

/// The next line that the user types; none once the input has ended, or the program is to end.
pub(super) fn next(lines: &Receiver<String>) -> Option<String> {
    loop {
        match lines.recv_timeout(A_MOMENT) {
            Ok(line) => return Some(line),
            Err(RecvTimeoutError::Timeout) if !asked_to_leave() => {}
            Err(_) => return None,
        }
    }
}

/// Whether the user has had enough.
pub(super) fn quits(line: &str) -> bool {
    matches!(line.trim(), "q" | QUIT | "exit")
}

/// Whether the choices are numbers, so that a number typed is the action itself.
pub(super) fn are_numbers<A: crate::Data>(choices: &[A]) -> bool {
    let number = |choice| serde_json::to_value(choice).is_ok_and(|value| value.is_number());
    !choices.is_empty() && choices.iter().all(number)
}

/// Whether a line begins as a number does, or an action in JSON, and not as a word.
pub(super) fn looks_like_a_move(line: &str) -> bool {
    let begins = |first: char| "{[\"-".contains(first) || first.is_ascii_digit();
    line.trim_start().starts_with(begins)
}

/// What a line means, of the numbered choices that were shown, or as an action in JSON.
///
/// # Errors
/// What to say to who typed it.
pub(super) fn chosen<A>(line: &str, choices: &[A]) -> Result<A, String>
where
    A: crate::Data,
{
    let line = line.trim();
    match line.parse::<usize>() {
        Ok(number) if !choices.is_empty() && !are_numbers(choices) => {
            let chosen = number.checked_sub(1).and_then(|index| choices.get(index));
            let most = choices.len();
            chosen
                .cloned()
                .ok_or_else(|| format!("a number from 1 to {most}, please"))
        }
        _ => serde_json::from_str(line).map_err(|error| {
            if looks_like_a_move(line) {
                format!("as JSON that is wrong: {error}")
            } else {
                format!("{line:?} means nothing here; help lists what does")
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_actions_are_numbers_a_number_is_the_action() {
        let bids: [u32; 3] = [10, 20, 50];
        assert_eq!(chosen("20", &bids), Ok(20));
        assert_eq!(chosen("31", &bids), Ok(31), "candidates are but samples");
        assert!(chosen("-1", &bids).unwrap_err().contains("wrong"));
        assert!(!are_numbers::<u32>(&[]) && !are_numbers(&["1"].map(str::to_owned)));
    }

    #[test]
    fn a_choice_is_a_number_or_json_and_what_is_wrong_is_said() {
        let choices = ["rock".to_owned(), "paper".to_owned()];
        assert_eq!(chosen(" 2 ", &choices).unwrap(), "paper");
        assert_eq!(chosen("\"well\"", &choices).unwrap(), "well");
        assert_eq!(
            chosen("3", &choices).unwrap_err(),
            "a number from 1 to 2, please"
        );
        let wrong = |line: &str| chosen(line, &choices).unwrap_err();
        assert!(wrong("\"well").contains("as JSON that is wrong: EOF"));
        assert!(wrong("{}").contains("as JSON that is wrong: invalid type"));
        let said = "\"well\" means nothing here; help lists what does";
        assert_eq!(wrong("well"), said);
    }
}
