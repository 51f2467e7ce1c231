//! The table as a game developer holds it: one handle from gathering to the end.

mod act;
mod board;
mod dice;
mod events;
mod local;
mod membership;
mod motions;
mod pending;
mod proofs;
mod questions;
mod ring;
mod stall;
mod status;
mod succession;
mod trace;
mod transcript;

use std::sync::Arc;
use std::time::Duration;

use quorate_core::game::{Game, Seen, Verdict};
use quorate_core::genesis::{SignedGenesis, TableId};
use quorate_core::state::Play;
use quorate_core::{Digest, Height, Mono, PerSeat, Seat};

pub(crate) use board::{Board, InFlight, Shared};
pub(crate) use dice::DiceWatch;
pub use dice::{RollFlaw, RollProgress, RollProof, Thrown};
pub use events::{Event, Events, FaultKind, PeerFault};
use local::LocalTable;
pub use pending::Pending;
use ring::Reader;
pub use stall::NotStalled;
pub use status::{Breach, Halt, Pulse, Refusal, Seated, Status, Trouble};
pub use succession::Succeeding;
pub use trace::{Trace, Voted};
pub use transcript::TranscriptError;

use crate::clock;
use crate::driver::{Mail, Running};
use crate::limits::{LINGER_FOR_FOLLOWERS, REPORT_EVERY};
use crate::node::Node;

/// A table: one handle from gathering to the end, on the network or on this device alone.
///
/// Cheap to clone, usable from any thread. Nothing here waits for the network: reading shows what
/// this device knows, acting returns a [`Pending`] that tells later what became of it. A handle
/// keeps its node alive.
///
/// ```
/// use quorate_core::game::{Cx, Game, Outcome, Turn, Verdict, Viewer};
/// use quorate_core::{Seat, Seats, data};
/// use quorate_p2p::{Status, Table};
/// # #[data(crate = quorate_core)]
/// # struct Snap;
/// # impl Game for Snap {
/// #     const NAME: &'static str = "snap";
/// #     type State = Option<Seat>;
/// #     type Action = ();
/// #     type Event = ();
/// #     type View = Option<Seat>;
/// #     fn players(&self) -> std::ops::RangeInclusive<u8> { 2..=2 }
/// #     fn setup(&self, _: &mut Cx<Self>) -> Verdict<Option<Seat>> { Ok(None) }
/// #     fn turn(&self, _: &Option<Seat>) -> Turn { Turn::of(Seats::first(2)) }
/// #     fn apply(&self, s: &mut Option<Seat>, _: &mut Cx<Self>, seat: Seat, _: ()) -> Verdict {
/// #         *s = Some(seat);
/// #         Ok(())
/// #     }
/// #     fn outcome(&self, s: &Option<Seat>) -> Option<Outcome> { s.map(Outcome::won) }
/// #     fn view(&self, s: &Option<Seat>, _: &Viewer) -> Option<Seat> { *s }
/// # }
///
/// // `Snap`: whoever acts first wins.
/// let table = Table::local(Snap, 2)?;
/// let [ann, bob] = table.players();
/// table.act_as(bob, ())?;
/// assert!(matches!(table.status(), Status::Ended(_)));
/// assert!(table.act_as(ann, ()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Table<G: Game> {
    kind: Kind<G>,
}

#[derive(Clone)]
enum Kind<G: Game> {
    Net {
        running: Arc<Running<G>>,
        node: Node,
    },
    Local(Arc<LocalTable<G>>),
}

impl<G: Game> Table<G> {
    pub(crate) const fn of_node(running: Arc<Running<G>>, node: Node) -> Self {
        Self {
            kind: Kind::Net { running, node },
        }
    }

    fn shared(&self) -> Option<&Arc<Shared<G>>> {
        match &self.kind {
            Kind::Net { running, .. } => Some(&running.shared),
            Kind::Local(_) => None,
        }
    }

    /// What this device sees, with the turn it sees; none until the table has begun.
    ///
    /// From then on [`act`](Self::act) means this turn, so that what is tapped on an old picture
    /// is refused instead of landing elsewhere.
    ///
    /// # Errors
    /// If the game's own `view` panics.
    pub fn try_view(&self) -> Verdict<Option<Seen<G::View>>> {
        let (play, viewer) = match &self.kind {
            Kind::Local(local) => (local.play(), local.viewer()),
            Kind::Net { running, .. } => {
                let read = running.shared.read(|board| {
                    let play = board.play.clone()?;
                    board.seen = board.seen.max(play.turn_number());
                    Some((play, board.viewer.clone()))
                });
                let Some(read) = read else { return Ok(None) };
                read
            }
        };
        let (turn, view) = (play.turn_number(), play.try_view(&viewer)?);
        Ok(Some(Seen { turn, view }))
    }

    /// [`try_view`](Self::try_view) of a game whose `view` does not panic; none where it does.
    #[must_use]
    pub fn view(&self) -> Option<Seen<G::View>> {
        self.try_view().ok().flatten()
    }

    /// A copy of the decided state: the rules' state, whose turn it is, who plays. Cheap. None
    /// until the table has begun.
    #[must_use]
    pub fn play(&self) -> Option<Play<G>> {
        match &self.kind {
            Kind::Local(local) => Some(local.play()),
            Kind::Net { running, .. } => running.shared.read(|board| board.play.clone()),
        }
    }

    /// What the table is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.kind {
            Kind::Local(local) => local.status(),
            Kind::Net { running, .. } => running.shared.status(),
        }
    }

    /// Who sits where; while gathering, who sits there so far.
    #[must_use]
    pub fn seated(&self) -> Vec<Seated> {
        self.shared()
            .map_or_else(Vec::new, |shared| shared.read(|board| board.seated.clone()))
    }

    /// The few figures a screen wants in every frame.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        match &self.kind {
            Kind::Local(local) => local.pulse(),
            Kind::Net { running, .. } => running.shared.pulse(),
        }
    }

    /// Follows what happens from now on.
    #[must_use]
    pub fn events(&self) -> Events<G> {
        let ring = self.ring();
        let number = ring.next_number();
        Events::new(Reader::new(ring, number))
    }

    /// Follows what happens from event `number` on; 0 for everything that is kept.
    #[must_use]
    pub fn events_from(&self, number: u64) -> Events<G> {
        Events::new(Reader::new(self.ring(), number))
    }

    fn ring(&self) -> Arc<ring::Ring<Event<G>>> {
        match &self.kind {
            Kind::Local(local) => local.ring(),
            Kind::Net { running, .. } => Arc::clone(&running.shared.ring),
        }
    }

    /// The table's id, once everybody has signed; none at a local table.
    #[must_use]
    pub fn id(&self) -> Option<TableId> {
        self.shared()?.id()
    }

    /// What everybody signed.
    #[must_use]
    pub fn genesis(&self) -> Option<Arc<SignedGenesis>> {
        self.shared()?.read(|board| board.genesis.clone())
    }

    /// This device's seat, once everybody has signed; none for a watcher, and at a local table.
    #[must_use]
    pub fn seat(&self) -> Option<Seat> {
        self.shared()?.read(|board| board.seat)
    }

    /// How many faults of peers were seen. Play goes on.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.shared()
            .map_or(0, |shared| shared.read(|board| board.faults))
    }

    /// How the last heights became final, ascending, and the one under way.
    #[must_use]
    pub fn traces(&self) -> Vec<Trace> {
        self.shared().map_or_else(Vec::new, |shared| {
            shared.read(|board| board.traces.iter().cloned().collect())
        })
    }

    /// The roll that is being made.
    #[must_use]
    pub fn roll(&self) -> Option<RollProgress> {
        self.shared()?.read(|board| {
            let left = board
                .roll_deadline
                .map(|deadline| deadline.since(clock::mono()));
            board.roll.clone().map(|roll| RollProgress { left, ..roll })
        })
    }

    /// How the last roll was made, for computing it again by hand; none where it was rolled before
    /// this device began to watch, or by the device itself.
    #[must_use]
    pub fn last_roll(&self) -> Option<RollProof> {
        self.shared()?.read(|board| board.last_roll.clone())
    }

    /// What the monotonic clock of [`Trace`]s shows now.
    #[must_use]
    pub fn now() -> Mono {
        clock::mono()
    }

    /// Waits until play has begun, at most `timeout`; tells whether it has. A table that is refused
    /// or halted ends the wait.
    #[must_use]
    pub fn begun(&self, timeout: Duration) -> bool {
        self.shared()
            .is_none_or(|shared| shared.wait(timeout, |board| board.play.is_some()))
    }

    /// Waits until `height` is decided and known here, at most `timeout`; tells whether it is.
    #[must_use]
    pub fn reached(&self, height: Height, timeout: Duration) -> bool {
        self.shared()
            .is_none_or(|shared| shared.wait(timeout, |board| board.height >= height))
    }

    /// Before a device leaves for good: waits until every connected seat has the last height and
    /// knows that this one has it, or it might strand the last of them; at most `most`, for which
    /// [`LINGER_MAX`](crate::limits::LINGER_MAX) is enough. Once they have it, it waits a little
    /// longer, [`LINGER_FOR_FOLLOWERS`], for those who follow this device without a seat. Returns
    /// the digest of the state at that height as each seat showed it; a seat that showed none is
    /// missing.
    #[must_use]
    pub fn linger(&self, most: Duration) -> PerSeat<Digest> {
        let Some(shared) = self.shared() else {
            return PerSeat::default();
        };
        let mut left = most;
        if !report_until(shared, &mut left, Board::is_level) {
            tracing::warn!("not every connected seat shows the last height");
        }
        let mut left = left.min(LINGER_FOR_FOLLOWERS);
        let seen = |board: &Board<G>| board.seat.is_none() || board.followers_behind == 0;
        if !report_until(shared, &mut left, seen) {
            tracing::info!("not everybody who looks on has the last height");
        }
        shared.read(|board| {
            let tips = board.tips.iter();
            let last = tips.filter(|(_, tip)| tip.height == board.height);
            let mut digests: PerSeat<_> = last.map(|(seat, tip)| (seat, tip.state)).collect();
            digests.extend(board.seat.map(|seat| (seat, board.state)));
            digests
        })
    }
}

/// Shows every seat how far this device is until `wanted`, for as long as `left` says; tells
/// whether it came to that.
fn report_until<G: Game>(
    shared: &Shared<G>,
    left: &mut Duration,
    wanted: impl Fn(&Board<G>) -> bool,
) -> bool {
    loop {
        shared.inbox.push(Mail::Report); // again each time: one may be lost on its way
        let wait = REPORT_EVERY.min(*left);
        *left -= wait;
        if shared.wait(wait, &wanted) {
            return true;
        }
        if left.is_zero() || shared.status().is_final() {
            return false;
        }
    }
}

impl<G: Game> std::fmt::Debug for Table<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("game", &G::NAME)
            .field("id", &self.id())
            .field("seat", &self.seat())
            .field("status", &self.status())
            .finish()
    }
}
