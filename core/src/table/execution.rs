//! The one code path of inclusion, deadline and closing: what entries and deadlines do to a table.

use super::seating::Changes;
use super::{Applied, BlockRefusal, EntryRefusal, MotionNews, TableState};
use crate::codec;
use crate::digest::Digest;
use crate::game::{ActError, Game, Happened, Why};
use crate::genesis::DicePolicy;
use crate::limits::{ACTION_BYTES_MAX, ENTRY_ACTIONS_MAX};
use crate::message::{Content, Deadline, Entry, EntryBody};
use crate::mutant::{self, Mutant};
use crate::seat::Seat;
use crate::state::{Play, Step};
use crate::time::{Height, Wall};

/// A table on its way through one block.
pub(super) struct Execution<G: Game> {
    pub(super) state: TableState<G>,
    happened: Vec<Happened<G>>,
    /// What happened besides the game.
    pub(super) news: Vec<MotionNews>,
    /// What the block does to the roster of the next height.
    pub(super) changes: Changes,
    /// Practice rolls made in this block.
    pub(super) practised: u32,
    /// Whether each entry's state is encoded, or only the last one's.
    careful: bool,
}

impl<G: Game> Execution<G> {
    /// Begins the height after `state`'s.
    pub(super) fn new(state: &TableState<G>, time: Wall) -> Self {
        let mut state = state.clone();
        state.height = state.height.next();
        state.time = time;
        state.motions.forgive(state.height);
        Self {
            state,
            happened: Vec::new(),
            news: Vec::new(),
            changes: Changes::default(),
            practised: 0,
            careful: false,
        }
    }

    /// Encodes the state after each entry, one pass over it, so that an entry that leads to a
    /// state without canonical bytes is refused by itself and not with its block.
    pub(super) fn careful(mut self) -> Self {
        self.careful = true;
        self
    }

    /// Applies one entry as the leader did that built the block: with care, unless the state on the
    /// way has no bytes already, which with care would not have come about.
    pub(super) fn entry_as_built(&mut self, entry: &Entry) -> Result<(), EntryRefusal> {
        self.careful = true;
        let with_care = self.entry(entry);
        self.careful = false;
        let has_bytes = |play: &Play<G>| play.settle().is_ok();
        match with_care {
            Err(_) if !self.state.play.as_ref().is_none_or(has_bytes) => self.entry(entry),
            taken => taken,
        }
    }

    fn height(&self) -> Height {
        self.state.height
    }

    /// Applies one entry whose signature holds; a refused one leaves no trace.
    pub(super) fn entry(&mut self, entry: &Entry) -> Result<(), EntryRefusal> {
        let (seat, nonce) = (entry.body.seat, entry.body.nonce);
        self.in_place(entry)?;
        self.content(seat, &entry.body.content)?;
        let nonces = self.state.nonces.get_mut(seat);
        nonces.ok_or(EntryRefusal::Stranger(seat))?[entry.stream().index()] = nonce;
        self.state.sleep.wake(seat);
        Ok(())
    }

    /// Applies what a seat submits; what is refused leaves no trace.
    pub(super) fn content(&mut self, seat: Seat, content: &Content) -> Result<(), EntryRefusal> {
        match content {
            Content::Actions { turn, actions } => self.actions(seat, *turn, actions)?,
            Content::Ready { commitment } => {
                let wanted = self.state.genesis.dice != DicePolicy::Local && self.plays(seat);
                if self.state.ready.contains(seat) || commitment.is_some() != wanted {
                    return Err(EntryRefusal::Ready);
                }
                if let Some(commitment) = commitment {
                    self.state.pot.commit(seat, *commitment)?;
                }
                self.state.ready.insert(seat);
            }
            Content::Reveal {
                roll,
                opening,
                next,
            } => {
                self.player(seat)?;
                let holder = self.state.roster.holder(seat);
                let key = holder.ok_or(EntryRefusal::Stranger(seat))?.key;
                let owner = (self.state.table, seat, key);
                self.state.pot.reveal(owner, *roll, opening, *next)?;
            }
            Content::Commit { commitment } => {
                self.player(seat)?;
                if !self.state.ready.contains(seat) {
                    return Err(EntryRefusal::NotBegun);
                }
                self.state.pot.commit(seat, *commitment)?;
            }
            Content::Evidence(evidence) => self.evidence(evidence)?,
            Content::Here => self.here(seat)?,
            join @ Content::Join { .. } => self.join(seat, join)?,
            Content::Motion(motion) => self.propose(seat, motion)?,
            Content::Ballot { motion, choice } => self.ballot(seat, *motion, *choice)?,
            Content::Leave => self.remove(seat, Why::Left)?,
            Content::Withdraw => {}
            Content::Seal { turn, seal } => self.seal(seat, *turn, *seal)?,
            open @ Content::Open { .. } => self.open(seat, open)?,
            Content::Show { show, openings } => self.show(seat, *show, openings)?,
        }
        Ok(())
    }

    fn in_place(&self, entry: &Entry) -> Result<(), EntryRefusal> {
        let EntryBody {
            table,
            seat,
            nonce,
            follows,
            valid_until,
            ..
        } = entry.body;
        if table != self.state.table {
            return Err(EntryRefusal::Table);
        }
        let joins = matches!(entry.body.content, Content::Join { .. });
        let seated = self.state.roster.holder(seat).is_some();
        if seated == joins || self.state.author(seat).is_none() {
            return Err(EntryRefusal::Stranger(seat));
        }
        let latest = self
            .height()
            .0
            .saturating_add(u64::from(self.state.genesis.bounds.entry_lifetime));
        if valid_until < self.height() || valid_until.0 > latest {
            return Err(EntryRefusal::Expired(valid_until));
        }
        let decided = self.state.nonce(seat, entry.stream());
        if mutant::is(Mutant::SpentNonces) {
            return Ok(());
        }
        if nonce <= decided || nonce <= follows {
            return Err(EntryRefusal::Spent { nonce, decided });
        }
        if follows != decided {
            return Err(EntryRefusal::Gap { follows, decided });
        }
        Ok(())
    }

    fn plays(&self, seat: Seat) -> bool {
        self.state.roster.players().contains(seat)
    }

    pub(super) fn player(&self, seat: Seat) -> Result<(), EntryRefusal> {
        let plays = self.plays(seat);
        plays.then_some(()).ok_or(EntryRefusal::Witness(seat))
    }

    fn actions(&mut self, seat: Seat, turn: u64, actions: &[Vec<u8>]) -> Result<(), EntryRefusal> {
        self.player(seat)?;
        let play = self.state.play.as_mut().ok_or(EntryRefusal::NotBegun)?;
        if actions.is_empty() {
            return Ok(());
        }
        if self.state.presence.paused() {
            return Err(ActError::Paused.into());
        }
        if let Some(long) = actions
            .iter()
            .find(|action| action.len() > ACTION_BYTES_MAX)
        {
            return Err(EntryRefusal::Size(long.len()));
        }
        if actions.len() > ENTRY_ACTIONS_MAX {
            return Err(EntryRefusal::Size(actions.len()));
        }
        let actions: Result<Vec<_>, _> =
            actions.iter().map(|action| codec::decode(action)).collect();
        let actions = actions.map_err(EntryRefusal::Undecodable)?;
        let step = if self.careful {
            play.act(seat, turn, &actions)?
        } else {
            play.act_unsettled(seat, turn, &actions)?
        };
        self.happened.extend(step.happened);
        self.is_here(seat);
        Ok(())
    }

    /// What follows once all entries of the block are applied: play begins, a roll has its result,
    /// a new one is opened.
    pub(super) fn entries_done(&mut self) -> Result<(), BlockRefusal> {
        if let Some(play) = &self.state.play {
            play.settle().map_err(|_| BlockRefusal::Unencodable)?;
        }
        if self.state.play.is_none() {
            let missing = self.state.roster.seats() - self.state.ready;
            if !missing.is_empty() {
                return Err(BlockRefusal::NotReady(missing));
            }
            if self.state.time > self.state.genesis.expires {
                return Err(BlockRefusal::Time);
            }
            let (play, step) = self.state.begin()?;
            self.state.play = Some(play);
            self.state.carried = None;
            self.took(step);
        }
        self.go_on();
        self.close_hopeless_roll();
        self.settle_motions();
        self.go_on();
        Ok(())
    }

    /// Declares a deadline passed, if it is open.
    pub(super) fn deadline(&mut self, deadline: Deadline) -> Result<(), BlockRefusal> {
        if !self.state.closable(deadline) {
            return Err(BlockRefusal::Deadline(deadline));
        }
        match deadline {
            Deadline::Turn { .. } => self.clock(),
            Deadline::Reveal { .. } => self.withheld(),
            Deadline::Motion { motion } => self.ballots_due(motion),
            Deadline::Open { .. } => self.openings_due(),
            Deadline::Show { .. } => self.shown(),
        }
        self.go_on();
        self.settle_motions();
        self.go_on();
        Ok(())
    }

    /// Notes what a step led to.
    pub(super) fn took(&mut self, step: Step<G>) {
        self.happened.extend(step.happened);
    }

    /// The clock of the turn ran out: whoever still must act is late.
    fn clock(&mut self) {
        let late = self.state.awaited();
        let Some(play) = &mut self.state.play else {
            return;
        };
        if play.turn().is_sealed() {
            self.close_sealing();
        } else {
            let step = play.clock(late);
            self.took(step);
        }
        self.state.annals.late(self.state.height, late);
        self.were_late(late);
    }

    /// The digest of what has come of it.
    pub(super) fn digest(&mut self) -> Result<Digest, BlockRefusal> {
        let parent = self.state.digest;
        self.state.membership.note_state(parent);
        self.rank();
        let digest = self
            .state
            .covered()
            .map_err(|_| BlockRefusal::Unencodable)?;
        self.state.digest = digest;
        Ok(digest)
    }

    /// The table after the block with that digest.
    pub(super) fn finish(self, tip: Digest) -> Applied<G> {
        let Self {
            mut state,
            happened,
            news,
            ..
        } = self;
        state.tip = tip;
        Applied {
            state,
            happened,
            news,
        }
    }

    /// The state on the way, for changing it.
    pub(super) const fn state_mut(&mut self) -> &mut TableState<G> {
        &mut self.state
    }

    /// The state on the way.
    pub(super) const fn state(&self) -> &TableState<G> {
        &self.state
    }
}
