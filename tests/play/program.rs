//! A process that plays: this very test binary, told to be the program.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio, exit};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::counting::{Counting, Variant};

/// Longer than anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(60);
/// Lines printed and not read yet.
const LINES: usize = 1_024;
const ARGUMENTS: &str = "QUORATE_TEST_ARGUMENTS";
const VARIANT: &str = "QUORATE_TEST_VARIANT";

/// What the process runs; nothing if it is not one that was started below.
#[test]
#[ignore = "the program that the other tests start"]
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no exit status of its own"
)]
fn the_program() {
    let Ok(arguments) = env::var(ARGUMENTS) else {
        return;
    };
    let variant = Variant::named(&env::var(VARIANT).unwrap_or_default());
    let arguments = arguments.split_whitespace().map(str::to_owned);
    let code = quorate::play_with(Counting { variant }, arguments);
    let known = [
        (ExitCode::SUCCESS, 0),
        (ExitCode::FAILURE, 1),
        (ExitCode::from(3), 3),
    ];
    let known = known.into_iter().find(|(known, _)| *known == code);
    exit(known.map_or(2, |(_, status)| status));
}

/// A running program, and what it printed that was not read yet.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    /// All lines that were read.
    pub(crate) seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(arguments: &str) -> Self {
        Self::of(arguments, "")
    }

    pub(crate) fn of(arguments: &str, variant: &str) -> Self {
        let mut child = Command::new(env::current_exe().expect("a test runs from a file"))
            .args([
                "program::the_program",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(ARGUMENTS, arguments)
            .env(VARIANT, variant)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let input = child.stdin.take();
        let (sender, lines) = sync_channel(LINES);
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
                lines.all(|line| sender.send(line).is_ok())
            });
        }
        Self {
            child,
            input,
            lines,
            seen: Vec::new(),
        }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it listens");
        writeln!(input, "{line}").expect("it listens");
    }

    /// Waits for a line that has `text`, and gives it.
    pub(crate) fn says(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(LONG) else {
                panic!("no {text:?} in {:#?}", self.seen);
            };
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Whether a line that was read has `text`.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        self.seen.iter().any(|line| line.contains(text))
    }

    /// Says no more to it, reads what is left, and gives its exit status.
    pub(crate) fn ends(&mut self) -> i32 {
        self.input = None;
        while let Ok(line) = self.lines.recv_timeout(LONG) {
            self.seen.push(line);
        }
        let status = self.child.wait().expect("it was started");
        status.code().expect("it ended by itself")
    }

    /// As if its device had lost power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}
