//! What each invariant promises, in words.

use super::Invariant;

impl Invariant {
    /// What it promises, as half a sentence for people.
    #[must_use]
    pub const fn promise(self) -> &'static str {
        match self {
            Self::Agreement => "two different blocks are never final at one height",
            Self::Prefix => "heights are decided in order, each block on the one before",
            Self::State => "all honest devices come to the same state at the same height",
            Self::Certificate => "whatever is final has the true signatures of a quorum",
            Self::Slot => "an honest seat never signs two things where one belongs",
            Self::Disk => "no signature counts before it is on its signer's disk",
            Self::Lock => "an honest seat stays with what it has locked",
            Self::Alone => "an honest seat never goes to a later round alone",
            Self::Entry => "a move counts once, for its own seat and in its own turn",
            Self::Ballot => "a question passes by the ballots of enough players, one of each",
            Self::Framed => "what an honest seat signs never serves to accuse it",
            Self::Accused => "no honest seat is ever accused",
            Self::Unnamed => "who signs two things whenever it can is proven guilty",
            Self::Secret => "no secret leaves before its time, and what is opened was sealed",
            Self::Value => "money is neither made nor lost",
            Self::Rules => "the rules never fail: `check` finds where they do",
            Self::Late => "nobody is called late whose move was there in time",
            Self::Asleep => "nobody whom everybody hears is passed over as asleep",
            Self::Progress => "once the faults are over, the table goes on with everybody",
            Self::Timer => "who has something to decide has a timer running",
            Self::Halted => "an honest device starts again from its disk and never halts",
            Self::Bounds => "nothing that others send fills a device up",
            Self::Panic => "nothing panics",
            Self::Fork => "whoever learns of a fork stops, and who is left plays on",
        }
    }
}
