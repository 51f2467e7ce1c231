//! Runs seeds of the simulator: `simulate --seeds N [--start S] [--heights H] [--mutant NAME]`, or
//! one aloud: `simulate --seed X --trace`.
//!
//! Ends with status 1 on a violation, or when a mark was met in too few seeds; with a mutant, when
//! it was *not* caught.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::process::ExitCode;

use quorate_testkit::{Mutant, Report, Simulation};

/// Seeds below which marks are not judged: too few to say anything.
const JUDGED: u64 = 500;

#[derive(Default)]
struct Options {
    seeds: u64,
    start: u64,
    seed: Option<u64>,
    heights: Option<u64>,
    mutant: Option<Mutant>,
    trace: bool,
    threads: Option<usize>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        seeds: 100,
        ..Options::default()
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        let number = |text: String| {
            text.parse::<u64>()
                .map_err(|error| format!("{text}: {error}"))
        };
        match word.as_str() {
            "--seeds" => options.seeds = number(value()?)?,
            "--start" => options.start = number(value()?)?,
            "--seed" => options.seed = Some(number(value()?)?),
            "--heights" => options.heights = Some(number(value()?)?),
            "--mutant" => options.mutant = Some(value()?.parse()?),
            "--threads" => options.threads = usize::try_from(number(value()?)?).ok(),
            "--trace" => options.trace = true,
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    match options() {
        Ok(options) => simulate(&options),
        Err(error) => {
            eprintln!("{error}");
            eprintln!(
                "usage: simulate [--seeds N] [--start S] [--seed X] [--heights H] \
                 [--mutant NAME] [--threads T] [--trace]"
            );
            ExitCode::from(2)
        }
    }
}

fn simulate(options: &Options) -> ExitCode {
    let mutant = options.mutant;
    if mutant.is_some_and(Mutant::is_in_core) && !cfg!(feature = "mutants") {
        eprintln!("this mutant breaks core: build with --features mutants");
        return ExitCode::from(2);
    }
    let mut simulation = Simulation::odds().mutant(mutant).traced(options.trace);
    if let Some(heights) = options.heights {
        simulation = simulation.heights(heights);
    }
    if let Some(threads) = options.threads {
        simulation = simulation.threads(threads);
    }
    if let Some(seed) = options.seed {
        let run = simulation.one(seed);
        println!("{run}");
        return exit(run.violation().is_none());
    }
    let seeds = options.start..options.start + options.seeds;
    let report = simulation.seeds(seeds).run();
    if let Some(run) = report.violations.first().filter(|_| mutant.is_none()) {
        println!("{run}");
    }
    println!("{report}");
    match mutant {
        Some(mutant) => caught(mutant, &report),
        None => exit(report.violations.is_empty() && !too_mild(&report)),
    }
}

fn too_mild(report: &Report) -> bool {
    let rare = report.too_rare();
    let judged = report.seeds >= JUDGED && !rare.is_empty();
    if judged {
        println!("met in too few seeds: {rare:?}");
    }
    judged
}

fn caught(mutant: Mutant, report: &Report) -> ExitCode {
    match report.violations.first() {
        Some(run) => {
            let what = run.violation().map(ToString::to_string).unwrap_or_default();
            println!("{mutant:?} was caught by seed {}: {what}", run.draw.seed);
            ExitCode::SUCCESS
        }
        None => {
            println!("{mutant:?} was NOT caught");
            ExitCode::FAILURE
        }
    }
}

fn exit(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
