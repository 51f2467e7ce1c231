//! Seats that cheat.
//!
//! Behind every cheat sits an honest engine; the attack decides which of its frames the others get,
//! changes them, adds its own signed with the seat's key, and decides what the engine hears. One
//! file each; a seed draws which seats cheat, how, and when.

mod always_nil;
mod amnesiac;
mod ballot_stuffer;
mod censoring_leader;
mod conflicting_entries;
mod conspirator;
mod double_voter;
mod equivocating_leader;
mod false_accuser;
mod false_reveal;
mod false_snapshot;
mod flatterer;
mod forged_certificate;
mod forgetful_round_change;
mod framer;
mod illegal_mover;
mod impersonator;
mod invalid_block;
mod isolated_climber;
mod last_revealer;
mod lying_server;
mod name;
mod nonce_skipper;
mod overfull_mover;
mod replayer;
mod restored_backup;
mod selective_sender;
mod signature_flood;
mod silent;
mod slow_leader;
mod tampering_relay;
mod twins;
mod vote_dropper;
mod withheld;
mod wrong_opening;

use std::sync::Arc;
use std::time::Duration;

use quorate_core::certificate::DecisionCertificate;
use quorate_core::crypto::Signer;
use quorate_core::dice::OpenRoll;
use quorate_core::genesis::{TableId, Timing};
use quorate_core::message::{
    Block, Content, Entry, EntryBody, Message, Proposal, Unsigned, Vote, VoteKind,
};
use quorate_core::schedule::Leaders;
use quorate_core::snapshot::Snapshot;
use quorate_core::{Digest, Epoch, Height, PerSeat, Round, Seat, Seats};

use crate::frame::Frame;
use crate::rng::Rng;

pub use name::UnknownCheat;

/// A way to cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sends nothing, or none of some kind.
    Silent,
    /// Proposes one block to some and another to the rest.
    EquivocatingLeader,
    /// Votes for one thing before some and another before the rest.
    DoubleVoter,
    /// Lets only a few seats hear it: the hidden lock.
    SelectiveSender,
    /// Makes certificates of what is none.
    ForgedCertificate,
    /// Claims nothing when it changes rounds, whatever it holds.
    ForgetfulRoundChange,
    /// Never includes the entries of one seat.
    CensoringLeader,
    /// Keeps back its secret once the roll is open.
    WithheldReveal,
    /// Proposes blocks that no rules allow.
    InvalidBlock,
    /// Signs different entries under one nonce.
    ConflictingEntries,
    /// Leaves gaps in its nonces, up to the end of the numbers.
    NonceSkipper,
    /// Climbs to ever higher rounds and heights alone.
    IsolatedClimber,
    /// Changes what it passes on, its own and others'.
    TamperingRelay,
    /// Prepares nil, whatever is proposed.
    AlwaysNil,
    /// Lets its proposal leave when the round is about to end.
    SlowLeader,
    /// Signs what the rules do not allow.
    IllegalMover,
    /// Forges and brings up what gets honest seats blamed.
    Framer,
    /// Two devices with one key.
    Twins,
    /// Starts again from an older journal, and signs anew what it has forgotten.
    RolledBack,
    /// Loses its own votes.
    VoteDropper,
    /// Forgets what it is locked on.
    Amnesiac,
    /// Speaks in the names of others.
    Impersonator,
    /// Sends many votes that nobody signed.
    SignatureFlood,
    /// Brings up what was signed long ago, or for another table.
    Replayer,
    /// Reveals what it did not commit to.
    FalseReveal,
    /// Reveals when it has seen all other secrets, or never.
    LastRevealer,
    /// Serves false history.
    LyingServer,
    /// Accuses honest seats.
    FalseAccuser,
    /// Votes with everybody for what that one votes for.
    Flatterer,
    /// Answers each motion twice.
    BallotStuffer,
    /// Offers snapshots of what was not decided.
    FalseSnapshot,
    /// Makes moves that the state has no room for, or no bytes.
    OverfullMover,
    /// With as many others as it takes, has one block decided before half of the rest and another
    /// in the next round.
    Conspirator,
    /// Opens no sealed move and shows no hidden roll.
    NeverOpens,
    /// Opens what it did not seal, and shows what it did not hide.
    WrongOpening,
}

impl Kind {
    /// Ways that only strike where there are sealed turns and hidden rolls.
    pub const IN_THE_DARK: [Self; 2] = [Self::NeverOpens, Self::WrongOpening];

    /// Every way that strikes at any table.
    pub const ALL: [Self; 30] = [
        Self::Silent,
        Self::EquivocatingLeader,
        Self::DoubleVoter,
        Self::SelectiveSender,
        Self::ForgedCertificate,
        Self::ForgetfulRoundChange,
        Self::CensoringLeader,
        Self::WithheldReveal,
        Self::InvalidBlock,
        Self::ConflictingEntries,
        Self::NonceSkipper,
        Self::IsolatedClimber,
        Self::TamperingRelay,
        Self::AlwaysNil,
        Self::SlowLeader,
        Self::IllegalMover,
        Self::Framer,
        Self::Twins,
        Self::RolledBack,
        Self::VoteDropper,
        Self::Amnesiac,
        Self::Impersonator,
        Self::SignatureFlood,
        Self::Replayer,
        Self::FalseReveal,
        Self::LastRevealer,
        Self::LyingServer,
        Self::FalseAccuser,
        Self::Flatterer,
        Self::BallotStuffer,
    ];

    /// Ways that only strike where somebody goes on from a snapshot.
    pub const OF_SNAPSHOTS: [Self; 1] = [Self::FalseSnapshot];

    /// Ways that only strike where a move may outgrow the state: in the simulator's own game.
    pub const OF_STATES: [Self; 1] = [Self::OverfullMover];

    /// An attack of this kind that strikes when `rng` decides.
    #[must_use]
    pub fn attack(self, rng: &mut Rng) -> Box<dyn Attack> {
        let inner = self.relentless(rng);
        // Of a censor a single word let through would be passed on; others know themselves when.
        if matches!(
            self,
            Self::Twins | Self::RolledBack | Self::CensoringLeader | Self::Conspirator
        ) {
            return inner;
        }
        let when = match rng.below(3) {
            0 => When::Always,
            1 => When::EveryHeight(rng.within(2, 5)),
            _ => When::Chance(100_000 << rng.below(3)),
        };
        Box::new(Triggered { inner, when })
    }

    /// An attack of this kind that strikes whenever it can.
    #[must_use]
    pub fn relentless(self, rng: &mut Rng) -> Box<dyn Attack> {
        match self {
            Self::Silent => Box::new(silent::Silent::draw(rng)),
            Self::EquivocatingLeader => Box::<equivocating_leader::EquivocatingLeader>::default(),
            Self::DoubleVoter => Box::<double_voter::DoubleVoter>::default(),
            Self::SelectiveSender => Box::new(selective_sender::SelectiveSender::draw(rng)),
            Self::ForgedCertificate => Box::<forged_certificate::ForgedCertificate>::default(),
            Self::ForgetfulRoundChange => Box::new(forgetful_round_change::ForgetfulRoundChange),
            Self::WithheldReveal => Box::new(withheld::Withheld::reveals(rng)),
            Self::InvalidBlock => Box::<invalid_block::InvalidBlock>::default(),
            Self::ConflictingEntries => Box::<conflicting_entries::ConflictingEntries>::default(),
            Self::NonceSkipper => Box::<nonce_skipper::NonceSkipper>::default(),
            Self::IsolatedClimber => Box::new(isolated_climber::IsolatedClimber),
            Self::TamperingRelay => Box::<tampering_relay::TamperingRelay>::default(),
            Self::AlwaysNil => Box::new(always_nil::AlwaysNil),
            Self::SlowLeader => Box::new(slow_leader::SlowLeader),
            Self::IllegalMover => Box::<illegal_mover::IllegalMover>::default(),
            Self::Framer => Box::<framer::Framer>::default(),
            Self::VoteDropper => Box::new(vote_dropper::VoteDropper::draw(rng)),
            Self::Amnesiac => Box::<amnesiac::Amnesiac>::default(),
            Self::Impersonator => Box::new(impersonator::Impersonator),
            Self::SignatureFlood => Box::new(signature_flood::SignatureFlood),
            Self::Replayer => Box::<replayer::Replayer>::default(),
            Self::FalseReveal => Box::<false_reveal::FalseReveal>::default(),
            Self::LastRevealer => Box::<last_revealer::LastRevealer>::default(),
            Self::LyingServer => Box::new(lying_server::LyingServer),
            Self::FalseAccuser => Box::<false_accuser::FalseAccuser>::default(),
            Self::Flatterer => Box::<flatterer::Flatterer>::default(),
            Self::BallotStuffer => Box::<ballot_stuffer::BallotStuffer>::default(),
            Self::NeverOpens => Box::new(withheld::Withheld::openings(rng)),
            Self::WrongOpening => Box::<wrong_opening::WrongOpening>::default(),
            Self::CensoringLeader => Box::new(censoring_leader::CensoringLeader::draw(rng)),
            Self::Twins => Box::new(twins::Twin::first()),
            Self::RolledBack => Box::new(restored_backup::RestoredBackup::draw(rng)),
            Self::FalseSnapshot => Box::new(false_snapshot::FalseSnapshot),
            Self::Conspirator => Box::<conspirator::Conspirator>::default(),
            Self::OverfullMover => Box::<overfull_mover::OverfullMover>::default(),
        }
    }
}

/// The second of two devices with one key.
pub(crate) fn second_twin() -> Box<dyn Attack> {
    Box::new(twins::Twin::second())
}

/// What a cheat does with the frames that pass it.
pub trait Attack: Send {
    /// The engine inside wants `to` to get `frame`: passes it on, or does something else.
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        hand.pass(to, frame);
    }

    /// Somebody asked for these decided blocks. Tells whether it answers at all.
    fn serves(&mut self, rng: &mut Rng, decisions: &mut Vec<Served>) -> bool {
        match rng.below(3) {
            0 => return false,
            1 => swap_certificates(decisions),
            _ => {}
        }
        true
    }

    /// Somebody asked for the newest snapshot, which is this. `reads` tells which bytes could be
    /// the state of one.
    fn offers(
        &mut self,
        rng: &mut Rng,
        snapshot: Snapshot,
        reads: &dyn Fn(&[u8]) -> bool,
    ) -> Snapshot {
        let _ = (rng, reads);
        snapshot
    }

    /// A frame of `from` arrived. Tells whether the engine inside gets it.
    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        let _ = (hand, from, frame);
        true
    }
}

/// A decided block, as a device serves it.
pub type Served = (Arc<Block>, DecisionCertificate);

/// Each block gets its neighbour's certificate.
fn swap_certificates(decisions: &mut [Served]) {
    for index in 1..decisions.len() {
        let (before, after) = decisions.split_at_mut(index);
        if let (Some(one), Some(other)) = (before.last_mut(), after.first_mut()) {
            std::mem::swap(&mut one.1, &mut other.1);
        }
    }
}

/// What a cheat can do and knows: its own key, its own engine's place, what came by.
pub struct Hand<'a> {
    /// Its seat.
    pub me: Seat,
    /// All seats.
    pub seats: Seats,
    /// The table.
    pub table: TableId,
    /// The epoch its engine is in.
    pub epoch: Epoch,
    /// The height its engine is at.
    pub height: Height,
    /// The round its engine is in.
    pub round: Round,
    /// How long rounds take.
    pub timing: Timing,
    /// Its key.
    pub signer: &'a dyn Signer,
    /// The others that cheat, with their keys, where the table cannot bear them all.
    pub(crate) fellows: PerSeat<Arc<dyn Signer>>,
    /// Who leads the rounds of this height.
    pub(crate) leaders: &'a Leaders,
    /// Its whims.
    pub rng: &'a mut Rng,
    /// What its engine finds a block leads to, if it finds nothing else wrong with it.
    pub(crate) finish: &'a dyn Fn(&Block) -> Option<Digest>,
    /// The roll that waits for secrets, as far as its engine knows.
    pub(crate) rolling: Option<&'a OpenRoll>,
    /// What it sends, to whom, and after how long.
    pub(crate) out: Vec<(Seat, Arc<Frame>, Duration)>,
}

impl Hand<'_> {
    /// Passes a frame on as it is.
    pub fn pass(&mut self, to: Seat, frame: &Arc<Frame>) {
        self.pass_later(Duration::ZERO, to, frame);
    }

    /// Passes a frame on after a while.
    pub fn pass_later(&mut self, after: Duration, to: Seat, frame: &Arc<Frame>) {
        self.out.push((to, frame.clone(), after));
    }

    /// Sends a message of its own making.
    pub fn send(&mut self, to: Seat, message: Message) {
        self.pass(to, &Frame::of(message));
    }

    /// Sends a message to every other seat.
    pub fn broadcast(&mut self, message: &Message) {
        let frame = Frame::of(message.clone());
        for to in self.seats - self.me.into() {
            self.pass(to, &frame);
        }
    }

    /// The state that a block leads to by the rules, if they allow it.
    #[must_use]
    pub fn finished(&self, block: &Block) -> Option<Digest> {
        (self.finish)(block)
    }

    /// Signs a vote.
    #[must_use]
    pub fn vote(&self, kind: VoteKind, place: (Height, Round), digest: Option<Digest>) -> Vote {
        Vote::sign(self.unsigned(kind, place, digest), self.me, self.signer)
    }

    /// The same vote of this seat and of each that cheats with it.
    #[must_use]
    pub(crate) fn votes(
        &self,
        kind: VoteKind,
        place: (Height, Round),
        digest: Digest,
    ) -> PerSeat<Vote> {
        let unsigned = || self.unsigned(kind, place, Some(digest));
        let mut votes = self
            .fellows
            .map(|seat, signer| Vote::sign(unsigned(), seat, &**signer));
        votes.insert(self.me, self.vote(kind, place, Some(digest)));
        votes
    }

    const fn unsigned(
        &self,
        kind: VoteKind,
        (height, round): (Height, Round),
        digest: Option<Digest>,
    ) -> Unsigned {
        Unsigned {
            kind,
            table: self.table,
            epoch: self.epoch,
            height,
            round,
            digest,
        }
    }

    /// Signs an entry.
    #[must_use]
    pub fn entry(&self, body: EntryBody) -> Arc<Entry> {
        Arc::new(Entry::sign(body, self.signer))
    }

    /// Half of the seats, the same for one `salt`.
    #[must_use]
    pub fn is_chosen(&self, to: Seat, salt: u64) -> bool {
        Rng::new(salt ^ 0xa77a_c4ed)
            .fork(to.index() as u64)
            .chance(500_000)
    }

    /// The proposal in `frame`, if it is this seat's own and a free choice.
    #[must_use]
    pub fn own_fresh<'f>(&self, frame: &'f Frame) -> Option<&'f Proposal> {
        let Some(Message::Proposal(proposal)) = frame.message() else {
            return None;
        };
        let again = proposal
            .justification
            .as_ref()
            .is_some_and(|j| j.prepared.is_some());
        (proposal.vote.seat == self.me && !again && proposal.block.is_some()).then_some(proposal)
    }

    /// Whether `frame` brings a block that holds an entry of this seat with such a content.
    #[must_use]
    pub fn tells(&self, frame: &Frame, what: impl Fn(&Content) -> bool) -> bool {
        let block = match frame.message() {
            Some(Message::Proposal(proposal)) => proposal.block.as_ref(),
            Some(Message::Body(block)) => Some(block),
            _ => None,
        };
        let mut entries = block.into_iter().flat_map(|block| &block.entries);
        entries.any(|entry| entry.body.seat == self.me && what(&entry.body.content))
    }

    /// The vote in `frame`, if it is this seat's own.
    #[must_use]
    pub fn own_vote<'f>(&self, frame: &'f Frame) -> Option<&'f Vote> {
        match frame.message() {
            Some(Message::Vote(vote)) if vote.seat == self.me => Some(vote),
            _ => None,
        }
    }

    /// The entry in `frame`, if it is this seat's own.
    #[must_use]
    pub fn own_entry<'f>(&self, frame: &'f Frame) -> Option<&'f Entry> {
        match frame.message() {
            Some(Message::Entry(entry)) if entry.body.seat == self.me => Some(entry),
            _ => None,
        }
    }
}

/// When an attack strikes.
#[derive(Clone, Copy, Debug)]
enum When {
    Always,
    /// At each height that this divides.
    EveryHeight(u64),
    /// In so many of a million cases.
    Chance(u32),
}

struct Triggered {
    inner: Box<dyn Attack>,
    when: When,
}

impl Triggered {
    fn strikes(&self, hand: &mut Hand<'_>) -> bool {
        match self.when {
            When::Always => true,
            When::EveryHeight(every) => hand.height.0.is_multiple_of(every),
            When::Chance(ppm) => hand.rng.chance(ppm),
        }
    }
}

impl Attack for Triggered {
    fn outgoing(&mut self, hand: &mut Hand<'_>, to: Seat, frame: &Arc<Frame>) {
        if self.strikes(hand) {
            self.inner.outgoing(hand, to, frame);
        } else {
            hand.pass(to, frame);
        }
    }

    fn incoming(&mut self, hand: &mut Hand<'_>, from: Seat, frame: &Arc<Frame>) -> bool {
        !self.strikes(hand) || self.inner.incoming(hand, from, frame)
    }

    fn serves(&mut self, rng: &mut Rng, decisions: &mut Vec<Served>) -> bool {
        self.inner.serves(rng, decisions)
    }

    fn offers(
        &mut self,
        rng: &mut Rng,
        snapshot: Snapshot,
        reads: &dyn Fn(&[u8]) -> bool,
    ) -> Snapshot {
        self.inner.offers(rng, snapshot, reads)
    }
}
