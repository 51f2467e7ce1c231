//! The steps of `cargo xtask test`, cheap ones first.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::readme;

/// What one step does.
enum Action {
    /// Runs cargo with these arguments, separated by blanks.
    Cargo(&'static str),
    /// As `Cargo`, with the compiler of documentation treating warnings as errors.
    Docs(&'static str),
    /// Runs a check of our own.
    Check(fn(&Path) -> Result<(), String>),
}

struct Step {
    name: &'static str,
    action: Action,
    proves: &'static str,
}

const fn step(name: &'static str, action: Action, proves: &'static str) -> Step {
    Step {
        name,
        action,
        proves,
    }
}

#[rustfmt::skip] // a table reads by its rows
const STEPS: &[Step] = &[
    step("fmt", Action::Cargo("fmt --all --check"),
        "the code is formatted"),
    step("readme", Action::Check(readme::check),
        "the README shows the program that examples/tic_tac_toe.rs compiles"),
    step("deny", Action::Cargo("deny check licenses bans sources"),
        "every dependency has a licence and a source that deny.toml accepts"),
    step("tidy", Action::Cargo("test --package quorate-tidy"),
        "caps, directions and bans hold"),
    step("clippy", Action::Cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
        "no lint of the workspace complains"),
    step("docs", Action::Docs("doc --workspace --all-features --no-deps"),
        "the documentation builds without a warning"),
    // Most of these wait for peers, not for the processor: four at a time.
    step("test", Action::Cargo("test --workspace --exclude quorate-testkit --exclude quorate-tidy \
             --all-features --lib --bins --tests --examples -- --test-threads=4"),
        "unit and integration tests pass"),
    step("doctest", Action::Cargo("test --workspace --all-features --doc"),
        "every example in the documentation runs"),
    step("testkit", Action::Cargo(
            "test --release -p quorate-testkit --features mutants --lib --bins --tests"),
        "the simulator and its oracle see what is planted"),
    step("simulate", Action::Cargo(
            "run --release -p quorate-testkit --features mutants --bin simulate -- \
             --seeds 5000 --mutants"),
        "5,000 simulated tables under faults and attacks agree; wrong variants are caught"),
];

/// Prints the steps and what each proves.
pub(crate) fn list() {
    for Step { name, proves, .. } in STEPS {
        println!("{name:10} {proves}");
    }
}

/// Runs the steps named in `only`, or all of them if it is empty.
///
/// # Errors
/// Says which step failed and how to run it alone, or that there is no step of that name.
pub(crate) fn run(root: &Path, only: &[&str]) -> Result<(), String> {
    if let Some(unknown) = only
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        return Err(format!(
            "no step `{unknown}`; `cargo xtask test --list` names them"
        ));
    }
    let chosen = STEPS
        .iter()
        .filter(|step| only.is_empty() || only.contains(&step.name));
    let mut times = Vec::new();
    for Step {
        name,
        action,
        proves,
    } in chosen
    {
        println!("==> {name}: {proves}");
        let start = Instant::now();
        let result = action.run(root);
        times.push((*name, start.elapsed()));
        if let Err(reason) = result {
            summarize(&times);
            return Err(format!(
                "{name}: {reason}\nalone: cargo xtask test --only {name}"
            ));
        }
        println!("<== {name}: {:.1} s", start.elapsed().as_secs_f32());
    }
    summarize(&times);
    Ok(())
}

impl Action {
    fn run(&self, root: &Path) -> Result<(), String> {
        match self {
            Self::Cargo(arguments) => cargo(root, arguments, None),
            Self::Docs(arguments) => cargo(root, arguments, Some(("RUSTDOCFLAGS", "-Dwarnings"))),
            Self::Check(check) => check(root),
        }
    }
}

fn cargo(root: &Path, arguments: &str, variable: Option<(&str, &str)>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command
        .args(arguments.split(' '))
        .envs(variable)
        .current_dir(root);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {arguments}` failed: {status}")),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

fn summarize(times: &[(&str, Duration)]) {
    println!();
    for (name, time) in times {
        println!("{name:10} {:7.1} s", time.as_secs_f32());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:10} {:7.1} s", "total", total.as_secs_f32());
}
