//! Value that cannot be made or lost by accident.

mod book;
mod money;

pub use {book::Ledger, money::Money};
