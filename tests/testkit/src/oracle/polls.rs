//! Motions and ballots, counted from decided entries without the table's own books.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_core::message::{Block, Choice, Content, Motion, MotionId};
use quorate_core::motion::Resolution;
use quorate_core::table::MotionNews;
use quorate_core::{Epoch, Seat, Seats};

use super::{Invariant, Judgement, Violation};

/// Every motion that was put.
#[derive(Clone)]
pub(super) struct Polls {
    /// By number, from 1.
    put: Vec<Poll>,
    /// Who played after the last block, where they are known.
    before: Option<Seats>,
}

#[derive(Clone)]
struct Poll {
    motion: Arc<Motion>,
    epoch: Epoch,
    /// Who played before and after the block that put it: who comes to play later has no ballot.
    among: Option<[Seats; 2]>,
    ballots: BTreeMap<Seat, Choice>,
}

fn violation(what: String) -> Violation {
    Violation::new(Invariant::Ballot, what)
}

impl Polls {
    /// None was put yet; these play when it begins.
    pub(super) const fn new(players: Seats) -> Self {
        Self {
            put: Vec::new(),
            before: Some(players),
        }
    }

    /// A block was decided for the first time. Returns what was done because a motion passed;
    /// `voters` are the players after the block, who may be fewer than when the ballots were given.
    pub(super) fn decided(
        &mut self,
        block: &Block,
        news: &[MotionNews],
        voters: Option<Seats>,
    ) -> Result<Vec<Arc<Motion>>, Violation> {
        for entry in &block.entries {
            let seat = entry.body.seat;
            match &entry.body.content {
                Content::Motion(motion) => self.put.push(Poll {
                    motion: Arc::new(motion.clone()),
                    epoch: block.epoch,
                    among: self
                        .before
                        .zip(voters)
                        .map(|(before, after)| [before, after]),
                    ballots: [(seat, Choice::Yes)].into(),
                }),
                Content::Ballot { motion, choice } => self.ballot(seat, *motion, *choice)?,
                _ => {}
            }
        }
        let mut done = Vec::new();
        for piece in news {
            match piece {
                MotionNews::Closed(closed) if closed.resolution == Resolution::Passed => {
                    let id = closed.motion.id;
                    let motion = self.passed(id, block.epoch, voters)?;
                    done.push((id, motion));
                }
                MotionNews::Failed { id, .. } => done.retain(|(other, _)| other != id),
                _ => {}
            }
        }
        self.before = voters;
        Ok(done.into_iter().map(|(_, motion)| motion).collect())
    }

    fn poll(&mut self, id: MotionId) -> Result<&mut Poll, Violation> {
        let index = usize::try_from(id.0).unwrap_or(0).checked_sub(1);
        let poll = index.and_then(|index| self.put.get_mut(index));
        poll.ok_or_else(|| violation(format!("motion {id} was never put")))
    }

    fn ballot(&mut self, seat: Seat, id: MotionId, choice: Choice) -> Judgement {
        match self.poll(id)?.ballots.insert(seat, choice) {
            None => Ok(()),
            Some(_) => Err(violation(format!("seat {seat} answers motion {id} twice"))),
        }
    }

    fn passed(
        &mut self,
        id: MotionId,
        epoch: Epoch,
        voters: Option<Seats>,
    ) -> Result<Arc<Motion>, Violation> {
        let before = self.before;
        let poll = self.poll(id)?;
        if poll.epoch != epoch {
            let what = format!(
                "motion {id} of epoch {} passes in epoch {epoch}",
                poll.epoch
            );
            return Err(violation(what));
        }
        let yes: Seats = poll
            .ballots
            .iter()
            .filter(|(_, choice)| **choice == Choice::Yes)
            .map(|(seat, _)| *seat)
            .collect();
        // More than two thirds of those who played when it was put and still do. Either block may
        // take a seat into the game or out of it before or after it gets to the motion, or some
        // before and some after: in the worst case those before who had not said yes.
        let (Some(then), Some(before), Some(after)) = (poll.among, before, voters) else {
            return Ok(Arc::clone(&poll.motion));
        };
        let worst = (before & after) | (before & yes);
        let mut electors = then
            .into_iter()
            .flat_map(|then| [before, after, worst].map(|still| then & still));
        if !electors.any(|all| 3 * (yes & all).len() > 2 * all.len()) {
            let what = format!("motion {id} passes by the ballots of {yes:?} alone");
            return Err(violation(what));
        }
        Ok(Arc::clone(&poll.motion))
    }
}
