//! The words that a player may type at a table with others, besides moves.

use super::screen::Screen;
use crate::{Choice, MotionId};

/// What a line means that is no move.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Help,
    Rematch,
    Pause,
    Resume,
    Leave,
    /// Whom, by name; nobody for whoever asked first.
    Admit(&'a str),
    /// A note to the players.
    Ask(&'a str),
    /// The number of the question, if it was named.
    Answer(Choice, Option<MotionId>),
    Claim,
    /// Whom to leave behind, by name.
    GoOn(&'a str),
    Save(&'a str),
}

/// The words, what they do, and whether only players type them.
const WORDS: [(&str, &str, bool); 15] = [
    ("NUMBER", "the choice of that number", true),
    ("rematch, again, r", "play again, or agree to", true),
    ("pause", "ask the others to pause the table", true),
    ("resume", "ask the others to go on", true),
    ("yes, y [NUMBER]", "agree to what was asked", true),
    ("no, n [NUMBER]", "disagree", true),
    ("abstain [NUMBER]", "neither", true),
    (
        "admit [NAME]",
        "let the table answer who asks for a seat",
        true,
    ),
    ("ask [NOTE]", "ask for a seat, where you have none", false),
    ("claim", "sign where a stopped table stands", false),
    ("go on", "after a fork: play on at a new table", false),
    (
        "go on without NAME, NAME",
        "the same, leaving them behind",
        false,
    ),
    ("save FILE", "write down what was decided so far", false),
    ("leave", "give up your seat for good", false),
    (
        "quit, exit, q",
        "end this program; your seat stays yours",
        false,
    ),
];

/// Lists the words; those of players only to them.
pub(super) fn help(plays: bool, screen: &Screen) {
    for (word, does, players) in WORDS {
        if plays || !players {
            screen.say(format_args!("  {word:<26}{does}"));
        }
    }
}

/// The word that a line is; none if it begins with no word, and so may be a move.
///
/// # Errors
/// What is wrong with what stands behind it.
pub(super) fn read(line: &str) -> Option<Result<Word<'_>, String>> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let meant = match word {
        "help" | "?" => Word::Help,
        "rematch" | "again" | "r" => Word::Rematch,
        "pause" => Word::Pause,
        "resume" => Word::Resume,
        "leave" => Word::Leave,
        "claim" => Word::Claim,
        "admit" => return Some(Ok(Word::Admit(rest))),
        "ask" => return Some(Ok(Word::Ask(rest))),
        "yes" | "y" => return Some(answer(Choice::Yes, rest)),
        "no" | "n" => return Some(answer(Choice::No, rest)),
        "abstain" => return Some(answer(Choice::Abstain, rest)),
        "go" => return Some(go_on(rest)),
        "save" if rest.is_empty() => return Some(Err("save where? name a file".to_owned())),
        "save" => return Some(Ok(Word::Save(rest))),
        _ => return None,
    };
    if rest.is_empty() {
        Some(Ok(meant))
    } else {
        Some(Err(format!("{word:?} stands alone, without {rest:?}")))
    }
}

fn answer(choice: Choice, number: &str) -> Result<Word<'static>, String> {
    if number.is_empty() {
        return Ok(Word::Answer(choice, None));
    }
    let id = number.parse().map(MotionId);
    let wrong = |_| format!("{number:?} is no number of a question");
    Ok(Word::Answer(choice, Some(id.map_err(wrong)?)))
}

fn go_on(rest: &str) -> Result<Word<'_>, String> {
    let names = match rest.strip_prefix("on").map(str::trim) {
        Some("") => Some(""),
        Some(names) => names.strip_prefix("without ").map(str::trim),
        None => None,
    };
    names
        .map(Word::GoOn)
        .ok_or_else(|| "go on, or go on without NAME, NAME".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_words_do_what_cannot_be_undone() {
        assert_eq!(read(" leave "), Some(Ok(Word::Leave)));
        for line in ["leave now", "leave please", "pause it", "claim all"] {
            assert!(matches!(read(line), Some(Err(_))), "{line}");
        }
        assert_eq!(read("leaves"), None);
    }

    #[test]
    fn answers_may_name_a_question() {
        let yes = |number| Some(Ok(Word::Answer(Choice::Yes, number)));
        assert_eq!(read("y"), yes(None));
        assert_eq!(read("yes 7"), yes(Some(MotionId(7))));
        assert!(matches!(read("yes sir"), Some(Err(_))));
    }

    #[test]
    fn what_lacks_something_says_what() {
        let save = read("save").expect("a word").expect_err("no file");
        assert!(save.contains("name a file"), "{save}");
        assert_eq!(read("save a b"), Some(Ok(Word::Save("a b"))));
        assert_eq!(read("go on"), Some(Ok(Word::GoOn(""))));
        let without = Some(Ok(Word::GoOn("Ann, Bob")));
        assert_eq!(read("go on without Ann, Bob"), without);
        assert!(matches!(read("go away"), Some(Err(_))));
    }
}
