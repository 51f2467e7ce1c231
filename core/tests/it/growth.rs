//! What one action costs as the state grows, counted in copies and visits instead of time.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::sync::Arc;

use imbl::OrdMap;
use quorate_core::data;
use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::state::Play;
use quorate_core::{Seat, Seats};
use serde::{Deserialize, Serialize, Serializer};

thread_local! {
    static COPIED: Cell<usize> = const { Cell::new(0) };
    static VISITED: Cell<usize> = const { Cell::new(0) };
}

/// An entry of the state that counts how often one is copied and how often one is encoded.
#[derive(Debug, Deserialize)]
struct Field(u8);

impl Clone for Field {
    fn clone(&self) -> Self {
        COPIED.set(COPIED.get() + 1);
        Self(self.0)
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VISITED.set(VISITED.get() + 1);
        serializer.serialize_u8(self.0)
    }
}

/// A board of so many fields; a move marks one.
#[data(crate = quorate_core)]
struct Board {
    fields: u32,
}

impl Game for Board {
    const NAME: &'static str = "board";
    type State = OrdMap<u32, Field>;
    type Action = u32;
    type Event = ();
    type View = ();

    fn players(&self) -> RangeInclusive<u8> {
        1..=1
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<Self::State> {
        Ok((0..self.fields).map(|field| (field, Field(0))).collect())
    }

    fn turn(&self, _: &Self::State) -> Turn {
        Turn::of(Seats::first(1))
    }

    fn apply(&self, fields: &mut Self::State, _: &mut Cx<Self>, _: Seat, at: u32) -> Verdict {
        fields.get_mut(&at).ok_or("no such field")?.0 += 1;
        Ok(())
    }

    fn outcome(&self, _: &Self::State) -> Option<Outcome> {
        None
    }

    fn view(&self, _: &Self::State, _: &Viewer) {}
}

fn play(fields: u32) -> Play<Board> {
    let (play, _) = Play::start(Arc::new(Board { fields }), Seats::first(1)).unwrap();
    COPIED.set(0);
    VISITED.set(0);
    play
}

fn mark(play: &mut Play<Board>, at: u32) {
    let seat = Seats::first(1).only().unwrap();
    let turn = play.turn_number();
    play.act_unsettled(seat, turn, &[at]).unwrap();
}

/// How many entries are copied at most when one of so many is written.
fn copied(fields: u32) -> usize {
    let mut play = play(fields);
    let most = (0..100).map(|step| {
        let kept = play.clone();
        COPIED.set(0);
        mark(&mut play, step * 7_919 % fields);
        drop(kept);
        COPIED.get()
    });
    most.max().unwrap()
}

#[test]
fn an_action_on_a_hundred_thousand_entries_copies_a_path_and_not_the_state() {
    let (few, many) = (copied(1_000), copied(100_000));
    assert!(many > 0, "the copy that is kept has its own entry");
    assert!(many < 200, "{many} of 100,000");
    assert!(many <= 2 * few, "{few} of 1,000 and {many} of 100,000");
}

#[test]
fn a_copy_shares_its_state_until_one_of_the_two_writes() {
    let mut played = play(1_000);
    let before = played.clone();
    assert!(std::ptr::eq(played.state(), before.state()));
    assert_eq!(COPIED.get(), 0, "nothing is copied to look at it");
    mark(&mut played, 77);
    let marked = |play: &Play<Board>| play.state()[&77].0;
    assert_eq!((marked(&before), marked(&played)), (0, 1));
}

#[test]
fn a_digest_is_one_pass_over_the_state_and_is_not_made_twice() {
    let mut play = play(100_000);
    mark(&mut play, 5);
    assert_eq!(VISITED.get(), 0, "an action alone looks at no other entry");
    play.settle().unwrap();
    assert_eq!(VISITED.get(), 100_000);
    play.save().unwrap();
    assert_eq!(VISITED.get(), 100_000, "the bytes are known");
}
