//! Disputes: what attached evidence and the table's own state settle by themselves.
//!
//! A check looks at nothing else. Blocks of the past are on some devices and no longer on others,
//! so what rests on them would be answered differently here and there. What a check cannot settle
//! the players do, with ballots.
//!
//! | charge | upheld if | dismissed if |
//! |---|---|---|
//! | invalid transition | an attached decision of that height has another state than the table came to | the table knows its state of that height |
//! | wrong roll | the attached secrets, which are those that were decided, make other values | they make the same, they are others, or there was no such roll |
//! | wrong payout | as an invalid transition | - |
//! | double vote | it is attached, or proven already | - |
//! | withheld reveal | the table noted it | the table would have noted it |
//! | stalled seat | the table noted it | the table would have noted it |

mod annals;
mod check;

pub use annals::{Annals, PastRoll};
pub use check::{Facts, Finding, check};
