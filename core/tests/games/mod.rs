//! Small games that between them use everything the game API has.

pub(crate) mod board;
pub mod chips;
pub mod peek;
pub mod puppet;
pub mod rps;
pub mod tic_tac_toe;

pub use {chips::Chips, peek::Peek, puppet::Puppet, rps::Rps, tic_tac_toe::TicTacToe};
