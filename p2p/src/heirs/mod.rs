//! After a fork: how those who are left come to one successor.
//!
//! Whoever wants to go on works out, from its own disk, where the table stood below the fork, and
//! drafts the successor's genesis. Drafting is deterministic: two devices that give up the same
//! seats and know the same proofs draft the same, so only signatures and proofs travel. Each device
//! asks the others what they hold, again and again, and so nothing that is lost is missed for long.
//!
//! ```text
//!   halted by a fork ─▶ Branch (the state below it) ─▶ draft, sign
//!          others' parts ─▶ check ─▶ merge ─▶ enough agree ─▶ on disk ─▶ open the successor
//! ```
//!
//! A device signs one draft after the other only if the later gives up more, and it enters one
//! successor alone: the one it signed last, or the one that a seat it counts on has entered. Block
//! 1 of a successor needs a `Ready` of each of its seats, so no two of them ever begin that have an
//! honest seat in common. [`Heirs`] is a state machine without a clock or a socket; the
//! [driver](crate::driver) carries and stores what it says.

mod branch;
mod error;
mod part;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use quorate_core::certificate::Checker;
use quorate_core::crypto::{AnyScheme, Signer, Verifier};
use quorate_core::evidence::{Court, Evidence};
use quorate_core::fork::Succession;
use quorate_core::genesis::Predecessor;
use quorate_core::roster::quorum;
use quorate_core::{PerSeat, Seat, Seats};

pub(crate) use branch::Branch;
pub use error::CannotGoOn;
pub(crate) use part::Part;
pub use part::PartFault;

use crate::table::Succeeding;

/// What one device knows of the successor of a halted table.
pub(crate) struct Heirs {
    branch: Branch,
    /// This device's seat there; none for who only watches.
    me: Option<Seat>,
    signer: Arc<dyn Signer>,
    verifier: Arc<dyn Verifier>,
    proofs: PerSeat<Evidence>,
    /// The seats that this device gives up; none before its player wants to go on.
    without: Option<Seats>,
    /// What it signed last, with what others signed of the same.
    mine: Option<Succession>,
    /// What each other seat wants, as it said last.
    heard: PerSeat<Part>,
    /// The successor that everybody on it has signed.
    settled: Option<Succession>,
}

/// What became of a part that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Taken,
    /// It goes on from elsewhere: its author knows of another fork, or this device does.
    Elsewhere,
}

impl Heirs {
    /// Nobody has said anything yet. `sits` tells whether this device may sign for its seat.
    pub(crate) fn new(branch: Branch, signer: Arc<dyn Signer>, sits: bool) -> Self {
        let me = branch.roster.seat_of(&signer.public());
        Self {
            branch,
            me: me.filter(|_| sits),
            signer,
            verifier: Arc::new(AnyScheme),
            proofs: PerSeat::default(),
            without: None,
            mine: None,
            heard: PerSeat::default(),
            settled: None,
        }
    }

    /// Takes back what was settled before a restart.
    pub(crate) fn resume(&mut self, settled: Succession) {
        self.settled = Some(settled);
    }

    /// Takes what proves seats guilty, whoever found it; what proves nothing is passed over.
    pub(crate) fn learn<'a>(&mut self, proofs: impl Iterator<Item = &'a Evidence>) {
        let mut checker = Checker::new(Arc::clone(&self.verifier));
        for proof in proofs {
            let known = self.proofs.get(proof.seat()).is_some();
            if !known && proof.check(&self.court(), &mut checker).is_ok() {
                self.proofs.insert(proof.seat(), proof.clone());
            }
        }
        self.redraft();
    }

    fn court(&self) -> Court<'_> {
        Court {
            table: self.branch.genesis.table(),
            protocol: self.branch.genesis.protocol,
            roster: &self.branch.roster,
        }
    }

    /// Whether this device may sign a successor without these seats.
    pub(crate) fn may_go_on(&self, without: Seats) -> Result<(), CannotGoOn> {
        let me = self.me.ok_or(CannotGoOn::NoSeat)?;
        if self.settled.is_some() {
            return Err(CannotGoOn::Settled);
        }
        if self.proofs.seats().contains(me) {
            return Err(CannotGoOn::Guilty);
        }
        let without = without | self.without.unwrap_or(Seats::NONE);
        let draft = self.branch.draft(self.proofs.seats(), without);
        Ok(draft.validate()?)
    }

    /// The player wants to go on without these seats, beside those that it gave up before.
    /// Returns all of them, which must be on disk before anything of it is said.
    pub(crate) fn go_on(&mut self, without: Seats) -> Seats {
        let before = self.without.unwrap_or(Seats::NONE);
        let without = (without | before) & self.branch.roster.seats();
        self.without = Some(without);
        self.redraft();
        without
    }

    /// Drafts what follows from the proofs and the seats given up, and signs it.
    fn redraft(&mut self) {
        let guilty = self.proofs.seats();
        let signs = self.me.is_some_and(|me| !guilty.contains(me));
        let (Some(without), true, None) = (self.without, signs, &self.settled) else {
            return;
        };
        let draft = self.branch.draft(guilty, without);
        let same = |mine: &Succession| mine.signed.genesis == draft;
        if self.mine.as_ref().is_some_and(same) {
            return;
        }
        if draft.validate().is_err() {
            self.mine = None; // too few are left
            return;
        }
        let mut mine = Succession::new(draft, self.proofs.clone());
        mine.agree(&self.branch.roster, &*self.signer);
        self.heard
            .iter()
            .for_each(|(_, part)| mine.merge(&part.succession));
        self.mine = Some(mine);
    }

    /// Takes what the device of seat `from` holds.
    ///
    /// # Errors
    /// [`PartFault`] if no honest device says that; nothing of it is kept.
    pub(crate) fn hear(&mut self, from: Seat, part: Part) -> Result<Heard, PartFault> {
        let succession = &part.succession;
        let genesis = &succession.signed.genesis;
        let predecessor = genesis.predecessor.as_ref();
        let ours = |from: &&Predecessor| from.table == self.branch.genesis.table();
        let predecessor = predecessor.filter(ours).ok_or(PartFault::OtherTable)?;
        let (height, digest) = (self.branch.height, self.branch.digest);
        if (predecessor.height, predecessor.branch) != (height, digest) {
            return Ok(Heard::Elsewhere);
        }
        let guilty = predecessor.guilty;
        let absent = self.branch.roster.seats() - guilty - predecessor.seats;
        if self.branch.draft(guilty, absent) != *genesis {
            return Err(PartFault::OtherDraft);
        }
        self.proven(succession, guilty)?;
        if !succession.agreeing().contains(from) {
            return Err(PartFault::Unsigned(from));
        }
        let forged = succession.forged(&self.branch.roster, &*self.verifier);
        if let Some(seat) = forged.nth(0) {
            return Err(PartFault::Signature(seat));
        }
        if part.settled {
            succession.check(&self.branch.origin(), &self.verifier)?;
        }
        self.learn(succession.proofs.iter().map(|(_, proof)| proof));
        self.mine.iter_mut().for_each(|mine| mine.merge(succession));
        self.heard.insert(from, part);
        Ok(Heard::Taken)
    }

    /// Whether every proof in a part holds, and every seat that it leaves out as guilty is proven.
    fn proven(&self, succession: &Succession, guilty: Seats) -> Result<(), PartFault> {
        let mut checker = Checker::new(Arc::clone(&self.verifier));
        for (seat, proof) in succession.proofs.iter() {
            let known = self.proofs.get(seat) == Some(proof);
            let holds = known || proof.check(&self.court(), &mut checker).is_ok();
            if proof.seat() != seat || !holds {
                return Err(PartFault::Proof(seat));
            }
        }
        let unproven = guilty - succession.proofs.seats();
        unproven
            .nth(0)
            .map_or(Ok(()), |seat| Err(PartFault::Proof(seat)))
    }

    /// Looks whether a successor is settled now that was not before: the one that this device
    /// signed last, or one that a seat of it has entered, which will sign no other any more.
    pub(crate) fn settle(&mut self) -> Option<&Succession> {
        if self.settled.is_some() {
            return None;
        }
        let whole = |succession: &&Succession| {
            let heirs = succession.signed.genesis.indexes();
            heirs.is_subset(succession.agreeing())
                && succession
                    .check(&self.branch.origin(), &self.verifier)
                    .is_ok()
        };
        let counts_on = match &self.mine {
            Some(mine) => mine.signed.genesis.indexes(),
            None => self.branch.roster.seats(),
        };
        let entered = |(seat, part): (Seat, &'_ Part)| part.settled && counts_on.contains(seat);
        let theirs = || {
            self.heard
                .iter()
                .find(|(seat, part)| entered((*seat, part)))
        };
        let mine = self.mine.as_ref().filter(whole);
        self.settled = mine
            .or_else(|| theirs().map(|(_, part)| &part.succession))
            .cloned();
        self.settled.as_ref()
    }

    /// The successor, if it is settled.
    pub(crate) const fn settled(&self) -> Option<&Succession> {
        self.settled.as_ref()
    }

    /// Whether this device has a seat at the settled successor.
    pub(crate) fn inherits(&self) -> bool {
        let heirs = self.settled.as_ref();
        let heirs = heirs.map(|settled| settled.signed.genesis.indexes());
        heirs
            .zip(self.me)
            .is_some_and(|(heirs, me)| heirs.contains(me))
    }

    /// Where the successor goes on from.
    pub(crate) const fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Who is proven guilty.
    pub(crate) fn guilty(&self) -> Seats {
        self.proofs.seats()
    }

    /// What this device says to whoever asks; nothing before it wants to go on.
    pub(crate) fn part(&self) -> Option<Part> {
        let succession = self.settled.as_ref().or(self.mine.as_ref())?;
        Some(Part {
            succession: succession.clone(),
            settled: self.settled.is_some(),
        })
    }

    /// How far it is: what this device wants, or, before it wants anything, what most others do.
    pub(crate) fn progress(&self) -> Succeeding {
        let others = || {
            let parts = self.heard.iter().map(|(_, part)| &part.succession);
            parts.max_by_key(|succession| succession.agreeing().len())
        };
        let wanted = self.settled.as_ref().or(self.mine.as_ref()).or_else(others);
        let from = wanted.and_then(|wanted| wanted.signed.genesis.predecessor.as_ref());
        let roster = self.branch.roster.seats();
        let guilty = from.map_or(self.proofs.seats(), |from| from.guilty);
        let heirs = from.map_or(roster - guilty, |from| from.seats);
        let absent = |from: &Predecessor| roster - from.guilty - from.seats;
        let others = self.heard.iter().filter_map(|(seat, part)| {
            let from = part.succession.signed.genesis.predecessor.as_ref()?;
            Some((seat, absent(from)))
        });
        let mut without: PerSeat<Seats> = others.collect();
        without.extend(self.me.zip(self.without));
        let settled = self.settled.as_ref();
        Succeeding {
            height: self.branch.height,
            guilty,
            absent: roster - guilty - heirs,
            heirs,
            agreed: wanted.map_or(Seats::NONE, Succession::agreeing),
            needed: quorum((roster - guilty).len()),
            without,
            table: settled.map(|settled| settled.signed.genesis.table()),
        }
    }
}
