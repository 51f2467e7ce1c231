//! Dice made by everybody: standing commitments, their openings, and what they combine to.
//!
//! Each player seat keeps one unspent [`Commitment`] on the chain, the Merkle root of sixteen
//! secret nonces. A block that asks for a roll fixes who contributes; only then do the secrets
//! leave their devices, and the result hashes all of them. Whoever's secret is in a roll knows that
//! nobody foresaw it.
//!
//! A seat also keeps secrets back: one for each [hidden roll](Dealt) that it owns, which only its
//! own device can add to what everybody revealed, and one for each move that it [seals](seal()).
//!
//! A seat that does not reveal in time is out of that roll, loses its commitment, and its next one
//! counts again some rolls later: `k` colluding seats choose among at most `k + 1` results, once
//! each time they are let back in.

mod commitment;
pub(crate) mod draw;
mod hidden;
mod pot;
mod seal;

pub use commitment::{Commitment, Leaf, Opening, Secrets};
pub use draw::draw;
pub use hidden::{Dealt, Part};
pub use pot::{OpenRoll, Pot, PotError, Thrown, outcome};
pub use seal::seal;
