//! Everybody has a hidden die, may change it once, then all show: the highest wins.

use std::ops::RangeInclusive;

use quorate_core::game::{Cx, Draw, Game, Hidden, Outcome, Shown, Turn, Verdict, Viewer};
use quorate_core::{PerSeat, Seat, Seats, data};

#[data(crate = quorate_core)]
pub struct Peek;

#[data(crate = quorate_core)]
#[derive(Copy, PartialEq)]
pub enum Action {
    Keep,
    Change,
}

#[data(crate = quorate_core)]
pub struct Dice {
    pub dice: PerSeat<Hidden>,
    pub left: Seats,
    pub shown: Option<PerSeat<Option<u32>>>,
}

const DIE: Draw = Draw::dice(1, 6);

impl Game for Peek {
    const NAME: &'static str = "peek";
    type State = Dice;
    type Action = Action;
    type Event = ();
    type View = PerSeat<Option<u32>>;

    fn players(&self) -> RangeInclusive<u8> {
        2..=6
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Dice> {
        let players = cx.players();
        let dice = PerSeat::new(players, |seat| cx.roll_hidden(seat, DIE));
        Ok(Dice {
            dice,
            left: players,
            shown: None,
        })
    }

    fn turn(&self, state: &Dice) -> Turn {
        state.left.nth(0).map_or(Turn::nobody(), Turn::of)
    }

    fn apply(&self, state: &mut Dice, cx: &mut Cx<Self>, seat: Seat, action: Action) -> Verdict {
        if action == Action::Change {
            let fresh = cx.roll_hidden(seat, DIE);
            let old = state.dice.insert(seat, fresh);
            cx.discard(old.as_slice());
        }
        state.left.remove(seat);
        if state.left.is_empty() {
            let dice: Vec<_> = state.dice.iter().map(|(_, hidden)| *hidden).collect();
            cx.show(&dice);
        }
        Ok(())
    }

    fn on_show(&self, state: &mut Dice, _: &mut Cx<Self>, shown: &Shown) -> Verdict {
        let shown = state
            .dice
            .map(|_, die| shown.get(die).map(|values| values[0]));
        state.shown = Some(shown);
        Ok(())
    }

    fn outcome(&self, state: &Dice) -> Option<Outcome> {
        let score = |(seat, value): (Seat, &Option<u32>)| (seat, value.unwrap_or(0));
        state
            .shown
            .as_ref()
            .map(|shown| Outcome::scored(shown.iter().map(score)))
    }

    fn view(&self, state: &Dice, viewer: &Viewer) -> Self::View {
        let own = |_, die: &Hidden| viewer.open(die).map(|values| values[0]);
        state.shown.clone().unwrap_or_else(|| state.dice.map(own))
    }

    fn candidates(&self, _: &Dice, _: Seat) -> Vec<Action> {
        vec![Action::Keep, Action::Change]
    }
}
