//! A table with others, in plain text.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::hot_seat::{offer, over, show, tell};
use super::screen::{Screen, chosen, quits};
use super::{Failed, Listed, questions};
use crate::{Event, Game, Pending, Seat, Seats, Settled, Status, Table};

/// What the program waits for.
enum News<G: Game> {
    Table(Event<G>),
    Typed(String),
    /// Nothing more will be typed.
    Deaf,
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
    let (mut deaf, mut told_end) = (false, None);
    for one in news {
        match one {
            News::Typed(line) if quits(&line) => return Ok(()),
            News::Typed(line) => pending = typed(table, &line, &choices, screen).or(pending),
            News::Deaf => deaf = true,
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
                let game = table.play().map(|play| play.game_number());
                if told_end != game {
                    told_end = game;
                    over(&end, |seat| name(table, seat), screen);
                    screen.say(format_args!("r to play again, q to quit"));
                }
                if deaf || table.seat().is_none() {
                    return Ok(());
                }
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

/// Does what a line says; returns what is to be decided of it.
fn typed<G: Game>(
    table: &Table<G>,
    line: &str,
    choices: &[G::Action],
    screen: &Screen,
) -> Option<Pending> {
    table.attend();
    if let Some(done) = questions::asked(table, line) {
        if let Err(why) = done {
            screen.say(format_args!("no: {why}"));
        }
        return None;
    }
    match chosen(line, choices).map(|action| table.act(action)) {
        Some(Ok(sent)) => return Some(sent),
        Some(Err(refused)) => screen.say(format_args!("no: {refused}")),
        None => screen.say(format_args!(
            "a number, an action as JSON, q to quit, or one of: {}",
            questions::HELP
        )),
    }
    None
}

/// Brings together what the table tells and what the user types. The end of the input ends
/// nothing: who reads from a file still wants to see the game.
fn follow<G: Game>(table: &Table<G>, lines: Receiver<String>) -> Receiver<News<G>> {
    let (sender, news) = sync_channel(crate::limits::TABLE_EVENTS);
    let typed = sender.clone();
    spawn("typed", move || {
        let mut lines = lines.into_iter();
        if lines.all(|line| typed.send(News::Typed(line)).is_ok()) {
            let _ = typed.send(News::Deaf); // whoever read it has ended
        }
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
        Event::Status(status) => standing(table, status, screen),
        Event::Began { table: id } => screen.say(format_args!("table {id} begins")),
        // All that a block did at once, before the picture it leads to.
        Event::Decided(decided) => {
            for happened in &decided.happened {
                tell(happened, |seat| name(table, seat), screen);
            }
        }
        Event::Motion { news, .. } => questions::tell(news, |seat| name(table, seat), screen),
        Event::Stalled { absent } => {
            let names = Listed(absent.iter().map(|seat| name(table, seat)).collect());
            screen.say(format_args!(
                "{names} have been away for long; type claim to sign where the table stands"
            ));
        }
        Event::Claimed { .. } => {
            if let Some(claim) = table.claim() {
                questions::claimed(&claim, screen);
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
        _ => {}
    }
}

/// Says how the table stands, where that is no matter of the game.
fn standing<G: Game>(table: &Table<G>, status: &Status, screen: &Screen) {
    let names = |seats: &Seats| Listed(seats.iter().map(|seat| name(table, seat)).collect());
    match status {
        Status::Asking { admitted } => screen.say(format_args!(
            "{}",
            if *admitted {
                "you are admitted, and sit down as soon as the game lets you"
            } else {
                "the table plays already; its players ballot on your seat"
            }
        )),
        Status::Gathering {
            trouble: Some(trouble),
            ..
        } => {
            screen.say(format_args!("{trouble}; still trying"));
        }
        Status::Waiting { absent, needed } if *needed > 0 => {
            let absent = names(absent);
            screen.say(format_args!("waiting for {needed} of {absent} to be back"));
        }
        Status::Sealed { awaited, .. } if !awaited.is_empty() => {
            let awaited = names(awaited);
            screen.say(format_args!("your move is sealed; waiting for {awaited}"));
        }
        Status::Opening => screen.say(format_args!("the sealed moves are being opened")),
        Status::CatchingUp { height, target } => {
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
