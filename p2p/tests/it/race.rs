//! A small game, and tables of it.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use quorate_core::game::{
    Cx, Draw, Game, Outcome, Roll, SeatChange, Settled, Turn, Verdict, Viewer,
};
use quorate_core::genesis::Timing;
use quorate_core::state::Play;
use quorate_core::{PerSeat, Seat, Seats, data, ensure};
use quorate_p2p::{Config, Node, Pending, Seating, Table};

/// Longer than anything here takes; whoever waits that long has failed.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Players go ahead by steps or by dice; who first comes to the goal wins.
#[data(crate = quorate_core)]
#[derive(PartialEq)]
pub(crate) struct Race {
    pub(crate) goal: u32,
}

#[data(crate = quorate_core)]
pub(crate) struct State {
    pub(crate) at: PerSeat<u32>,
    next: Seat,
}

#[data(crate = quorate_core)]
#[derive(PartialEq)]
pub(crate) enum Action {
    Step(u32),
    Roll,
    /// A step from a list, by rules that forget that an index may be out of range.
    Pick(u8),
}

impl State {
    fn go(&mut self, cx: &mut Cx<Race>, by: u32) -> Verdict {
        cx.next_turn(); // also for who plays alone
        *self.at.get_mut(self.next).ok_or("nobody's turn")? += by;
        self.next = self.at.seats().after(self.next).ok_or("nobody plays")?;
        Ok(())
    }
}

impl Game for Race {
    const NAME: &'static str = "race";
    type State = State;
    type Action = Action;
    type Event = ();
    type View = Vec<u32>;

    fn players(&self) -> RangeInclusive<u8> {
        1..=8
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
        ensure!(self.goal > 0, "the goal must be ahead");
        let next = cx.players().nth(0).ok_or("nobody plays")?;
        Ok(State {
            at: PerSeat::new(cx.players(), |_| 0),
            next,
        })
    }

    fn turn(&self, state: &State) -> Turn {
        Turn::of(state.next)
    }

    fn apply(&self, state: &mut State, cx: &mut Cx<Self>, _: Seat, action: Action) -> Verdict {
        match action {
            Action::Step(by) => {
                ensure!((1..=3).contains(&by), "nobody steps by {by}");
                state.go(cx, by)
            }
            Action::Pick(index) => state.go(cx, [1, 2, 3][usize::from(index)]),
            Action::Roll => {
                cx.roll(Draw::dice(1, 6));
                Ok(())
            }
        }
    }

    fn on_roll(&self, state: &mut State, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        state.go(cx, roll.sum())
    }

    fn on_seat(
        &self,
        state: &mut State,
        _: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        match change {
            SeatChange::Joined => drop(state.at.insert(seat, 0)),
            SeatChange::Gone(_) => {
                state.at.remove(seat);
                let after = || state.at.seats().after(seat).ok_or("nobody plays");
                state.next = if state.next == seat {
                    after()?
                } else {
                    state.next
                };
            }
            _ => {}
        }
        Ok(())
    }

    fn may_join(&self, _: &State) -> bool {
        self.goal == LONG.goal
    }

    fn outcome(&self, state: &State) -> Option<Outcome> {
        let there = state.at.which(|at| *at >= self.goal);
        (!there.is_empty()).then(|| Outcome::won(there))
    }

    fn view(&self, state: &State, _: &Viewer) -> Vec<u32> {
        state.at.iter().map(|(_, at)| *at).collect()
    }

    fn candidates(&self, _: &State, _: Seat) -> Vec<Action> {
        vec![Action::Step(1), Action::Roll]
    }
}

pub(crate) const LONG: Race = Race { goal: 1_000_000 };

pub(crate) fn node(name: &str) -> Node {
    Node::start(Config::loopback(name).unwrap()).unwrap()
}

pub(crate) fn node_in(name: &str, folder: &Path) -> Node {
    Node::start(Config::loopback(name).unwrap().folder(folder)).unwrap()
}

/// Rounds long enough for a crowded machine.
pub(crate) fn seating(seats: u8) -> Seating {
    Seating::of(seats).timing(Timing {
        round_ms: 2_000,
        round_ms_min: 2_000,
        round_ms_max: 8_000,
    })
}

/// A table that these nodes have gathered at and begun, the first as its host.
pub(crate) fn gathered(nodes: &[Node]) -> Vec<Table<Race>> {
    let seats = u8::try_from(nodes.len()).unwrap();
    gathered_at(nodes, seating(seats))
}

/// The same at a table of one's choice.
pub(crate) fn gathered_at(nodes: &[Node], seating: Seating) -> Vec<Table<Race>> {
    gathered_for(LONG, nodes, seating)
}

/// The same for a race of any length.
pub(crate) fn gathered_for(race: Race, nodes: &[Node], seating: Seating) -> Vec<Table<Race>> {
    let host = nodes[0].host(race, seating).unwrap();
    let link = host.link().unwrap();
    let mut tables = vec![host];
    for node in &nodes[1..] {
        tables.push(node.join(&link).unwrap());
        // One after the other, so that everybody has the seat of its number.
        until(&tables[0], |host| host.seated().len() == tables.len());
    }
    for table in &tables {
        assert!(table.begun(SOON), "{:?} has not begun", table.status());
    }
    tables
}

/// Whoever's turn it is acts, `turns` times; every table gets to know of it.
pub(crate) fn play(tables: &[Table<Race>], turns: usize) {
    for turn in 0..turns {
        let action = if turn % 4 == 3 {
            Action::Roll
        } else {
            Action::Step(1)
        };
        act(tables, action);
    }
}

/// Whoever's turn it is does this; every table gets to know of it, and of the dice if it rolls.
pub(crate) fn act(tables: &[Table<Race>], action: Action) {
    let play = tables[0].play().unwrap();
    let next = play.awaited().only().unwrap();
    let actor = tables.iter().find(|table| table.seat() == Some(next));
    let actor = actor.unwrap_or_else(|| panic!("no table of seat {next}"));
    let pending = actor.act_all(play.turn_number(), vec![action]).unwrap();
    decided(&pending);
    let over = play.turn_number();
    let done = |play: &Play<Race>| play.turn_number() > over && !play.is_rolling();
    for table in tables {
        until(table, |table| table.play().is_some_and(|play| done(&play)));
    }
}

/// Waits until `pending` is decided.
#[track_caller]
pub(crate) fn decided(pending: &Pending) {
    let settled = pending.wait(SOON);
    assert!(
        matches!(settled, Some(Settled::Decided { .. })),
        "{settled:?}"
    );
}

/// Waits until `done`, looking again at everything that happens at `table`.
#[track_caller]
pub(crate) fn until<G: Game>(table: &Table<G>, done: impl Fn(&Table<G>) -> bool) {
    let mut events = table.events();
    while !done(table) {
        assert!(events.wait(SOON).is_some(), "{:?}", table.status());
    }
}

/// Looks until `so`, for what no event tells.
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + SOON;
    while !so() {
        assert!(Instant::now() < until, "not {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Every seat's device has come to the same state.
pub(crate) fn assert_level(tables: &[Table<Race>]) {
    let height = tables
        .iter()
        .map(|table| table.pulse().height)
        .max()
        .unwrap();
    for table in tables {
        assert!(table.reached(height, SOON), "{:?}", table.status());
    }
    let all = Seats::first(tables.len());
    // To linger is to wait for those who are connected, and somebody may just be coming back.
    eventually("connected to every seat", || {
        let mut seated = tables[0].seated().into_iter();
        seated.all(|seated| seated.me || seated.connected || !all.contains(seated.seat))
    });
    let digests = tables[0].linger(SOON);
    assert_eq!(digests.seats(), all, "not every seat shows height {height}");
    let first = digests.iter().next().unwrap().1;
    assert!(
        digests.iter().all(|(_, digest)| digest == first),
        "{digests:?}"
    );
}
