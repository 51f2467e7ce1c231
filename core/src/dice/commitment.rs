//! Commitments to sixteen secrets, and how one of them is opened.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::PublicKey;
use crate::digest::{Digest, domain_hasher};
use crate::genesis::TableId;
use crate::limits::LEAVES_OWN;

/// Secrets under one commitment: leaf 0 for public rolls, the others for a seat's own needs.
const LEAVES: usize = LEAVES_OWN as usize + 1;
const DEPTH: usize = 4;

/// The Merkle root of sixteen secrets: binds a seat to all of them and shows none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment(Digest);

/// One secret with its path to the commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Which of the sixteen.
    leaf: u8,
    /// The secret.
    #[serde(with = "crate::codec::raw")]
    nonce: [u8; 32],
    /// The neighbours on the way up.
    path: [Digest; DEPTH],
}

/// One of the sixteen secrets under a commitment, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// The commitment.
    pub commitment: Commitment,
    /// Its number among those of its seat, from 1.
    pub counter: u64,
    /// Which of the sixteen: 0 for public rolls, the others for what a seat keeps back.
    pub index: u8,
}

/// A seat's sixteen secrets, derived from one seed that must be on disk before the commitment
/// leaves.
pub struct Secrets {
    leaves: Zeroizing<[[u8; 32]; LEAVES]>,
    owner: Owner,
}

/// Whose secrets they are: part of every leaf, so that nobody can commit to a copy.
#[derive(Clone, Copy)]
struct Owner {
    table: TableId,
    key: PublicKey,
    counter: u64,
}

impl Commitment {
    /// The root itself.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.0
    }
}

impl std::fmt::Display for Commitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Secrets {
    /// The secrets of `key` at `table` under its `counter`-th commitment.
    #[must_use]
    pub fn derive(seed: &[u8; 32], table: TableId, key: PublicKey, counter: u64) -> Self {
        let mut leaves = Zeroizing::new([[0; 32]; LEAVES]);
        let mut hasher = domain_hasher("dice/secret");
        hasher.update(seed);
        hasher.update(table.0.as_bytes());
        hasher.update(key.as_bytes());
        hasher.update(&counter.to_be_bytes());
        let mut stream = hasher.finalize_xof();
        leaves.iter_mut().for_each(|leaf| stream.fill(leaf));
        Self {
            leaves,
            owner: Owner {
                table,
                key,
                counter,
            },
        }
    }

    /// What the table is told.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        Commitment(self.levels()[DEPTH][0])
    }

    /// Which commitment of its owner this is, from 1.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.owner.counter
    }

    /// Opens the secret for public rolls.
    #[must_use]
    pub fn open_public(&self) -> Opening {
        self.open_at(0)
    }

    /// Opens one of the sixteen; none if there is none of that index.
    #[must_use]
    pub fn open(&self, index: u8) -> Option<Opening> {
        (usize::from(index) < LEAVES).then(|| self.open_at(usize::from(index)))
    }

    fn open_at(&self, index: usize) -> Opening {
        let levels = self.levels();
        let path = std::array::from_fn(|level| levels[level][(index >> level) ^ 1]);
        Opening {
            leaf: u8::try_from(index).unwrap_or(u8::MAX), // always below sixteen
            nonce: self.leaves[index],
            path,
        }
    }

    /// All levels of the tree, leaves first.
    fn levels(&self) -> Vec<Vec<Digest>> {
        let bottom = (0u8..).zip(self.leaves.iter());
        let bottom: Vec<_> = bottom
            .map(|(leaf, nonce)| self.owner.leaf(leaf, nonce))
            .collect();
        let mut levels = vec![bottom];
        for level in 0..DEPTH {
            let above = levels[level]
                .chunks(2)
                .map(|pair| node(&pair[0], &pair[1]))
                .collect();
            levels.push(above);
        }
        levels
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("counter", &self.owner.counter)
            .finish_non_exhaustive()
    }
}

impl Owner {
    fn leaf(&self, leaf: u8, nonce: &[u8; 32]) -> Digest {
        let mut hasher = domain_hasher("dice/leaf");
        hasher.update(self.table.0.as_bytes());
        hasher.update(self.key.as_bytes());
        hasher.update(&self.counter.to_be_bytes());
        hasher.update(&[leaf]);
        hasher.update(nonce);
        Digest::from_bytes(*hasher.finalize().as_bytes())
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = domain_hasher("dice/node");
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

impl Opening {
    /// The secret.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Which of the sixteen this opens.
    #[must_use]
    pub const fn leaf(&self) -> u8 {
        self.leaf
    }

    /// The neighbours on the way up, the lowest first.
    #[must_use]
    pub const fn path(&self) -> &[Digest] {
        &self.path
    }

    /// Whether this opens the public secret of the `counter`-th `commitment` of `key` at `table`.
    #[must_use]
    pub fn opens(
        &self,
        commitment: &Commitment,
        table: TableId,
        key: PublicKey,
        counter: u64,
    ) -> bool {
        let leaf = Leaf {
            commitment: *commitment,
            counter,
            index: 0,
        };
        self.opens_leaf(&leaf, table, key)
    }

    /// Whether this opens `leaf` of `key` at `table`.
    #[must_use]
    pub fn opens_leaf(&self, leaf: &Leaf, table: TableId, key: PublicKey) -> bool {
        if self.leaf != leaf.index {
            return false;
        }
        let owner = Owner {
            table,
            key,
            counter: leaf.counter,
        };
        let bottom = owner.leaf(self.leaf, &self.nonce);
        let root = self
            .path
            .iter()
            .enumerate()
            .fold(bottom, |below, (level, beside)| {
                if self.leaf >> level & 1 == 0 {
                    node(&below, beside)
                } else {
                    node(beside, &below)
                }
            });
        root == leaf.commitment.0
    }
}
