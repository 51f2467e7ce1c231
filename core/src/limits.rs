//! Every bound of the core in one place. A test hits each of them.

use std::time::Duration;

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

/// Turns in a row that a seat lets pass before it counts as away.
pub const AWAY_AFTER_TURNS: u32 = 3;

/// What happened at a table and nobody has asked for yet.
pub const HAPPENED_KEPT_MAX: usize = 4_096;

/// Rolls in a row that a local table makes before it waits: rules that roll for ever must not hang
/// the device.
pub const LOCAL_ROLLS_MAX: usize = 1_024;
