//! Agreement on one height.
//!
//! A protocol is a state machine over the messages of one height. It owns no key, clock or disk: it
//! takes verified facts and the time, asks the table through [`Rules`] whether a block may stand,
//! and says through [`Effect`]s what its seat should sign next. The engine signs, journals, and
//! only then counts the seat's own vote and lets it leave.
//!
//! There are two, [`Pbft`] and [`Tendermint`], behind one trait, [`Agreement`]. They keep the same
//! [`Dossier`] of votes, certificates and bodies, and differ in how a round ends and in what a
//! leader must propose again.

mod dossier;
mod effect;
mod error;
mod pace;
pub mod pbft;
pub mod tendermint;

use std::sync::Arc;
use std::time::Duration;

use crate::certificate::{Checker, CommitsCertificate, PrepareCertificate};
use crate::digest::Digest;
use crate::genesis::{Protocol, TableId, Timing};
use crate::message::{Block, Message, Peer, Proposal, RoundChange, Status, Vote};
use crate::roster::Roster;
use crate::schedule::Leaders;
use crate::seat::{Seat, Seats};
use crate::time::{Epoch, Height, Mono, Round};

pub use dossier::Dossier;
pub use effect::{Effect, Entitlement, Refusal};
pub use error::ReceiveError;
pub use pace::Pace;
pub use pbft::Pbft;
pub use tendermint::Tendermint;

/// A protocol: how the seats agree on one height.
///
/// Receiving only files what others signed; everything that follows from it happens in
/// [`advance`](Self::advance).
pub trait Agreement: std::fmt::Debug + Send + Sync {
    /// What is held of the height.
    fn dossier(&self) -> &Dossier;

    /// What is held of the height, for filing what means the same in every protocol.
    fn dossier_mut(&mut self) -> &mut Dossier;

    /// Does everything that can be done now; tells what is to be signed, sent and fetched.
    fn advance(&mut self, cx: &mut Context<'_>) -> Vec<Effect>;

    /// When something changes by itself: a step of the round ends, or a hold does.
    fn next_timeout(&self) -> Option<Mono>;

    /// Takes a vote of another seat. Tells whether it was new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused.
    fn vote(&mut self, vote: Vote, from: Peer, checker: &mut Checker)
    -> Result<bool, ReceiveError>;

    /// Takes a proposal. Tells whether it was new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused.
    fn proposal(
        &mut self,
        proposal: Proposal,
        from: Peer,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError>;

    /// Takes a round change of another seat with the certificate it claims. Tells whether it was
    /// new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused, as it is where rounds end otherwise.
    fn round_change(
        &mut self,
        _change: RoundChange,
        _claimed: Option<PrepareCertificate>,
        _checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        Err(ReceiveError::Protocol)
    }

    /// Takes the proof that a round is over. Tells whether it was new.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is refused, as it is where rounds end otherwise.
    fn round_over(
        &mut self,
        _over: CommitsCertificate,
        _checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        Err(ReceiveError::Protocol)
    }

    /// Counts the seat's own round change, now that it is on disk.
    fn count_own_change(&mut self, _change: RoundChange) {}

    /// Takes back a round change of this seat from the journal.
    fn resume_change(&mut self, _change: RoundChange) {}

    /// Takes back the proof that a round is over from the journal.
    fn resume_round_over(&mut self, _over: CommitsCertificate) {}

    /// Seats whose round change to this round or above is held.
    fn changes_held(&self) -> Seats {
        Seats::NONE
    }

    /// What a peer at this height that shows `status` lacks and this seat holds.
    fn repair(&self, status: &Status) -> Vec<Message>;

    /// The round this seat is in.
    fn round(&self) -> Round {
        self.dossier().round()
    }

    /// Who leads the current round.
    fn leader(&self) -> Seat {
        self.dossier().leader()
    }

    /// Why this seat's Prepare is delayed, if it is.
    fn hold(&self) -> Option<&Hold> {
        self.dossier().hold()
    }
}

/// A height begins, under the protocol that the genesis names.
#[must_use]
pub fn begin(protocol: Protocol, place: Place) -> Box<dyn Agreement> {
    match protocol {
        Protocol::Pbft => Box::new(Pbft::new(place)),
        Protocol::Tendermint => Box::new(Tendermint::new(place)),
    }
}

/// What the engine tells a protocol beside messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// There is something to decide: an entry that would be included, or a deadline that is due.
    pub pending: bool,
    /// This seat, where it leads, should propose now rather than collect a little longer.
    pub propose: bool,
}

/// What [`Agreement::advance`] needs beside the protocol's own state.
pub struct Context<'a> {
    /// The time.
    pub now: Mono,
    /// What there is to decide.
    pub work: Work,
    /// The table.
    pub rules: &'a mut dyn Rules,
    /// Checks signatures.
    pub checker: &'a mut Checker,
    /// Connections that brought false signatures, to be charged.
    pub liars: Vec<Peer>,
}

/// Where agreement takes place: fixed for one height.
#[derive(Clone, Debug)]
pub struct Place {
    /// The table.
    pub table: TableId,
    /// The epoch whose roster decides.
    pub epoch: Epoch,
    /// The height.
    pub height: Height,
    /// Who votes.
    pub roster: Arc<Roster>,
    /// Who leads which round.
    pub leaders: Leaders,
    /// One's own seat; none for a watcher, which signs nothing.
    pub me: Option<Seat>,
    /// How long rounds take.
    pub timing: Timing,
    /// How long round 0 takes, within those bounds ([`Pace::first_round`]).
    pub first_round: Duration,
}

impl Place {
    /// How long `round` may take.
    #[must_use]
    pub fn patience(&self, round: Round) -> Duration {
        self.timing.later(self.first_round, round.0)
    }
}

/// What a protocol asks the table about a block.
pub trait Rules {
    /// Whether the block may follow the last decided one. Reads decided data and the block only, so
    /// every honest seat answers alike (the papers' valid(v)).
    ///
    /// # Errors
    /// The reason to prepare nil.
    fn valid(
        &mut self,
        digest: Digest,
        block: &Arc<Block>,
        checker: &mut Checker,
    ) -> Result<(), String>;

    /// Whether this seat is content with a fresh block now: clocks, deadlines, inclusion. Asked
    /// only before the Prepare of a block that no certificate vouches for; "not yet" delays that
    /// Prepare within the round and is no nil. `prepared` are the other seats known to have
    /// prepared it.
    ///
    /// # Errors
    /// Why not yet, and when to ask again.
    fn content(&mut self, digest: Digest, block: &Arc<Block>, prepared: Seats) -> Result<(), Hold>;
}

/// Why a seat does not prepare a valid block yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The reason.
    pub why: HoldReason,
    /// When the answer changes by itself, if it does.
    pub until: Option<Mono>,
}

/// The reasons to hold a Prepare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldReason {
    /// The block's time is too far from one's own clock.
    Time,
    /// The parent's certificate for the round the block names has not arrived.
    Parent,
    /// It leaves out an entry that this seat has held for long.
    Omitted(Seat),
    /// It leaves out a deadline that this seat has seen due for long.
    DeadlineOmitted,
    /// It declares a deadline that is not due on one's own clock.
    TooEarly,
    /// It declares a seat late whose entry arrived in time.
    NotLate(Seat),
}
