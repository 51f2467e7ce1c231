//! Questions to the table, in plain text: what a player types, and what all are told.

use super::screen::Screen;
use super::succession;
use crate::claim::Claim;
use crate::motion::{Resolution, advice};
use crate::{
    ActError, Charge, Choice, Game, Motion, MotionId, MotionNews, Newcomer, Seat, StallPolicy,
    Table,
};

/// What can be typed besides moves.
pub(super) const HELP: &str =
    "rematch, pause, resume, leave, admit, ask, yes, no, claim, go on, save FILE";

/// Does what a line asks of the table, if it is no move; tells what came of it.
pub(super) fn asked<G: Game>(table: &Table<G>, line: &str) -> Option<Result<(), String>> {
    let mut words = line.split_whitespace();
    let (word, number) = (words.next()?, words.next());
    let sent = match word {
        "rematch" | "again" | "r" => return Some(table.rematch().map_err(|why| why.to_string())),
        "pause" => table.propose(Motion::Pause),
        "resume" => table.propose(Motion::Resume),
        "leave" => table.leave(),
        "admit" => match asker(table, line) {
            Ok(newcomer) => table.propose(Motion::Admit(newcomer)),
            Err(why) => return Some(Err(why)),
        },
        "ask" => {
            let note = line.trim().strip_prefix(word).unwrap_or_default();
            return Some(ask(table, note.trim()));
        }
        "yes" | "y" => answer(table, number, Choice::Yes)?,
        "no" | "n" => answer(table, number, Choice::No)?,
        "abstain" => answer(table, number, Choice::Abstain)?,
        "go" => return succession::asked(table, line),
        "claim" => return Some(table.sign_claim().map_err(|why| why.to_string())),
        _ => return None,
    };
    Some(sent.map(drop).map_err(|why| why.to_string()))
}

/// Who asks for a seat, of the name behind the word; without a name, whoever asked first.
fn asker<G: Game>(table: &Table<G>, line: &str) -> Result<Newcomer, String> {
    let wanted = line.trim().strip_prefix("admit").unwrap_or_default().trim();
    let mut asking = table.asking().into_iter();
    let found = asking.find(|asker| wanted.is_empty() || asker.name.as_str() == wanted);
    found.ok_or_else(|| match wanted {
        "" => "nobody asks for a seat".to_owned(),
        wanted => format!("nobody called {wanted:?} asks for a seat"),
    })
}

/// Asks for a seat, with a note to the players.
fn ask<G: Game>(table: &Table<G>, note: &str) -> Result<(), String> {
    if table.seat().is_some() {
        return Err("you have a seat".to_owned());
    }
    table.ask(note);
    Ok(())
}

/// Answers the question of that number, or the oldest that this player has not answered; none if
/// there is no question to answer.
fn answer<G: Game>(
    table: &Table<G>,
    number: Option<&str>,
    choice: Choice,
) -> Option<Result<crate::Pending, ActError>> {
    let me = table.seat()?;
    let mut open = table.motions().into_iter();
    let mut silent = || open.find(|open| open.ballots.silent().contains(me));
    let id = match number {
        Some(number) => MotionId(number.parse().ok()?),
        None => silent()?.id,
    };
    Some(table.ballot(id, choice))
}

/// Tells what happened to a question.
pub(super) fn tell(news: &MotionNews, name: impl Fn(Seat) -> String, screen: &Screen) {
    match news {
        MotionNews::Proposed { id, by, motion } => {
            let (by, question) = (name(*by), question(motion, &name));
            screen.say(format_args!("{by} asks ({id}): {question} yes or no?"));
        }
        MotionNews::Balloted { id, seat, choice } => {
            screen.say(format_args!("{} answers ({id}): {choice:?}", name(*seat)));
        }
        MotionNews::Closed(closed) => {
            let motion = &closed.motion;
            let question = question(&motion.motion, &name);
            let end = match closed.resolution {
                Resolution::Passed => "agreed",
                Resolution::Rejected => "rejected",
                Resolution::Expired => "not answered in time",
                Resolution::Upheld => "it is so",
                Resolution::Dismissed => "it is not so",
                _ => "void, for the table has changed",
            };
            screen.say(format_args!("({}) {question} {end}", motion.id));
            for advice in advice(&motion.ballots) {
                screen.say(format_args!("  note: {advice}"));
            }
        }
        MotionNews::Failed { why, .. } => screen.say(format_args!("it cannot be done: {why}")),
        _ => {}
    }
}

fn question(motion: &Motion, name: &impl Fn(Seat) -> String) -> String {
    match motion {
        Motion::Rematch => "play again?".to_owned(),
        Motion::Pause => "pause?".to_owned(),
        Motion::Resume => "go on?".to_owned(),
        Motion::Remove(seat) => format!("remove {}?", name(*seat)),
        Motion::Admit(newcomer) => format!("let {} sit down?", newcomer.name),
        Motion::Readmit(seat) => format!("let the dice secrets of {} count again?", name(*seat)),
        Motion::Stall(StallPolicy::Pause) => "wait for who is away?".to_owned(),
        Motion::Stall(StallPolicy::Forfeit) => "take who is away out of the game?".to_owned(),
        Motion::Stall(_) => "play on for who is away?".to_owned(),
        Motion::Dispute(dispute) => {
            let height = dispute.height;
            let (what, whom) = match dispute.charge {
                Charge::InvalidTransition => ("an invalid block", None),
                Charge::WrongRoll => ("a wrong roll", None),
                Charge::WrongPayout => ("a wrong payout", None),
                Charge::DoubleVote(seat) => ("a double vote", Some(seat)),
                Charge::WithheldReveal(seat) => ("a withheld secret", Some(seat)),
                Charge::StalledSeat(seat) => ("a missed turn", Some(seat)),
                _ => ("something wrong", None),
            };
            let whom = whom.map_or_else(String::new, |seat| format!(" of {}", name(seat)));
            format!("was there {what}{whom} at height {height}?")
        }
        _ => "something this program does not know?".to_owned(),
    }
}

/// Shows a claim as a document.
pub(super) fn claimed(claim: &Claim, screen: &Screen) {
    match serde_json::to_string_pretty(claim) {
        Ok(text) => screen.say(format_args!("{text}")),
        Err(error) => screen.say(format_args!("(the claim cannot be shown: {error})")),
    }
}
