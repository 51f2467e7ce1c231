//! Disputes: what attached evidence and the table's own state settle by themselves.
//!
//! A check looks at nothing else. Blocks of the past are on some devices and no longer on others,
//! so what rests on them would be answered differently here and there. What a check cannot settle
//! the players do, with ballots.
//!
//! | charge | upheld | dismissed |
//! |---|---|---|
//! | invalid transition | an attached decision has another state | the table knows that state |
//! | wrong roll | the secrets make other values | they make the same, or were not decided |
//! | wrong payout | as an invalid transition | never: the players judge |
//! | double vote | two signatures are attached, or proven already | never |
//! | withheld reveal | the table noted it | the table would have noted it |
//! | stalled seat | the table noted it | the table would have noted it |

mod annals;
mod check;

pub use annals::{Annals, PastRoll};
pub use check::{Facts, Finding, check};
