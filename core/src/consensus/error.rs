//! Why a message is not taken.

use crate::certificate::CertificateError;
use crate::message::Vote;
use crate::seat::Seat;
use crate::time::{Height, Round};

/// Why a message was not taken. All are charged to the connection that brought it, except
/// [`Equivocation`](Self::Equivocation), which is the signer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// Of another height or epoch.
    #[error("for height {0}")]
    Height(Height),
    /// A round beyond every bound.
    #[error("round {0} is out of bounds")]
    Round(Round),
    /// A signer without a seat.
    #[error("seat {0} is not on the roster")]
    Stranger(Seat),
    /// A false signature.
    #[error("the signature of seat {0} is false")]
    Signature(Seat),
    /// A certificate that does not hold.
    #[error("certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// A proposal by a seat that does not lead the round.
    #[error("seat {0} does not lead round {1}")]
    NotLeader(Seat, Round),
    /// A vote of a shape that no honest seat signs under this protocol: a nil Commit in PBFT.
    #[error("seat {0} signed a vote of no meaning")]
    Meaningless(Seat),
    /// A message that only another protocol knows.
    #[error("a message of another protocol")]
    Protocol,
    /// A body that is not what the leader signed.
    #[error("the body is not what seat {0} signed")]
    Body(Seat),
    /// A justification that is missing, does not hold, or asks for another block.
    #[error("the justification of seat {0} does not entitle it")]
    Justification(Seat),
    /// A round change without the certificate it claims.
    #[error("the round change of seat {0} lacks its claim")]
    Claim(Seat),
    /// Two different votes of one seat in one slot.
    #[error("seat {} signed two votes in one slot", .0.0.seat)]
    Equivocation(Box<(Vote, Vote)>),
}
