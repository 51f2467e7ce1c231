//! Runs seeds of the simulator: `simulate --seeds N [--start S] [--heights H] [--mutants]`, or one
//! aloud: `simulate --seed X --trace`.
//!
//! Ends with status 1 on a violation, or when a mark was met in too few seeds. `--mutants` then
//! breaks one rule after the other, and ends with status 1 if a broken rule is *not* caught within
//! the seeds that are enough for it; `--mutant NAME` breaks one, for as many seeds as it is told.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people

use std::process::ExitCode;

use quorate_core::genesis::{Protocol, UnknownName};
use quorate_testkit::games::Odds;
use quorate_testkit::{Mutant, Report, Scenario, Simulation};

/// Seeds below which marks are not judged: too few to say anything.
const JUDGED: u64 = 500;

#[derive(Default)]
struct Options {
    seeds: u64,
    start: u64,
    seed: Option<u64>,
    heights: Option<u64>,
    mutant: Option<Mutant>,
    mutants: bool,
    protocol: Option<Protocol>,
    trace: bool,
    scenario: Option<Scenario>,
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
            "--protocol" => {
                let protocol = value()?
                    .parse()
                    .map_err(|error: UnknownName| error.to_string());
                options.protocol = Some(protocol?);
            }
            "--scenario" => options.scenario = Some(value()?.parse()?),
            "--threads" => options.threads = usize::try_from(number(value()?)?).ok(),
            "--mutants" => options.mutants = true,
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
                 [--mutants | --mutant NAME] [--protocol pbft|tendermint] [--threads T] \
                 [--scenario NAME] [--trace]"
            );
            ExitCode::from(2)
        }
    }
}

fn simulate(options: &Options) -> ExitCode {
    let broken = options.mutants || options.mutant.is_some_and(Mutant::is_in_core);
    if broken && !cfg!(feature = "mutants") {
        eprintln!("breaking the rules of core takes --features mutants");
        return ExitCode::from(2);
    }
    if let Some(seed) = options.seed {
        let run = simulation(options, options.mutant).one(seed);
        println!("{run}");
        return exit(run.violation().is_none());
    }
    if let Some(mutant) = options.mutant {
        return exit(is_caught(options, mutant, options.seeds));
    }
    let good = is_clean(options);
    let mutants = Mutant::ALL.iter().filter(|_| options.mutants);
    let survivors = mutants.filter(|mutant| !is_caught(options, **mutant, mutant.within()));
    exit(survivors.count() == 0 && good)
}

fn simulation(options: &Options, mutant: Option<Mutant>) -> Simulation<Odds> {
    let mut simulation = Simulation::odds()
        .seeds(options.start..options.start + options.seeds)
        .mutant(mutant)
        .traced(options.trace);
    if let Some(heights) = options.heights {
        simulation = simulation.heights(heights);
    }
    if let Some(protocol) = options.protocol {
        simulation = simulation.protocol(protocol);
    }
    if let Some(scenario) = options.scenario {
        simulation = simulation.scenario(scenario);
    }
    if let Some(threads) = options.threads {
        simulation = simulation.threads(threads);
    }
    simulation
}

fn is_clean(options: &Options) -> bool {
    let report = simulation(options, None).run();
    if let Some(run) = report.violations.first() {
        println!("{run}");
    }
    println!("{report}");
    report.violations.is_empty() && !too_mild(&report)
}

fn too_mild(report: &Report) -> bool {
    let rare = report.too_rare();
    let judged = report.seeds >= JUDGED && !rare.is_empty();
    if judged {
        println!("met in too few seeds: {rare:?}");
    }
    judged
}

fn is_caught(options: &Options, mutant: Mutant, within: u64) -> bool {
    let simulation = simulation(options, Some(mutant)).enough(1);
    let report = simulation
        .seeds(options.start..options.start + within)
        .run();
    match report.violations.first() {
        Some(run) => {
            let (seed, seeds) = (run.draw.seed, report.seeds);
            let what = run.violation().map(ToString::to_string).unwrap_or_default();
            println!("{mutant:?}: caught within {seeds} seeds, by seed {seed}: {what}");
            true
        }
        None => {
            println!("{mutant:?}: NOT caught by {} seeds", report.seeds);
            false
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
