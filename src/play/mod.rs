//! A whole program for any game: hot seat, bots, host, join, watch, in plain text.

mod args;
mod bots;
mod hot_seat;
mod meet;
mod online;
mod plain;
mod presence;
mod pretty;
mod questions;
mod screen;
mod succession;
mod telling;
mod typing;
mod words;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;
use std::{fmt, io};

use args::Command;
use screen::Screen;

use crate::core::check::overflow_is_checked;
use crate::{Check, Config, Game, Node, Table, Version, check};

/// Runs `game` as a program: plays it on this device or with others, as the command line says.
///
/// `help` as the first argument prints what there is: hot seat and bots on this device, `host` and
/// `join LINK` for others, `nearby` and `watch`, `verify FILE` for transcripts and proofs, `check`,
/// which plays the rules against themselves, and `storm`, which plays whole tables with faults and
/// cheats.
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
    let fits = |command: Command| command.fits(&game).map(|()| command);
    let command = match args::parse(args).and_then(fits) {
        Ok(command) => command,
        Err(error) => {
            screen.error(&error);
            screen.error(&format_args!("try: {} help", G::NAME));
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => said(&args::Usage(G::NAME), &screen),
        Command::Version => said(&Version::of::<G>(), &screen),
        Command::Cheats => said(&crate::Storm::cheats(), &screen),
        Command::Here { people, bots } => hot_seat::run(game, people, bots, &screen),
        Command::Check => checked(&game, &screen),
        Command::Nearby => nearby(&screen),
        Command::Verify { file, json } => match verify::<G>(&file, json, &screen) {
            Ok(status) => return ExitCode::from(status),
            Err(error) => Err(error),
        },
        Command::Storm(wanted) => storm(game, &wanted),
        Command::Online(online) => meet::run(game, online, &screen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            screen.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// What ends the program with a word to the user.
type Failed = Box<dyn Error>;

#[expect(clippy::unnecessary_wraps, reason = "what every command comes to")]
fn said(what: &dyn fmt::Display, screen: &Screen) -> Result<(), Failed> {
    screen.say(format_args!("{what}"));
    Ok(())
}

fn checked<G: Game>(game: &G, screen: &Screen) -> Result<(), Failed> {
    warn_of_overflow::<G>(screen);
    let (sender, checked) = sync_channel(1);
    let game = game.clone();
    let run = move || drop(sender.send(check(&game, &Check::default())));
    thread::Builder::new().name("check".to_owned()).spawn(run)?;
    let result = match checked.recv_timeout(LOOPS_AFTER) {
        Err(RecvTimeoutError::Timeout) => {
            screen.error(&format_args!(
                "still checking: the rules are slow, or one of their hooks loops for ever"
            ));
            checked.recv()?
        }
        done => done?,
    };
    let report = result?;
    let games = report.finished + report.abandoned + report.unfinished;
    let rematches = if games > report.play_outs {
        "; rematches are counted as games of their own"
    } else {
        ""
    };
    screen.say(format_args!("{report}{rematches}"));
    Ok(())
}

/// How long a check may take before the user is told what that may mean.
const LOOPS_AFTER: Duration = Duration::from_secs(10);

/// Says so if the game was built without overflow checks.
fn warn_of_overflow<G: Game>(screen: &Screen) {
    if !overflow_is_checked::<G>() {
        screen.error(
            &"warning: arithmetic that overflows wraps silently in this build; \
              put these lines into Cargo.toml:\n  [profile.release]\n  overflow-checks = true",
        );
    }
}

/// Says what a file proves, if it does, and with what status to end; with `json` each height of a
/// transcript instead.
fn verify<G: Game>(file: &Path, json: bool, screen: &Screen) -> Result<u8, Failed> {
    let mut out = io::stdout().lock();
    let heights = json.then_some(&mut out as &mut dyn io::Write);
    let verified = crate::verify_file::<G>(file, heights);
    drop(out);
    let verified = match verified {
        Err(error) if is_broken_pipe(&error) => return Err(error.into()),
        verified => verified.map_err(|error| format!("{}: {error}", file.display()))?,
    };
    match &verified {
        crate::Verified::Transcript { .. } if json => {}
        verified if json && verified.status() != 0 => screen.error(verified),
        _ => screen.say(format_args!("{verified}")),
    }
    Ok(verified.status())
}

/// Whether something failed only because nobody reads any more what it tells.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Plays whole tables in the simulator.
fn storm<G: Game>(game: G, wanted: &crate::Storm) -> Result<(), Failed> {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| G::NAME.to_owned());
    if wanted.run(game, &program, &mut io::stdout())? {
        Ok(())
    } else {
        Err("not every table agreed".into())
    }
}

/// Writes down what was decided.
fn save<G: Game>(table: &Table<G>, file: &Path, screen: &Screen) -> Result<(), Failed> {
    let height = crate::save_transcript(table, file)?;
    let (file, name) = (file.display(), G::NAME);
    screen.say(format_args!(
        "{file} holds the game up to height {height}; to check it: {name} verify {file}"
    ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stops_reading_is_no_failure_of_the_file_or_the_storm() {
        let of = |kind: io::ErrorKind| crate::VerifyError::from(io::Error::from(kind));
        assert!(is_broken_pipe(&of(io::ErrorKind::BrokenPipe)));
        assert!(!is_broken_pipe(&of(io::ErrorKind::NotFound)));
        let storm = |kind: io::ErrorKind| crate::StormError::from(io::Error::from(kind));
        assert!(is_broken_pipe(&storm(io::ErrorKind::BrokenPipe)));
        assert!(!is_broken_pipe(&storm(io::ErrorKind::StorageFull)));
    }
}
