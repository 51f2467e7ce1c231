//! A table with others, in plain text.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::hot_seat::{offer, over, show, tell};
use super::screen::{Screen, chosen, quits};
use super::{Failed, Listed};
use crate::{Event, Game, Pending, Seat, Settled, Status, Table};

/// What the program waits for.
enum News<G: Game> {
    Table(Event<G>),
    Typed(String),
}

/// Plays, or watches, until play ends or the user has had enough.
pub(super) fn run<G: Game>(
    table: &Table<G>,
    lines: Receiver<String>,
    screen: &Screen,
) -> Result<(), Failed> {
    let news = follow(table, lines);
    let mut asked = None;
    let mut choices = Vec::new();
    let mut pending: Option<Pending> = None;
    for one in news {
        match one {
            News::Typed(line) if quits(&line) => return Ok(()),
            News::Typed(line) => match chosen(&line, &choices).map(|action| table.act(action)) {
                Some(Ok(sent)) => pending = Some(sent),
                Some(Err(refused)) => screen.say(format_args!("no: {refused}")),
                None => screen.say(format_args!("a number, an action as JSON, or q to quit")),
            },
            News::Table(event) => report(table, &event, screen),
        }
        if let Some(settled) = pending.as_ref().and_then(Pending::settled) {
            (pending, asked) = (None, None); // the same turn may go on
            if !matches!(settled, Settled::Decided { .. }) {
                screen.say(format_args!("that came to nothing: {settled:?}"));
            }
        }
        match table.status() {
            Status::Ended(end) => {
                over(&end, |seat| name(table, seat), screen);
                return Ok(());
            }
            Status::Halted(why) => return Err(why.into()),
            Status::Refused(why) => return Err(why.into()),
            Status::Playing { turn, .. } if asked != Some(turn) => {
                asked = Some(turn);
                choices = ask(table, screen);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Brings together what the table tells and what the user types. The end of the input ends
/// nothing: who reads from a file still wants to see the game.
fn follow<G: Game>(table: &Table<G>, lines: Receiver<String>) -> Receiver<News<G>> {
    let (sender, news) = sync_channel(crate::limits::TABLE_EVENTS);
    let typed = sender.clone();
    spawn("typed", move || {
        let mut lines = lines.into_iter();
        let _ = lines.all(|line| typed.send(News::Typed(line)).is_ok());
    });
    let mut events = table.events_from(0);
    spawn("events", move || {
        let mut told = std::iter::from_fn(|| events.wait(Duration::MAX));
        let _ = told.all(|event| sender.send(News::Table(event)).is_ok());
    });
    news
}

/// Runs a thread that ends by itself when what it forwards, or who reads it, has ended.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) {
    let _ = thread::Builder::new().name(name.to_owned()).spawn(run);
}

/// Shows the table and, if it is this seat's turn, what can be done.
fn ask<G: Game>(table: &Table<G>, screen: &Screen) -> Vec<G::Action> {
    if let Some(seen) = table.view() {
        show(&seen.view, screen);
    }
    let choices = table.legal();
    if choices.is_empty() {
        let awaited = table.play().map(|play| play.awaited()).unwrap_or_default();
        let names: Vec<_> = awaited.iter().map(|seat| name(table, seat)).collect();
        if !names.is_empty() {
            screen.say(format_args!("waiting for {}", Listed(names)));
        }
    } else {
        offer("your turn", &choices, screen);
    }
    choices
}

fn report<G: Game>(table: &Table<G>, event: &Event<G>, screen: &Screen) {
    match event {
        Event::Joined { seat, name } => screen.say(format_args!("{name} takes seat {seat}")),
        Event::Left { name } => screen.say(format_args!("{name} leaves")),
        Event::TurnedAway { why, .. } => screen.say(format_args!("turned away: {why}")),
        Event::Asks { newcomer } => {
            let (name, buy_in) = (&newcomer.name, &newcomer.buy_in);
            let note = if buy_in.is_empty() {
                String::new()
            } else {
                format!(" ({buy_in})")
            };
            screen.say(format_args!(
                "{name} asks for a seat{note}: admit lets the table answer"
            ));
        }
        Event::Roster { seats, seat, .. } => {
            let names = Listed(seats.iter().map(|seat| name(table, seat)).collect());
            let you = if seat.is_some() { "" } else { "; you watch" };
            screen.say(format_args!("at the table now: {names}{you}"));
        }
        Event::Status(Status::Asking { admitted }) => screen.say(format_args!(
            "{}",
            if *admitted {
                "you are admitted, and sit down as soon as the game lets you"
            } else {
                "the table plays already; its players ballot on your seat"
            }
        )),
        Event::Began { table: id } => screen.say(format_args!("table {id} begins")),
        // All that a block did at once, before the picture it leads to.
        Event::Decided(decided) => {
            for happened in &decided.happened {
                tell(happened, |seat| name(table, seat), screen);
            }
        }
        Event::Refused { seat, why } => {
            let name = name(table, *seat);
            screen.say(format_args!("{name} tried what cannot be: {why}"));
        }
        Event::Fault(fault) => screen.say(format_args!("fault: {fault}")),
        Event::Guilty { seat, offence } => {
            screen.say(format_args!("{} {offence}", name(table, *seat)));
        }
        Event::Status(Status::Gathering {
            trouble: Some(trouble),
            ..
        }) => {
            screen.say(format_args!("{trouble}; still trying"));
        }
        Event::Status(Status::Waiting { absent, needed }) if *needed > 0 => {
            let names = Listed(absent.iter().map(|seat| name(table, seat)).collect());
            screen.say(format_args!("waiting for {needed} of {names} to be back"));
        }
        Event::Status(Status::CatchingUp { height, target }) => {
            screen.say(format_args!("catching up from height {height} to {target}"));
        }
        _ => {}
    }
}

fn name<G: Game>(table: &Table<G>, seat: Seat) -> String {
    let seated = table
        .seated()
        .into_iter()
        .find(|seated| seated.seat == seat);
    seated.map_or_else(|| format!("seat {seat}"), |seated| seated.name.to_string())
}
