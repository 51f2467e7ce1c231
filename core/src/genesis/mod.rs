//! The genesis: what every seat agrees to before the first move.

mod choices;
mod motions;
mod predecessor;
mod stall;
mod timing;

use serde::{Deserialize, Serialize};

use crate::crypto::{self, MlDsaKey, PublicKey, Signature, Signer, Verifier};
use crate::digest::Digest;
use crate::limits::{
    ATTACHED_MAX, CHECKPOINT_EVERY_MAX, CHECKPOINT_EVERY_MIN, ENTRY_BYTES_MAX, FORK_DEPTH_MAX,
    GAME_NAME_BYTES_MAX, OPTIONS_BYTES_MAX, SEATS_MAX, SHARE_BYTES_MAX, SHARE_SIGNATURES_MAX,
};
use crate::roster::{Holder, Name, Roster, SeatKind, rewrites_the_screen};
use crate::seat::{PerSeat, Seat, Seats};
use crate::time::{Height, Wall};

pub use crate::crypto::Scheme;
pub use crate::roster::FaultProfile;
pub use choices::{Protocol, Schedule, UnknownName};
pub use motions::MotionPolicy;
pub use predecessor::Predecessor;
pub use stall::{StallPolicy, Stalls};
pub use timing::Timing;

/// A table's identity: the digest of its genesis. It is part of every signed byte string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableId(pub Digest);

impl std::fmt::Display for TableId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.short())
    }
}

/// What every seat agreed to before the first move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Name of the rules ([`Game::NAME`](crate::Game::NAME)).
    pub game: String,
    /// Version of the rules.
    pub version: u32,
    /// The game value (its options) in canonical bytes.
    pub options: Vec<u8>,
    /// Digest of how the rules behave; differs between builds that would diverge.
    pub fingerprint: Digest,
    /// Who sits where, from seat 0.
    pub seats: Vec<Seating>,
    /// How a block is agreed on.
    pub protocol: Protocol,
    /// How the seats sign.
    pub signatures: Scheme,
    /// Who leads which round.
    pub schedule: Schedule,
    /// Which faults the table is built for; none is as many Byzantine seats as any table of this
    /// size bears, and no others.
    pub profile: Option<FaultProfile>,
    /// Who makes the dice.
    pub dice: DicePolicy,
    /// How long a round may take.
    pub timing: Timing,
    /// Bounds of entries and blocks.
    pub bounds: Bounds,
    /// What becomes of seats that do not play.
    pub stall: Stalls,
    /// How long a question to the table may stay open.
    pub motions: MotionPolicy,
    /// Signing the genesis is over after this moment: a table that has not begun never will.
    pub expires: Wall,
    /// The table that this one takes over from, where that was forked.
    pub predecessor: Option<Predecessor>,
    /// How many decided heights a successor of this table may give up.
    pub fork_depth: u32,
    /// Every so many heights one is a checkpoint, from which a device can go on without the blocks
    /// before; 2 to 100,000.
    pub checkpoint: u32,
}

/// One seat in a genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seating {
    /// What the others call the holder.
    pub name: Name,
    /// Who holds it; at most tables also the key that signs for the seat.
    pub key: PublicKey,
    /// The key that signs for the seat at a table of [`Scheme::MlDsa87`], and only there.
    pub ml_dsa: Option<MlDsaKey>,
    /// Bytes the holder contributed, so that nobody else can choose the table's id.
    pub nonce: [u8; 32],
    /// What the seat is for.
    pub kind: SeatKind,
}

/// Who makes the dice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DicePolicy {
    /// Derived from the genesis: whoever plays can compute them ahead. For practice.
    Local,
    /// Everybody throws in a secret; the result is unpredictable for each whose secret is in it.
    CommitReveal {
        /// How long a seat may take to reveal, in milliseconds.
        deadline_ms: u32,
        /// After how many rolls a seat that withheld may throw in again.
        returns_after: u32,
    },
}

impl Default for DicePolicy {
    fn default() -> Self {
        Self::CommitReveal {
            deadline_ms: 2_000,
            returns_after: 8,
        }
    }
}

/// Bounds of entries and blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Bytes of entries one seat may have in one block.
    pub share_bytes: u32,
    /// Heights after which an undecided entry is no longer valid.
    pub entry_lifetime: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            share_bytes: 16 * 1024,
            entry_lifetime: 4_096,
        }
    }
}

/// A genesis that no table can start from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// No seats, or more than 64.
    #[error("{0} seats; a table has 1 to {SEATS_MAX}")]
    SeatCount(usize),
    /// More seats than large signatures leave room for.
    #[error("{count} seats; a table that signs with {scheme} has at most {most}")]
    Crowded {
        /// Seats at the table.
        count: usize,
        /// How it signs.
        scheme: Scheme,
        /// How many seats it may have.
        most: u8,
    },
    /// A seat that brings no key for how the table signs, or one for another way.
    #[error("seat {0} does not bring the key that the table's signatures ask for")]
    WrongKey(Seat),
    /// Two seats with one key.
    #[error("seats {0} and {1} have the same key")]
    SameKey(Seat, Seat),
    /// A game name that is empty or too long.
    #[error("the game's name has {0} bytes; 1 to {GAME_NAME_BYTES_MAX} are allowed")]
    GameName(usize),
    /// A game name with a control code, a line break or a direction override.
    #[error("the game's name may not hold control codes")]
    GameNameControl,
    /// Options beyond their bound.
    #[error("the game's options have {0} bytes, at most {OPTIONS_BYTES_MAX} are allowed")]
    Options(usize),
    /// A figure outside its range.
    #[error("{what} is {value}, outside {low} to {high}")]
    Figure {
        /// Which figure.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The least allowed.
        low: u64,
        /// The most allowed.
        high: u64,
    },
    /// A fault profile that the table is too small for.
    #[error(
        "{count} seats cannot bear {} Byzantine and {} crashed: that takes {}",
        .profile.byzantine, .profile.crashed, .profile.seats_least()
    )]
    Profile {
        /// The profile.
        profile: FaultProfile,
        /// Seats at the table.
        count: usize,
    },
    /// Witnesses alone.
    #[error("a table needs a seat that plays")]
    NoPlayer,
    /// Dice made by several at a table with too few players to make them.
    #[error("{players} players cannot make dice: at least {least} must; use the Local policy")]
    DiceAlone {
        /// Seats that play.
        players: usize,
        /// Secrets a roll needs at least.
        least: usize,
    },
    /// The seats that a successor takes over are not as many as its own, or are guilty.
    #[error("the successor's seats are not those it takes over")]
    Heirs,
}

impl Genesis {
    /// The id of the table that starts from this genesis.
    #[must_use]
    pub fn table(&self) -> TableId {
        // Invariant: a genesis holds integers, bytes and text only, which always encode.
        TableId(Digest::of("genesis", self).expect("a genesis always encodes"))
    }

    /// The seats of the first epoch: those from 0, or those taken over from a predecessor.
    #[must_use]
    pub fn indexes(&self) -> Seats {
        let founding = Seats::first(self.seats.len());
        let heirs = self.predecessor.as_ref().map(|from| from.seats);
        heirs.unwrap_or(founding)
    }

    /// The roster of the first epoch.
    #[must_use]
    pub fn roster(&self) -> Roster {
        let holder = |seat: &Seating| Holder {
            name: seat.name.clone(),
            key: seat.key,
            ml_dsa: seat.ml_dsa.clone(),
            kind: seat.kind.clone(),
        };
        let holders = self.indexes().iter().zip(self.seats.iter().map(holder));
        Roster::of(holders).with_profile(self.profile)
    }

    /// Whether `height` is a checkpoint.
    #[must_use]
    pub fn is_checkpoint(&self, height: Height) -> bool {
        height > Height(0) && height == self.last_checkpoint(height)
    }

    /// The last checkpoint up to `height`; 0 before the first.
    #[must_use]
    pub fn last_checkpoint(&self, height: Height) -> Height {
        Height(height.0 - height.0 % u64::from(self.checkpoint.max(1)))
    }

    /// Checks every figure, whoever wrote it.
    ///
    /// # Errors
    /// [`GenesisError`] names the first figure that no table can start from.
    pub fn validate(&self) -> Result<(), GenesisError> {
        let count = self.seats.len();
        if count == 0 || count > usize::from(SEATS_MAX) {
            return Err(GenesisError::SeatCount(count));
        }
        if self.game.is_empty() || self.game.len() > GAME_NAME_BYTES_MAX {
            return Err(GenesisError::GameName(self.game.len()));
        }
        if self.game.chars().any(rewrites_the_screen) {
            return Err(GenesisError::GameNameControl);
        }
        if self.options.len() > OPTIONS_BYTES_MAX {
            return Err(GenesisError::Options(self.options.len()));
        }
        self.room()?;
        self.keys()?;
        if let Some(profile) = self.profile.filter(|profile| !profile.fits(count)) {
            return Err(GenesisError::Profile { profile, count });
        }
        self.enough_players()?;
        let deepest = u64::from(FORK_DEPTH_MAX);
        within("fork_depth", u64::from(self.fork_depth), 0, deepest)?;
        let (low, high) = (CHECKPOINT_EVERY_MIN, CHECKPOINT_EVERY_MAX);
        within("checkpoint", u64::from(self.checkpoint), low, high)?;
        if let Some(predecessor) = &self.predecessor {
            predecessor.validate(count)?;
        }
        let share = u64::from(self.bounds.share_bytes);
        within(
            "share_bytes",
            share,
            ENTRY_BYTES_MAX as u64,
            SHARE_BYTES_MAX as u64,
        )?;
        within(
            "entry_lifetime",
            u64::from(self.bounds.entry_lifetime),
            16,
            1 << 20,
        )?;
        self.timing.validate()?;
        self.stall.validate()?;
        self.motions.validate()?;
        match self.dice {
            DicePolicy::Local => Ok(()),
            DicePolicy::CommitReveal {
                deadline_ms,
                returns_after,
            } => {
                within("deadline_ms", u64::from(deadline_ms), 100, 600_000)?;
                within("returns_after", u64::from(returns_after), 1, 1_000)
            }
        }
    }

    /// Bytes of entries one seat may have in one block, their signatures counted with them.
    #[must_use]
    pub fn share_bytes(&self) -> usize {
        let share = usize::try_from(self.bounds.share_bytes).unwrap_or(0);
        share + SHARE_SIGNATURES_MAX * self.signatures.signature_bytes()
    }

    /// Bytes of one encoded entry without its signature, at most.
    #[must_use]
    pub const fn entry_bytes_max(&self) -> usize {
        ENTRY_BYTES_MAX + ATTACHED_MAX * self.signatures.surplus()
    }

    /// What an entry of `bytes`, its signature aside, takes of its seat's share: no less than it
    /// takes of a frame, or many small entries would overflow what a block must fit.
    #[must_use]
    pub(crate) const fn weight(&self, bytes: usize) -> usize {
        bytes + self.signatures.signature_bytes()
    }

    /// Whether the holder is one whom the genesis knows by another large key. Who founded a table
    /// keeps its key there, so that forging identities later gains nothing.
    #[must_use]
    pub(crate) fn knows_otherwise(&self, holder: &Holder) -> bool {
        let other = |chair: &Seating| chair.key == holder.key && chair.ml_dsa != holder.ml_dsa;
        self.seats.iter().any(other)
    }

    /// Whether the holder's keys are of the scheme in force, and not others than the genesis knows
    /// it by.
    #[must_use]
    pub(crate) fn suits(&self, holder: &Holder) -> bool {
        holder.keys().scheme() == self.signatures && !self.knows_otherwise(holder)
    }

    fn enough_players(&self) -> Result<(), GenesisError> {
        let roster = self.roster();
        let (players, least) = (roster.players().len(), roster.contributors());
        if players == 0 {
            Err(GenesisError::NoPlayer)
        } else if self.dice != DicePolicy::Local && players < least {
            Err(GenesisError::DiceAlone { players, least })
        } else {
            Ok(())
        }
    }

    /// Signatures of all seats fit where they are sent.
    fn room(&self) -> Result<(), GenesisError> {
        let (count, scheme) = (self.seats.len(), self.signatures);
        let most = scheme.seats_max();
        if count <= usize::from(most) {
            return Ok(());
        }
        Err(GenesisError::Crowded {
            count,
            scheme,
            most,
        })
    }

    /// Every seat brings the keys the table asks for, and no other seat's.
    fn keys(&self) -> Result<(), GenesisError> {
        let roster = self.roster();
        for (seat, holder) in roster.iter() {
            if holder.keys().scheme() != self.signatures {
                return Err(GenesisError::WrongKey(seat));
            }
            if let Some(first) = roster.like(holder).filter(|first| *first != seat) {
                return Err(GenesisError::SameKey(first, seat));
            }
        }
        Ok(())
    }
}

fn within(what: &'static str, value: u64, low: u64, high: u64) -> Result<(), GenesisError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(GenesisError::Figure {
            what,
            value,
            low,
            high,
        })
    }
}

/// A genesis that every seat signed: the table may begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedGenesis {
    /// What was signed.
    pub genesis: Genesis,
    /// One signature of each seat.
    pub signatures: PerSeat<Signature>,
}

impl SignedGenesis {
    /// One seat's signature of a genesis.
    #[must_use]
    pub fn sign(genesis: &Genesis, signer: &dyn Signer) -> Signature {
        signer.sign(&Self::bytes(genesis))
    }

    /// Whether `signature` is `seat`'s signature of `genesis`.
    #[must_use]
    pub fn signed_by(
        genesis: &Genesis,
        seat: Seat,
        signature: &Signature,
        verifier: &dyn Verifier,
    ) -> bool {
        genesis
            .roster()
            .holder(seat)
            .is_some_and(|holder| verifier.verify(&holder.keys(), &Self::bytes(genesis), signature))
    }

    /// The seats whose signature is missing or false; empty if the table may begin.
    #[must_use]
    pub fn missing(&self, verifier: &dyn Verifier) -> Seats {
        let bytes = Self::bytes(&self.genesis);
        let signed = |seat, holder: &Holder| {
            let signature = self.signatures.get(seat);
            signature.is_some_and(|sig| verifier.verify(&holder.keys(), &bytes, sig))
        };
        let roster = self.genesis.roster();
        roster
            .iter()
            .filter(|(seat, holder)| !signed(*seat, holder))
            .map(|(s, _)| s)
            .collect()
    }

    /// The bytes that every seat signs.
    #[must_use]
    pub fn bytes(genesis: &Genesis) -> Vec<u8> {
        // Invariant: a table id is 32 bytes, which always encode.
        crypto::signing_bytes("genesis", &genesis.table()).expect("a table id always encodes")
    }
}
