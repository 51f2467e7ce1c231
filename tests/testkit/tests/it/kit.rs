//! What a game's author writes: any game, ten lines.

use std::ops::RangeInclusive;

use quorate_core::game::{Cx, Draw, Game, Outcome, Roll, Turn, Verdict, Viewer};
use quorate_core::state::Play;
use quorate_core::{Seat, Seats, data, ensure};
use quorate_testkit::{Invariant, Rng, Script, Simulation};

/// Seats add a die to the pile in turn; who reaches the top has won.
#[data(crate = quorate_core)]
struct Pile {
    top: u32,
}

#[data(crate = quorate_core)]
struct State {
    players: Seats,
    next: Seat,
    height: u32,
    winner: Option<Seat>,
}

impl Game for Pile {
    const NAME: &'static str = "pile";
    type State = State;
    type Action = ();
    type Event = ();
    type View = u32;

    fn players(&self) -> RangeInclusive<u8> {
        2..=8
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
        let players = cx.players();
        let next = players.nth(0).ok_or("nobody plays")?;
        Ok(State {
            players,
            next,
            height: 0,
            winner: None,
        })
    }

    fn turn(&self, state: &State) -> Turn {
        Turn::of(state.next).within(std::time::Duration::from_secs(2))
    }

    fn apply(&self, state: &mut State, cx: &mut Cx<Self>, seat: Seat, (): ()) -> Verdict {
        ensure!(seat == state.next, "wait for your turn");
        cx.roll(Draw::dice(1, 6));
        Ok(())
    }

    fn on_roll(&self, state: &mut State, _: &mut Cx<Self>, roll: &Roll) -> Verdict {
        state.height += roll.sum();
        state.winner = (state.height >= self.top).then_some(state.next);
        state.next = state.players.after(state.next).unwrap_or(state.next);
        Ok(())
    }

    fn candidates(&self, _: &State, _: Seat) -> Vec<()> {
        vec![()]
    }

    fn outcome(&self, state: &State) -> Option<Outcome> {
        state.winner.map(Outcome::won)
    }

    fn view(&self, state: &State, _: &Viewer) -> u32 {
        state.height
    }
}

#[test]
fn any_game_can_be_played_through_faults_and_cheats() {
    let report = Simulation::new(|_| Pile { top: 30 })
        .seats(4)
        .seeds(0..10)
        .run();
    report.assert_clean();
    assert!(report.heights > 100);
}

/// Players whose code has a bug.
struct Clumsy;

impl Script<Pile> for Clumsy {
    fn act(&self, _: &mut Rng, _: &Play<Pile>, _: Seat) -> Vec<()> {
        panic!("a bug")
    }
}

#[test]
fn a_panic_anywhere_is_a_violation_that_names_its_seed() {
    let pile = Simulation::new(|_| Pile { top: 30 })
        .seats(4)
        .script(Clumsy);
    let run = pile.one(7);
    let violation = run.violation().expect("a violation");
    assert_eq!(violation.invariant, Invariant::Panic);
    assert!(violation.what.contains("a bug"), "{violation}");
    assert!(run.to_string().contains("--seed 7"), "{run}");
}
