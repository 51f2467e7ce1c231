//! Craps between real peers: the demo of Quorate.
//!
//! `cargo run --release --example craps` seats you with three bots. Each of the four is a peer with
//! its own key, sockets and disk, and a quorum of them agrees on every bet and every roll; there is
//! no server. `--help` lists the other ways to play: bots alone, or people on several devices.
//!
//! ```text
//! $ cargo run --release --example craps -- auto --seats 4 --rounds 200
//! 200 rolls and 1000 actions in 801 heights: all seats agree, no chip was lost; half of this
//! process's actions were final within 9.32 ms, 99 % within 13.88 ms; 0 round changes
//!
//! $ cargo run --release --example craps -- host --auto --json
//! quorate:afph6cddv4jacc7kbefd7m6drthfl6sdh2632e7au5lenl6sa7oydfrjkvwjcluhooel2ttrdskagppawdpu...
//! {"digest":"7c9b...6df4","height":80,"latency_ms":5.14,"next_leader":1,"rolling":true,...}
//! {"contributors":[0,1,2,3],"roll":80,"seat":0}
//! ```
//!
//! - `rules/` is the game, one pure definition.
//! - `crew` starts the peers of this process; `bots` plays some of them.
//! - `auto` plays without a screen; `app` fills the picture that `screen/` draws.

mod app;
mod auto;
mod bots;
mod cli;
mod crew;
mod rules;
mod screen;
mod summary;
mod witness;

use std::error::Error;
use std::io::{self, Write};
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;

use cli::{Command, Options};
use crew::{Crew, Trouble};
use quorate::{Protocol, Scheme, Storm, Verified, Version};
use rules::Craps;

/// Seconds a bot has to roll at a table of bots; one that is gone shall not hold it up for longer.
const BOT_CLOCK_S: u32 = 4;

fn main() -> ExitCode {
    quorate::quiet_panics(); // the rules' are refusals, and ours are said below
    let done = catch_unwind(|| match cli::parse(std::env::args_os().skip(1)) {
        Ok((command, options)) => run(&command, &options),
        Err(wrong) => {
            let _ = writeln!(io::stderr(), "craps: {wrong}\ntry: craps --help");
            Ok(ExitCode::from(2))
        }
    });
    let done = done.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("this is a bug: {}", text.unwrap_or("a panic")).into())
    });
    done.unwrap_or_else(|trouble| {
        if is_broken_pipe(&*trouble) {
            return ExitCode::SUCCESS;
        }
        let _ = writeln!(io::stderr(), "craps: {trouble}"); // nowhere else to say it
        ExitCode::FAILURE
    })
}

/// Whether something failed only because nobody reads any more what it tells.
fn is_broken_pipe(trouble: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(trouble), |error| (*error).source());
    causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn run(command: &Command, options: &Options) -> Result<ExitCode, Trouble> {
    let auto = options.auto || *command == Command::Auto;
    let clock_s = if auto {
        BOT_CLOCK_S
    } else {
        Craps::default().clock_s
    };
    let game = Craps {
        rounds: options.rounds,
        clock_s,
        ..Craps::default()
    };
    let joins = matches!(command, Command::Join(_));
    let shows = matches!(command, Command::Demo | Command::Host) || joins && !options.witness;
    if shows && !auto {
        app::check_terminal()?;
    }
    let crew = match command {
        Command::Help => {
            io::stdout().write_all(cli::USAGE.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Version => {
            writeln!(io::stdout(), "{}", Version::of::<Craps>())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Cheats => {
            writeln!(io::stdout(), "{}", Storm::cheats())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Verify(file) => return verify(file, options.json),
        Command::Storm => return storm(options),
        Command::Demo | Command::Auto => Crew::alone(&game, options)?,
        Command::Host => Crew::hosting(game, options)?,
        Command::Join(place) if options.witness => {
            witness::run(&Crew::joining(place, options)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Join(place) => Crew::joining(place, options)?,
    };
    if *command == Command::Host {
        let link = crew.link().ok_or("the table has no link")?;
        writeln!(io::stdout(), "{link}")?;
    }
    if auto {
        let summary = auto::run(crew, options)?;
        return Ok(if summary.is_good() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    app::run(crew, options.transcript.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Says what a file proves; with `json` each height of a transcript instead.
fn verify(file: &Path, json: bool) -> Result<ExitCode, Trouble> {
    let mut out = io::stdout().lock();
    let heights = json.then_some(&mut out as &mut dyn Write);
    let verified = match quorate::verify_file::<Craps>(file, heights) {
        Err(error) if is_broken_pipe(&error) => return Err(error.into()),
        verified => verified.map_err(|error| format!("{}: {error}", file.display()))?,
    };
    if !(json && matches!(&verified, Verified::Transcript { .. })) {
        writeln!(out, "{verified}")?;
    }
    Ok(ExitCode::from(verified.status()))
}

/// Tables of craps in the simulator. The seed picks the table, the options the rest.
fn storm(options: &Options) -> Result<ExitCode, Trouble> {
    let mut storm = options.storm.clone();
    storm.seats = Some(options.seats.into());
    (storm.seed, storm.json) = (options.seed, options.json);
    storm.protocol = (options.protocol != Protocol::default()).then_some(options.protocol);
    storm.signatures = (options.signatures != Scheme::default()).then_some(options.signatures);
    let program = "cargo run --example craps --";
    let agreed = storm.run(Craps::default(), program, &mut io::stdout().lock())?;
    Ok(if agreed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
