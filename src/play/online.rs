//! A table with others, in plain text.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::hot_seat::{offer, over, show};
use super::presence::Presence;
use super::screen::{A_MOMENT, Screen, quits};
use super::telling::{awaited, cautions, fragile, is_witness, name, report, worth_a_word};
use super::typing::{Sent, came_to};
use super::{Failed, Listed, succession};
use crate::core::engine::Halted;
use crate::{CannotGoOn, End, Event, Game, Halt, Refusal, Seats, Status, Table, asked_to_leave};

/// How long a table waits for seats before it is worth a word: at the start all do for a moment.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// With so much of the own turn left its player is told to hurry.
const HURRY: Duration = Duration::from_secs(10);

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
            Ok(News::Typed(line)) => evening.typed(&line),
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
pub(super) struct Evening<'a, G: Game> {
    pub(super) table: Table<G>,
    pub(super) screen: &'a Screen,
    /// Whether the table goes on, and does not begin.
    resumed: bool,
    /// The turn for which the choices were shown, and these.
    asked: Option<u64>,
    pub(super) choices: Vec<G::Action>,
    /// What was typed and is not decided yet.
    pub(super) sent: Vec<Sent>,
    /// Whether the last line was the word that gives up the seat.
    pub(super) leaving: bool,
    /// What is to be said if it is still so in a moment, and since when it is.
    later: Option<(Instant, String)>,
    /// Why there is no seat for this device, if it goes on without.
    turned_down: Option<(Instant, String)>,
    /// The turn of which it was told that little time is left.
    hurried: Option<u64>,
    /// Whether nothing more will be typed.
    deaf: bool,
    told_fragile: bool,
    /// The game whose end was told.
    told_end: Option<u32>,
    /// Whether it was told what a fork leaves to do.
    told_fork: bool,
    /// Who was heard from lately.
    presence: Presence,
}

impl<'a, G: Game> Evening<'a, G> {
    fn new(table: Table<G>, resumed: bool, screen: &'a Screen) -> Self {
        Self {
            table,
            screen,
            resumed,
            asked: None,
            choices: Vec::new(),
            sent: Vec::new(),
            leaving: false,
            later: None,
            turned_down: None,
            hurried: None,
            deaf: false,
            told_fragile: false,
            told_end: None,
            told_fork: false,
            presence: Presence::default(),
        }
    }

    fn hear(&mut self, event: &Event<G>) {
        if let Event::Status(status) = event {
            let word = worth_a_word(&self.table, status);
            self.later = word.map(|word| (Instant::now(), word));
        }
        match event {
            Event::Began { table } => {
                let how = if self.resumed { "goes on" } else { "begins" };
                self.screen.say(format_args!("table {table} {how}"));
                let genesis = self.table.genesis();
                let cautions = genesis.map(|signed| cautions(&signed.genesis));
                for caution in cautions.into_iter().flatten() {
                    self.screen.say(format_args!("{caution}"));
                }
                if is_witness(&self.table) {
                    self.screen.say(format_args!(
                        "you are a witness: this device decides with the others and does not play"
                    ));
                }
            }
            Event::TurnedAway {
                why: why @ Refusal::NotAdmitted { .. },
                ..
            } if self.table.seat().is_none() => {
                self.turned_down = Some((Instant::now(), why.to_string()));
            }
            Event::Status(Status::Gathering { seats, .. }) if *seats > 0 && !self.told_fragile => {
                self.told_fragile = true;
                if let Some(warning) = fragile(*seats) {
                    self.screen.say(format_args!("{warning}"));
                }
                report(&self.table, event, self.screen);
            }
            Event::Present { seats } => self.heard(*seats),
            event => report(&self.table, event, self.screen),
        }
    }

    /// Says who is not heard from any more, and who is again.
    fn heard(&mut self, now: Seats) {
        let seated = self.table.seated().into_iter();
        let seated = seated.map(|seated| seated.seat).collect();
        for told in self.presence.hear(now, seated) {
            let names = told.seats.iter().map(|seat| name(&self.table, seat));
            let (names, are) = (Listed(names.collect()), told.are());
            self.screen.say(format_args!("{names} {are}"));
        }
    }

    /// Says what is to be said now, and whether it is all over.
    fn look(&mut self) -> Result<bool, Failed> {
        let long = |said: &mut (Instant, String)| said.0.elapsed() >= WORTH_A_WORD;
        let words = [&mut self.later, &mut self.turned_down];
        for (_, word) in words.into_iter().filter_map(|word| word.take_if(long)) {
            self.screen.say(format_args!("{word}"));
        }
        self.settle();
        match self.table.status() {
            Status::Ended(end) => return self.ended(&end),
            Status::Halted(why) => return self.halted(why),
            Status::Refused(why) => return Err(why.into()),
            Status::Playing { turn, .. } if self.asked != Some(turn) => {
                self.asked = Some(turn);
                self.choices = ask(&self.table, self.screen);
            }
            Status::Playing { turn, left } if self.hurried != Some(turn) => {
                if let Some(left) = left.filter(|left| *left <= HURRY && self.is_awaited()) {
                    self.hurried = Some(turn);
                    let left = left.as_secs() + 1;
                    self.screen.say(format_args!("your turn ends in {left} s"));
                }
            }
            Status::Paused => self.asked = None, // shown again once it goes on
            _ => {}
        }
        Ok(false)
    }

    /// Whether the turn waits for this player.
    pub(super) fn is_awaited(&self) -> bool {
        let awaited = self.table.play().map(|play| play.awaited());
        let me = self.table.seat();
        me.is_some_and(|me| awaited.is_some_and(|awaited| awaited.contains(me)))
    }

    /// Says what became of what was typed.
    fn settle(&mut self) {
        for sent in std::mem::take(&mut self.sent) {
            let Some(settled) = sent.pending.settled() else {
                self.sent.push(sent);
                continue;
            };
            if sent.is_move {
                self.asked = None; // the same turn may go on
            }
            if let Some(why) = came_to(&settled) {
                self.screen.say(format_args!("{}: {why}", sent.line));
            }
        }
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
            let name = |seat| name(table, seat);
            show(table.try_view(), &name, screen);
            over(end, name, screen)?;
            if again {
                screen.say(format_args!("r to play again, q to quit"));
            }
        }
        Ok(!again)
    }
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
    let name = |seat| name(table, seat);
    show(table.try_view(), &name, screen);
    let choices = table.legal();
    if choices.is_empty() {
        if let Some(others) = awaited(table) {
            screen.say(format_args!("waiting for {others}"));
        }
    } else {
        offer("your turn", &choices, &name, screen);
    }
    choices
}
