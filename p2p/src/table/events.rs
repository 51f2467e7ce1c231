//! What happens at a table, for whoever wants to follow it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use quorate_core::crypto::PublicKey;
use quorate_core::engine::{self, Decided};
use quorate_core::evidence::Offence;
use quorate_core::game::{Game, Happened};
use quorate_core::genesis::TableId;
use quorate_core::reputation::Detection;
use quorate_core::roster::{Name, Newcomer};
use quorate_core::table::{EntryRefusal, MotionNews};
use quorate_core::{Epoch, Height, Round, Seat, Seats};

use super::ring::{Found, Reader};
use super::{Refusal, Status};
use crate::heirs::PartFault;
use crate::net;

/// Something that happened at a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<G: Game> {
    /// This reader was too slow: so many events are gone. What the table shows now is not lost.
    Missed(u64),
    /// The table does something else now.
    Status(Status),
    /// Somebody took a seat, before the table began.
    Joined {
        /// Which, unless somebody leaves before the table begins.
        seat: Seat,
        /// Who.
        name: Name,
    },
    /// Somebody gave a seat up, before the table began.
    Left {
        /// Who.
        name: Name,
    },
    /// Somebody was refused a seat here, or could not take it.
    TurnedAway {
        /// Whose key.
        key: PublicKey,
        /// Why.
        why: Refusal,
    },
    /// Somebody who follows the table asks for a seat. A player moves to admit the newcomer, with
    /// [`Motion::Admit`](quorate_core::message::Motion::Admit), or does not.
    Asks {
        /// Who, and on what terms.
        newcomer: Box<Newcomer>,
    },
    /// Another roster decides from now on: somebody sat down, or is gone.
    Roster {
        /// The epoch that has begun.
        epoch: Epoch,
        /// The seats.
        seats: Seats,
        /// This device's own.
        seat: Option<Seat>,
    },
    /// Every seat signed the genesis.
    Began {
        /// The table's id.
        table: TableId,
    },
    /// A height is final.
    Decided(Arc<Decided<G>>),
    /// A step of the game in the height decided last.
    Happened {
        /// That height.
        height: Height,
        /// What happened.
        happened: Happened<G>,
    },
    /// A roll was asked for: its contributors' secrets are sealed, and leave their devices now.
    Rolling {
        /// The roll.
        roll: Height,
        /// Who throws in a secret.
        contributors: Seats,
    },
    /// The secret of a seat for the open roll arrived here.
    Opened {
        /// The roll.
        roll: Height,
        /// Whose secret.
        seat: Seat,
    },
    /// A question was put to the table, answered, or is over.
    Motion {
        /// The height that decided it.
        height: Height,
        /// What happened.
        news: MotionNews,
    },
    /// There has been no quorum for so long that those present may
    /// [sign a claim](crate::Table::sign_claim).
    Stalled {
        /// The seats that were not heard from.
        absent: Seats,
    },
    /// Somebody signed the [claim](crate::Table::claim).
    Claimed {
        /// Who has signed it so far.
        signed: Seats,
    },
    /// Other seats than before were heard from lately.
    Present {
        /// Those heard from.
        seats: Seats,
    },
    /// This seat gave up on a round.
    RoundChanged {
        /// The height.
        height: Height,
        /// The round it entered.
        round: Round,
    },
    /// A seat contradicted itself under its signature; [`Table::proofs`](super::Table::proofs) has
    /// the proof. Told once per seat and epoch.
    Guilty {
        /// The seat.
        seat: Seat,
        /// What it did.
        offence: Offence,
    },
    /// A seat submitted what the rules refuse as things stand here. It is not decided.
    Refused {
        /// Whose entry.
        seat: Seat,
        /// What is wrong with it.
        why: EntryRefusal,
    },
    /// One height was decided twice; [`Table::forks`](super::Table::forks) has the proof.
    Forked {
        /// The height.
        height: Height,
        /// Whether the table stops; what only concerns the past does not stop it.
        halts: bool,
    },
    /// At a halted table, others than before agree to a successor, or give up other seats;
    /// [`Table::succeeding`](super::Table::succeeding) tells more.
    Agreed {
        /// Who agrees to what this device wants, or to what most do.
        agreed: Seats,
        /// How many of the seats that are left must, at least.
        needed: usize,
    },
    /// The halted table has a successor. If this device has a seat there it plays on at
    /// [`Table::successor`](super::Table::successor). Told again after a restart.
    Succeeded {
        /// The successor.
        table: TableId,
        /// Whether this device has a seat there.
        seated: bool,
    },
    /// Decided blocks are being fetched.
    CatchingUp {
        /// The height this device is at.
        height: Height,
        /// The height it is after.
        target: Height,
    },
    /// This device went on from a snapshot: what happened in between is not told.
    Adopted {
        /// The height it was at.
        from: Height,
        /// The height it is at now.
        height: Height,
    },
    /// The roster has changed so much that this device cannot tell whom to believe. Whoever holds
    /// no seat joins or watches again with a link ([`Table::link`](crate::Table::link)) that was
    /// made after the newest checkpoint; else a peer that has kept every block helps.
    LinkStale {
        /// Signers of the newest snapshot that are known here.
        known: usize,
        /// How many there must be.
        needed: usize,
    },
    /// The others hold a signature of this seat that this device has lost, as a restored backup
    /// does: it signs no more, and may ask for a new seat from a new folder.
    RolledBack {
        /// The height that was signed for.
        height: Height,
    },
    /// A peer did what it must not. Play goes on.
    Fault(PeerFault),
}

/// What a peer did wrong, and who it is: a local observation that proves nothing to others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerFault {
    /// The peer, if its connection got far enough to tell.
    pub peer: Option<PublicKey>,
    /// Its seat, if it has one.
    pub seat: Option<Seat>,
    /// What it is called, if it has a seat.
    pub name: Option<Name>,
    /// What it did.
    pub kind: FaultKind,
}

/// What a peer did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// On the network.
    #[error(transparent)]
    Net(#[from] net::FaultCause),
    /// In the protocol.
    #[error(transparent)]
    Protocol(#[from] engine::Fault),
    /// While gathering: a message that does not decode, or has no place there.
    #[error("a message that has no place in a gathering")]
    Gathering,
    /// An answer that does not decode, or was not asked for.
    #[error("an answer that holds nothing that was asked for")]
    Answer,
    /// What a device at a halted table said about its successor.
    #[error(transparent)]
    Successor(#[from] PartFault),
}

impl FaultKind {
    /// Which kind of bad bytes this is; none if bad weather or a slow device explains it.
    pub(crate) fn detection(&self) -> Option<Detection> {
        use net::{FaultCause, HelloFault};

        match self {
            Self::Protocol(fault) => fault.detection(),
            Self::Net(FaultCause::BadHello(HelloFault::Signature))
            | Self::Successor(PartFault::Signature(_)) => Some(Detection::InvalidSignature),
            Self::Net(
                FaultCause::BadHello(HelloFault::Malformed)
                | FaultCause::OversizeFrame { .. }
                | FaultCause::Garbage { .. }
                | FaultCause::BadRequest,
            )
            | Self::Gathering
            | Self::Answer
            | Self::Successor(_) => Some(Detection::Malformed),
            Self::Net(_) => None,
        }
    }
}

impl std::fmt::Display for PeerFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.name, self.seat, &self.peer) {
            (Some(name), Some(seat), _) => write!(f, "{name} (seat {seat})")?,
            (_, _, Some(peer)) => write!(f, "peer {peer}")?,
            _ => f.write_str("somebody")?,
        }
        write!(f, ": {}", self.kind)
    }
}

/// One reader of a table's events. Any number of them read at their own pace; the last
/// [`TABLE_EVENTS`](crate::limits::TABLE_EVENTS) are kept.
///
/// A plain thread calls [`try_next`](Self::try_next) or [`wait`](Self::wait); async code awaits
/// [`next`](Self::next) or uses it as a stream.
#[derive(Debug, Clone)]
pub struct Events<G: Game> {
    reader: Reader<Event<G>>,
}

impl<G: Game> Events<G> {
    pub(crate) const fn new(reader: Reader<Event<G>>) -> Self {
        Self { reader }
    }

    /// The next event, if there is one.
    pub fn try_next(&mut self) -> Option<Event<G>> {
        event(self.reader.try_next())
    }

    /// The next event, waited for at most `timeout`. `None` also once the table is closed.
    pub fn wait(&mut self, timeout: Duration) -> Option<Event<G>> {
        event(self.reader.wait(timeout))
    }

    /// The next event; `None` once the table is closed. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<Event<G>> {
        std::future::poll_fn(|context| self.reader.poll(context).map(event)).await
    }

    /// The number of the event that comes next, for
    /// [`Table::events_from`](crate::Table::events_from).
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.reader.number
    }
}

fn event<G: Game>(found: Found<Event<G>>) -> Option<Event<G>> {
    match found {
        Found::Event(event) => Some(event),
        Found::Missed(count) => Some(Event::Missed(count)),
        Found::Nothing | Found::Closed => None,
    }
}

impl<G: Game> Stream for Events<G> {
    type Item = Event<G>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event<G>>> {
        Poll::Ready(event(ready!(self.reader.poll(context))))
    }
}
