//! What goes into an engine and what comes out of it.

use std::sync::Arc;

use crate::certificate::DecisionCertificate;
use crate::consensus::Refusal;
use crate::crypto::PublicKey;
use crate::digest::Digest;
use crate::evidence::{Evidence, EvidenceError, Offence};
use crate::fork::Fork;
use crate::game::{Game, Happened, Settled};
use crate::journal::{Record, Spent};
use crate::message::{Block, Choice, Lane, Motion, MotionId, Peer, Vote};
use crate::roster::Roster;
use crate::seat::{Seat, Seats};
use crate::snapshot::Snapshot;
use crate::table::{EntryRefusal, MotionNews, SnapshotError};
use crate::time::{Epoch, Height, Mono, Round, Wall};

/// What the host tells the engine.
#[derive(Clone, Debug)]
pub enum Input<G: Game> {
    /// The player acts: an entry of these actions, applied all or none.
    Act {
        /// The caller's number for this request; [`Event::Settled`] carries it back.
        ticket: u64,
        /// The turn the actions are meant for.
        turn: u64,
        /// The actions, at least one.
        actions: Vec<G::Action>,
    },
    /// The player wants something of the table that is no move.
    Operate {
        /// The caller's number for this request; [`Event::Settled`] carries it back.
        ticket: u64,
        /// What is wanted.
        operation: Operation,
    },
    /// The player signs a claim: where the table stands, and who is absent.
    Claim,
    /// Somebody looks at this device: if its seat is away, it is back.
    Attend,
    /// A connection is up. Which seat it has, if any, follows from its key and the roster in force.
    Connected {
        /// The connection.
        peer: Peer,
        /// The key it proved to hold, if any.
        key: Option<PublicKey>,
    },
    /// A connection is gone.
    Disconnected {
        /// The connection.
        peer: Peer,
    },
    /// A frame from a connection.
    Received {
        /// The connection.
        peer: Peer,
        /// What it sent.
        bytes: Vec<u8>,
    },
    /// A decided block that the host fetched, or one of several in ascending order.
    Decision {
        /// Who gave it.
        peer: Peer,
        /// The block.
        block: Arc<Block>,
        /// Its certificate.
        certificate: DecisionCertificate,
    },
    /// A snapshot that the host fetched.
    Snapshot {
        /// Who gave it.
        peer: Peer,
        /// What it gave.
        snapshot: Box<Snapshot>,
    },
    /// A height of which the host's disk has another decision than [`Request::Compare`] brought.
    Forked(Box<Fork>),
    /// All records up to this token are on disk.
    Persisted(Token),
    /// A timeout fell due.
    Timeout,
}

/// What a player can want of the table besides moves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Put a question to the table.
    Propose(Motion),
    /// Answer one.
    Ballot(MotionId, Choice),
    /// Leave the game and the table for good.
    Leave,
}

/// Numbers the records in the order they must reach the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What the engine gives its host, in order.
#[derive(Clone, Debug)]
pub enum Output<G: Game> {
    /// Must be carried out.
    Request(Request),
    /// May be ignored.
    Event(Event<G>),
}

/// What the host must carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Append a record to the journal, make it durable, then answer with
    /// [`Input::Persisted`]. Records may be written together; one answer covers all up to its
    /// token.
    Persist {
        /// Ascending.
        token: Token,
        /// What to write.
        record: Record,
    },
    /// Send a frame to one connection.
    Send {
        /// The connection.
        peer: Peer,
        /// Its lane.
        lane: Lane,
        /// The frame.
        bytes: Arc<[u8]>,
    },
    /// Send a frame to every connection of another seat.
    Broadcast {
        /// Their lane.
        lane: Lane,
        /// The frame.
        bytes: Arc<[u8]>,
    },
    /// Fetch decided blocks from one of these connections, answered by [`Input::Decision`]s in
    /// ascending order. Asked again while it is not answered.
    Fetch {
        /// The first height wanted.
        from: Height,
        /// The last height known to be decided.
        to: Height,
        /// Connections that showed they are there.
        peers: Vec<Peer>,
    },
    /// Fetch the newest snapshot of a height above this one from one of these connections, answered
    /// by [`Input::Snapshot`]. Asked again, in turn with [`Fetch`](Self::Fetch), while nothing
    /// comes of it.
    FetchSnapshot {
        /// The last height decided here.
        above: Height,
        /// The last height known to be decided.
        to: Height,
        /// Connections that showed they are there.
        peers: Vec<Peer>,
    },
    /// Somebody showed a decision that holds, of a height that this engine remembers no more: if
    /// the one on disk is of another block, say so with [`Input::Forked`].
    Compare {
        /// What was shown.
        theirs: Box<DecisionCertificate>,
    },
    /// Decisions and snapshots of heights below `below` may go, once every record requested before
    /// this is durable, and not earlier: a snapshot in the journal covers them. A host that writes
    /// transcripts keeps the decisions.
    CleanUp {
        /// The lowest height that is needed still.
        below: Height,
    },
    /// Drop the records of this seat's secrets that are spent, by
    /// [`Record::until_spent`], once every record requested before this is durable, and not
    /// earlier: a decision there has spent them.
    Forget(Spent),
}

/// What the host may show, log or ignore.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<G: Game> {
    /// A height is final.
    Decided(Decided<G>),
    /// A request of this player ended.
    Settled {
        /// The number given to [`Input::Act`].
        ticket: u64,
        /// How it ended.
        settled: Settled,
    },
    /// A vote was sent, or another seat's was counted, so that its signature holds; for showing how
    /// a height becomes final. Those beyond a quorum are not counted.
    Voted(Vote),
    /// A seat's secret for the open roll has arrived on this device, not yet decided.
    Revealed {
        /// The roll.
        roll: Height,
        /// Whose secret.
        seat: Seat,
    },
    /// This seat gave up a round.
    RoundChanged {
        /// The height.
        height: Height,
        /// The round it entered.
        round: Round,
    },
    /// A seat contradicted itself, and here is the proof: told once per seat and epoch, whoever
    /// found it.
    Guilty {
        /// The proof.
        evidence: Arc<Evidence>,
        /// What it proves.
        offence: Offence,
    },
    /// A leader proposed a block that is invalid here; this seat prepared nil.
    Refused {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// The block and what is wrong with it.
        refusal: Refusal,
    },
    /// Two blocks were decided at one height, and here is the proof.
    Forked {
        /// The proof; [`Fork::blame`] tells the guilty from the suspects.
        fork: Arc<Fork>,
        /// Whether the table stops; a conflict of the past that seats signed which have left since
        /// does not stop it.
        halts: bool,
    },
    /// A round ended without a word from its leader.
    LeaderTimeout {
        /// The leader.
        seat: Seat,
        /// The height.
        height: Height,
        /// The round.
        round: Round,
    },
    /// A seat has signed nothing for many heights that others decided.
    Silent {
        /// The seat.
        seat: Seat,
        /// How many heights in a row.
        heights: u32,
    },
    /// A seat submitted what the rules, or the table, refuse as things stand. It is not decided.
    EntryRefused {
        /// Whose entry.
        seat: Seat,
        /// What is wrong with it.
        why: EntryRefusal,
    },
    /// This device's wall clock is far from those of the other seats.
    ClockWrong {
        /// What it shows.
        here: Wall,
        /// The median of what the seats show.
        table: Wall,
    },
    /// A connection sent what no honest peer sends.
    Fault {
        /// The connection.
        peer: Peer,
        /// What it did.
        fault: Fault,
    },
    /// Seats heard from lately, oneself included, when that changes.
    Present {
        /// Those seats.
        seats: Seats,
    },
    /// There has been no quorum for so long that those present may sign a claim.
    Stalled {
        /// The seats that were not heard from.
        absent: Seats,
    },
    /// A claim was signed; [`Engine::claim`](super::Engine::claim) is the document.
    Claimed {
        /// Who has signed it so far.
        signed: Seats,
    },
    /// Decided blocks are being fetched.
    CatchingUp {
        /// The height this device is at.
        height: Height,
        /// The height it is after.
        target: Height,
    },
    /// This device went on from a snapshot.
    Adopted {
        /// The height it was at.
        from: Height,
        /// The height it is at now.
        height: Height,
        /// Digest of game and table state there.
        state: Digest,
    },
    /// The roster has changed so much that this device cannot tell whom to believe: it takes a link
    /// made after the newest checkpoint ([`Setup::anchor`](super::Setup::anchor)), or a peer that
    /// still has every block, as it does for whoever holds a seat.
    LinkStale {
        /// Signers of the newest snapshot that are known here.
        known: usize,
        /// How many there must be.
        needed: usize,
    },
    /// The others hold a signature of this seat that its journal has lost: a backup was restored,
    /// or another device has the same key. This device only watches from now on.
    RolledBack {
        /// The height that was signed for.
        height: Height,
        /// The round.
        round: Round,
    },
    /// Play cannot go on here: stop, never guess.
    Halted(Halted),
    /// Another roster decides from the next height on.
    Epoch {
        /// The epoch that begins.
        epoch: Epoch,
        /// Its roster.
        roster: Arc<Roster>,
        /// This device's seat in it.
        seat: Option<Seat>,
    },
}

/// A final height.
#[derive(Clone, Debug)]
pub struct Decided<G: Game> {
    /// Its index.
    pub height: Height,
    /// The round that decided it here.
    pub round: Round,
    /// The block.
    pub block: Arc<Block>,
    /// Who signed the certificate.
    pub signers: Seats,
    /// Digest of game and table state after it.
    pub state: Digest,
    /// What the rules told the screen, in order.
    pub happened: Vec<Happened<G>>,
    /// What happened at the table besides the game, in order.
    pub news: Vec<MotionNews>,
    /// The next height's first leader.
    pub next_leader: Seat,
    /// Whether a roll waits for secrets now, and whose.
    pub rolling: Option<Seats>,
    /// When this device learnt of it.
    pub at: Mono,
}

/// What a connection did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A frame longer than any message.
    #[error("a frame of {bytes} bytes, at most {max} are allowed")]
    Oversize {
        /// Its length.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// A frame that is no message.
    #[error("not a message: {0}")]
    Undecodable(#[from] crate::codec::DecodeError),
    /// A consensus message that does not hold.
    #[error(transparent)]
    Consensus(#[from] crate::consensus::ReceiveError),
    /// A false testimony about the last decision.
    #[error("brought a testimony with a false signature")]
    FalseTestimony,
    /// A vote whose signature turned out to be false.
    #[error("brought a vote with a false signature")]
    FalseVote,
    /// An entry of another table, of no seat, out of bounds or with a false signature.
    #[error("entry of seat {seat}: {why}")]
    Entry {
        /// The seat it names.
        seat: Seat,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A proof that proves nothing.
    #[error("a false proof: {0}")]
    Evidence(EvidenceError),
    /// A fetched snapshot that does not hold.
    #[error("a snapshot of height {height} that does not hold: {why}")]
    Snapshot {
        /// The height it names.
        height: Height,
        /// What is wrong with it.
        why: SnapshotError,
    },
    /// A fetched block that its certificate does not cover.
    #[error("a decision at height {0} that does not hold")]
    Decision(Height),
}

/// Why play cannot go on here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Halted {
    /// A quorum decided a block that this build finds invalid or that leads to another state.
    #[error("height {height} was decided, but here it {why}")]
    Diverged {
        /// The height.
        height: Height,
        /// What this build makes of it.
        why: String,
    },
    /// Two different blocks have decision certificates at one height.
    #[error("two blocks were decided at height {0}")]
    Fork(Height),
}

/// A call that the caller must mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A watcher has no seat to act from.
    #[error("a watcher cannot act")]
    NoSeat,
    /// An entry of no action.
    #[error("an entry needs at least one action")]
    NoAction,
    /// A token that was never given out.
    #[error("token {0} was never given out")]
    UnknownToken(u64),
    /// A claim before anything was decided.
    #[error("nothing is decided yet")]
    NothingDecided,
    /// A claim while there is a quorum, which can decide.
    #[error("there is a quorum")]
    QuorumHolds,
    /// A claim before the quorum was gone for long.
    #[error("a claim may be signed in {} s", .left.as_millis().div_ceil(1_000))]
    ClaimTooEarly {
        /// How long that is still.
        left: std::time::Duration,
    },
    /// Time went backwards.
    #[error("the monotonic clock went back")]
    ClockWentBack,
    /// More connections than an engine tracks.
    #[error("more than {0} connections")]
    TooManyPeers(usize),
}
