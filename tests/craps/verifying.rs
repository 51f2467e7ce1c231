//! Transcripts of the demo as files, and storms of it.

use std::error::Error;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quorate::{
    Cx, Game, Outcome, Seat, Seats, Storm, Turn, Verdict, Verified, VerifyError, Viewer,
    save_transcript, verify_file,
};

use crate::bots::Pace;
use crate::cli::Options;
use crate::crew::Crew;
use crate::rules::Craps;

const LONG: Duration = Duration::from_secs(120);
const QUICK: Pace = Pace::Machine(Duration::from_millis(20));

fn verify(file: &Path) -> Result<Verified, VerifyError> {
    verify_file::<Craps>(file, None)
}

#[test]
fn a_table_is_written_down_and_verified_by_whoever_has_the_file() {
    let options = Options::default();
    let mut crew = Crew::alone(&Craps::default(), &options).expect("four peers on loopback");
    crew.employ(0, QUICK, 3).expect("threads for bots");
    assert!(crew.table().reached(quorate::Height(12), LONG));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("craps.transcript");
    let height = save_transcript(crew.table(), &file).expect("a transcript");
    assert!(height.0 >= 12);

    let mut heights = Vec::new();
    let verified = verify_file::<Craps>(&file, Some(&mut heights)).expect("it holds");
    let said = verified.to_string();
    assert!(said.contains("seat 0  Ann"), "{said}");
    assert!(said.contains("rolls made again; every signature"), "{said}");
    assert_eq!(
        said.lines().last().map(|line| &line[..9]),
        Some("verified:")
    );
    let lines = String::from_utf8(heights).expect("text");
    assert_eq!(lines.lines().count() as u64, height.0);
    let rolled: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(rolled[0]["happened"][0]["what"], "started");
    assert!(lines.contains("\"what\":\"rolled\""), "{lines}");

    assert_eq!(verified.status(), 0);

    other_rules_verify_no_more_than_signatures(&file);
    whatever_is_wrong_with_the_file_is_named(&file);
}

fn other_rules_verify_no_more_than_signatures(file: &Path) {
    let other = verify_file::<Unplayable>(file, None).expect("signatures need no rules");
    assert!(matches!(other, Verified::OtherGame { .. }));
    assert_eq!(other.status(), 3, "no script takes it for verified");
    let said = other.to_string();
    assert!(
        said.contains("NOT VERIFIED: the file is of craps, version "),
        "{said}"
    );
    assert!(
        said.contains("this program has unplayable, version 1"),
        "{said}"
    );
    assert!(
        !said.lines().any(|line| line.starts_with("verified")),
        "{said}"
    );
}

fn whatever_is_wrong_with_the_file_is_named(file: &Path) {
    let good = std::fs::read(file).expect("the file");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    std::fs::write(file, bad).expect("the file");
    let flaw = verify(file).expect_err("a flipped bit").to_string();
    assert!(
        flaw.starts_with("the transcript does not hold: height "),
        "{flaw}"
    );
    std::fs::write(file, &good[..good.len() - 5]).expect("the file");
    let flaw = verify(file).expect_err("cut off").to_string();
    assert!(flaw.contains("it is cut off"), "{flaw}");
    std::fs::write(file, "{}").expect("the file");
    let flaw = verify(file).expect_err("no proof").to_string();
    assert!(flaw.contains("no proof"), "{flaw}");
    std::fs::write(file, " ".repeat(2 << 20)).expect("the file");
    let flaw = verify(file).expect_err("too long").to_string();
    assert!(flaw.contains("too long for a proof"), "{flaw}");
    assert!(matches!(
        verify(&file.with_file_name("nothing")),
        Err(VerifyError::Io(_))
    ));
}

#[test]
fn a_file_that_is_nothing_of_the_kind_is_called_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("letter");
    for neither in [&b""[..], b"hello", &[0xff, 0xfe, 0]] {
        std::fs::write(&file, neither).expect("the file");
        let flaw = verify(&file).expect_err("neither").to_string();
        assert_eq!(flaw, "neither transcript, proof nor claim");
    }
}

#[test]
fn a_storm_names_the_cheat_at_every_table() {
    let mut storm = Storm::default();
    for (option, value) in [("seats", "4"), ("seeds", "4"), ("cheat", "double-vote")] {
        storm.set(option, value).expect("an option");
    }
    let mut out = Vec::new();
    let agreed = storm
        .run(Craps::default(), "craps", &mut out)
        .expect("a storm");
    let said = String::from_utf8(out).expect("text");
    assert!(agreed, "{said}");
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("4 agreed"));
    let named = "double-vote: the cheat was named 4 times, and nobody else";
    assert_eq!(lines.next(), Some(named));
}

#[test]
fn a_storm_signs_in_earnest_where_it_is_asked_to() {
    let mut storm = Storm::default();
    for (option, value) in [("seeds", "1"), ("signatures", "ml-dsa-87")] {
        storm.set(option, value).expect("an option");
    }
    let mut out = Vec::new();
    let agreed = storm.run(Craps::default(), "craps", &mut out);
    let said = String::from_utf8(out).expect("text");
    assert!(agreed.expect("a storm"), "{said}");
    assert!(storm.set("signatures", "rsa").is_err());
}

#[test]
fn a_storm_that_cannot_be_is_refused() {
    let refused = |option: &str, value: &str| {
        let mut storm = Storm::default();
        storm.set("cheat", "framer").expect("a cheat");
        storm.set(option, value).expect("an option");
        let run = storm.run(Craps::default(), "craps", &mut Vec::new());
        run.expect_err("no storm").to_string()
    };
    assert!(refused("seats", "3").contains("bears no cheat"));
    assert!(refused("seats", "40").contains("not played by 40"));
    for (option, value) in [("seeds", "0"), ("seed", "18446744073709551615")] {
        let set = Storm::default().set(option, value);
        assert!(set.is_err(), "{option} {value}");
    }
    let run = Storm::default().run(Unplayable, "unplayable", &mut Vec::new());
    let why = run.expect_err("no storm").to_string();
    assert!(
        why.contains("cannot set a game up: players panicked"),
        "{why}"
    );
}

/// Rules that fail before anybody plays.
#[quorate::data]
struct Unplayable;

impl Game for Unplayable {
    const NAME: &'static str = "unplayable";
    type State = ();
    type Action = ();
    type Event = ();
    type View = ();

    fn players(&self) -> RangeInclusive<u8> {
        panic!("nobody knows")
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<()> {
        Ok(())
    }

    fn turn(&self, (): &()) -> Turn {
        Turn::of(Seats::first(4))
    }

    fn apply(&self, (): &mut (), _: &mut Cx<Self>, _: Seat, (): ()) -> Verdict {
        Ok(())
    }

    fn outcome(&self, (): &()) -> Option<Outcome> {
        None
    }

    fn view(&self, (): &(), _: &Viewer) {}
}

/// Rules that look at something but the state: every device comes to a state of its own.
static MOVES: AtomicU32 = AtomicU32::new(0);

#[quorate::data]
struct Skewed;

impl Game for Skewed {
    const NAME: &'static str = "skewed";
    type State = u32;
    type Action = ();
    type Event = ();
    type View = u32;

    fn players(&self) -> RangeInclusive<u8> {
        4..=4
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<u32> {
        Ok(0)
    }

    fn turn(&self, _: &u32) -> Turn {
        Turn::of(Seats::first(4))
    }

    fn apply(&self, state: &mut u32, _: &mut Cx<Self>, _: Seat, (): ()) -> Verdict {
        *state += 1 + MOVES.fetch_add(1, Ordering::Relaxed) % 7;
        Ok(())
    }

    fn outcome(&self, _: &u32) -> Option<Outcome> {
        None
    }

    fn view(&self, state: &u32, _: &Viewer) -> u32 {
        *state
    }

    fn candidates(&self, _: &u32, _: Seat) -> Vec<()> {
        vec![()]
    }
}

#[test]
fn a_table_that_does_not_agree_is_told_with_the_line_that_plays_it_again() {
    let mut storm = Storm::default();
    storm.set("seeds", "3").expect("an option");
    let mut out = Vec::new();
    let agreed = storm.run(Skewed, "skewed", &mut out).expect("a storm");
    let said = String::from_utf8(out).expect("text");
    assert!(!agreed, "{said}");
    let replay = |line: &str| line.starts_with("replay: skewed storm --seats 4 --seed ");
    assert!(said.lines().any(replay), "{said}");
    assert!(said.contains(" did not agree: "), "{said}");
    assert!(said.contains("  promised is that "), "{said}");
    assert!(said.contains("  devices 0 to 3 are the seats; "), "{said}");
}

#[test]
fn failures_of_one_kind_are_told_once_with_what_they_may_mean() {
    let mut storm = Storm::default();
    storm.set("seeds", "12").expect("an option");
    let mut out = Vec::new();
    storm.run(Skewed, "skewed", &mut out).expect("a storm");
    let said = String::from_utf8(out).expect("text");
    assert!(said.contains(" more like it: seed"), "{said}");
    let told = |start: &str| said.lines().filter(|line| line.starts_with(start)).count();
    assert!(told("seed ") < 12, "{said}");
    let advised = said.lines().filter(|line| line.contains("run `check`"));
    assert_eq!(advised.count(), told("seed "), "{said}");
}

/// Takes so many bytes and then nobody reads any more.
struct Closed(usize);

impl std::io::Write for Closed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_storm_that_nobody_reads_says_why_it_ended() {
    let mut storm = Storm::default();
    storm.set("seeds", "1").expect("an option");
    for read in [0, 10] {
        let run = storm.run(Craps::default(), "craps", &mut Closed(read));
        let error = run.expect_err("nobody reads");
        let cause = error
            .source()
            .and_then(|cause| cause.downcast_ref::<std::io::Error>());
        assert_eq!(cause.map(std::io::Error::kind), Some(ErrorKind::BrokenPipe));
    }
}

#[test]
fn traitors_fork_tables_and_those_who_are_left_play_on() {
    let mut storm = Storm::default();
    for (option, value) in [("seats", "4"), ("seeds", "4")] {
        storm.set(option, value).expect("an option");
    }
    (storm.traitors, storm.json) = (true, true);
    let mut out = Vec::new();
    let held = storm
        .run(Craps::default(), "craps", &mut out)
        .expect("a storm");
    let said: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    assert!(held, "{said}");
    let came_to = |what: &str| said["traitors"][what].as_u64().expect("a number");
    assert!(came_to("played_on") > 0, "{said}");
    let ends = ["played_on", "abandoned", "too_few", "secrets"].map(came_to);
    assert_eq!(came_to("forked"), ends.iter().sum::<u64>(), "{said}");

    storm.set("cheat", "silent").expect("a cheat");
    let both = storm.run(Craps::default(), "craps", &mut Vec::new());
    assert!(both.expect_err("too much").to_string().contains("not both"));
}
