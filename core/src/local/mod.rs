//! A table on one device: hot seat, bots and tests.
//!
//! [`Local`] drives the same [`Play`] as a networked table, with dice from a seed or a script, a
//! clock that moves when told to, and every secret in one place. What a game does here it does
//! anywhere.

mod bot;
mod dice;
mod op;
mod run;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use blake3::OutputReader;

pub use bot::pick;
use dice::Dice;
pub(crate) use dice::stream;
pub(crate) use op::Op;

use crate::game::{
    ActError, End, Game, Happened, Hidden, Roll, SeatChange, Seen, Verdict, Viewer, Why,
};
use crate::limits::SEATS_MAX;
use crate::seat::{PerSeat, Seat, Seats};
use crate::state::{Lateness, Play, StallPolicy};

/// A table on one device.
///
/// ```
/// use quorate_core::game::{Cx, Draw, End, Game, Outcome, Roll, Turn, Verdict, Viewer};
/// use quorate_core::local::Local;
/// use quorate_core::{Seat, Seats, data};
///
/// /// The first to roll a six wins.
/// #[data(crate = quorate_core)]
/// struct FirstSix;
///
/// #[data(crate = quorate_core)]
/// struct State {
///     players: Seats,
///     next: Seat,
///     won: Option<Seat>,
/// }
///
/// impl Game for FirstSix {
///     const NAME: &'static str = "first-six";
///     type State = State;
///     type Action = ();
///     type Event = u32;
///     type View = Seat;
///
///     fn players(&self) -> std::ops::RangeInclusive<u8> {
///         1..=8
///     }
///     fn setup(&self, cx: &mut Cx<Self>) -> Verdict<State> {
///         let next = cx.players().nth(0).ok_or("nobody plays")?;
///         Ok(State { players: cx.players(), next, won: None })
///     }
///     fn turn(&self, state: &State) -> Turn {
///         Turn::of(state.next)
///     }
///     fn apply(&self, _: &mut State, cx: &mut Cx<Self>, _: Seat, _: ()) -> Verdict {
///         cx.roll(Draw::dice(1, 6));
///         Ok(())
///     }
///     fn on_roll(&self, state: &mut State, cx: &mut Cx<Self>, roll: &Roll) -> Verdict {
///         cx.emit(roll.sum());
///         state.won = (roll.sum() == 6).then_some(state.next);
///         state.next = state.players.after(state.next).ok_or("nobody plays")?;
///         Ok(())
///     }
///     fn outcome(&self, state: &State) -> Option<Outcome> {
///         state.won.map(Outcome::won)
///     }
///     fn view(&self, state: &State, _: &Viewer) -> Seat {
///         state.next
///     }
/// }
///
/// let mut table = Local::scripted(FirstSix, 2, [3, 6])?;
/// let [ann, bob] = table.players();
/// table.act_as(ann, ())?;
/// assert_eq!(*table.view_as(bob), bob);
/// table.act_as(bob, ())?;
/// assert_eq!(table.end(), Some(&End::Finished(Outcome::won(bob))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Local<G: Game> {
    play: Play<G>,
    /// Every seat that anybody ever sat in.
    used: Seats,
    dice: Dice,
    dice_held: bool,
    chance: OutputReader,
    withholding: Seats,
    /// Sealed moves of turn number `sealed_turn`.
    sealed: PerSeat<G::Action>,
    sealed_turn: u64,
    secrets: BTreeMap<Hidden, Roll>,
    stall: StallPolicy,
    lateness: Lateness,
    /// Time since the table was set up.
    now: Duration,
    /// The serial of the clock that runs, and when it runs out.
    deadline: Option<(u64, Duration)>,
    log: VecDeque<Happened<G>>,
    /// What `play` was told, while somebody wants to know.
    record: Option<Vec<Op<G>>>,
}

impl<G: Game> Local<G> {
    /// A table for `players` people or bots, whose dice follow from `seed`: 32 bytes that the
    /// caller takes from the operating system.
    ///
    /// # Errors
    /// If the game refuses its options or the number of players.
    pub fn new(game: G, players: u8, seed: [u8; 32]) -> Verdict<Self> {
        Self::with_dice(game, players, Dice::seeded(&seed), &seed).map(Self::unrecorded)
    }

    /// [`new`](Self::new), [recorded](Self::recorded) from the start.
    pub(crate) fn watched(game: G, players: u8, seed: [u8; 32]) -> Verdict<Self> {
        Self::with_dice(game, players, Dice::seeded(&seed), &seed)
    }

    /// A table whose dice follow from a small number: the same ones every time.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn seeded(game: G, players: u8, seed: u64) -> Verdict<Self> {
        Self::new(game, players, seed_of(seed))
    }

    /// A table whose dice fall as written: the values of one roll after the other. Where the script
    /// has run out, or does not fit what the game asks for, the roll stays open, and who acts is
    /// told [`ActError::Rolling`], until [`script`](Self::script) goes on.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn scripted(game: G, players: u8, dice: impl IntoIterator<Item = u32>) -> Verdict<Self> {
        let script = Dice::Scripted(dice.into_iter().collect());
        Self::with_dice(game, players, script, &seed_of(0)).map(Self::unrecorded)
    }

    fn unrecorded(self) -> Self {
        Self {
            record: None,
            ..self
        }
    }

    fn with_dice(game: G, players: u8, dice: Dice, seed: &[u8; 32]) -> Verdict<Self> {
        crate::ensure!(
            players <= SEATS_MAX,
            "a table has at most {SEATS_MAX} seats"
        );
        let used = Seats::first(usize::from(players));
        let (play, step) = Play::start(Arc::new(game), used)?;
        let mut table = Self {
            play,
            used,
            dice,
            dice_held: false,
            chance: stream("local/bot", seed),
            withholding: Seats::NONE,
            sealed: PerSeat::default(),
            sealed_turn: 0,
            secrets: BTreeMap::new(),
            stall: StallPolicy::default(),
            lateness: Lateness::default(),
            now: Duration::ZERO,
            deadline: None,
            log: VecDeque::new(),
            record: Some(Vec::new()),
        };
        table.went(step);
        Ok(table)
    }

    /// The same table with another stall policy.
    #[must_use]
    pub fn with_stall(mut self, stall: StallPolicy) -> Self {
        self.stall = stall;
        self
    }

    /// The seats in the game, as an array to take apart.
    ///
    /// # Panics
    /// If they are not `N`.
    #[must_use]
    #[track_caller]
    pub fn players<const N: usize>(&self) -> [Seat; N] {
        let seats: Vec<Seat> = self.seats().iter().collect();
        let count = seats.len();
        // The caller's claim, as with an index.
        match seats.try_into() {
            Ok(seats) => seats,
            Err(_) => panic!("{count} seats play, not {N}"),
        }
    }

    /// The seats in the game.
    #[must_use]
    pub const fn seats(&self) -> Seats {
        self.play.players()
    }

    /// The game in play.
    #[must_use]
    pub const fn play(&self) -> &Play<G> {
        &self.play
    }

    /// Acts for `seat` in the present turn. In a sealed turn the move is sealed, and the turn opens
    /// when all have.
    ///
    /// # Errors
    /// [`ActError`]; nothing has changed then.
    pub fn act_as(&mut self, seat: Seat, action: G::Action) -> Result<(), ActError> {
        self.act_in(self.play.turn_number(), seat, [action])
    }

    /// Acts for `seat` in turn number `turn`, with one or more actions: all or none.
    ///
    /// # Errors
    /// [`ActError`]; nothing has changed then, but that a seat which was away may be back.
    pub fn act_in(
        &mut self,
        turn: u64,
        seat: Seat,
        actions: impl IntoIterator<Item = G::Action>,
    ) -> Result<(), ActError> {
        let actions: Vec<_> = actions.into_iter().collect();
        if self.play.turn().is_sealed() {
            return self.seal(turn, seat, actions);
        }
        let step = self.drive(Op::Act {
            seat,
            turn,
            actions,
        })?;
        self.went(step);
        self.here(seat);
        Ok(())
    }

    /// Takes a random legal action for `seat`, and tells which; `None` if there is none.
    ///
    /// # Errors
    /// [`ActError`], if the rules refuse what they just accepted.
    pub fn act_as_bot(&mut self, seat: Seat) -> Result<Option<G::Action>, ActError> {
        let legal = self.legal_as(seat);
        let Some(action) = pick(legal, &mut self.chance) else {
            return Ok(None);
        };
        self.act_as(seat, action.clone())?;
        Ok(Some(action))
    }

    /// Lets bots play on by one step: a random one of the seats that can act, or, if nobody can,
    /// the clock. False if nothing can happen: play has ended, the dice are held, or the seats that
    /// must act have nothing to do.
    ///
    /// ```no_run
    /// # fn demo<G: quorate_core::Game>(mut table: quorate_core::local::Local<G>) {
    /// while table.step_bots() {}
    /// # }
    /// ```
    pub fn step_bots(&mut self) -> bool {
        let mut seats = self.play.actors() - self.sealed();
        while let Some(seat) = self.any_of(seats) {
            if matches!(self.act_as_bot(seat), Ok(Some(_))) {
                return true;
            }
            seats.remove(seat);
        }
        self.left().is_some_and(|left| {
            self.advance(left);
            true
        })
    }

    /// What `seat` sees, and the turn it sees.
    ///
    /// # Panics
    /// If [`Game::view`] does.
    #[must_use]
    pub fn view_as(&self, seat: Seat) -> Seen<G::View> {
        self.seen(&self.viewer(seat))
    }

    /// What somebody without a seat sees.
    ///
    /// # Panics
    /// If [`Game::view`] does.
    #[must_use]
    pub fn view_as_watcher(&self) -> Seen<G::View> {
        self.seen(&Viewer::watcher())
    }

    fn seen(&self, viewer: &Viewer) -> Seen<G::View> {
        Seen {
            turn: self.play.turn_number(),
            view: self.play.view(viewer),
        }
    }

    /// `seat` with the hidden rolls that its device could open.
    #[must_use]
    pub fn viewer(&self, seat: Seat) -> Viewer {
        let mine = self
            .secrets
            .iter()
            .filter(|(hidden, _)| hidden.owner() == seat);
        mine.fold(Viewer::seat_of(seat), |viewer, (hidden, roll)| {
            viewer.with_secret(hidden, roll.clone())
        })
    }

    /// What `seat` can do now; nothing once its move of a sealed turn is sealed.
    #[must_use]
    pub fn legal_as(&self, seat: Seat) -> Vec<G::Action> {
        if self.sealed().contains(seat) {
            Vec::new()
        } else {
            self.play.legal(seat)
        }
    }

    /// The seats whose move of this sealed turn is sealed.
    #[must_use]
    pub fn sealed(&self) -> Seats {
        let now = self.sealed_turn == self.play.turn_number();
        if now {
            self.sealed.seats()
        } else {
            Seats::NONE
        }
    }

    /// What happened since the last call, the oldest first. Of what nobody asks for, only the last
    /// [`HAPPENED_KEPT_MAX`](crate::limits::HAPPENED_KEPT_MAX) are kept.
    pub fn drain(&mut self) -> Vec<Happened<G>> {
        self.log.drain(..).collect()
    }

    /// Lets time pass: clocks run out, and seats that let three turns in a row pass are away.
    pub fn advance(&mut self, time: Duration) {
        let until = self.now.saturating_add(time);
        while let Some((_, deadline)) = self.deadline.filter(|(_, deadline)| *deadline <= until) {
            self.now = deadline;
            self.ring();
        }
        self.now = until;
    }

    /// How long the turn's clock still runs.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.deadline
            .map(|(_, deadline)| deadline.saturating_sub(self.now))
    }

    /// Keeps the dice in the air, or lets them fall.
    pub fn hold_dice(&mut self, hold: bool) {
        self.dice_held = hold;
        self.go_on();
    }

    /// Whether the dice are kept in the air.
    #[must_use]
    pub const fn dice_held(&self) -> bool {
        self.dice_held
    }

    /// Adds values to a [scripted](Self::scripted) table's dice, and rolls what is open. A table
    /// with other dice has its dice replaced by the script.
    pub fn script(&mut self, values: impl IntoIterator<Item = u32>) {
        match &mut self.dice {
            Dice::Scripted(script) => script.extend(values),
            Dice::Seeded(_) => self.dice = Dice::Scripted(values.into_iter().collect()),
        }
        self.go_on();
    }

    /// Why the script has no dice for what the game asks for; none if nothing is missing.
    #[must_use]
    pub fn script_lacks(&self) -> Option<String> {
        let needs = self.play.needs();
        let hidden = || needs.deal.first().map(Hidden::draw);
        let wanted = needs.roll.or_else(hidden).filter(|_| !self.dice_held)?;
        self.dice.unfit(wanted)
    }

    /// Makes `seat` keep back its next secret: its part of a roll, which is made without it; a
    /// hidden roll it is asked to show; or its sealed move.
    pub fn withhold_as(&mut self, seat: Seat) {
        self.withholding.insert(seat);
    }

    /// `seat` says that it is here; if it was away, it is back.
    pub fn here_as(&mut self, seat: Seat) {
        self.here(seat);
    }

    /// The seats that are away.
    #[must_use]
    pub const fn away(&self) -> Seats {
        self.lateness.away()
    }

    /// `seat` leaves the game for good.
    pub fn leave_as(&mut self, seat: Seat) {
        self.lateness.forget(seat);
        self.seat_changed(seat, SeatChange::Gone(Why::Left));
    }

    /// Somebody sits down, in the lowest seat never used; in one whose holder is gone only when all
    /// were used.
    ///
    /// # Errors
    /// If there is no room, or the game lets nobody join now.
    pub fn join(&mut self) -> Verdict<Seat> {
        crate::ensure!(self.play.may_join(), "nobody can join now");
        let all = Seats::first(usize::from(SEATS_MAX));
        let free = (all - self.used)
            .nth(0)
            .or_else(|| (all - self.seats()).nth(0));
        let seat = free.ok_or("the table is full")?;
        self.used.insert(seat);
        self.seat_changed(seat, SeatChange::Joined);
        Ok(seat)
    }

    /// Sets the game up again for who plays now.
    ///
    /// # Errors
    /// If the dice roll, or the game refuses the number of players; nothing has changed then.
    pub fn rematch(&mut self) -> Verdict {
        match self.drive(Op::Rematch) {
            Ok(step) => {
                self.lateness = Lateness::default();
                self.withholding = Seats::NONE;
                self.went(step);
                Ok(())
            }
            Err(ActError::Rejected(rejection)) => Err(rejection),
            Err(error) => Err(crate::game::Rejection::formatted(
                "no rematch",
                format_args!("no rematch: {error}"),
            )),
        }
    }

    /// How play ended, once it has.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.play.end()
    }
}

fn seed_of(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}
