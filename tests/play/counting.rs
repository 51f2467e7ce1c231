//! The game that is played here: whoever counts to five wins. It can be wrong in several ways.

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate::{Cx, Draw, Game, Outcome, Roll, Seat, Turn, Verdict, Viewer, ensure};

#[quorate::data]
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) variant: Variant,
}

/// What these rules are like.
#[quorate::data]
#[derive(Copy, Default, PartialEq, Eq)]
pub(crate) enum Variant {
    #[default]
    Plain,
    /// `view` panics.
    View,
    /// A hook fails.
    Hook,
    /// Whoever comes late may sit down.
    Open,
    /// Turns have a clock.
    Clock,
}

impl Variant {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "view" => Self::View,
            "hook" => Self::Hook,
            "open" => Self::Open,
            "clock" => Self::Clock,
            _ => Self::Plain,
        }
    }
}

#[quorate::data]
pub(crate) struct Count {
    sum: u8,
    next: Seat,
}

impl Game for Counting {
    const NAME: &'static str = "counting";
    type State = Count;
    type Action = u8;
    type Event = ();
    type View = u8;

    fn players(&self) -> RangeInclusive<u8> {
        2..=4
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Count> {
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        Ok(Count { sum: 0, next })
    }

    fn turn(&self, count: &Count) -> Turn {
        let turn = Turn::of(count.next);
        match self.variant {
            Variant::Clock => turn.within(Duration::from_secs(8)),
            _ => turn,
        }
    }

    fn apply(&self, count: &mut Count, cx: &mut Cx<Self>, seat: Seat, more: u8) -> Verdict {
        ensure!((1..=3).contains(&more), "one to three, not {more}");
        count.sum += more;
        count.next = cx.players().after(seat).ok_or("nobody plays")?;
        if self.variant == Variant::Hook {
            cx.roll(Draw::Below(6));
        }
        Ok(())
    }

    fn on_roll(&self, _: &mut Count, _: &mut Cx<Self>, _: &Roll) -> Verdict {
        Err("the dice are lost".into())
    }

    fn outcome(&self, count: &Count) -> Option<Outcome> {
        (count.sum >= 5).then(|| Outcome::won(count.next))
    }

    fn view(&self, count: &Count, _: &Viewer) -> u8 {
        assert!(self.variant != Variant::View, "no such card");
        count.sum
    }

    fn may_join(&self, _: &Count) -> bool {
        self.variant == Variant::Open
    }

    fn candidates(&self, _: &Count, _: Seat) -> Vec<u8> {
        vec![1, 2, 3]
    }
}
