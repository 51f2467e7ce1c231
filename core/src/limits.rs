//! Every bound of the core in one place. A test hits each of them.

/// Seats a table can have at most: a set of seats is one `u64`.
pub const SEATS_MAX: u8 = 64;

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

/// Actions in one entry.
pub const ACTIONS_PER_ENTRY_MAX: usize = 64;

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

/// Messages for the next height kept per seat while this one is still being decided.
pub const AHEAD_PER_SEAT: usize = 6;

/// Decided blocks kept in memory to answer peers that are a little behind.
pub const RECENT_BLOCKS: usize = 16;

/// Blocks of one height kept while it is decided: one per leader and a few that were fetched.
pub const BODIES_PER_HEIGHT: usize = 80;

/// Peers an engine keeps track of.
pub const PEERS_MAX: usize = 256;

/// Verified signatures remembered so that none is checked twice.
pub const CHECKED_MAX: usize = 8 * 1024;

/// Milliseconds the time of a fresh block may differ from a seat's own clock.
pub const CLOCK_SKEW_MS_MAX: u64 = 300_000;
