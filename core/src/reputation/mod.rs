//! Reputation: what this device has come to think of whom it plays with.
//!
//! It is local and private: it decides whom to ask first and whom to shut out, never who votes.
//! Five kinds of conduct are detected. Only what cannot happen to an honest device in bad weather
//! leads to a ban: a [proof](crate::evidence), or bytes that no honest device sends. A leader that
//! keeps the table waiting and a seat that takes no part lose rank, and nothing else: a phone in a
//! tunnel does both.
//!
//! What was lost comes back with time, so that a device that was mended is not shut out for ever.
//! Everything is counted in whole points; floats stand in no digest and in no decision.
//!
//! ```
//! use quorate_core::Wall;
//! use quorate_core::crypto::PublicKey;
//! use quorate_core::reputation::{Detection, Reputation, Scale};
//!
//! let (mal, now) = (PublicKey::from_bytes([7; 32]), Wall(0));
//! let mut reputation = Reputation::new(Scale::Hundred);
//! for _ in 0..2 {
//!     reputation.note(mal, Detection::Equivocation, now);
//! }
//! assert!(!reputation.is_banned(&mal, now));
//! reputation.note(mal, Detection::Malformed, now);
//! assert!(reputation.is_banned(&mal, now));
//! assert_eq!(reputation.standing(&mal, now).to_string(), "-60");
//! ```

mod scale;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::crypto::PublicKey;
use crate::limits::REPUTATIONS_MAX;
use crate::time::Wall;

pub use scale::{Scale, Standing};

/// What was seen of somebody's conduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Detection {
    /// A seat contradicted itself under its signature: there is a proof.
    Equivocation,
    /// A connection brought a signature that nobody made.
    InvalidSignature,
    /// A connection sent bytes that no honest device sends.
    Malformed,
    /// A leader let its round pass in silence.
    LeaderTimeout,
    /// A seat signed nothing for many heights.
    Silence,
}

impl Detection {
    /// All five kinds.
    pub const ALL: [Self; 5] = [
        Self::Equivocation,
        Self::InvalidSignature,
        Self::Malformed,
        Self::LeaderTimeout,
        Self::Silence,
    ];

    /// Whether it can lead to a ban: bad weather explains it in no way.
    #[must_use]
    pub const fn can_ban(self) -> bool {
        match self {
            Self::Equivocation | Self::InvalidSignature | Self::Malformed => true,
            Self::LeaderTimeout | Self::Silence => false,
        }
    }
}

/// What this device thinks of everybody it has met, by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reputation {
    scale: Scale,
    known: BTreeMap<PublicKey, Record>,
}

/// The points that somebody has lost or gained, as of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Lost by proofs and bad bytes.
    blame: u32,
    /// Lost by keeping others waiting.
    delay: u32,
    /// Gained by being of use.
    thanks: u32,
    /// Up to when recovery is counted.
    at: Wall,
}

impl Reputation {
    /// Knows nobody yet.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self {
            scale,
            known: BTreeMap::new(),
        }
    }

    /// The figures in force.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// Notes what `who` did. Tells whether that leads to a ban that was none before.
    pub fn note(&mut self, who: PublicKey, what: Detection, now: Wall) -> bool {
        let before = self.is_banned(&who, now);
        let (scale, most) = (self.scale, self.scale.span());
        let record = self.record(who, now);
        if what.can_ban() {
            record.blame = most.min(record.blame + scale.strike());
        } else {
            record.delay = most.min(record.delay + scale.slip());
        }
        !before && self.is_banned(&who, now)
    }

    /// Notes that `who` was of use: answered right and in time.
    pub fn thank(&mut self, who: PublicKey, now: Wall) {
        let most = self.scale.span();
        let record = self.record(who, now);
        record.thanks = most.min(record.thanks + 1);
    }

    /// Where `who` stands; strangers stand where everybody begins.
    #[must_use]
    pub fn standing(&self, who: &PublicKey, now: Wall) -> Standing {
        let record = self
            .known
            .get(who)
            .map(|record| self.recovered(*record, now));
        let points = record.map_or(0, |record| {
            i64::from(record.thanks) - i64::from(record.blame) - i64::from(record.delay)
        });
        self.scale.standing(points)
    }

    /// The points that `who` has lost and not recovered, whatever for.
    #[must_use]
    pub fn lost(&self, who: &PublicKey, now: Wall) -> u32 {
        let record = self.known.get(who);
        let record = record.map(|record| self.recovered(*record, now));
        record.map_or(0, |record| record.blame + record.delay)
    }

    /// Whether `who` is shut out: by proofs and bad bytes alone.
    #[must_use]
    pub fn is_banned(&self, who: &PublicKey, now: Wall) -> bool {
        let record = self
            .known
            .get(who)
            .map(|record| self.recovered(*record, now));
        record.is_some_and(|record| self.scale.bans(record.blame))
    }

    /// Everybody who is shut out now.
    pub fn banned(&self, now: Wall) -> impl Iterator<Item = &PublicKey> {
        self.known
            .keys()
            .filter(move |who| self.is_banned(who, now))
    }

    fn recovered(&self, record: Record, now: Wall) -> Record {
        let point_ms = self.scale.point_ms();
        let points = now.0.saturating_sub(record.at.0) / point_ms;
        let back = u32::try_from(points).unwrap_or(u32::MAX);
        Record {
            blame: record.blame.saturating_sub(back),
            delay: record.delay.saturating_sub(back),
            thanks: record.thanks.saturating_sub(back),
            // An unfinished point counts on; a clock that went back starts anew.
            at: now.min(Wall(record.at.0 + points * point_ms)),
        }
    }

    fn record(&mut self, who: PublicKey, now: Wall) -> &mut Record {
        let fresh = Record {
            blame: 0,
            delay: 0,
            thanks: 0,
            at: now,
        };
        let known = self.known.get(&who).copied().unwrap_or(fresh);
        let recovered = self.recovered(known, now);
        if self.known.len() >= REPUTATIONS_MAX && !self.known.contains_key(&who) {
            self.forget_one(now);
        }
        let record = self.known.entry(who).or_insert(recovered);
        *record = recovered;
        record
    }

    /// Makes room: who has the least blame is forgotten first, of those the longest unseen, so
    /// that a crowd of fresh keys cannot wash anybody clean.
    fn forget_one(&mut self, now: Wall) {
        let least = self.known.iter().min_by_key(|(_, record)| {
            let record = self.recovered(**record, now);
            (record.blame, record.delay, record.at)
        });
        if let Some(who) = least.map(|(who, _)| *who) {
            self.known.remove(&who);
        }
    }
}
