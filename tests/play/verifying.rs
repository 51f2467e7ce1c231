//! What `verify` says of files, and how it ends.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use quorate::{
    Config, Cx, Event, Game, Height, Node, Outcome, Seat, Seating, Seats, Stalls, Turn, Verdict,
    Viewer, proof_json, save_transcript,
};
use tempfile::TempDir;

use super::counting::{Counting, Variant};
use super::program::Program;

/// Longer than anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(60);

/// Another game than the program's.
#[quorate::data]
struct Patience;

impl Game for Patience {
    const NAME: &'static str = "patience";
    const VERSION: u32 = 7;
    type State = u8;
    type Action = ();
    type Event = ();
    type View = u8;

    fn players(&self) -> RangeInclusive<u8> {
        1..=1
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<u8> {
        Ok(0)
    }

    fn turn(&self, _: &u8) -> Turn {
        Turn::of(Seats::first(1))
    }

    fn apply(&self, cards: &mut u8, _: &mut Cx<Self>, _: Seat, (): ()) -> Verdict {
        *cards += 1;
        Ok(())
    }

    fn outcome(&self, _: &u8) -> Option<Outcome> {
        None
    }

    fn view(&self, cards: &u8, _: &Viewer) -> u8 {
        *cards
    }
}

/// Counting as it was, or will be, with the same name and version.
macro_rules! counting {
    ($game:ident begins at $start:literal and bots try $tried:expr) => {
        #[quorate::data]
        #[derive(Default)]
        struct $game {
            variant: Variant,
        }

        impl Game for $game {
            const NAME: &'static str = Counting::NAME;
            type State = (u8, Seat);
            type Action = u8;
            type Event = ();
            type View = u8;

            fn players(&self) -> RangeInclusive<u8> {
                2..=4
            }

            fn setup(&self, cx: &mut Cx<Self>) -> Verdict<(u8, Seat)> {
                Ok(($start, cx.players().nth(0).ok_or("nobody plays")?))
            }

            fn turn(&self, (_, next): &(u8, Seat)) -> Turn {
                Turn::of(*next)
            }

            fn apply(&self, count: &mut (u8, Seat), _: &mut Cx<Self>, _: Seat, n: u8) -> Verdict {
                count.0 += n;
                Ok(())
            }

            fn outcome(&self, _: &(u8, Seat)) -> Option<Outcome> {
                None
            }

            fn view(&self, (sum, _): &(u8, Seat), _: &Viewer) -> u8 {
                *sum
            }

            fn candidates(&self, _: &(u8, Seat), _: Seat) -> Vec<u8> {
                $tried.to_vec()
            }
        }
    };
}

counting!(Changed begins at 1 and bots try [1, 2, 3]);
counting!(OtherBots begins at 0 and bots try [1]);

/// Writes down a table of `seats` people at this game who do nothing.
fn write<G: Game>(game: G, seats: u8, file: &Path) {
    let devices: Vec<_> = (0..seats)
        .map(|seat| Config::loopback(["Ann", "Bob"][usize::from(seat)]).expect("a name"))
        .map(|config| Node::start(config).expect("a node"))
        .collect();
    let table = devices[0].host(game, Seating::of(seats)).expect("a table");
    let link = table.link().expect("a link");
    let guests = devices[1..].iter();
    let guests: Vec<_> = guests.map(|device| device.join::<G>(&link)).collect();
    assert!(table.reached(Height(1), LONG), "{:?}", table.status());
    save_transcript(&table, file).expect("a transcript");
    drop(guests);
    devices.iter().for_each(Node::shutdown);
}

#[test]
fn a_transcript_of_this_game_is_verified_and_one_of_another_is_not() {
    let folder = TempDir::new().expect("a folder");
    let [mine, other] = ["mine", "other"].map(|name| folder.path().join(name));
    write(Counting::default(), 2, &mine);
    write(Patience, 1, &other);

    let mut program = Program::start(&format!("verify {}", mine.display()));
    let whole = program.says("  table ");
    let id = whole.trim_start_matches("  table ");
    assert_eq!(id.len(), 64, "in full: {whole}");
    let short = format!("{}-{}", &id[..4], &id[4..8]);
    program.says(&format!("verified: counting at table {short}: "));
    assert_eq!(program.ends(), 0);

    for json in ["", " --json"] {
        let mut program = Program::start(&format!("verify {}{json}", other.display()));
        let line = program.says("NOT VERIFIED: ");
        assert!(
            line.contains("the file is of patience, version 7 "),
            "{line}"
        );
        assert!(
            line.contains("this program has counting, version 1"),
            "{line}"
        );
        assert_eq!(program.ends(), 3, "no script takes it for verified");
        assert!(!program.has_said("verified: "), "{:?}", program.seen);
    }

    std::fs::write(&other, "a letter").expect("the file");
    let mut program = Program::start(&format!("verify {}", other.display()));
    program.says("neither transcript, proof nor claim");
    assert_eq!(program.ends(), 1);
}

#[test]
fn rules_that_changed_with_their_old_version_are_blamed_and_not_the_file() {
    let folder = TempDir::new().expect("a folder");
    let [changed, bots] = ["changed", "bots"].map(|name| folder.path().join(name));
    write(Changed::default(), 2, &changed);
    write(OtherBots::default(), 2, &bots);

    for json in ["", " --json"] {
        let mut program = Program::start(&format!("verify {}{json}", changed.display()));
        let line = program.says("NOT VERIFIED: played by other rules than this program's, ");
        let both = "though both say version 1 (fingerprints ";
        assert!(line.contains(both), "{line}");
        assert!(line.contains("By this program's, height 1: "), "{line}");
        assert_eq!(program.ends(), 3, "no script takes it for verified");
        assert!(!program.has_said("does not hold"), "{:?}", program.seen);
    }

    // Its fingerprint differs as well, and every state of it holds.
    let mut program = Program::start(&format!("verify {}", bots.display()));
    program.says("verified: counting at table ");
    assert_eq!(program.ends(), 0);

    // Whatever the rules, a file that was tampered with does not hold.
    let mut bytes = std::fs::read(&changed).expect("the file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&changed, bytes).expect("the file");
    let mut program = Program::start(&format!("verify {}", changed.display()));
    program.says("the transcript does not hold: ");
    assert_eq!(program.ends(), 1);
}

#[test]
fn a_claim_about_a_stopped_table_is_checked_wherever_the_file_goes() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("claim.json");
    let [ann, bob] = ["Ann", "Bob"]
        .map(|name| Config::loopback(name).expect("a name"))
        .map(|config| Node::start(config).expect("a node"));
    let stalls = Stalls {
        claim_after_ms: 1_000,
        ..Stalls::default()
    };
    let seating = Seating::of(2).stall(stalls);
    let table = ann.host(Counting::default(), seating).expect("a table");
    let link = table.link().expect("a link");
    let guest = bob.join::<Counting>(&link);
    assert!(table.begun(LONG), "{:?}", table.status());
    let mut events = table.events();
    bob.shutdown();
    while !matches!(events.wait(LONG), Some(Event::Stalled { .. })) {}
    table.sign_claim().expect("there is no quorum");
    let claim = std::iter::from_fn(|| {
        let claim = table.claim();
        let waits = claim.is_none() && events.wait(LONG).is_some();
        (claim.is_some() || waits).then_some(claim)
    });
    let claim = claim.flatten().next().expect("it is signed");
    drop(guest);
    ann.shutdown();

    let json = proof_json(&claim);
    std::fs::write(&file, &json).expect("the file");
    let mut program = Program::start(&format!("verify {}", file.display()));
    let line = program.says("not certified: Ann say");
    assert!(
        line.starts_with("not certified"),
        "nothing is proven: {line}"
    );
    assert!(line.contains("absent: Bob"), "{line}");
    assert_eq!(program.ends(), 0);

    let half = claim.testimonies[0].len() / 2;
    let mut forged = claim;
    let flipped = if forged.testimonies[0].as_bytes()[half] == b'0' {
        "1"
    } else {
        "0"
    };
    forged.testimonies[0].replace_range(half..=half, flipped);
    std::fs::write(&file, proof_json(&forged)).expect("the file");
    let mut program = Program::start(&format!("verify {}", file.display()));
    program.says("the claim does not hold");
    assert_eq!(program.ends(), 1);
}
