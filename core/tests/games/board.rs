//! A board of as many fields as asked for, to see what the size of a state costs.

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::sync::Arc;

use imbl::OrdMap;
use quorate_core::game::{Cx, Data, Game, Outcome, Turn, Verdict, Viewer};
use quorate_core::state::Play;
use quorate_core::{Seat, Seats};
use serde::{Deserialize, Serialize};

/// What stands in a field.
pub(crate) trait Field: Data + Default {
    /// Marks it once more; its bytes stay as many.
    fn mark(&mut self);
}

/// A board of so many fields; a move marks one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Board<F> {
    fields: u32,
    of: PhantomData<fn() -> F>,
}

impl<F: Field> Game for Board<F> {
    const NAME: &'static str = "board";
    type State = OrdMap<u32, F>;
    type Action = u32;
    type Event = ();
    type View = ();

    fn players(&self) -> RangeInclusive<u8> {
        1..=1
    }

    fn setup(&self, _: &mut Cx<Self>) -> Verdict<Self::State> {
        Ok((0..self.fields).map(|at| (at, F::default())).collect())
    }

    fn turn(&self, _: &Self::State) -> Turn {
        Turn::of(Seats::first(1))
    }

    fn apply(&self, fields: &mut Self::State, _: &mut Cx<Self>, _: Seat, at: u32) -> Verdict {
        fields.get_mut(&at).ok_or("no such field")?.mark();
        Ok(())
    }

    fn outcome(&self, _: &Self::State) -> Option<Outcome> {
        None
    }

    fn view(&self, _: &Self::State, _: &Viewer) {}
}

/// A board of so many fields, all of them new.
pub(crate) fn board<F: Field>(fields: u32) -> Play<Board<F>> {
    let of = PhantomData;
    let started = Play::start(Arc::new(Board { fields, of }), Seats::first(1));
    started.expect("a board for one").0
}

/// Marks one field.
pub(crate) fn mark<F: Field>(play: &mut Play<Board<F>>, at: u32) {
    let seat = Seats::first(1).only().expect("one seat");
    let turn = play.turn_number();
    play.act_unsettled(seat, turn, &[at]).expect("a field");
}
