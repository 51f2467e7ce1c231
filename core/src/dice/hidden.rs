//! Hidden rolls: everybody's public secrets, and one that the owner keeps back until it shows.

use serde::{Deserialize, Serialize};

use super::{Leaf, draw};
use crate::digest::{Digest, domain_hasher};
use crate::game::{Hidden, Roll};
use crate::genesis::TableId;

/// What the owner of a hidden roll adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The secret at this leaf, which only the owner's device can open.
    Leaf(Leaf),
    /// Nothing, for it had no commitment: nobody can ever open the roll.
    Missing,
    /// Nothing, for the table plays with practice dice: everybody can compute the roll.
    Practice,
}

impl Part {
    /// Whether it is a secret of the owner.
    #[must_use]
    pub const fn is_leaf(&self) -> bool {
        matches!(self, Self::Leaf(_))
    }
}

/// A hidden roll at the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealt {
    /// What its owner adds, fixed before anybody's public secret was revealed.
    pub part: Part,
    /// What everybody's public secrets come to; none before they are there.
    pub thrown: Option<Digest>,
}

impl Dealt {
    /// The result of `hidden` for whoever knows the owner's secret; none if it is not dealt yet, or
    /// nobody can know.
    #[must_use]
    pub fn open(&self, table: TableId, hidden: &Hidden, nonce: Option<&[u8; 32]>) -> Option<Roll> {
        let own: &[u8] = match (self.part, nonce) {
            (Part::Leaf(_), Some(nonce)) => nonce,
            (Part::Practice, _) => &[],
            _ => return None,
        };
        let mut hasher = domain_hasher("dice/hidden");
        hasher.update(table.0.as_bytes());
        hasher.update(&hidden.id().to_be_bytes());
        hasher.update(self.thrown?.as_bytes());
        hasher.update(own);
        let values = draw(&mut hasher.finalize_xof(), &hidden.draw());
        Roll::new(hidden.draw(), values)
    }
}
