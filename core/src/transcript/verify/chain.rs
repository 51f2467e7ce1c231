//! The chain of blocks, checked without the rules.

use std::sync::Arc;

use super::dice::Dice;
use super::flaw::{Cause, Flaw};
use super::quorum::Deciders;
use super::verdict::{Sitting, Verdict};
use crate::certificate::DecisionCertificate;
use crate::codec;
use crate::crypto::{PublicKey, Verifier};
use crate::digest::Digest;
use crate::genesis::{Genesis, SignedGenesis, TableId};
use crate::message::{Block, Content, Entry};
use crate::roster::Roster;
use crate::seat::{Seat, Seats};
use crate::state::Saved;
use crate::time::{Epoch, Height, Wall};
use crate::transcript::ReadError;

/// Whether the chain checks the signatures of entries, or leaves them to who runs the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entries {
    Check,
    Leave,
}

/// A transcript up to some height: all that is known without the rules.
#[derive(Clone)]
pub(super) struct Chain {
    genesis: Arc<SignedGenesis>,
    table: TableId,
    verifier: Arc<dyn Verifier>,
    entries: Entries,
    deciders: Deciders,
    epoch: Epoch,
    height: Height,
    tip: Digest,
    time: Wall,
    /// The state digest that the last block names.
    state: Digest,
    /// Entries of newcomers, whose keys the next roster will show.
    joins: Vec<Arc<Entry>>,
    pub(super) dice: Dice,
    verdict: Verdict,
}

/// The first fields of what a state digest covers, in their order.
type Covered = (TableId, Roster, Epoch, Height);

impl Chain {
    /// Begins with a genesis that everybody signed.
    pub(super) fn begin(
        signed: SignedGenesis,
        verifier: Arc<dyn Verifier>,
        entries: Entries,
    ) -> Result<Self, Flaw> {
        let genesis = &signed.genesis;
        let fail = |cause| Err(Flaw::at_start(cause));
        if let Err(error) = genesis.validate() {
            return fail(error.into());
        }
        let roster = genesis.roster();
        let deciders = Deciders::of(&roster, genesis.profile);
        if !signed.signatures.seats().is_subset(roster.seats()) {
            return fail(Cause::GenesisStranger);
        }
        let unsigned = unsigned(&signed, &deciders, &*verifier);
        if !unsigned.is_empty() {
            return fail(Cause::Unsigned(unsigned));
        }
        let table = genesis.table();
        let mut verdict = Verdict::of(genesis);
        verdict.seat(&roster, Height(1));
        Ok(Self {
            genesis: Arc::new(signed),
            table,
            verifier,
            entries,
            deciders,
            epoch: Epoch(0),
            height: Height(0),
            tip: table.0,
            time: Wall(0),
            state: Digest::ZERO,
            joins: Vec::new(),
            dice: Dice::default(),
            verdict,
        })
    }

    pub(super) fn genesis(&self) -> &Genesis {
        &self.genesis.genesis
    }

    pub(super) const fn table(&self) -> TableId {
        self.table
    }

    pub(super) const fn verifier(&self) -> &Arc<dyn Verifier> {
        &self.verifier
    }

    pub(super) const fn verdict_mut(&mut self) -> &mut Verdict {
        &mut self.verdict
    }

    pub(super) fn verdict(&self) -> Verdict {
        Verdict {
            heights: self.height,
            tip: self.tip,
            epochs: self.epoch.0 + 1,
            secrets: self.dice.opened,
            ..self.verdict.clone()
        }
    }

    /// A flaw of the height that is being read.
    pub(super) fn flaw(&self, cause: Cause) -> Flaw {
        Flaw {
            height: (self.height > Height(0)).then_some(self.height),
            cause,
        }
    }

    /// What follows the height that was read last cannot be read.
    pub(super) fn unread(&self, error: ReadError) -> Flaw {
        Flaw {
            height: Some(Height(self.height.0.saturating_add(1))),
            cause: error.into(),
        }
    }

    /// The game that a successor goes on with.
    pub(super) fn carried(&self, carried: &Saved) -> Result<(), Cause> {
        if self.height > Height(0) {
            return Err(Cause::Misplaced);
        }
        let named = self.genesis().predecessor.as_ref().map(|from| from.carried);
        if named.is_some() && Digest::of("carried", carried).ok() == named {
            Ok(())
        } else {
            Err(Cause::Carried)
        }
    }

    /// Checks the next decision.
    pub(super) fn decision(
        &mut self,
        block: &Block,
        certificate: &DecisionCertificate,
    ) -> Result<(), Cause> {
        let digest = block.digest();
        // From here on what is wrong is wrong with this height.
        let before = self.height;
        self.height = Height(before.0.saturating_add(1));
        self.follows(block, before)?;
        let decided = (self.table, block, digest);
        self.deciders
            .decided(decided, certificate, &*self.verifier)?;
        self.joins.clear();
        for entry in &block.entries {
            self.entry(entry)?;
        }
        if before == Height(0) {
            self.verdict.began = block.time;
        }
        self.verdict.ended = block.time;
        self.verdict.entries += block.entries.len() as u64;
        (self.tip, self.time, self.state) = (digest, block.time, block.post_state);
        Ok(())
    }

    fn follows(&self, block: &Block, before: Height) -> Result<(), Cause> {
        if block.table != self.table {
            return Err(Cause::Table);
        }
        if block.height.0.checked_sub(1) != Some(before.0) {
            return Err(Cause::Height(block.height));
        }
        if block.parent != self.tip {
            return Err(Cause::Parent);
        }
        if block.epoch.0 == self.epoch.0.saturating_add(1) && self.entries == Entries::Check {
            return Err(Cause::NoState);
        }
        if block.epoch != self.epoch {
            let (said, here) = (block.epoch, self.epoch);
            return Err(Cause::Epoch { said, here });
        }
        if block.time < self.time {
            return Err(Cause::Time);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Arc<Entry>) -> Result<(), Cause> {
        let (seat, nonce) = (entry.body.seat, entry.body.nonce);
        let key = self.deciders.key(seat).copied();
        if entry.body.table != self.table {
            return Err(Cause::EntryTable { seat, nonce });
        }
        match (&entry.body.content, key) {
            (Content::Join { .. }, _) => self.joins.push(Arc::clone(entry)),
            (_, None) => return Err(Cause::Stranger(seat)),
            (_, Some(key)) => self.signed(entry, &key)?,
        }
        let content = &entry.body.content;
        self.dice.entry((self.table, seat), key.as_ref(), content)
    }

    fn signed(&self, entry: &Entry, key: &PublicKey) -> Result<(), Cause> {
        let (seat, nonce) = (entry.body.seat, entry.body.nonce);
        let holds = || {
            let bytes = Entry::bytes(&entry.body);
            self.verifier.verify(key, &bytes, &entry.signature)
        };
        if self.entries == Entries::Leave || holds() {
            Ok(())
        } else {
            Err(Cause::Entry { seat, nonce })
        }
    }

    /// What the last block's state digest covers: another roster decides from here on.
    pub(super) fn state(&mut self, covered: &[u8]) -> Result<(), Cause> {
        let roster = self.covered(covered)?;
        let epoch = self.epoch.0.checked_add(1).ok_or(Cause::OtherState)?;
        self.change(Epoch(epoch), &roster)
    }

    /// The roster in what the last block's state digest covers.
    pub(super) fn covered(&self, covered: &[u8]) -> Result<Roster, Cause> {
        if self.height == Height(0) {
            return Err(Cause::Misplaced);
        }
        if Digest::of_bytes("state", covered) != self.state {
            return Err(Cause::OtherState);
        }
        let first: Option<Covered> = codec::decode_first(covered).ok();
        let (table, roster, epoch, height) = first.ok_or(Cause::OtherState)?;
        // What no new roster follows from has no place here.
        let next = (self.table, self.epoch.0.saturating_add(1), self.height);
        if (table, epoch.0, height) == next {
            Ok(roster)
        } else {
            Err(Cause::Misplaced)
        }
    }

    /// Another roster decides from the next height on.
    pub(super) fn change(&mut self, epoch: Epoch, roster: &Roster) -> Result<(), Cause> {
        self.deciders = Deciders::of(roster, self.genesis().profile);
        self.epoch = epoch;
        self.verdict.seat(roster, self.height.next());
        for join in std::mem::take(&mut self.joins) {
            // An admission that was taken back in the same block seats nobody.
            if let Some(key) = self.deciders.key(join.body.seat).copied() {
                self.signed(&join, &key)?;
            }
        }
        Ok(())
    }

    /// Whether the transcript ends where it says.
    pub(super) fn end(&self, tip: Height) -> Result<(), Flaw> {
        if tip == self.height {
            Ok(())
        } else {
            Err(self.flaw(Cause::End(tip)))
        }
    }
}

/// The seats whose signature of the genesis is missing or false.
fn unsigned(signed: &SignedGenesis, deciders: &Deciders, verifier: &dyn Verifier) -> Seats {
    let missing = |(seat, key): (Seat, &PublicKey)| {
        let signature = signed.signatures.get(seat);
        let bytes = SignedGenesis::bytes(&signed.genesis);
        let holds = signature.is_some_and(|signature| verifier.verify(key, &bytes, signature));
        (!holds).then_some(seat)
    };
    deciders.iter().filter_map(missing).collect()
}

impl Verdict {
    /// Notes who sits from `height` on.
    fn seat(&mut self, roster: &Roster, height: Height) {
        for sitting in &mut self.seats {
            let stays = roster.holder(sitting.seat);
            let gone = stays.is_none_or(|holder| holder.key != sitting.key);
            if gone && sitting.until.is_none() {
                sitting.until = height.previous();
            }
        }
        for (seat, holder) in roster.iter() {
            let known = self
                .seats
                .iter()
                .any(|known| known.seat == seat && known.until.is_none());
            if !known {
                self.seats.push(Sitting::new(seat, holder, height));
            }
        }
    }
}
