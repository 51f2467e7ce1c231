//! Dice: how a stream of random bytes becomes what a game asked for.

mod draw;

pub(crate) use draw::below;
pub use draw::draw;
