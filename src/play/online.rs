//! A table with others, in plain text.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::hot_seat::{offer, over, show};
use super::screen::{A_MOMENT, Screen, chosen, quits};
use super::telling::{fragile, lacked, name, report, why_not};
use super::{Failed, Listed, questions, succession};
use crate::core::engine::Halted;
use crate::{CannotGoOn, End, Event, Game, Halt, Pending, Settled, Status, Table, asked_to_leave};

/// How long a table waits for seats before it is worth a word: at the start all do for a moment.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// What the program waits for.
enum News<G: Game> {
    /// Of the table with this number: after a fork there is another one.
    Table(usize, Event<G>),
    Typed(String),
    /// Nothing more will be typed.
    Deaf,
}

/// Plays, or watches, until play ends or the user has had enough.
///
/// Where a fork halts the table and those who are left go on at another one, `table` is that one
/// afterwards.
pub(super) fn run<G: Game>(
    table: &mut Table<G>,
    lines: Receiver<String>,
    resumed: bool,
    screen: &Screen,
) -> Result<(), Failed> {
    let (sender, news) = sync_channel(crate::limits::TABLE_EVENTS);
    listen(lines, sender.clone());
    follow(table, 0, sender.clone());
    let mut number = 0;
    let mut evening = Evening::new(table.clone(), resumed, screen);
    loop {
        match news.recv_timeout(A_MOMENT) {
            Ok(News::Typed(line)) if quits(&line) => return Ok(()),
            Ok(News::Typed(line)) => {
                let sent = typed(table, &line, &evening.choices, screen);
                evening.pending = sent.or(evening.pending.take());
            }
            Ok(News::Deaf) => evening.deaf = true,
            Ok(News::Table(of, event)) if of == number => evening.hear(&event),
            Ok(News::Table(..)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if let Some(successor) = table.successor() {
            screen.say(format_args!("those who are left go on at a new table"));
            let deaf = evening.deaf;
            *table = successor;
            number += 1;
            follow(table, number, sender.clone());
            evening = Evening::new(table.clone(), true, screen);
            evening.deaf = deaf;
        }
        if asked_to_leave() || evening.look()? {
            return Ok(());
        }
    }
}

/// What the program remembers between two pieces of news.
struct Evening<'a, G: Game> {
    table: Table<G>,
    screen: &'a Screen,
    /// Whether the table goes on, and does not begin.
    resumed: bool,
    /// The turn for which the choices were shown, and these.
    asked: Option<u64>,
    choices: Vec<G::Action>,
    pending: Option<Pending>,
    /// Whom the table waits for, since when, until that is told.
    waits: Option<(Instant, String)>,
    /// Whether nothing more will be typed.
    deaf: bool,
    told_fragile: bool,
    /// The game whose end was told.
    told_end: Option<u32>,
    /// Whether it was told what a fork leaves to do.
    told_fork: bool,
}

impl<'a, G: Game> Evening<'a, G> {
    fn new(table: Table<G>, resumed: bool, screen: &'a Screen) -> Self {
        Self {
            table,
            screen,
            resumed,
            asked: None,
            choices: Vec::new(),
            pending: None,
            waits: None,
            deaf: false,
            told_fragile: false,
            told_end: None,
            told_fork: false,
        }
    }

    fn hear(&mut self, event: &Event<G>) {
        if let Event::Status(status) = event {
            let lacked = lacked(&self.table, status);
            self.waits = lacked.map(|whom| (Instant::now(), whom));
        }
        match event {
            Event::Began { table } => {
                let how = if self.resumed { "goes on" } else { "begins" };
                self.screen.say(format_args!("table {table} {how}"));
            }
            Event::Status(Status::Gathering { seats, .. }) if *seats > 0 && !self.told_fragile => {
                self.told_fragile = true;
                if let Some(warning) = fragile(*seats) {
                    self.screen.say(format_args!("{warning}"));
                }
                report(&self.table, event, self.screen);
            }
            event => report(&self.table, event, self.screen),
        }
    }

    /// Says what is to be said now, and whether it is all over.
    fn look(&mut self) -> Result<bool, Failed> {
        let long = |waits: &mut (Instant, String)| waits.0.elapsed() >= WORTH_A_WORD;
        if let Some((_, whom)) = self.waits.take_if(long) {
            self.screen.say(format_args!("waiting for {whom}"));
        }
        if let Some(settled) = self.pending.as_ref().and_then(Pending::settled) {
            (self.pending, self.asked) = (None, None); // the same turn may go on
            if !matches!(settled, Settled::Decided { .. }) {
                self.screen
                    .say(format_args!("that came to nothing: {settled:?}"));
            }
        }
        match self.table.status() {
            Status::Ended(end) => return self.ended(&end),
            Status::Halted(why) => return self.halted(why),
            Status::Refused(why) => return Err(why.into()),
            Status::Playing { turn, .. } if self.asked != Some(turn) => {
                self.asked = Some(turn);
                self.choices = ask(&self.table, self.screen);
            }
            _ => {}
        }
        Ok(false)
    }

    /// A halted table is over, unless a fork halted it and this player can go on elsewhere.
    fn halted(&mut self, why: Halt) -> Result<bool, Failed> {
        let seat = self.table.seat();
        match self.table.succeeding() {
            Err(CannotGoOn::NotForked) if matches!(why, Halt::Engine(Halted::Fork(_))) => {}
            // Where it is settled, the successor is about to be open.
            Ok(so_far)
                if seat.is_some_and(|me| so_far.table.is_none() || so_far.heirs.contains(me)) =>
            {
                if !std::mem::replace(&mut self.told_fork, true) {
                    self.screen
                        .say(format_args!("{why}: nothing more is decided here"));
                    succession::tell(&self.table, &so_far, self.screen);
                }
            }
            Err(CannotGoOn::NotForked) | Ok(_) => return Err(why.into()),
            Err(cannot) => return Err(format!("{why}; {cannot}").into()),
        }
        Ok(false)
    }

    /// Tells how a game ended, once; who can neither play again nor answer has seen it all.
    fn ended(&mut self, end: &End) -> Result<bool, Failed> {
        let (table, screen) = (&self.table, self.screen);
        let game = table.play().map(|play| play.game_number());
        let again = !self.deaf && table.seat().is_some();
        if self.told_end != game {
            self.told_end = game;
            show(table.try_view(), screen);
            over(end, |seat| name(table, seat), screen)?;
            if again {
                screen.say(format_args!("r to play again, q to quit"));
            }
        }
        Ok(!again)
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
    if let Some(file) = line.trim().strip_prefix("save ") {
        if let Err(why) = super::save(table, file.trim().as_ref(), screen) {
            screen.say(format_args!("no: {why}"));
        }
        return None;
    }
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

/// Forwards what the user types. The end of the input ends nothing: who reads from a file still
/// wants to see the game.
fn listen<G: Game>(lines: Receiver<String>, typed: SyncSender<News<G>>) {
    spawn("typed", move || {
        let mut lines = lines.into_iter();
        if lines.all(|line| typed.send(News::Typed(line)).is_ok()) {
            let _ = typed.send(News::Deaf); // whoever read it has ended
        }
    });
}

/// Forwards what the table with this number tells.
fn follow<G: Game>(table: &Table<G>, number: usize, told: SyncSender<News<G>>) {
    let mut events = table.events_from(0);
    spawn("events", move || {
        let mut all = std::iter::from_fn(|| events.wait(Duration::MAX));
        let _ = all.all(|event| told.send(News::Table(number, event)).is_ok());
    });
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
