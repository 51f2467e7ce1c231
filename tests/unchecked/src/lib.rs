//! A game whose author did not ask for overflow checks, beside a Quorate that is built with them:
//! the workspace's profile sees to it. The rules fingerprint must tell such a build from others.
#![forbid(unsafe_code)]

// As the facade does: what `#[quorate::data]` writes must find its way.
#[cfg(test)]
extern crate quorate_core as quorate;

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use quorate_core::Seat;
    use quorate_core::check::overflow_is_checked;
    use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};

    #[quorate::data]
    struct Nothing;

    impl Game for Nothing {
        const NAME: &'static str = "nothing";
        type State = Seat;
        type Action = ();
        type Event = ();
        type View = ();

        fn players(&self) -> RangeInclusive<u8> {
            1..=1
        }

        fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Seat> {
            Ok(cx.players().nth(0).ok_or("nobody plays")?)
        }

        fn turn(&self, seat: &Seat) -> Turn {
            Turn::of(*seat)
        }

        fn apply(&self, _: &mut Seat, _: &mut Cx<Self>, _: Seat, (): ()) -> Verdict {
            Ok(())
        }

        fn outcome(&self, _: &Seat) -> Option<Outcome> {
            None
        }

        fn view(&self, _: &Seat, _: &Viewer) {}
    }

    #[test]
    fn a_game_built_without_checks_is_seen_from_a_crate_built_with_them() {
        assert!(!overflow_is_checked::<Nothing>());
    }
}
