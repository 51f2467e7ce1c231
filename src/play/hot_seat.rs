//! One device: people take turns at the screen, bots do the rest.

use std::sync::mpsc::Receiver;

use super::plain::{Names, told, words};
use super::screen::{Screen, are_numbers, chosen, next, quits};
use super::{Failed, Listed, pretty::Pretty};
use crate::{
    Cause, End, Game, Happened, Seat, SeatChange, Seats, Seen, Status, Table, Verdict, Why,
};

/// Plays until the game ends or the people have had enough.
pub(super) fn run<G: Game>(
    game: G,
    people: Option<u8>,
    bots: u8,
    screen: &Screen,
) -> Result<(), Failed> {
    let least = *game.players().start();
    let people = people.unwrap_or_else(|| least.saturating_sub(bots).max(1));
    let players = people.saturating_add(bots);
    let table = Table::local(game, players)?;
    let people = Seats::first(usize::from(people));
    let name = |seat: Seat| {
        let bot = if people.contains(seat) { "" } else { " (bot)" };
        format!("player {}{bot}", seat.index() + 1)
    };
    let lines = screen.lines();
    loop {
        for happened in table.drain() {
            tell(&happened, &name, screen);
        }
        match table.status() {
            Status::Ended(end) => {
                show(table.try_view(), &name, screen);
                return over(&end, name, screen);
            }
            Status::Playing { .. } => {}
            other => return Err(format!("cannot go on: {other:?}").into()),
        }
        let Some(play) = table.play() else {
            return Ok(());
        };
        let waiting = if play.awaited().is_empty() {
            play.actors()
        } else {
            play.awaited()
        };
        let Some(seat) = waiting
            .iter()
            .find(|seat| !table.legal_as(*seat).is_empty())
        else {
            let Status::Playing {
                left: Some(left), ..
            } = table.status()
            else {
                return Err("nobody can do anything, and no clock runs".into());
            };
            table.advance(left);
            continue;
        };
        if !people.contains(seat) {
            table.act_as_bot(seat)?;
        } else if !ask(&table, seat, &name, &lines, screen) {
            return Ok(());
        }
    }
}

/// Lets the person at `seat` choose; `false` if it has had enough.
fn ask<G: Game>(
    table: &Table<G>,
    seat: Seat,
    name: Names<'_>,
    lines: &Receiver<String>,
    screen: &Screen,
) -> bool {
    show(table.try_view_as(seat), name, screen);
    let choices = table.legal_as(seat);
    offer(&name(seat), &choices, name, screen);
    while let Some(line) = next(lines) {
        if quits(&line) {
            return false;
        }
        if matches!(line.trim(), "help" | "?") {
            screen.say(format_args!(
                "a number from the list, an action as JSON as it stands beside it, or q to quit"
            ));
            continue;
        }
        match chosen(&line, &choices).map(|action| table.act_as(seat, action)) {
            Ok(Ok(())) => return true,
            Ok(Err(refused)) => screen.say(format_args!("no: {refused}")),
            Err(wrong) => screen.say(format_args!("{wrong}")),
        }
    }
    false
}

/// Numbers that are offered, at most: more would not tell more.
const NUMBERS: usize = 12;

/// Shows what can be done, each as a number and as what may be typed instead. Where actions are
/// numbers themselves, they are what is typed.
pub(super) fn offer<A: crate::Data>(who: &str, choices: &[A], name: Names<'_>, screen: &Screen) {
    screen.say(format_args!("{who}, what do you do?"));
    if are_numbers(choices) {
        let some = choices
            .iter()
            .take(NUMBERS)
            .map(|choice| words(choice, name));
        let some: Vec<_> = some.collect();
        return screen.say(format_args!("  a number, such as {}", some.join(", ")));
    }
    for (number, action) in choices.iter().enumerate() {
        let json = serde_json::to_string(action).unwrap_or_default();
        let action = words(action, name);
        screen.say(format_args!("  {}) {action}   {json}", number + 1));
    }
}

/// Shows a view, or why the rules made none.
pub(super) fn show<V: crate::serde::Serialize>(
    seen: Verdict<Option<Seen<V>>>,
    name: Names<'_>,
    screen: &Screen,
) {
    let seen = match seen {
        Ok(Some(seen)) => seen,
        Ok(None) => return,
        Err(why) => return screen.say(format_args!("there is nothing to see: {why}")),
    };
    match told(&seen.view, name) {
        Ok(told) => screen.say(format_args!("{}", Pretty(&told))),
        Err(error) => screen.say(format_args!("  (this view cannot be shown: {error})")),
    }
}

/// Tells what happened.
pub(super) fn tell<G: Game>(happened: &Happened<G>, name: Names<'_>, screen: &Screen) {
    match &happened.cause {
        Cause::Acted(seat, action) => {
            screen.say(format_args!("{}: {}", name(*seat), words(action, name)));
        }
        Cause::Rolled(roll) => {
            let values = Listed(roll.values().to_vec());
            screen.say(format_args!("rolled: {values}"));
        }
        Cause::Clock(late) => {
            let late = Listed(late.iter().map(name).collect());
            screen.say(format_args!("out of time: {late}"));
        }
        Cause::Seat(seat, change) => {
            screen.say(format_args!("{}", changed(&name(*seat), change)));
        }
        Cause::Opened(moves) => {
            for (seat, action) in moves.iter() {
                let who = name(seat);
                match action {
                    Some(action) => screen.say(format_args!("{who}: {}", words(action, name))),
                    None => screen.say(format_args!("{who} shows no move")),
                }
            }
        }
        _ => {}
    }
    for event in &happened.events {
        screen.say(format_args!("  {}", words(event, name)));
    }
}

/// What has become of the seat of `who`.
fn changed(who: &str, change: &SeatChange) -> String {
    let words = match change {
        // Whoever was asleep, or killed, looks no different from whoever was unwilling.
        SeatChange::Withheld => return format!("the secret of {who} did not come in time"),
        SeatChange::Joined => "sits down",
        SeatChange::Away => "is away",
        SeatChange::Back => "is back",
        SeatChange::Gone(Why::Left) => "has left the game",
        SeatChange::Gone(Why::Removed) => "is removed from the game",
        SeatChange::Gone(Why::Guilty) => "cheated, and is out of the game",
        other => return format!("{who} has changed: {other:?}"),
    };
    format!("{who} {words}")
}

/// Tells how it ended.
///
/// # Errors
/// If it ended because the rules failed.
pub(super) fn over(
    end: &End,
    name: impl Fn(Seat) -> String,
    screen: &Screen,
) -> Result<(), Failed> {
    match end {
        End::Finished(outcome) if outcome.winners().is_empty() => {
            screen.say(format_args!("a draw"));
        }
        End::Finished(outcome) => {
            let winners = Listed(outcome.winners().iter().map(&name).collect());
            screen.say(format_args!("won by {winners}"));
            for (seat, score) in outcome.scores().iter() {
                screen.say(format_args!("  {}: {score}", name(seat)));
            }
        }
        End::Abandoned => screen.say(format_args!("abandoned")),
        End::RulesBug(bug) => return Err(format!("the rules failed: {bug}").into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_secret_did_not_come_is_not_called_a_cheat() {
        let said = changed("Bob", &SeatChange::Withheld);
        assert_eq!(said, "the secret of Bob did not come in time");
        assert_eq!(changed("Bob", &SeatChange::Back), "Bob is back");
    }
}
