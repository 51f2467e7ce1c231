//! Why a motion or a ballot is refused.

use crate::message::MotionId;
use crate::seat::Seat;
use crate::time::Height;

/// Why a motion or a ballot is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MotionRefusal {
    /// A ballot on a motion that is not open: never put, or over.
    #[error("motion {0} is not open")]
    Unknown(MotionId),
    /// A second ballot of one seat.
    #[error("seat {seat} has answered motion {motion} already")]
    SecondBallot {
        /// Whose.
        seat: Seat,
        /// On which motion.
        motion: MotionId,
    },
    /// A witness, or a seat that is out of the game.
    #[error("seat {0} does not play, and so has no ballot")]
    NoBallot(Seat),
    /// The seat's own motion is still open.
    #[error("motion {0} of the same seat is still open")]
    SecondMotion(MotionId),
    /// Somebody asked the same, and it is still open.
    #[error("motion {0} asks the same")]
    SameQuestion(MotionId),
    /// It was rejected lately.
    #[error("rejected lately; it may return at height {0}")]
    TooSoon(Height),
    /// It would change nothing.
    #[error("it would change nothing")]
    Moot,
    /// A table's motions are numbered by 32 bits.
    #[error("no more motions at this table")]
    TooMany,
}
