//! A whole program for any game: hot seat, bots, host, join, watch, in plain text.

mod args;
mod hot_seat;
mod online;
mod pretty;
mod questions;
mod screen;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::Receiver;

use args::{Command, Online, Wanted};
use screen::Screen;

use crate::{Check, Config, Game, Node, Seating, check};

/// Runs `game` as a program: plays it on this device or with others, as the command line says.
///
/// `help` as the first argument prints what there is: hot seat and bots on this device, `host` and
/// `join LINK` for others, `nearby` and `watch`, `verify FILE` for proofs, and `check`, which plays
/// the rules against themselves.
///
/// ```no_run
/// # use std::ops::RangeInclusive;
/// # use quorate::{Cx, Game, Outcome, Seat, Turn, Verdict, Viewer};
/// # #[quorate::data]
/// # struct Mine;
/// # impl Game for Mine {
/// #     const NAME: &'static str = "mine";
/// #     type State = Seat;
/// #     type Action = ();
/// #     type Event = ();
/// #     type View = ();
/// #     fn players(&self) -> RangeInclusive<u8> { 1..=1 }
/// #     fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Seat> {
/// #         Ok(cx.players().nth(0).ok_or("nobody")?)
/// #     }
/// #     fn turn(&self, s: &Seat) -> Turn { Turn::of(*s) }
/// #     fn apply(&self, _: &mut Seat, _: &mut Cx<Self>, _: Seat, _: ()) -> Verdict { Ok(()) }
/// #     fn outcome(&self, _: &Seat) -> Option<Outcome> { None }
/// #     fn view(&self, _: &Seat, _: &Viewer) {}
/// # }
/// fn main() -> std::process::ExitCode {
///     quorate::play(Mine)
/// }
/// ```
#[must_use]
pub fn play<G: Game>(game: G) -> ExitCode {
    play_with(game, std::env::args().skip(1))
}

/// [`play`] with arguments of the caller's own, the program's name not among them.
#[must_use]
pub fn play_with<G: Game>(game: G, args: impl IntoIterator<Item = String>) -> ExitCode {
    quorate_p2p::quiet_panics(); // the rules' panics are refusals, and said as such
    let screen = Screen;
    let command = match args::parse(args) {
        Ok(command) => command,
        Err(error) => {
            screen.error(&error);
            screen.error(&format_args!("try: {} help", G::NAME));
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => {
            screen.say(format_args!("{}", args::Usage(G::NAME)));
            Ok(())
        }
        Command::Here { people, bots } => hot_seat::run(game, people, bots, &screen),
        Command::Check => checked(&game, &screen),
        Command::Nearby => nearby(&screen),
        Command::Verify(file) => verify(&file, &screen),
        Command::Online(online) => meet(game, online, &screen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// What ends the program with a word to the user.
type Failed = Box<dyn std::error::Error>;

fn checked<G: Game>(game: &G, screen: &Screen) -> Result<(), Failed> {
    let report = check(game, &Check::default())?;
    screen.say(format_args!("{report:#?}"));
    Ok(())
}

/// Says what the proof in a file proves, if it does.
fn verify(file: &Path, screen: &Screen) -> Result<(), Failed> {
    let proof = std::fs::read_to_string(file)?;
    screen.say(format_args!("proven: {}", crate::check_proof(&proof)?));
    Ok(())
}

/// Lists tables on the local network until the user has enough.
fn nearby(screen: &Screen) -> Result<(), Failed> {
    let node = Node::start(Config::anywhere("looking")?)?;
    let lines = screen.lines();
    screen.say(format_args!(
        "looking for tables on the local network; Enter ends it"
    ));
    let mut shown = Vec::new();
    while screen::typed(&lines).is_none() {
        for table in node.nearby() {
            if !shown.contains(&table.link.invite) {
                shown.push(table.link.invite);
                screen.say(format_args!(
                    "{} at {}: join {}",
                    table.game, table.host, table.link
                ));
            }
        }
    }
    Ok(())
}

/// Plays, or watches, with others.
fn meet<G: Game>(game: G, online: Online, screen: &Screen) -> Result<(), Failed> {
    let mut config = if online.loopback {
        Config::loopback(&online.name)?
    } else {
        Config::anywhere(&online.name)?
    };
    config.folder = online.data;
    if !online.listen.is_empty() {
        config.listen = online.listen;
    }
    let node = Node::start(config)?;
    let lines = screen.lines();
    let table = match online.wanted {
        Wanted::Host { seats, witnesses } => match node.reopen()? {
            Some(table) => table,
            None => {
                let least = *game.players().start();
                let seating = Seating::of(seats.unwrap_or(least)).witnesses(witnesses);
                node.host(game, seating)?
            }
        },
        Wanted::Join(Some(link)) => node.join(&link)?,
        Wanted::Join(None) => node.join(&first_nearby::<G>(&node, &lines, screen)?)?,
        Wanted::Witness(link) => node.witness(&link)?,
        Wanted::Watch(link) => node.watch(&link)?,
    };
    if let Some(link) = table.link() {
        screen.say(format_args!("link: {link}"));
    }
    let played = online::run(&table, lines, screen);
    let _ = table.linger(crate::limits::LINGER_MAX);
    node.shutdown();
    played
}

/// The first table of this game that the local network has.
fn first_nearby<G: Game>(
    node: &Node,
    lines: &Receiver<String>,
    screen: &Screen,
) -> Result<crate::Link, Failed> {
    screen.say(format_args!(
        "looking for a table of {} on the local network ...",
        G::NAME
    ));
    loop {
        let mut nearby = node.nearby().into_iter();
        if let Some(found) = nearby.find(|table| table.game == G::NAME) {
            screen.say(format_args!("found the table of {}", found.host));
            return Ok(found.link);
        }
        if screen::typed(lines).is_some_and(|line| screen::quits(&line)) {
            return Err("no table was found".into());
        }
    }
}

/// A list of names or seats as people write it: `Ann, Bob and Eve`.
struct Listed<T>(Vec<T>);

impl<T: fmt::Display> fmt::Display for Listed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (index, one) in self.0.iter().enumerate() {
            let before = match index {
                0 => "",
                index if index == last => " and ",
                _ => ", ",
            };
            write!(f, "{before}{one}")?;
        }
        Ok(())
    }
}
