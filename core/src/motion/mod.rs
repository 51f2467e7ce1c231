//! Motions: the table answers a question on the chain, so that every seat counts the same ballots.
//!
//! A player puts a [`Motion`] to the table, and so says yes to it. Every
//! other player of the game has one [ballot](crate::message::Choice). [`needed`](Ballots::needed)
//! of them pass it; it is rejected as soon as that many can no longer be reached, or when its time
//! is up. A rejected question may not return for a while.
//!
//! [`Motions`] is the part of the table state that remembers all this; what a passed motion does is
//! the table's business.

mod advice;
mod ballots;
mod refusal;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use advice::{Advice, advice};
pub use ballots::Ballots;
pub use refusal::MotionRefusal;

use crate::digest::Digest;
use crate::limits::REJECTED_MOTIONS_MAX;
use crate::message::{Choice, Motion, MotionId};
use crate::seat::{Seat, Seats};
use crate::time::Height;

/// A motion that waits for ballots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenMotion {
    /// Its number.
    pub id: MotionId,
    /// Who put it.
    pub by: Seat,
    /// What is asked.
    pub motion: Arc<Motion>,
    /// Who said what so far.
    pub ballots: Ballots,
}

/// How a motion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Resolution {
    /// Enough said yes.
    Passed,
    /// Enough can no longer say yes.
    Rejected,
    /// Too few had said yes when its time was up.
    Expired,
    /// A dispute whose evidence, or the table's own state, shows that it is right.
    Upheld,
    /// A dispute whose evidence, or the table's own state, shows that it is wrong.
    Dismissed,
    /// The roster changed before it was answered.
    Voided,
}

impl Resolution {
    /// Whether what was asked, or said, stands.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(self, Self::Passed | Self::Upheld)
    }
}

/// A motion that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedMotion {
    /// The motion with the ballots that were given.
    pub motion: OpenMotion,
    /// How it ended.
    pub resolution: Resolution,
}

/// The motions of a table: those that are open, and those that may not return yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Motions {
    /// How many were opened: the number of the latest.
    opened: u32,
    /// Ascending by number; at most one of each seat.
    open: Vec<OpenMotion>,
    /// Rejected questions and the height from which each may return, the oldest first.
    rejected: Vec<(Digest, Height)>,
}

impl Motions {
    /// Puts `motion` before `voters` in the block of `height`; `by` says yes to it.
    ///
    /// # Errors
    /// [`MotionRefusal`] if `by` has no ballot or a motion open, the question is open already, or
    /// it was rejected lately.
    pub fn open(
        &mut self,
        by: Seat,
        motion: Motion,
        voters: Seats,
        height: Height,
    ) -> Result<MotionId, MotionRefusal> {
        if !voters.contains(by) {
            return Err(MotionRefusal::NoBallot(by));
        }
        if let Some(own) = self.open.iter().find(|open| open.by == by) {
            return Err(MotionRefusal::SecondMotion(own.id));
        }
        let question = motion.question();
        let mut open = self.open.iter();
        if let Some(same) = open.find(|open| open.motion.question() == question) {
            return Err(MotionRefusal::SameQuestion(same.id));
        }
        let rejected = self.rejected.iter().find(|(other, _)| *other == question);
        if let Some((_, until)) = rejected.filter(|(_, until)| height < *until) {
            return Err(MotionRefusal::TooSoon(*until));
        }
        let next = self.opened.checked_add(1);
        self.opened = next.ok_or(MotionRefusal::TooMany)?;
        let id = MotionId(self.opened);
        let mut ballots = Ballots::among(voters);
        ballots.cast(by, Choice::Yes);
        self.open.push(OpenMotion {
            id,
            by,
            motion: Arc::new(motion),
            ballots,
        });
        Ok(id)
    }

    /// Takes a seat's answer.
    ///
    /// # Errors
    /// [`MotionRefusal`] if the motion is not open, or the seat has no ballot or gave it already.
    pub fn ballot(
        &mut self,
        seat: Seat,
        motion: MotionId,
        choice: Choice,
    ) -> Result<(), MotionRefusal> {
        let open = self.open.iter_mut().find(|open| open.id == motion);
        let open = open.ok_or(MotionRefusal::Unknown(motion))?;
        if !open.ballots.voters().contains(seat) {
            Err(MotionRefusal::NoBallot(seat))
        } else if open.ballots.cast(seat, choice) {
            Ok(())
        } else {
            Err(MotionRefusal::SecondBallot { seat, motion })
        }
    }

    /// Closes the motions whose ballots settle them, in the order they were put; rejected ones may
    /// return at height `returns`.
    pub fn take_settled(&mut self, returns: Height) -> Vec<ClosedMotion> {
        let settled = self.open.iter().filter_map(|open| {
            let passed = open.ballots.settled()?;
            let rejected = Resolution::Rejected;
            Some((open.id, if passed { Resolution::Passed } else { rejected }))
        });
        let settled: Vec<_> = settled.collect();
        let closed = settled.into_iter();
        closed
            .filter_map(|(id, resolution)| self.close(id, resolution, returns))
            .collect()
    }

    /// Closes one motion, if it is open; if it does not stand it may return at height `returns`,
    /// but for [`Motion::Resume`], which may return at once.
    pub fn close(
        &mut self,
        id: MotionId,
        resolution: Resolution,
        returns: Height,
    ) -> Option<ClosedMotion> {
        let at = self.open.iter().position(|open| open.id == id)?;
        let motion = self.open.remove(at);
        // At a paused table no heights pass by themselves: whether to go on may always be asked.
        let waits = *motion.motion != Motion::Resume && resolution != Resolution::Voided;
        if !resolution.stands() && waits {
            let question = motion.motion.question();
            self.rejected.retain(|(other, _)| *other != question);
            if self.rejected.len() >= REJECTED_MOTIONS_MAX {
                self.rejected.remove(0);
            }
            self.rejected.push((question, returns));
        }
        Some(ClosedMotion { motion, resolution })
    }

    /// Voids all open motions: another roster would answer them.
    pub fn void(&mut self) -> Vec<ClosedMotion> {
        let closed = std::mem::take(&mut self.open).into_iter();
        let resolution = Resolution::Voided;
        closed
            .map(|motion| ClosedMotion { motion, resolution })
            .collect()
    }

    /// Takes the ballots, given or not, from all but `voters`: others are out of the game.
    pub fn keep_to(&mut self, voters: Seats) {
        for open in &mut self.open {
            for seat in open.ballots.voters() - voters {
                open.ballots.forget(seat);
            }
        }
    }

    /// Forgets the questions that may return at `height`.
    pub fn forgive(&mut self, height: Height) {
        self.rejected.retain(|(_, until)| height < *until);
    }

    /// The motions that wait for ballots, in the order they were put.
    #[must_use]
    pub fn all(&self) -> &[OpenMotion] {
        &self.open
    }

    /// Whether the motion with this number was put and is over.
    #[must_use]
    pub fn is_over(&self, id: MotionId) -> bool {
        id.0 <= self.opened && self.get(id).is_none()
    }

    /// The motion with this number, if it is open.
    #[must_use]
    pub fn get(&self, id: MotionId) -> Option<&OpenMotion> {
        self.open.iter().find(|open| open.id == id)
    }
}
