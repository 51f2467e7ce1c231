//! What may look odd about a count of ballots. Advice to people: nothing is decided by it.

use super::Ballots;
use crate::message::Choice;

/// From how many voters on unanimity is worth a word: among few it is common.
const UNANIMITY_VOTERS: usize = 7;

/// Something that people may want to know about a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Fewer than half of the voters answered.
    LowTurnout {
        /// How many answered.
        given: usize,
        /// How many could.
        voters: usize,
    },
    /// Of seven or more voters, more than nine in ten of those who answered said the same.
    SuspiciousUnanimity {
        /// What they said.
        choice: Choice,
        /// How many said it.
        agreeing: usize,
        /// How many answered.
        given: usize,
    },
}

impl std::fmt::Display for Advice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LowTurnout { given, voters } => {
                write!(f, "only {given} of {voters} answered")
            }
            Self::SuspiciousUnanimity {
                agreeing, given, ..
            } => write!(f, "{agreeing} of {given} answered alike"),
        }
    }
}

/// What looks odd about the ballots of a motion that is over.
///
/// ```
/// use quorate_core::message::Choice;
/// use quorate_core::motion::{Advice, Ballots, advice};
/// use quorate_core::Seats;
///
/// let mut ballots = Ballots::among(Seats::first(5));
/// ballots.cast(Seats::first(5).nth(0).unwrap(), Choice::Yes);
/// assert_eq!(advice(&ballots), [Advice::LowTurnout { given: 1, voters: 5 }]);
/// ```
#[must_use]
pub fn advice(ballots: &Ballots) -> Vec<Advice> {
    let (given, voters) = (ballots.given().len(), ballots.voters().len());
    let mut advice = Vec::new();
    if given * 2 < voters {
        advice.push(Advice::LowTurnout { given, voters });
    }
    let alike = |choice| Advice::SuspiciousUnanimity {
        choice,
        agreeing: ballots.saying(choice).len(),
        given,
    };
    let most = [Choice::Yes, Choice::No, Choice::Abstain]
        .into_iter()
        .find(|choice| ballots.saying(*choice).len() * 10 > given * 9);
    advice.extend(most.filter(|_| voters >= UNANIMITY_VOTERS).map(alike));
    advice
}
