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
//! successor alone: the one it signed last, or the one that a seat it counts on has entered, also
//! if that was before it heard of a lower fork. Block 1 of a successor needs a `Ready` of each of
//! its seats, so no two of them ever begin that have an honest seat in common. [`Heirs`] is a state
//! machine without a clock or a socket; the [driver](crate::driver) carries and stores what it
//! says.

mod branch;
mod error;
mod part;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use quorate_core::certificate::Checker;
use quorate_core::crypto::{AnyScheme, PublicKey, Signer, Verifier};
use quorate_core::evidence::{Court, Evidence};
use quorate_core::fork::Succession;
use quorate_core::genesis::{Predecessor, SignedGenesis};
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
    /// Whether it was found since [`settle`](Heirs::settle) was last asked.
    found: bool,
}

/// What became of a part that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Taken,
    /// Its author counts for nothing here, or said already what goes further.
    Passed,
    /// It goes on from elsewhere: its author knows of another fork, or this device does.
    Elsewhere(Box<Part>),
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
            found: false,
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
                self.heard.remove(proof.seat());
            }
        }
        self.redraft();
    }

    /// What is proven so far. It must be on disk before anything drafted by it is said, or a
    /// restart would sign what gives up fewer.
    pub(crate) const fn proofs(&self) -> &PerSeat<Evidence> {
        &self.proofs
    }

    /// The seat of a key whose word counts here: it had one where the successor goes on from, and
    /// is not proven guilty.
    pub(crate) fn speaker(&self, key: PublicKey) -> Option<Seat> {
        let seat = self.branch.roster.seat_of(&key);
        seat.filter(|seat| !self.proofs.seats().contains(*seat))
    }

    /// The keys of all whose word counts here.
    pub(crate) fn speakers(&self) -> impl Iterator<Item = PublicKey> {
        let guilty = self.proofs.seats();
        let holders = self.branch.roster.iter();
        let innocent = holders.filter(move |(seat, _)| !guilty.contains(*seat));
        innocent.map(|(_, holder)| holder.key)
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
        let draft = self
            .branch
            .draft(self.proofs.seats(), self.given_up(without));
        Ok(draft.validate()?)
    }

    /// These seats and those that were given up before: what must be on disk before this device
    /// [goes on](Self::go_on) without them.
    pub(crate) fn given_up(&self, without: Seats) -> Seats {
        let before = self.without.unwrap_or(Seats::NONE);
        (without | before) & self.branch.roster.seats()
    }

    /// The player wants to go on without these seats, beside those that it gave up before.
    pub(crate) fn go_on(&mut self, without: Seats) {
        self.without = Some(self.given_up(without));
        self.redraft();
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

    /// Takes what the device with this key holds.
    ///
    /// # Errors
    /// [`PartFault`] if no honest device says that; nothing of it is kept.
    pub(crate) fn hear(&mut self, from: PublicKey, part: Part) -> Result<Heard, PartFault> {
        let Some(from) = self.speaker(from) else {
            return Ok(Heard::Passed);
        };
        let succession = &part.succession;
        let genesis = &succession.signed.genesis;
        let predecessor = genesis.predecessor.as_ref();
        let ours = |from: &&Predecessor| from.table == self.branch.genesis.table();
        let predecessor = predecessor.filter(ours).ok_or(PartFault::OtherTable)?;
        let (height, digest) = (self.branch.height, self.branch.digest);
        if (predecessor.height, predecessor.branch) != (height, digest) {
            return Ok(Heard::Elsewhere(Box::new(part)));
        }
        let guilty = predecessor.guilty;
        let absent = self.branch.roster.seats() - guilty - predecessor.seats;
        if self.branch.draft(guilty, absent) != *genesis {
            return Err(PartFault::OtherDraft);
        }
        self.proven(succession, guilty)?;
        // Who was given up tells of the successor that it has no part in.
        if !part.settled && !succession.agreeing().contains(from) {
            return Err(PartFault::Unsigned(from));
        }
        let forged = succession.forged(&self.branch.roster, &*self.verifier);
        if let Some(seat) = forged.nth(0) {
            return Err(PartFault::Signature(seat));
        }
        if part.settled {
            succession.check(&self.branch.origin(), &self.verifier)?;
        }
        if self.goes_back(from, &part) {
            return Ok(Heard::Passed);
        }
        self.learn(succession.proofs.iter().map(|(_, proof)| proof));
        self.mine.iter_mut().for_each(|mine| mine.merge(succession));
        self.heard.insert(from, part);
        Ok(Heard::Taken)
    }

    /// Whether a seat says less than it did: it has entered a successor, or gives up fewer. One
    /// that said now this and now that would keep everybody's screen busy.
    fn goes_back(&self, from: Seat, part: &Part) -> bool {
        let heirs = |part: &Part| part.succession.signed.genesis.indexes();
        let goes_back = |before: &Part| {
            before.settled || !part.settled && !heirs(part).is_subset(heirs(before))
        };
        self.heard.get(from).is_some_and(goes_back)
    }

    /// The seats that this device counts on: those of the draft that it signed last.
    fn counts_on(&self) -> Seats {
        match &self.mine {
            Some(mine) => mine.signed.genesis.indexes(),
            None => self.branch.roster.seats() - self.proofs.seats(),
        }
    }

    /// Whether a part that goes on from elsewhere binds this device: it has signed that successor,
    /// before it heard of a lower fork, and a seat that it counts on has entered it.
    pub(crate) fn is_bound_by(&self, from: PublicKey, part: &Part) -> bool {
        let signed = &part.succession.signed;
        // By this device's own keys: whoever made the genesis up chose those that stand in it.
        let signed_it = |by| {
            let bytes = SignedGenesis::bytes(&signed.genesis);
            self.verifier.verify(&self.signer.keys(), &bytes, by)
        };
        let own = self.me.and_then(|me| signed.signatures.get(me));
        let counts = |from| self.counts_on().contains(from);
        let open = part.settled && self.settled.is_none();
        open && self.speaker(from).is_some_and(counts) && own.is_some_and(signed_it)
    }

    /// Enters the successor that [binds](Self::is_bound_by) this device, which goes on from
    /// `branch`.
    ///
    /// # Errors
    /// [`PartFault`] if it is none.
    pub(crate) fn follow(&mut self, branch: Branch, part: Part) -> Result<(), PartFault> {
        part.succession.check(&branch.origin(), &self.verifier)?;
        let seat = branch.roster.seat_of(&self.signer.public());
        self.me = self.me.and(seat);
        self.branch = branch;
        self.settled = Some(part.succession);
        self.found = true;
        Ok(())
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
        if self.settled.is_none() {
            self.settled = self.whole().cloned();
            self.found = self.settled.is_some();
        }
        let found = std::mem::take(&mut self.found);
        self.settled.as_ref().filter(|_| found)
    }

    fn whole(&self) -> Option<&Succession> {
        let whole = |succession: &&Succession| {
            let heirs = succession.signed.genesis.indexes();
            heirs.is_subset(succession.agreeing())
                && succession
                    .check(&self.branch.origin(), &self.verifier)
                    .is_ok()
        };
        let counts_on = self.counts_on();
        let entered = |(seat, part): &(Seat, &Part)| part.settled && counts_on.contains(*seat);
        let theirs = || self.heard.iter().find(entered);
        let mine = self.mine.as_ref().filter(whole);
        mine.or_else(|| theirs().map(|(_, part)| &part.succession))
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
