//! What travels between seats: entries, blocks, votes, round changes, proposals, status.
//!
//! Every signature covers the table, the epoch where one applies, and everything that gives the
//! content its place, so that a message can be replayed nowhere else.

mod block;
mod dispute;
mod entry;
mod evidence;
mod motion;
mod proposal;
mod round_change;
mod status;
mod testimony;
mod vote;
mod wire;

pub use block::{Block, Deadline};
pub use dispute::{Charge, Dispute, Exhibit};
pub use entry::{Content, Entry, EntryBody, Stream};
pub use evidence::{Evidence, Statement, StatementKind};
pub use motion::{Choice, Motion, MotionId};
pub use proposal::{Justification, Proposal};
pub use round_change::{Claim, RoundChange};
pub use status::{Status, Tip, VoteSet};
pub use testimony::Testimony;
pub use vote::{Unsigned, Vote, VoteKind};
pub use wire::{Lane, Message, Peer};
