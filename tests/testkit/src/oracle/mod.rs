//! The oracle: an independent judge of what the honest seats do.
//!
//! It shares no rule with the engine. It decodes messages, and restates everything else itself: the
//! arithmetic of quorums, what a signature covers, which contents share a slot, what must be on a
//! disk before a signature leaves. It is asked after every step; the first violation ends the run.
//!
//! Agreement is checked three ways, for each finds what the others miss: over every certificate
//! that *could be built* from durable honest votes if all cheats signed everything; by the
//! uniqueness of slots; and by "no honest seat can be framed".

mod bytes;
mod chain;
mod dice;
mod entries;
mod flatten;
mod journal;
mod lateness;
mod lock;
mod polls;
mod promise;
mod rosters;
mod secrets;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use quorate_core::crypto::{PublicKey, SeatKeys, Signature, Verifier};
use quorate_core::genesis::{DicePolicy, FaultProfile, Protocol, TableId};
use quorate_core::journal::Record;
use quorate_core::message::{Block, Content, Entry, Message, Motion, VoteKind};
use quorate_core::roster::Newcomer;
use quorate_core::table::MotionNews;
use quorate_core::{Height, Seat, Seats};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use chain::Chain;
use dice::Dice;
use entries::Entries;
use flatten::{Signed, Signers, What, each_in_evidence, each_in_message, each_in_record};
use journal::Journals;
pub(crate) use lateness::{Judges, Lateness, Sight};
use lock::Locks;
use polls::Polls;
use rosters::{Rosters, convicted};
pub(crate) use secrets::Secrets;

/// A rule that must never be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// Two blocks of one height could both be certified, or were decided.
    Agreement,
    /// Heights are decided in order, each block on the one before.
    Prefix,
    /// Equal heights have equal states, and that of the block.
    State,
    /// What honest seats show has exactly a quorum of true signatures.
    Certificate,
    /// One content per slot, also across restarts; rounds only rise.
    Slot,
    /// No signature leaves or counts before it is on its signer's disk.
    Disk,
    /// Under Tendermint a lock holds until a later quorum could have prepared something else.
    Lock,
    /// Under Tendermint nobody signs in a round before the one below it is over or another honest
    /// seat is there.
    Alone,
    /// Every decided entry is its seat's, follows the one before it, and means a turn that is not
    /// over.
    Entry,
    /// A motion passes by the ballots of enough players, one of each, in one epoch.
    Ballot,
    /// No honest seat can be accused by what it signed.
    Framed,
    /// No honest seat or connection is accused.
    Accused,
    /// Who signs two things wherever it can is proven guilty.
    Unnamed,
    /// No secret leaves before it is due, or serves twice; what is opened is what was sealed.
    Secret,
    /// Value is neither made nor lost.
    Value,
    /// The rules never fail.
    Rules,
    /// Nobody is late whose entry every honest seat held in time.
    Late,
    /// No honest seat that everybody hears is passed over as asleep.
    Asleep,
    /// After healing the table goes on, cheats or no cheats, and everybody gets there.
    Progress,
    /// Who has something to decide has a timer armed.
    Timer,
    /// Honest seats start from their journals, never halt, and are never misused.
    Halted,
    /// Nothing that others send fills a device beyond its bounds.
    Bounds,
    /// Nothing panics.
    Panic,
    /// Whoever learns of a fork stops, and names nobody but cheats; who is left can play on.
    Fork,
}

impl Invariant {
    /// Whether it is only promised while no more seats cheat than the table can bear. What is left
    /// holds whoever cheats: nobody panics, signs twice, is framed or accused, or loses value.
    pub(crate) const fn needs_honesty(self) -> bool {
        matches!(
            self,
            Self::Agreement
                | Self::Prefix
                | Self::State
                | Self::Lock
                | Self::Alone
                | Self::Entry
                | Self::Ballot
                | Self::Secret
                | Self::Late
                | Self::Asleep
                | Self::Progress
                | Self::Timer
                | Self::Halted
        )
    }
}

/// How a run broke an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// How.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

impl Violation {
    pub(crate) fn new(invariant: Invariant, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { invariant, what }
    }
}

pub(crate) type Judgement = Result<(), Violation>;

/// Seats needed to decide at a table of `n`: more than two thirds.
pub(crate) const fn quorum(n: usize) -> usize {
    // The least q with 3q > 2n.
    let mut q = 1;
    while 3 * q <= 2 * n {
        q += 1;
    }
    q
}

/// Whose word counts for what at one table.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) table: TableId,
    /// By seat. An index has one holder in a run: a newcomer gets the lowest never used.
    pub(crate) keys: Vec<SeatKeys>,
    pub(crate) verifier: Arc<dyn Verifier>,
    pub(crate) honest: Seats,
    /// The seats that play; the others are witnesses.
    pub(crate) players: Seats,
    pub(crate) protocol: Protocol,
    pub(crate) profile: Option<FaultProfile>,
    pub(crate) dice: DicePolicy,
    /// The honest devices, by their keys.
    pub(crate) devices: FxHashMap<PublicKey, usize>,
}

impl Bench {
    fn holds(&self, signed: &Signed<'_>) -> bool {
        let Some(keys) = self.keys.get(signed.seat.index()) else {
            return false;
        };
        let bytes = bytes::of(self.table, &signed.what);
        self.verifier.verify(keys, &bytes, signed.signature)
    }

    /// The honest device that has this seat.
    fn device(&self, seat: Seat) -> Option<usize> {
        let keys = self.keys.get(seat.index())?;
        self.devices.get(&keys.identity).copied()
    }

    /// The seats that an honest device signs for, or has signed for.
    fn seats_of(&self, device: usize) -> Seats {
        let seats = self.honest.iter();
        seats
            .filter(|seat| self.device(*seat) == Some(device))
            .collect()
    }

    /// The devices of these honest seats, who must all have held what nobody may call late.
    fn judges(&self, seats: Seats) -> Judges {
        let devices = seats.iter().filter_map(|seat| self.device(seat));
        Judges {
            seats: self.honest,
            devices: devices.collect(),
        }
    }
}

fn identities(keys: &[SeatKeys]) -> Vec<PublicKey> {
    keys.iter().map(|keys| keys.identity).collect()
}

/// The judge of one run.
pub(crate) struct Oracle {
    bench: Bench,
    /// Signatures that were found true, and for what.
    known: FxHashMap<Signature, Known>,
    /// Signatures on their signers' disks.
    durable: FxHashSet<Signature>,
    journals: Journals,
    /// Under Tendermint.
    locks: Option<Locks>,
    rosters: Rosters,
    polls: Polls,
    entries: Entries,
    pub(crate) dice: Dice,
    /// More seats cheat than the table can bear: it may fork and stop, and nobody may be framed.
    pub(crate) beyond: bool,
    /// The seats of each honest device.
    mine: Vec<Seats>,
    pub(crate) secrets: Secrets,
    pub(crate) chain: Chain,
    pub(crate) lateness: Lateness,
}

/// What a known signature covers.
#[derive(Clone, PartialEq, Eq)]
enum Known {
    Vote(flatten::VoteContent),
    Change(flatten::ChangeContent),
    Entry(Arc<Entry>),
    /// A justification, by the digest of its bytes.
    Justification(blake3::Hash),
}

impl Oracle {
    pub(crate) fn new(bench: Bench, devices: usize) -> Self {
        Self {
            known: FxHashMap::default(),
            durable: FxHashSet::default(),
            journals: Journals::new(devices),
            locks: (bench.protocol == Protocol::Tendermint).then(Locks::default),
            rosters: Rosters::new(&bench),
            polls: Polls::new(bench.players),
            entries: Entries::default(),
            dice: Dice::new(bench.dice),
            beyond: false,
            mine: (0..devices).map(|device| bench.seats_of(device)).collect(),
            secrets: Secrets::new(bench.table, identities(&bench.keys)),
            chain: Chain::new(devices),
            lateness: Lateness::new(bench.judges(bench.honest), devices),
            bench,
        }
    }

    /// An honest device sends a message.
    pub(crate) fn sent(&mut self, by: usize, message: &Message) -> Judgement {
        flatten::each_certificate(message, &mut |signers| self.certified(signers))?;
        let mut judgement = Ok(());
        each_in_message(message, &mut |signed| {
            if judgement.is_ok() {
                judgement = self.leaves(by, &signed);
            }
        });
        judgement
    }

    fn leaves(&mut self, by: usize, signed: &Signed<'_>) -> Judgement {
        let seat = signed.seat;
        if !self.is_true(signed) {
            return if signed.carried {
                Ok(())
            } else {
                let what = format!("an honest seat sends a false signature of seat {seat}");
                Err(Violation::new(Invariant::Certificate, what))
            };
        }
        if !self.bench.honest.contains(seat) {
            return Ok(());
        }
        if !self.durable.contains(signed.signature) {
            let what = format!("a signature of seat {seat} is out and not on its disk: {signed}");
            return Err(Violation::new(Invariant::Disk, what));
        }
        match signed.what {
            What::Entry(entry) if self.mine[by].contains(seat) => self.secret(entry),
            _ => Ok(()),
        }
    }

    fn secret(&mut self, entry: &Entry) -> Judgement {
        let journals = &self.journals;
        let decidable = |height| self.beyond || journals.is_decidable(height);
        self.secrets.leaves(entry, decidable)
    }

    /// Whether the signature is true; remembered, so that each is checked once.
    fn is_true(&mut self, signed: &Signed<'_>) -> bool {
        let known = Known::of(self.bench.table, signed);
        if self.known.get(signed.signature) == Some(&known) {
            return true;
        }
        let holds = self.bench.holds(signed);
        if holds {
            self.known.insert(signed.signature.clone(), known);
        }
        holds
    }

    /// An honest device asks for a record to be written: what it rests on counts from now on.
    pub(crate) fn requested(&mut self, device: usize, record: &Record) -> Judgement {
        let mut judgement = Ok(());
        flatten::each_certificate_of_record(record, &mut |signers| self.certified(signers))?;
        each_in_record(record, &mut |signed| {
            let seat = signed.seat;
            let own = self.mine[device].contains(seat);
            let fresh = !signed.carried && own;
            if judgement.is_err() || fresh {
                return;
            }
            if !self.is_true(&signed) {
                let what = format!("device {device} journals a false signature: {signed}");
                judgement = Err(Violation::new(Invariant::Certificate, what));
            } else if own && !self.durable.contains(signed.signature) {
                let what = format!("seat {seat} counts {signed} before it is on its disk");
                judgement = Err(Violation::new(Invariant::Disk, what));
            }
        });
        judgement
    }

    /// A record of an honest device is on its disk.
    pub(crate) fn synced(&mut self, device: usize, record: &Record) -> Judgement {
        let mut judgement = Ok(());
        each_in_record(record, &mut |signed| {
            let seat = signed.seat;
            if !self.mine[device].contains(seat) || signed.carried {
                return;
            }
            // Whatever is wrong with one of them, which beyond the bound may mean nothing, all are
            // on the disk.
            let found = if self.is_true(&signed) {
                self.durable.insert(signed.signature.clone());
                self.journals
                    .signed(device, &signed)
                    .and_then(|()| self.holds_lock(&signed))
            } else {
                let what = format!("seat {seat} signed falsely: {signed}");
                Err(Violation::new(Invariant::Certificate, what))
            };
            if judgement.is_ok() {
                judgement = found;
            }
        });
        judgement?;
        self.journals.synced(device, record)?;
        if let Record::Snapshot(held) = record {
            self.chain.holds(held)?;
        }
        if let Record::Entry(entry) = record {
            self.lateness.signed(entry);
        }
        if let Record::Commit { vote, .. } | Record::Prepare { vote, .. } = record {
            self.buildable(vote.height)?;
        }
        if let Record::Proposal { proposal, .. } = record {
            self.buildable(proposal.vote.height)?;
        }
        Ok(())
    }

    fn holds_lock(&mut self, signed: &Signed<'_>) -> Judgement {
        let What::Vote(vote) = &signed.what else {
            return Ok(());
        };
        let missing = self.missing(vote.height);
        let locks = self.locks.as_mut();
        locks.map_or(Ok(()), |locks| locks.signed(signed.seat, vote, missing))
    }

    fn certified(&self, (height, count): Signers) -> Judgement {
        let quorum = self.rosters.quorum(height);
        if count == quorum {
            return Ok(());
        }
        let what =
            format!("a certificate of h{height} has {count} signatures, a quorum is {quorum}");
        Err(Violation::new(Invariant::Certificate, what))
    }

    /// A block was decided for the first time: who is convicted in it, and who votes from now on.
    /// `news` is what the table says came of its motions; `before` the number of the turn before
    /// the block, and whether the dice rolled then, and `voters` who plays after it, where they are
    /// known; `results` how many rolls had a result in it.
    pub(crate) fn decided(
        &mut self,
        block: &Block,
        news: &[MotionNews],
        (before, voters, results): (Option<(u64, bool)>, Option<Seats>, u64),
    ) -> Judgement {
        self.entries_hold(block)?;
        self.entries.decided(block, before)?;
        let protocol = self.bench.protocol;
        for entry in &block.entries {
            if let Content::Evidence(evidence) = &entry.body.content {
                let guilty = convicted(evidence, protocol)?;
                let mut proven = !self.bench.honest.contains(guilty);
                each_in_evidence(evidence, &mut |signed| proven &= self.is_true(&signed));
                if !proven {
                    let what = format!("seat {guilty} was convicted without proof");
                    return Err(Violation::new(Invariant::Accused, what));
                }
            }
        }
        let players = self.rosters.players(block.height);
        let electors = voters.map(|voters| voters & players);
        let passed = self.polls.decided(block, news, electors)?;
        for motion in &passed {
            self.dice.passed(motion);
            if let Motion::Admit(newcomer) = &**motion {
                self.admitted(newcomer);
            }
        }
        self.rosters.decided(block, protocol, &passed)?;
        let next = self.rosters.at(block.height.next());
        let players = self.rosters.players(block.height.next());
        let players = voters.map(|voters| voters & players);
        let owners = identities(&self.bench.keys);
        self.dice
            .decided(block, (players, results), (self.bench.table, &owners))?;
        self.lateness.judges = self.bench.judges(next & self.bench.honest);
        Ok(())
    }

    /// A newcomer may sit down, at the lowest index never used.
    fn admitted(&mut self, newcomer: &Newcomer) {
        let index = self.bench.keys.len();
        self.bench.keys.push(SeatKeys {
            identity: newcomer.key,
            ml_dsa: newcomer.ml_dsa.clone(),
        });
        self.secrets.sits_down(newcomer.key);
        let Some(seat) = Seats::first(index + 1).nth(index) else {
            return;
        };
        self.rosters.expects(seat, newcomer.kind.plays());
        if let Some(device) = self.bench.devices.get(&newcomer.key) {
            self.bench.honest.insert(seat);
            self.mine[*device].insert(seat);
        }
    }

    /// Whether its own seat signed each entry.
    fn entries_hold(&mut self, block: &Block) -> Judgement {
        let mut judgement = Ok(());
        flatten::each_in_block(block, &mut |signed| {
            if judgement.is_ok() && !self.is_true(&signed) {
                let what = format!("h{} holds a false {signed}", block.height);
                judgement = Err(Violation::new(Invariant::Entry, what));
            }
        });
        judgement
    }

    /// Whether two blocks could be certified where one may be.
    fn buildable(&mut self, height: Height) -> Judgement {
        if self.beyond {
            return Ok(()); // they could
        }
        let missing = self.missing(height);
        for kind in [VoteKind::Prepare, VoteKind::Commit] {
            self.journals.buildable(height, kind, missing)?;
        }
        Ok(())
    }

    /// Honest signatures that a certificate of this height needs, if all cheats sign everything.
    fn missing(&self, height: Height) -> usize {
        let cheats = (self.rosters.at(height) - self.bench.honest).len();
        self.rosters.quorum(height).saturating_sub(cheats)
    }

    /// Whether a quorum of Commits for a block of this height could exist.
    pub(crate) fn is_decidable(&self, height: Height) -> bool {
        self.beyond || self.journals.is_decidable(height)
    }

    /// The seats that do not cheat.
    pub(crate) const fn honest(&self) -> Seats {
        self.bench.honest
    }

    /// Seats needed to decide `height`, as far as the rosters are known.
    pub(crate) fn quorum(&self, height: Height) -> usize {
        self.rosters.quorum(height)
    }

    /// The seats that decide `height`.
    pub(crate) fn roster(&self, height: Height) -> Seats {
        self.rosters.at(height)
    }
}

impl Known {
    fn of(table: TableId, signed: &Signed<'_>) -> Self {
        match &signed.what {
            What::Vote(vote) => Self::Vote(*vote),
            What::Change(change) => Self::Change(*change),
            What::Entry(entry) => Self::Entry((*entry).clone()),
            What::Justification(..) => {
                Self::Justification(blake3::hash(&bytes::of(table, &signed.what)))
            }
        }
    }
}
