//! A table on this device alone: hot seat, bots and tests, with the same handle.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorate_core::game::{
    ActError, End, Game, Happened, Rejection, Seen, Settled, Verdict, Viewer,
};
use quorate_core::limits::HAPPENED_KEPT_MAX;
use quorate_core::local::Local;
use quorate_core::state::Play;
use quorate_core::{Height, Round, Seat, Seats};

use super::ring::Ring;
use super::{Event, Kind, Pending, Pulse, Status, Table};
use crate::lock;

/// A table on this device alone, behind a lock.
#[derive(Debug)]
pub(crate) struct LocalTable<G: Game> {
    state: Mutex<State<G>>,
    ring: Arc<Ring<Event<G>>>,
}

#[derive(Debug)]
struct State<G: Game> {
    local: Local<G>,
    log: VecDeque<Happened<G>>,
    /// Rises with every step, as heights do.
    steps: u64,
    seen: u64,
}

impl<G: Game> LocalTable<G> {
    fn new(local: Local<G>) -> Self {
        let state = State {
            local,
            log: VecDeque::new(),
            steps: 0,
            seen: 0,
        };
        let table = Self {
            state: Mutex::new(state),
            ring: Arc::default(),
        };
        table.with(|_| ());
        table
    }

    /// Does something, then tells what happened.
    fn with<T>(&self, run: impl FnOnce(&mut Local<G>) -> T) -> T {
        let mut state = lock(&self.state);
        let result = run(&mut state.local);
        for happened in state.local.drain() {
            state.steps += 1;
            let height = Height(state.steps);
            self.ring.push(Event::Happened {
                height,
                happened: happened.clone(),
            });
            if state.log.len() == HAPPENED_KEPT_MAX {
                state.log.pop_front();
            }
            state.log.push_back(happened);
        }
        result
    }

    /// Acts; what needs dice that a script does not have has not happened.
    fn act(&self, run: impl FnOnce(&mut Local<G>) -> Result<(), ActError>) -> Result<(), ActError> {
        self.with(|local| {
            let before = local.clone(); // as cheap as the clone that every step makes
            let rolled = local.play().is_rolling();
            run(local)?;
            match local.script_lacks() {
                Some(lack) if !rolled => {
                    *local = before;
                    Err(ActError::ScriptLacks(lack))
                }
                _ => Ok(()),
            }
        })
    }

    pub(super) fn rematch(&self) -> Verdict {
        self.with(Local::rematch)
    }

    fn read<T>(&self, read: impl FnOnce(&Local<G>) -> T) -> T {
        read(&lock(&self.state).local)
    }

    pub(super) fn ring(&self) -> Arc<Ring<Event<G>>> {
        Arc::clone(&self.ring)
    }

    pub(super) fn play(&self) -> Play<G> {
        self.read(|local| local.play().clone())
    }

    /// The one whose turn it is looks; nobody in particular while it is nobody's, or several'.
    pub(super) fn viewer(&self) -> Viewer {
        let mut state = lock(&self.state);
        state.seen = state.seen.max(state.local.play().turn_number());
        let one = state.local.play().awaited().only();
        one.map_or_else(Viewer::watcher, |seat| state.local.viewer(seat))
    }

    pub(super) fn turn_seen(&self) -> u64 {
        let state = lock(&self.state);
        if state.seen == 0 {
            state.local.play().turn_number()
        } else {
            state.seen
        }
    }

    pub(super) fn act_all(&self, turn: u64, actions: Vec<G::Action>) -> Result<Pending, ActError> {
        let seat = self.read(|local| {
            let play = local.play();
            play.actors().only().or_else(|| play.awaited().only())
        });
        let seat = match (seat, self.status()) {
            (Some(seat), _) => seat,
            (None, Status::Rolling) => return Err(ActError::Rolling),
            (None, Status::Ended(_)) => return Err(ActError::Ended),
            (None, _) => return Err(ActError::NotYourTurn),
        };
        self.act(|local| local.act_in(turn, seat, actions))?;
        let pending = Pending::new();
        let height = Height(lock(&self.state).steps);
        pending.settle(Settled::Decided { height });
        Ok(pending)
    }

    pub(super) fn legal(&self) -> Vec<G::Action> {
        self.read(|local| match local.play().awaited().only() {
            Some(seat) => local.legal_as(seat),
            None => Vec::new(),
        })
    }

    pub(super) fn status(&self) -> Status {
        self.read(|local| match local.end() {
            Some(end) => Status::Ended(end.clone()),
            None if local.play().is_rolling() => Status::Rolling,
            None => Status::Playing {
                turn: local.play().turn_number(),
                left: local.left(),
            },
        })
    }

    pub(super) fn pulse(&self) -> Pulse {
        let state = lock(&self.state);
        let play = state.local.play();
        Pulse {
            version: state.steps,
            height: Height(state.steps),
            round: Round(0),
            turn: play.turn_number(),
            left: state.local.left(),
            leader: None,
            present: play.players(),
            rolling: play.is_rolling(),
            pending: 0,
        }
    }
}

/// What only a table on this device can do. At a table on the network these refuse.
impl<G: Game> Table<G> {
    /// A table on this device alone for `players` people or bots, with dice of the system's
    /// randomness.
    ///
    /// # Errors
    /// If the game refuses its options or the number of players.
    pub fn local(game: G, players: u8) -> Verdict<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| "the system gives no randomness")?;
        Ok(Self::of_local(Local::new(game, players, seed)?))
    }

    /// The same with dice that follow from a small number: the same ones every time.
    ///
    /// # Errors
    /// See [`local`](Self::local).
    pub fn seeded(game: G, players: u8, seed: u64) -> Verdict<Self> {
        Ok(Self::of_local(Local::seeded(game, players, seed)?))
    }

    /// The same with dice that fall as written. An action that asks for dice which the script does
    /// not have is refused with [`ActError::ScriptLacks`].
    ///
    /// # Errors
    /// See [`local`](Self::local), or if the game rolls at once what the script does not have.
    pub fn scripted(game: G, players: u8, dice: impl IntoIterator<Item = u32>) -> Verdict<Self> {
        let local = Local::scripted(game, players, dice)?;
        if let Some(lack) = local.script_lacks() {
            return Err(Rejection::formatted(
                "the script lacks dice",
                format_args!("{lack}"),
            ));
        }
        Ok(Self::of_local(local))
    }

    fn of_local(local: Local<G>) -> Self {
        Self {
            kind: Kind::Local(Arc::new(LocalTable::new(local))),
        }
    }

    fn here(&self) -> Option<&LocalTable<G>> {
        match &self.kind {
            Kind::Local(local) => Some(local),
            Kind::Net { .. } => None,
        }
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

    /// The seats in the game; none before a table on the network has begun.
    #[must_use]
    pub fn seats(&self) -> Seats {
        self.play().map_or(Seats::NONE, |play| play.players())
    }

    /// Acts for `seat` at a local table.
    ///
    /// # Errors
    /// [`ActError`]; nothing has changed then. [`ActError::NoSeat`] at a table on the network,
    /// where a device acts for its own seat alone.
    pub fn act_as(&self, seat: Seat, action: G::Action) -> Result<(), ActError> {
        let local = self.here().ok_or(ActError::NoSeat)?;
        local.act(|local| local.act_as(seat, action))
    }

    /// Acts for `seat` at a local table in turn number `turn`, all actions or none.
    ///
    /// # Errors
    /// See [`act_as`](Self::act_as).
    pub fn act_in(
        &self,
        turn: u64,
        seat: Seat,
        actions: impl IntoIterator<Item = G::Action>,
    ) -> Result<(), ActError> {
        let local = self.here().ok_or(ActError::NoSeat)?;
        local.act(|local| local.act_in(turn, seat, actions))
    }

    /// Takes a random legal action for `seat` of a local table, and tells which; none if there is
    /// none.
    ///
    /// # Errors
    /// See [`act_as`](Self::act_as).
    pub fn act_as_bot(&self, seat: Seat) -> Result<Option<G::Action>, ActError> {
        let local = self.here().ok_or(ActError::NoSeat)?;
        local.with(|local| local.act_as_bot(seat))
    }

    /// What `seat` of a local table sees; at a table on the network what this device sees.
    ///
    /// # Errors
    /// If the game's own `view` panics.
    pub fn try_view_as(&self, seat: Seat) -> Verdict<Option<Seen<G::View>>> {
        let Some(local) = self.here() else {
            return self.try_view();
        };
        let (play, viewer) = local.read(|local| (local.play().clone(), local.viewer(seat)));
        let (turn, view) = (play.turn_number(), play.try_view(&viewer)?);
        Ok(Some(Seen { turn, view }))
    }

    /// [`try_view_as`](Self::try_view_as) of a game whose `view` does not panic; none where it
    /// does.
    #[must_use]
    pub fn view_as(&self, seat: Seat) -> Option<Seen<G::View>> {
        self.try_view_as(seat).ok().flatten()
    }

    /// What `seat` of a local table can do now; nothing at a table on the network.
    #[must_use]
    pub fn legal_as(&self, seat: Seat) -> Vec<G::Action> {
        self.here()
            .map_or_else(Vec::new, |local| local.read(|local| local.legal_as(seat)))
    }

    /// What happened at a local table since the last call, the oldest first. Of what nobody asks
    /// for only the last [`HAPPENED_KEPT_MAX`] are kept. On the network, read
    /// [`events`](Self::events).
    #[must_use]
    pub fn drain(&self) -> Vec<Happened<G>> {
        self.here()
            .map_or_else(Vec::new, |local| lock(&local.state).log.drain(..).collect())
    }

    /// Lets time pass at a local table: clocks run out there only when told.
    pub fn advance(&self, time: Duration) {
        self.local_only(|local| local.advance(time));
    }

    /// Keeps the dice of a local table in the air, or lets them fall.
    pub fn hold_dice(&self, hold: bool) {
        self.local_only(|local| local.hold_dice(hold));
    }

    /// Makes `seat` of a local table keep back its next secret.
    pub fn withhold_as(&self, seat: Seat) {
        self.local_only(|local| local.withhold_as(seat));
    }

    /// `seat` leaves a local table for good.
    pub fn leave_as(&self, seat: Seat) {
        self.local_only(|local| local.leave_as(seat));
    }

    fn local_only(&self, run: impl FnOnce(&mut Local<G>)) {
        if let Some(local) = self.here() {
            local.with(run);
        }
    }

    /// Somebody sits down at a local table.
    ///
    /// # Errors
    /// If there is no room, the game lets nobody join now, or the table is on the network.
    pub fn sit_down(&self) -> Verdict<Seat> {
        let local = self.here().ok_or(NOT_HERE)?;
        local.with(Local::join)
    }

    /// How play ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.play()?.end().cloned()
    }
}

const NOT_HERE: Rejection = Rejection::new("not yet possible at a table on the network");
