//! `check` lets good games pass and finds what is wrong with bad ones.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use quorate_core::check::{
    Check, Flaw, FlawKind, check, check_views, fingerprint, overflow_is_checked,
};
use quorate_core::game::{Cx, Draw, Game, Outcome, Roll, Turn, Verdict, Viewer};
use quorate_core::ledger::Money;
use quorate_core::serde::{Deserialize, Deserializer, Serialize, Serializer};
use quorate_core::{Seat, Seats, data};

use crate::games::{Chips, Peek, Rps, TicTacToe};

fn quick() -> Check {
    Check::default().play_outs(40).steps(60)
}

#[test]
fn good_games_pass() {
    let options = Check::default();
    for report in [
        check(&TicTacToe, &options).unwrap(),
        check(&Chips::default(), &options).unwrap(),
        check(&Rps { to_win: 3 }, &options).unwrap(),
        check(&Peek, &options).unwrap(),
    ] {
        assert_eq!(report.play_outs, 300);
        assert!(report.finished > 290, "{report:?}");
        assert!(
            report.unfinished == 0 && report.state_bytes_max > 10,
            "{report:?}"
        );
    }
}

#[test]
fn the_same_seed_plays_the_same_games() {
    let report = |seed| check(&Chips::default(), &quick().seed(seed)).unwrap();
    assert_eq!(report(1), report(1));
    assert_ne!(report(1), report(2));
}

#[test]
fn without_absences_nobody_leaves() {
    let options = Check::default().without_absences();
    assert_eq!(check(&TicTacToe, &options).unwrap().abandoned, 0);
    assert_eq!(
        check(&TicTacToe, &options.players(3))
            .unwrap_err()
            .kind
            .to_string(),
        "cannot be set up: this game is for 2 to 2 players, not 3"
    );
}

/// What is wrong with a bad game.
#[data(crate = quorate_core)]
#[derive(Copy, PartialEq, Eq)]
enum Vice {
    None,
    Bug,
    Candidates,
    Clock,
    Float,
    ForgetsGone,
    HashSet,
    Hook,
    InsertionOrder,
    Remembers,
    Shared,
    Trusting,
    Warm,
    LostValue,
    NoCandidates,
    RollsForever,
    Setup,
    Skip,
    Thread,
    Turn,
    View,
}

#[data(crate = quorate_core)]
struct Bad(Vice);

#[data(crate = quorate_core)]
struct State {
    players: Seats,
    next: Seat,
    moves: u32,
    float: Option<f32>,
    set: HashSet<u32>,
    #[serde(skip)]
    skipped: u32,
    /// Copies of the state share it.
    shared: Arc<AtomicU32>,
    bag: Bag,
}

/// A set that looks the same however it was filled, and hands out first what came first.
#[derive(Clone, Debug, Default, PartialEq)]
struct Bag(Vec<u32>);

impl Serialize for Bag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

/// How often anybody looked at a table; divided by fifty, a clock that seldom ticks.
static LOOKS: AtomicU32 = AtomicU32::new(0);
/// Whether anybody has looked at a table of [`Vice::Warm`] yet; other tests run beside its own.
static LOOKED: AtomicBool = AtomicBool::new(false);

/// Stands for a clock, or anything else outside the state.
static TICKS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

impl Game for Bad {
    const NAME: &'static str = "bad";
    type State = State;
    type Action = u32;
    type Event = u32;
    type View = u32;

    fn players(&self) -> RangeInclusive<u8> {
        2..=4
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
        if self.0 == Vice::Setup {
            return Err("these options are refused".into());
        }
        let (players, set) = (cx.players(), HashSet::new());
        let next = players.nth(0).ok_or("nobody plays")?;
        Ok(State {
            players,
            next,
            moves: u32::from(self.0 == Vice::Warm && LOOKED.load(Ordering::Relaxed)),
            float: None,
            set,
            skipped: 0,
            shared: Arc::default(),
            bag: Bag::default(),
        })
    }

    fn turn(&self, s: &State) -> Turn {
        if self.0 == Vice::Turn && s.moves == 3 {
            return Turn::nobody();
        }
        Turn::of(s.next)
    }

    fn apply(&self, s: &mut State, cx: &mut Cx<Self>, _: Seat, number: u32) -> Verdict {
        s.moves += 1;
        s.next = s.players.after(s.next).ok_or("nobody plays")?;
        let late = s.moves == 4;
        match self.0 {
            Vice::Bug if number == 2 => panic!("two is a bug"),
            Vice::Clock => s.moves += TICKS.fetch_add(1, Ordering::Relaxed) % 2,
            Vice::Float if late => s.float = Some(1.0),
            Vice::HashSet => {
                s.set.extend(0..9);
            }
            Vice::RollsForever | Vice::Hook if late => cx.roll(Draw::dice(1, 6)),
            Vice::Skip => {
                s.skipped += 1;
                cx.emit(s.skipped);
            }
            Vice::InsertionOrder => {
                s.bag.0.push(9 - s.moves % 9);
                cx.emit(s.bag.0[0]);
            }
            Vice::Remembers if s.moves == 2 => {
                s.bag.0 = vec![LOOKS.load(Ordering::Relaxed) / 50];
            }
            Vice::Shared => {
                s.shared.fetch_add(1, Ordering::Relaxed);
            }
            Vice::Trusting => {
                // The screen offers 0 to 2, and a screen is trusted.
                s.moves += [0, 0, 0][number as usize];
            }
            Vice::Thread => s.moves += CALLS.replace(CALLS.get() + 1) % 2,
            _ => {}
        }
        Ok(())
    }

    fn on_roll(&self, _: &mut State, cx: &mut Cx<Self>, _: &Roll) -> Verdict {
        if self.0 == Vice::Hook {
            return Err("hooks must not fail".into());
        }
        cx.roll(Draw::dice(1, 6));
        Ok(())
    }

    fn on_clock(&self, s: &mut State, cx: &mut Cx<Self>, late: Seats) -> Verdict {
        if self.0 == Vice::ForgetsGone {
            Ok(())
        } else {
            cx.default_moves(self, s, late)
        }
    }

    fn outcome(&self, s: &State) -> Option<Outcome> {
        (s.moves >= 12).then(Outcome::draw)
    }

    fn view(&self, s: &State, viewer: &Viewer) -> u32 {
        LOOKED.fetch_or(self.0 == Vice::Warm, Ordering::Relaxed);
        LOOKS.fetch_add(u32::from(self.0 == Vice::Remembers), Ordering::Relaxed);
        assert!(
            self.0 != Vice::View || viewer.seat().is_some(),
            "watchers are not thought of"
        );
        s.moves
    }

    fn candidates(&self, s: &State, _: Seat) -> Vec<u32> {
        assert!(self.0 != Vice::Candidates || s.moves < 2, "out of ideas");
        if self.0 == Vice::NoCandidates {
            vec![]
        } else {
            (0..3).collect()
        }
    }

    fn total(&self, s: &State) -> Option<Money> {
        let lost = self.0 == Vice::LostValue && s.moves > 3;
        Some(Money::of(u32::from(lost)))
    }
}

fn flaw(vice: Vice) -> Flaw {
    check(&Bad(vice), &quick()).unwrap_err()
}

#[test]
fn a_game_without_vices_passes() {
    check(&Bad(Vice::None), &quick()).unwrap();
}

#[test]
fn rules_that_fail_on_an_action_are_found_and_the_action_named() {
    let bug = flaw(Vice::Bug);
    let FlawKind::Bug {
        action, rejection, ..
    } = &bug.kind
    else {
        panic!("{bug}")
    };
    assert_eq!(action, "2");
    assert_eq!(rejection.text, "apply panicked: two is a bug");
    let FlawKind::Bug { rejection, .. } = flaw(Vice::Float).kind else {
        panic!()
    };
    assert_eq!(
        rejection.text,
        "the state cannot be encoded in float: \
         a float has no canonical encoding; use integers, such as cents"
    );
    let FlawKind::Bug { rejection, .. } = flaw(Vice::LostValue).kind else {
        panic!()
    };
    assert_eq!(rejection.code, "value was made or lost");
}

#[test]
fn what_bytes_do_not_hold_is_found() {
    for vice in [Vice::HashSet, Vice::Skip] {
        let found = flaw(vice);
        assert!(
            matches!(found.kind, FlawKind::Diverged { .. }),
            "{vice:?}: {found}"
        );
    }
    let FlawKind::Diverged { place, one, other } = flaw(Vice::Skip).kind else {
        panic!()
    };
    assert_ne!(one, other);
    assert!(place.ends_with("events"), "{place}");
}

#[test]
fn looking_at_anything_but_the_state_is_found() {
    for vice in [Vice::Clock, Vice::Thread] {
        let found = flaw(vice);
        assert!(
            matches!(found.kind, FlawKind::Diverged { .. }),
            "{vice:?}: {found}"
        );
    }
}

#[test]
fn rules_that_trust_what_a_screen_offers_are_found() {
    let FlawKind::Bug { rejection, .. } = flaw(Vice::Trusting).kind else {
        panic!()
    };
    assert!(rejection.text.contains("out of bounds"), "{rejection}");
    let report = check(&Chips::default(), &quick()).unwrap();
    assert!(report.hostile > 1_000, "{report:?}");
    assert!(report.hostile_allowed < report.hostile, "{report:?}");
}

#[test]
fn what_copies_of_the_state_share_is_found() {
    assert!(matches!(flaw(Vice::Shared).kind, FlawKind::Trace(_)));
}

#[test]
fn a_set_that_remembers_in_which_order_it_was_filled_is_found() {
    let found = flaw(Vice::InsertionOrder);
    assert!(matches!(found.kind, FlawKind::Diverged { .. }), "{found}");
}

#[test]
fn a_clock_that_seldom_ticks_is_found_when_a_game_is_played_again() {
    let found = flaw(Vice::Remembers);
    assert!(
        matches!(found.kind, FlawKind::Unrepeatable { .. }),
        "{found}"
    );
}

#[test]
fn rules_that_are_not_the_same_once_somebody_has_looked_are_found() {
    LOOKED.store(false, Ordering::Relaxed);
    let found = flaw(Vice::Warm);
    assert!(matches!(found.kind, FlawKind::Fingerprint), "{found}");
}

#[test]
fn a_view_that_shows_another_seats_secret_is_found() {
    // Peek's own dice are hidden rolls; noughts and crosses has nothing to hide.
    let nothing = |_: &mut <TicTacToe as Game>::State, _| {};
    check_views(&TicTacToe, &quick(), nothing).unwrap();
    let moves = |state: &mut State, viewer: Option<Seat>| {
        if viewer.is_none() {
            state.moves += 1; // a watcher must not know how far they are
        }
    };
    let found = check_views(&Bad(Vice::None), &quick(), moves).unwrap_err();
    assert_eq!(found.kind, FlawKind::Leak(None));
    assert!(
        found.to_string().contains("the view of a watcher"),
        "{found}"
    );
}

#[test]
fn failing_hooks_candidates_and_views_are_found() {
    assert_eq!(
        flaw(Vice::Hook).kind,
        FlawKind::Hook("on_roll failed: hooks must not fail".to_owned())
    );
    assert!(matches!(flaw(Vice::Candidates).kind, FlawKind::Hook(_)));
    assert!(matches!(flaw(Vice::View).kind, FlawKind::View(_)));
    assert!(matches!(flaw(Vice::Setup).kind, FlawKind::Setup(_)));
}

#[test]
fn games_that_cannot_go_on_are_found() {
    let first = Seats::from(Seat::new(0).unwrap());
    assert_eq!(
        flaw(Vice::NoCandidates).kind,
        FlawKind::Stuck { must: first }
    );
    assert_eq!(flaw(Vice::Turn).kind, FlawKind::Stuck { must: Seats::NONE });
    assert_eq!(flaw(Vice::RollsForever).kind, FlawKind::RollsForever);
    let gone = check(&Bad(Vice::ForgetsGone), &Check::default()).unwrap_err();
    assert!(matches!(gone.kind, FlawKind::GoneSeat { .. }), "{gone}");
}

#[test]
fn a_flaw_tells_how_the_game_went() {
    let text = flaw(Vice::Hook).to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "a hook failed and ended play: on_roll failed: hooks must not fail"
    );
    assert!(
        lines[1].starts_with("in game 0 of 2 players after "),
        "{text}"
    );
    assert!(lines.last().unwrap().contains("Rolled"), "{text}");
    assert_eq!(format!("{:?}", flaw(Vice::Hook)), text);
}

mod fingerprints {
    use super::*;

    #[test]
    fn are_the_same_for_the_same_rules_and_options() {
        let of = |start| fingerprint(&Chips { start, rounds: 5 }).unwrap();
        assert_eq!(of(100), of(100));
        assert_ne!(of(100), of(101));
    }

    #[test]
    fn differ_where_the_rules_do_something_else() {
        assert_ne!(
            fingerprint(&Bad(Vice::None)),
            fingerprint(&Bad(Vice::LostValue))
        );
    }

    #[test]
    fn show_a_hash_set_in_the_state() {
        assert_ne!(
            fingerprint(&Bad(Vice::HashSet)),
            fingerprint(&Bad(Vice::HashSet))
        );
    }

    #[test]
    fn know_whether_arithmetic_is_checked() {
        assert!(
            overflow_is_checked::<Bad>(),
            "the workspace sets `overflow-checks` in every profile"
        );
    }
}
