//! Every bound of the core in one place. A test hits each of them.

use std::time::Duration;

/// Seats a table can have at most: a set of seats is one `u64`.
pub const SEATS_MAX: u8 = 64;

/// Seats of a table that signs with ML-DSA-87 at most: the signatures of a quorum are 51 KB then,
/// and a full block with four certificates still fits a frame.
pub const ML_DSA_SEATS_MAX: u8 = 16;

/// Large signatures that an entry may attach beyond its own bound: a quorum's, or one of every seat
/// of the largest table that signs so.
pub const ATTACHED_MAX: usize = ML_DSA_SEATS_MAX as usize;

/// Signatures, attached or their entries' own, that one seat may have in one block beyond its
/// share.
pub const SHARE_SIGNATURES_MAX: usize = 2 * ATTACHED_MAX;

/// How deep an encoded value may nest, so that hostile bytes cannot exhaust the stack.
pub const DECODE_DEPTH_MAX: u32 = 64;

/// Bytes of one encoded action.
pub const ACTION_BYTES_MAX: usize = 4 * 1024;

/// Bytes of the encoded game state.
pub const STATE_BYTES_MAX: usize = 1024 * 1024;

/// Characters of a player's name.
pub const NAME_CHARS_MAX: usize = 32;

/// Bytes of one encoded entry: a few full actions, or a reveal with its path.
pub const ENTRY_BYTES_MAX: usize = 3 * ACTION_BYTES_MAX;

/// Bytes of entries one seat may have in one block, at most in any genesis.
pub const SHARE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a game's name.
pub const GAME_NAME_BYTES_MAX: usize = 64;

/// Bytes of a game's encoded options.
pub const OPTIONS_BYTES_MAX: usize = 16 * 1024;

/// Rounds at one height that are kept and answered; a real table needs a handful.
pub const ROUND_MAX: u32 = 1 << 16;

/// Rounds above its own for which a seat keeps single votes; certificates jump any distance.
pub const ROUNDS_AHEAD: u32 = 8;

/// Undecided entries kept per seat and stream.
pub const POOL_PER_STREAM: usize = 64;

/// Messages for the next height kept per connection while this one is still being decided.
pub const AHEAD_PER_PEER: usize = 12;

/// Decided blocks kept in memory to answer peers that are a little behind.
pub const RECENT_BLOCKS: usize = 16;

/// Blocks of one height kept while it is decided: one per leader and a few that were fetched. Those
/// that a seat prepared, or holds a certificate of, are kept besides.
pub const BODIES_PER_HEIGHT: usize = 80;

/// Peers an engine keeps track of.
pub const PEERS_MAX: usize = 256;

/// Verified signatures remembered so that none is checked twice.
pub const CHECKED_MAX: usize = 8 * 1024;

/// Milliseconds the time of a fresh block may differ from a seat's own clock.
pub const CLOCK_SKEW_MS_MAX: u64 = 300_000;
/// Actions of one entry.
pub const ENTRY_ACTIONS_MAX: usize = 64;

/// Candidates of one seat that the table looks at.
pub const CANDIDATES_MAX: usize = 4_096;

/// Events that the rules can emit in one step.
pub const EVENTS_PER_STEP_MAX: usize = 1_024;

/// Hidden rolls open at one table.
pub const HIDDEN_MAX: usize = 1_024;

/// Values of one draw.
pub const DRAW_VALUES_MAX: u16 = 1_024;

/// Sides of a die; so that the sum of a draw fits 32 bits.
pub const DICE_SIDES_MAX: u32 = 1_000_000;

/// The shortest clock of a turn.
pub const CLOCK_MIN: Duration = Duration::from_millis(100);

/// The longest clock of a turn.
pub const CLOCK_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Times in a row that a step of gone seats may lead to the next before the game counts as
/// abandoned.
pub const GONE_STEPS_MAX: u32 = 1_024;

/// Rolls of practice dice in one block; rules that ask for more are abandoned.
pub const LOCAL_ROLLS_PER_BLOCK_MAX: u32 = 1_024;

/// Bytes of one frame: a block of every seat's full share with its certificates.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Heartbeats of a live table after which a seat that is not heard counts as absent.
pub const HEARTBEATS_MISSED: u32 = 3;

/// Rounds in which the parent may have been decided that a seat keeps certificates of.
pub const PARENT_ROUNDS_MAX: usize = 16;
/// Turns in a row that a seat lets pass before it counts as away.
pub const AWAY_AFTER_TURNS: u32 = 3;

/// What happened at a table and nobody has asked for yet.
pub const HAPPENED_KEPT_MAX: usize = 4_096;

/// Rolls in a row that a local table makes before it waits: rules that roll for ever must not hang
/// the device.
pub const LOCAL_ROLLS_MAX: usize = 1_024;

/// Milliseconds a wall clock may differ from the median of the seats' before the player is told.
pub const CLOCK_WRONG_MS: u64 = 30_000;

/// One seat's undecided entries sent to one peer in answer to one status, in entries of full size.
pub const REPAIR_ENTRIES: usize = 2;

/// Bytes of a message that holds one signature and no entry.
pub const VOTE_BYTES_MAX: usize = 1024;

/// Bytes of a status, a certificate, or a round change with its claim, at 64 seats.
pub const CERTIFICATE_BYTES_MAX: usize = 32 * 1024;

/// Sets of votes that a status shows, and seats send each other when they lack them: each is 48
/// bytes at most, and all fit beside the rest of a status at 64 seats.
pub const VOTE_SETS_MAX: usize = 512;

/// Own action entries that may wait to be decided; half of what others keep of a stream, so that
/// withdrawals and entries signed anew always find room.
pub const SUBMISSIONS_MAX: usize = POOL_PER_STREAM / 2;

/// Characters of what a newcomer says it brings.
pub const BUY_IN_CHARS_MAX: usize = 200;

/// State digests of past heights that the table keeps: how far behind a newcomer may be that signs
/// for its seat.
pub const STATES_KEPT: usize = 64;

/// Past epochs whose rosters the table keeps.
pub const EPOCHS_KEPT: usize = 16;

/// Rolls, withheld secrets and missed turns that a table remembers, so that disputes about them
/// settle themselves.
pub const ANNALS_KEPT: usize = 64;

/// Milliseconds, by its own clock, after which another testimony of a seat is listened to.
pub const TESTIMONY_EVERY_MS: u64 = 1_000;

/// Rejected questions a table remembers; the oldest may return early beyond that.
pub const REJECTED_MOTIONS_MAX: usize = 256;

/// Heights, the one being decided included, of which a seat remembers what the others signed, to
/// find contradictions that arrive late.
pub const WATCHED_HEIGHTS: u64 = 8;

/// Statements of one seat remembered of one of those heights: a few rounds of three each.
pub const STATEMENTS_KEPT: usize = 48;

/// Heights in a row without a sign of a seat after which it counts as not taking part.
pub const SILENT_HEIGHTS: u32 = 8;

/// Keys of which a device keeps a reputation.
pub const REPUTATIONS_MAX: usize = 4_096;

/// Decided heights that a successor may give up, where a genesis says nothing else.
pub const FORK_DEPTH: u32 = 1_000;

/// Decided heights that a successor may give up, at most in any genesis.
pub const FORK_DEPTH_MAX: u32 = 100_000;

/// Forks of the past that a device keeps the proof of, and as many that halt its table.
pub const FORKS_KEPT: usize = 8;

/// Every so many heights one is a checkpoint, where a genesis says nothing else.
pub const CHECKPOINT_EVERY: u32 = 100;

/// Heights from one checkpoint to the next, at least in any genesis: a snapshot is one pass over
/// the state.
pub const CHECKPOINT_EVERY_MIN: u64 = 2;

/// Heights from one checkpoint to the next, at most in any genesis.
pub const CHECKPOINT_EVERY_MAX: u64 = 100_000;

/// Bytes of an encoded snapshot: the game's state, the table's, and the checkpoint's block.
pub const SNAPSHOT_BYTES_MAX: usize = FRAME_BYTES_MAX;

/// Secrets of one commitment that a seat can keep back, one for each hidden roll it owns and each
/// move it seals, until it commits anew.
pub const LEAVES_OWN: u8 = 15;

/// Hidden rolls that one entry shows; the owner of more follows with another.
pub const SHOWS_PER_ENTRY_MAX: usize = 64;

/// Milliseconds a seat may take to open its sealed move where the dice are for practice and the
/// genesis names no deadline for reveals.
pub const PRACTICE_OPENING_MS: u32 = 2_000;
