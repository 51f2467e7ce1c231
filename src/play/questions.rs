//! Questions to the table, in plain text: what a player types, and what all are told.

use super::screen::Screen;
use super::succession;
use super::telling::is_witness;
use super::words::Word;
use crate::claim::Claim;
use crate::motion::{Resolution, advice};
use crate::{
    ActError, Charge, Choice, Game, Motion, MotionId, MotionNews, Newcomer, OpenMotion, Pending,
    Seat, StallPolicy, Table,
};

/// Does what a word asks of the table; gives what is to be decided of it, if anything is.
pub(super) fn asked<G: Game>(table: &Table<G>, word: &Word<'_>) -> Result<Option<Pending>, String> {
    let players = matches!(
        word,
        Word::Rematch | Word::Pause | Word::Resume | Word::Admit(_) | Word::Answer(..)
    );
    if players && is_witness(table) {
        return Err("you are a witness, who neither asks nor answers".to_owned());
    }
    let sent = match *word {
        Word::Rematch => return rematch(table).map_err(|why| format!("no rematch: {why}")),
        Word::Pause => table.propose(Motion::Pause),
        Word::Resume => table.propose(Motion::Resume),
        Word::Leave => table.leave(),
        Word::Admit(name) => table.propose(Motion::Admit(asker(table, name)?)),
        Word::Ask(note) => return ask(table, note).map(|()| None),
        Word::Answer(choice, number) => answer(table, number, choice)?,
        Word::GoOn(names) => return succession::asked(table, names).map(|()| None),
        Word::Claim => {
            let signed = table.sign_claim().map_err(|why| why.to_string());
            return signed.map(|()| None);
        }
        Word::Help | Word::Save(_) => return Ok(None), // these ask nothing of the table
    };
    sent.map(Some).map_err(|why| why.to_string())
}

/// Asks to play again, or agrees with whoever has asked.
fn rematch<G: Game>(table: &Table<G>) -> Result<Option<Pending>, ActError> {
    let mut open = table.motions().into_iter();
    match open.find(|open| *open.motion == Motion::Rematch) {
        Some(open) if !silent(table, &open) => Ok(None),
        Some(open) => table.ballot(open.id, Choice::Yes).map(Some),
        None => table.propose(Motion::Rematch).map(Some),
    }
}

/// Who asks for a seat, of that name; without a name, whoever asked first.
fn asker<G: Game>(table: &Table<G>, wanted: &str) -> Result<Newcomer, String> {
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

/// Answers the question of that number, or the oldest that this player has not answered.
fn answer<G: Game>(
    table: &Table<G>,
    number: Option<MotionId>,
    choice: Choice,
) -> Result<Result<Pending, ActError>, String> {
    let mut open = table.motions().into_iter();
    let oldest = || open.find(|open| silent(table, open)).map(|open| open.id);
    let id = number.or_else(oldest).ok_or("nobody asks you anything")?;
    Ok(table.ballot(id, choice))
}

/// Whether this player may still answer a question.
fn silent<G: Game>(table: &Table<G>, open: &OpenMotion) -> bool {
    let me = table.seat();
    me.is_some_and(|me| open.ballots.silent().contains(me))
}

/// Tells what happened to a question; `answers` is the seat that this player answers with, if any.
pub(super) fn tell(
    news: &MotionNews,
    answers: Option<Seat>,
    name: impl Fn(Seat) -> String,
    screen: &Screen,
) {
    match news {
        MotionNews::Proposed { id, by, motion } => {
            let (who, question) = (name(*by), question(motion, &name));
            // To ask is to say yes.
            let asked = answers.is_some_and(|me| me != *by);
            let answer = if asked { " yes or no?" } else { "" };
            screen.say(format_args!("{who} asks ({id}): {question}{answer}"));
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
