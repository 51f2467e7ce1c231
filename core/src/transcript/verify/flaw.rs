//! What is wrong with a transcript, and where.

use std::fmt;

use crate::codec::DecodeError;
use crate::genesis::GenesisError;
use crate::seat::{Seat, Seats};
use crate::table::{BlockRefusal, CarryError};
use crate::time::{Epoch, Height};
use crate::transcript::ReadError;

/// The first thing in a transcript that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The height at which it does not hold; none before the first.
    pub height: Option<Height>,
    /// Why.
    pub cause: Cause,
}

/// Why a transcript does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A part stands where another should.
    #[error("a part stands where it does not belong")]
    Misplaced,
    /// A genesis that no table can start from.
    #[error("no table starts from this genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// Seats whose signature of the genesis is missing or false.
    #[error("the genesis lacks true signatures of seats {0:?}")]
    Unsigned(Seats),
    /// Signatures of the genesis by seats that it does not have.
    #[error("the genesis is signed by somebody without a seat")]
    GenesisStranger,
    /// The game that is carried over is not the one that the genesis names.
    #[error("the game taken over is not the one that everybody signed")]
    Carried,
    /// A block of another table.
    #[error("the block belongs to another table")]
    Table,
    /// A block of another height.
    #[error("a block of height {0} stands here")]
    Height(Height),
    /// A block that does not name the one before as its parent.
    #[error("the block does not follow the one before")]
    Parent,
    /// A block of another epoch.
    #[error("the block says epoch {said}, and it is epoch {here}")]
    Epoch {
        /// What it says.
        said: Epoch,
        /// What the blocks before lead to.
        here: Epoch,
    },
    /// A block earlier than its parent.
    #[error("the block's time is before that of the block before")]
    Time,
    /// A certificate of another block.
    #[error("the certificate is not of this block")]
    Certificate,
    /// Not exactly a quorum of signatures.
    #[error("{have} signatures decide it, and a quorum is {need}")]
    Quorum {
        /// Signatures there are.
        have: usize,
        /// Signatures needed.
        need: usize,
    },
    /// A signature of somebody without a seat.
    #[error("seat {0} signed, and is not on the roster")]
    Stranger(Seat),
    /// A signature under the block that its seat did not make.
    #[error("the signature of seat {0} under the block is false")]
    Vote(Seat),
    /// An entry for another table.
    #[error("entry {nonce} of seat {seat} was made for another table")]
    EntryTable {
        /// Whose.
        seat: Seat,
        /// Its number.
        nonce: u64,
    },
    /// An entry that its seat did not sign.
    #[error("the signature of entry {nonce} of seat {seat} is false")]
    Entry {
        /// Whose.
        seat: Seat,
        /// Its number.
        nonce: u64,
    },
    /// A secret that does not open what its seat had committed to.
    #[error("what seat {seat} revealed for roll {roll} is not what it had committed to")]
    Reveal {
        /// Whose.
        seat: Seat,
        /// The roll.
        roll: Height,
    },
    /// A commitment out of sequence.
    #[error("a commitment of seat {0} is out of sequence")]
    Commitment(Seat),
    /// The roster changes, and nothing shows to what.
    #[error("the roster changes here, and the transcript does not show to what")]
    NoState,
    /// What is said to be the state is not what the block's digest covers.
    #[error("what is said to be the state after this block is not what it names")]
    OtherState,
    /// The transcript ends elsewhere than it says.
    #[error("it says that it ends at height {0}")]
    End(Height),
    /// A transcript of another game, or of another version of this one.
    #[error("this is a transcript of {game} version {version}")]
    OtherGame {
        /// The game's name.
        game: String,
        /// Its version.
        version: u32,
    },
    /// Options that are not those of this game.
    #[error("the genesis does not hold options of this game: {0}")]
    Options(DecodeError),
    /// A successor without the game that it goes on with.
    #[error("the game that the table took over cannot be taken up: {0}")]
    TakenOver(#[from] CarryError),
    /// The rules or the table do not allow the block, or it leads elsewhere.
    #[error(transparent)]
    Refused(#[from] BlockRefusal),
    /// The rules' own roster differs from the one the transcript shows.
    #[error("the rules lead to another roster than the transcript shows")]
    Roster,
    /// A roll without the secrets that make it.
    #[error("a roll has a result, and no secrets make it")]
    NoSecrets,
    /// A roll that came to other values than its secrets make.
    #[error("the dice show {said:?}, and their secrets make {here:?}")]
    Dice {
        /// What the game was told.
        said: Vec<u32>,
        /// What the secrets make.
        here: Vec<u32>,
    },
}

impl Flaw {
    pub(super) const fn at_start(cause: Cause) -> Self {
        Self {
            height: None,
            cause,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.height {
            Some(height) => write!(f, "height {height}: {}", self.cause),
            None => write!(f, "at the beginning: {}", self.cause),
        }
    }
}

impl std::error::Error for Flaw {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}
