//! Tables that did not agree, told for people: each kind of failure once.

use std::fmt;
use std::io::{self, Write};

use quorate_testkit::attack::Kind;
use quorate_testkit::{Invariant, Run, Violation};

use crate::{Seat, with_panic_place};

/// Seeds that are listed of those who failed alike: more would not tell more.
const LISTED: usize = 10;

/// What two devices in different states mean, where the same build runs on both.
const UNSURE: &str = "two devices came to different states: the rules are probably not \
    deterministic; run `check`. Played again in another process it may pass.";

/// What a table that stands still may mean: each device refuses what the others propose.
const STILL: &str = "rules that are not deterministic may show like this too: run `check`.";

/// Tells `out` of each kind of failure: its first table, with the line that plays it again, and the
/// seeds of the others.
pub(super) fn tell(
    failed: &[Run],
    replay: impl Fn(u64) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut kinds: Vec<(_, Vec<&Run>)> = Vec::new();
    for run in failed {
        let kind = kind(run);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, alike)) => alike.push(run),
            None => kinds.push((kind, vec![run])),
        }
    }
    for (_, alike) in &kinds {
        let Some((first, more)) = alike.split_first() else {
            continue;
        };
        writeln!(out, "{}", Failure(first))?;
        writeln!(out, "replay: {}", replay(first.draw.seed))?;
        if !more.is_empty() {
            writeln!(out, "{}", Alike(more))?;
        }
    }
    Ok(())
}

/// What was broken and how, without the figures in which tables differ: devices, heights, digests.
/// Of a table that stands still only that is told alike: who waits for whom is its own.
fn kind(run: &Run) -> Option<(Invariant, String)> {
    let Violation { invariant, what } = run.violation()?;
    if matches!(invariant, Invariant::Progress | Invariant::Timer) {
        return Some((*invariant, String::new()));
    }
    let words = what.split_whitespace();
    let words = words.map(|word| if is_figure(word) { "#" } else { word });
    Some((*invariant, words.collect::<Vec<_>>().join(" ")))
}

/// Whether a word is a number or a digest: `12`, `h12`, `52b1c0`. The place of a panic is none.
fn is_figure(word: &str) -> bool {
    let word = word.trim_matches(|symbol: char| !symbol.is_alphanumeric());
    let digits = word.trim_start_matches(['h', 'r']);
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where the author had better look, if the rules may be the cause.
fn advice(violation: &Violation) -> Option<&'static str> {
    match violation.invariant {
        Invariant::State => Some(UNSURE),
        Invariant::Halted if violation.what.contains("leads to state") => Some(UNSURE),
        Invariant::Progress => Some(STILL),
        _ => None,
    }
}

/// Tables that failed like the one before.
struct Alike<'a>(&'a [&'a Run]);

impl fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let seeds = self.0.iter().take(LISTED);
        let seeds: Vec<_> = seeds.map(|run| run.draw.seed.to_string()).collect();
        let (seed, rest) = (
            if count == 1 { "seed" } else { "seeds" },
            if count > LISTED { ", ..." } else { "" },
        );
        write!(
            f,
            "and {count} more like it: {seed} {}{rest}",
            seeds.join(", ")
        )
    }
}

/// A table that did not agree: where, what happened, what was promised, and who was at it.
struct Failure<'a>(&'a Run);

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run {
            draw,
            heights,
            simulated,
            ..
        } = self.0;
        let (seed, seconds) = (draw.seed, simulated.as_secs_f64());
        writeln!(
            f,
            "seed {seed} did not agree: {heights} heights were decided in {seconds:.1} s of the \
             game's time, and then:"
        )?;
        if let Some(violation) = self.0.violation() {
            writeln!(f, "  {}", with_panic_place(&violation.what))?;
            writeln!(f, "  promised is that {}", violation.invariant.promise())?;
            if let Some(advice) = advice(violation) {
                writeln!(f, "  {advice}")?;
            }
        }
        write!(f, "  devices 0 to {} are the seats; ", draw.seats - 1)?;
        match &draw.attackers[..] {
            [] => f.write_str("nobody cheated"),
            cheats => {
                let cheat = |(seat, kind): &(Seat, Kind)| format!("{seat} by {kind}");
                let cheats: Vec<_> = cheats.iter().map(cheat).collect();
                write!(f, "cheats: {}", cheats.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_doubted_where_devices_come_to_different_states() {
        let halted = |what: &str| {
            let (invariant, what) = (Invariant::Halted, what.to_owned());
            advice(&Violation { invariant, what })
        };
        let parted = halted(
            "device 6 halted: height 49 was decided, but here it cannot follow: leads to state \
             670d, not 5974",
        );
        assert_eq!(parted, Some(UNSURE));
        assert_eq!(halted("device 1 halted: the disk is full"), None);
    }

    #[test]
    fn figures_differ_between_tables_and_places_do_not() {
        for figure in ["12", "h12", "r0,", "(52b1c0)", "2:"] {
            assert!(is_figure(figure), "{figure}");
        }
        for word in [
            "device",
            "dead",
            "src/rules.rs:12:5:",
            "halted:",
            "h",
            "four",
        ] {
            assert!(!is_figure(word), "{word}");
        }
    }
}
