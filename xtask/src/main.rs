//! What people and CI run: `cargo xtask test`, `cargo xtask readme`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the terminal"
)]

mod readme;
mod steps;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage:
  cargo xtask test                run every step, stop at the first that fails
  cargo xtask test --only STEP    run one step; may be given several times
  cargo xtask test --list         name the steps
  cargo xtask readme              copy examples/tic_tac_toe.rs into README.md";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test", "--list"] => {
            steps::list();
            Ok(())
        }
        ["test", options @ ..] => only(options).and_then(|only| steps::run(&root(), &only)),
        ["readme"] => readme::update(&root()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The step names of `--only A --only B`.
fn only<'a>(options: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let pairs = options.chunks(2);
    let name = |pair: &[&'a str]| match pair {
        ["--only", name] => Ok(*name),
        _ => Err(USAGE.to_owned()),
    };
    pairs.map(name).collect()
}

/// The root of the repository: the folder above this package's.
fn root() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.parent().map(PathBuf::from).unwrap_or(package)
}
