//! A game that does what it is told: each action is a list of things for the rules to do. It notes
//! in its state which hooks ran.

use std::ops::RangeInclusive;
use std::time::Duration;

use quorate_core::game::{
    Cx, Draw, Game, Hidden, Outcome, Roll, SeatChange, Shown, Turn, Verdict, Viewer,
};
use quorate_core::ledger::{Ledger, Money};
use quorate_core::{PerSeat, Seat, Seats, data, reject};

#[data(crate = quorate_core)]
pub struct Puppet;

#[data(crate = quorate_core)]
#[derive(PartialEq)]
pub enum Do {
    Must(Seats),
    May(Seats),
    Seal(bool),
    Clock(u64),
    NextTurn,
    RestartClock,
    Roll(Draw),
    Hide(Seat),
    ShowAll,
    DiscardAll,
    ForgetDice,
    Emit(u32),
    Reject,
    Panic,
    Float,
    Win(Seat),
    Issue(u32),
    Retire(u32),
    Forge(u32),
    Grow(u32),
    Defaults(Seats),
    /// Done by every hook from now on.
    InHooks(Vec<Do>),
    /// What `candidates` answers from now on.
    Offer(Vec<Do>),
    Shrink,
}

#[data(crate = quorate_core)]
#[derive(Default)]
pub struct Strings {
    pub must: Seats,
    pub may: Seats,
    pub sealed: bool,
    pub clock_ms: Option<u64>,
    pub dice: Vec<Hidden>,
    pub won: Option<Seat>,
    pub float: Option<f32>,
    pub ledger: Ledger<u8>,
    pub forged: Money,
    pub bulk: Vec<u8>,
    pub in_hooks: Vec<Do>,
    pub offer: Vec<Do>,
    pub log: Vec<String>,
}

impl Puppet {
    fn obey(&self, s: &mut Strings, cx: &mut Cx<Self>, orders: Vec<Do>) -> Verdict {
        orders
            .into_iter()
            .try_for_each(|order| self.obey_one(s, cx, order))
    }

    fn obey_one(&self, s: &mut Strings, cx: &mut Cx<Self>, order: Do) -> Verdict {
        match order {
            Do::Must(seats) => s.must = seats,
            Do::May(seats) => s.may = seats,
            Do::Seal(sealed) => s.sealed = sealed,
            Do::Clock(ms) => s.clock_ms = (ms > 0).then_some(ms),
            Do::NextTurn => cx.next_turn(),
            Do::RestartClock => cx.restart_clock(),
            Do::Roll(draw) => cx.roll(draw),
            Do::Hide(owner) => s.dice.push(cx.roll_hidden(owner, Draw::dice(1, 6))),
            Do::ShowAll => cx.show(&s.dice),
            Do::DiscardAll => cx.discard(&s.dice),
            Do::ForgetDice => s.dice.clear(),
            Do::Emit(event) => cx.emit(event),
            Do::Reject => reject!("as ordered"),
            Do::Panic => panic!("as ordered"),
            Do::Float => s.float = Some(0.5),
            Do::Win(seat) => s.won = Some(seat),
            Do::Issue(units) => s.ledger.issue(cx, 0, Money::of(units))?,
            Do::Retire(units) => s.ledger.retire(cx, 0, Money::of(units))?,
            Do::Forge(units) => s.forged = s.forged.plus(Money::of(units))?,
            Do::Grow(bytes) => s.bulk.resize(s.bulk.len() + bytes as usize, 7),
            Do::Defaults(late) => cx.default_moves(self, s, late)?,
            Do::InHooks(orders) => s.in_hooks = orders,
            Do::Offer(orders) => s.offer = orders,
            Do::Shrink => s.bulk.clear(),
        }
        Ok(())
    }

    fn hook(&self, s: &mut Strings, cx: &mut Cx<Self>, note: String) -> Verdict {
        s.log.push(note);
        let orders = s.in_hooks.clone();
        self.obey(s, cx, orders)
    }
}

impl Game for Puppet {
    const NAME: &'static str = "puppet";
    type State = Strings;
    type Action = Vec<Do>;
    type Event = u32;
    type View = Vec<Option<u32>>;

    fn players(&self) -> RangeInclusive<u8> {
        2..=5
    }

    fn setup(&self, cx: &mut Cx<Self>) -> Verdict<Strings> {
        let previous = cx.previous().map(Outcome::winners);
        let log = vec![format!("setup {} {previous:?}", cx.game())];
        Ok(Strings {
            must: cx.players(),
            log,
            ..Strings::default()
        })
    }

    fn turn(&self, s: &Strings) -> Turn {
        let turn = if s.sealed {
            Turn::sealed(s.must)
        } else {
            Turn::of(s.must)
        }
        .and_may(s.may);
        s.clock_ms
            .map_or(turn, |ms| turn.within(Duration::from_millis(ms)))
    }

    fn apply(&self, s: &mut Strings, cx: &mut Cx<Self>, seat: Seat, orders: Vec<Do>) -> Verdict {
        s.log.push(format!("apply {seat}"));
        self.obey(s, cx, orders)
    }

    fn outcome(&self, s: &Strings) -> Option<Outcome> {
        s.won.map(Outcome::won)
    }

    fn view(&self, s: &Strings, viewer: &Viewer) -> Self::View {
        s.dice
            .iter()
            .map(|die| viewer.open(die).map(|values| values[0]))
            .collect()
    }

    fn candidates(&self, s: &Strings, _: Seat) -> Vec<Vec<Do>> {
        s.offer.iter().map(|order| vec![order.clone()]).collect()
    }

    fn on_roll(&self, s: &mut Strings, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
        self.hook(s, cx, format!("roll {:?}", roll.values()))
    }

    fn on_show(&self, s: &mut Strings, cx: &mut Cx<Self>, shown: &Shown) -> Verdict {
        let values: Vec<_> = s.dice.iter().map(|die| shown.get(die)).collect();
        let note = format!("show {values:?}");
        self.hook(s, cx, note)
    }

    fn on_open(
        &self,
        s: &mut Strings,
        cx: &mut Cx<Self>,
        moves: &PerSeat<Option<Vec<Do>>>,
    ) -> Verdict {
        let moved = moves.which(Option::is_some);
        self.hook(s, cx, format!("open {:?} of {:?}", moved, moves.seats()))
    }

    fn on_clock(&self, s: &mut Strings, cx: &mut Cx<Self>, late: Seats) -> Verdict {
        self.hook(s, cx, format!("clock {late:?}"))
    }

    fn on_seat(
        &self,
        s: &mut Strings,
        cx: &mut Cx<Self>,
        seat: Seat,
        change: SeatChange,
    ) -> Verdict {
        let players = cx.players();
        self.hook(s, cx, format!("seat {seat} {change:?} {players:?}"))
    }

    fn may_join(&self, s: &Strings) -> bool {
        s.may.is_empty()
    }

    fn total(&self, s: &Strings) -> Option<Money> {
        s.ledger.total().plus(s.forged).ok()
    }
}
