//! How the others behave, as far as this device can tell. Nothing here proves anything: it feeds
//! the reputation that this device keeps.

use super::{Engine, Event, Fault};
use crate::certificate::CertificateError;
use crate::consensus::ReceiveError;
use crate::evidence::EvidenceError;
use crate::game::Game;
use crate::limits::SILENT_HEIGHTS;
use crate::message::{Peer, StatementKind};
use crate::reputation::Detection;
use crate::seat::{PerSeat, Seat, Seats};
use crate::table::EntryRefusal;
use crate::time::Round;

/// What is remembered of everybody's conduct.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    /// The highest round whose beginning was minded.
    round: Round,
    /// Heights in a row in which nothing was heard of a seat.
    silent: PerSeat<u32>,
    /// Seats of no roster whose entries were told of at this height.
    strangers: Seats,
}

impl Conduct {
    /// A new height begins.
    pub(super) const fn begin_height(&mut self) {
        self.round = Round(0);
        self.strangers = Seats::NONE;
    }
}

/// Whom a detection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspect {
    /// The holder of a seat.
    Seat(Seat),
    /// Whoever is at the other end of a connection.
    Peer(Peer),
}

impl<G: Game> Engine<G> {
    /// Tells that an entry came in the name of a seat nobody holds: once a height and seat, for it
    /// is signed by nobody and costs nothing to make. Whoever passes it on may be at a height with
    /// another roster, and is not to blame.
    pub(super) fn mind_stranger(&mut self, seat: Seat) {
        let told = &mut self.conduct.strangers;
        if !told.contains(seat) {
            *told |= Seats::from(seat);
            let why = EntryRefusal::Stranger(seat);
            self.outbox.event(Event::EntryRefused { seat, why });
        }
    }

    /// Tells that the leader of a round that is over was silent, if it was.
    pub(super) fn mind_leader(&mut self) {
        let (height, round) = (self.height(), self.conduct.round);
        if self.consensus.round() <= round {
            return;
        }
        self.conduct.round = self.consensus.round();
        let seat = self.consensus.dossier().place().leaders.leader(round);
        let proposed = StatementKind::Prepare;
        let heard = self.docket.watch().said(seat, height, round, proposed);
        if self.me.is_some() && self.me != Some(seat) && !heard {
            self.outbox.event(Event::LeaderTimeout {
                seat,
                height,
                round,
            });
        }
    }

    /// Counts for how many heights in a row each seat has signed nothing, looking at the oldest
    /// height that is remembered: what was only late has arrived by then.
    pub(super) fn mind_silence(&mut self) {
        let height = self.docket.watch().first();
        let me = self.me.map_or(Seats::NONE, Seats::from);
        let spoke = self.docket.watch().spoke(height) | me;
        let leaving = height.0 + crate::limits::WATCHED_HEIGHTS <= self.height().0;
        // A height that this device fetched shows nobody's votes.
        let Some((_, roster)) = self.table.roster_at(height).filter(|_| leaving) else {
            return;
        };
        if spoke.len() < roster.quorum() {
            return;
        }
        for seat in roster.seats() {
            let heights = self
                .conduct
                .silent
                .get(seat)
                .map_or(1, |heights| heights + 1);
            let heights = if spoke.contains(seat) { 0 } else { heights };
            let long = heights >= SILENT_HEIGHTS;
            self.conduct
                .silent
                .insert(seat, if long { 0 } else { heights });
            if long {
                self.outbox.event(Event::Silent { seat, heights });
            }
        }
    }
}

impl<G: Game> Event<G> {
    /// What this event says of somebody's conduct, for [`Reputation`](crate::reputation).
    #[must_use]
    pub fn detection(&self) -> Option<(Suspect, Detection)> {
        match self {
            Self::Guilty { evidence, .. } => {
                Some((Suspect::Seat(evidence.seat()), Detection::Equivocation))
            }
            Self::LeaderTimeout { seat, .. } => {
                Some((Suspect::Seat(*seat), Detection::LeaderTimeout))
            }
            Self::Silent { seat, .. } => Some((Suspect::Seat(*seat), Detection::Silence)),
            Self::Fault { peer, fault } => Some((Suspect::Peer(*peer), fault.detection()?)),
            _ => None,
        }
    }
}

impl Fault {
    /// Which kind of bad bytes this is; none if an honest peer that knows less or more may send
    /// the same.
    #[must_use]
    pub fn detection(&self) -> Option<Detection> {
        match self {
            Self::Consensus(
                ReceiveError::Height(_) | ReceiveError::Round(_) | ReceiveError::Stranger(_),
            )
            | Self::Evidence(EvidenceError::Stranger(_)) => None,
            Self::Consensus(
                ReceiveError::Signature(_)
                | ReceiveError::Certificate(CertificateError::Signature(_)),
            )
            | Self::FalseVote
            | Self::Evidence(EvidenceError::Signature(_)) => Some(Detection::InvalidSignature),
            Self::Entry { why, .. } if *why == super::pool::FALSE_SIGNATURE => {
                Some(Detection::InvalidSignature)
            }
            _ => Some(Detection::Malformed),
        }
    }
}
