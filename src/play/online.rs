//! A table with others, in plain text.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::hot_seat::{offer, over, show, tell};
use super::screen::{A_MOMENT, Screen, chosen, quits};
use super::{Failed, Listed, questions};
use crate::{ActError, Event, Game, Pending, Refusal, Seat, Seats, Settled, Status, Table};

/// How long a table waits for seats before it is worth a word: at the start all do for a moment.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

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
    resumed: bool,
    screen: &Screen,
) -> Result<(), Failed> {
    let news = follow(table, lines);
    let mut asked = None;
    let mut choices = Vec::new();
    let mut pending: Option<Pending> = None;
    let mut waits: Option<(Instant, String)> = None;
    let (mut deaf, mut told_end) = (false, None);
    loop {
        match news.recv_timeout(A_MOMENT) {
            Ok(News::Typed(line)) if quits(&line) => return Ok(()),
            Ok(News::Typed(line)) => pending = typed(table, &line, &choices, screen).or(pending),
            Ok(News::Deaf) => deaf = true,
            Ok(News::Table(Event::Began { table: id })) => {
                let how = if resumed { "goes on" } else { "begins" };
                screen.say(format_args!("table {id} {how}"));
            }
            Ok(News::Table(event)) => {
                if let Event::Status(status) = &event {
                    waits = lacked(table, status).map(|whom| (Instant::now(), whom));
                }
                report(table, &event, screen);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if let Some((_, whom)) = waits.take_if(|(since, _)| since.elapsed() >= WORTH_A_WORD) {
            screen.say(format_args!("waiting for {whom}"));
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
                let again = !deaf && table.seat().is_some();
                if told_end != game {
                    told_end = game;
                    show(table.try_view(), screen);
                    over(&end, |seat| name(table, seat), screen)?;
                    if again {
                        screen.say(format_args!("r to play again, q to quit"));
                    }
                }
                if !again {
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
}

/// Whom a table lacks that decides nothing.
fn lacked<G: Game>(table: &Table<G>, status: &Status) -> Option<String> {
    match status {
        Status::Waiting { absent, needed } if *needed > 0 => Some(whom(table, *absent, *needed)),
        _ => None,
    }
}

/// Whom a table waits for, of the seats that are not here.
fn whom<G: Game>(table: &Table<G>, absent: Seats, needed: usize) -> String {
    let names: Vec<_> = absent.iter().map(|seat| name(table, seat)).collect();
    if needed < names.len() {
        format!("any {needed} of {}", names.join(", "))
    } else {
        Listed(names).to_string()
    }
}

/// Why the player cannot do this, with the names of others.
fn why_not<G: Game>(table: &Table<G>, refused: &ActError) -> String {
    let awaited = table.play().map(|play| play.awaited()).unwrap_or_default();
    match (refused, awaited.only()) {
        (ActError::NotYourTurn, Some(seat)) => format!("it is {}'s turn", name(table, seat)),
        _ => refused.to_string(),
    }
}

/// Why somebody was turned away, from this side.
fn turned_away(why: &Refusal) -> String {
    match why {
        Refusal::MixedBuild { theirs, ours, .. } => format!(
            "the rules differ between the two devices (fingerprints {} and {}): both need the same \
             build; if they have it, the rules are not deterministic: run `check`",
            theirs.short(),
            ours.short()
        ),
        Refusal::OtherVersion { theirs, ours, .. } => {
            format!("the rules differ between the two devices (versions {theirs} and {ours})")
        }
        Refusal::Banned => "this device shuts it out".to_owned(),
        Refusal::Begun => "the table has begun without it".to_owned(),
        other => other.to_string(),
    }
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
        Ok(Ok(sent)) => {
            if let Some(whom) = lacked(table, &table.status()) {
                screen.say(format_args!("sent; it is decided with {whom} back"));
            }
            return Some(sent);
        }
        Ok(Err(refused)) => screen.say(format_args!("no: {}", why_not(table, &refused))),
        Err(wrong) => {
            screen.say(format_args!("{wrong}"));
            screen.say(format_args!("words that are no moves: {}", questions::HELP));
        }
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
    show(table.try_view(), screen);
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
        Event::Joined { name, .. } => screen.say(format_args!("{name} takes a seat")),
        Event::Left { name } => screen.say(format_args!("{name} leaves")),
        Event::TurnedAway { key, why } => {
            let who = match why {
                // The other side says so of the host, whom it means by this.
                Refusal::MixedBuild { who, .. } if !is_mine(table, who.as_str()) => who.to_string(),
                _ => format!("somebody ({key})"),
            };
            screen.say(format_args!("turned away {who}: {}", turned_away(why)));
        }
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

/// Whether this device's own seat has this name.
fn is_mine<G: Game>(table: &Table<G>, name: &str) -> bool {
    let mut seated = table.seated().into_iter();
    seated.any(|seated| seated.me && seated.name.as_str() == name)
}

/// What the holder of a seat is called; with the seat, where two have the same name.
fn name<G: Game>(table: &Table<G>, seat: Seat) -> String {
    let seated = table.seated();
    let Some(holder) = seated.iter().find(|seated| seated.seat == seat) else {
        return format!("seat {seat}");
    };
    let same = seated.iter().filter(|other| other.name == holder.name);
    if same.count() > 1 {
        format!("{} (seat {})", holder.name, seat.index() + 1)
    } else {
        holder.name.to_string()
    }
}
