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
