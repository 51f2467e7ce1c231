//! What the host decides about a table.

use std::ops::RangeInclusive;

use quorate_core::crypto::PublicKey;
use quorate_core::game::{Game, Rejection};
use quorate_core::genesis::{
    Bounds, DicePolicy, FaultProfile, GenesisError, MotionPolicy, Protocol, Schedule,
    Seating as Chair, Stalls, Timing,
};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::{Digest, Wall};

use super::Terms;

/// What the host decides about a table; everybody who sits down agrees to it.
///
/// ```
/// use quorate_p2p::Seating;
/// let seating = Seating::of(4);
/// assert_eq!(seating.seats, 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seating {
    /// How many play, 1 to 64 and within what the game allows. All seats must be taken before play
    /// begins; the host takes the first.
    pub seats: u8,
    /// How a block is agreed on.
    pub protocol: Protocol,
    /// How many seats decide and do not play. They are taken with
    /// [`Node::witness`](crate::Node::witness); one lets three people play on when one of them
    /// falls silent.
    pub witnesses: u8,
    /// Who leads which round.
    pub schedule: Schedule,
    /// Which faults the table is built for; none is the usual bound.
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
    /// Every so many heights one is a checkpoint; 2 to 100,000.
    pub checkpoint: u32,
}

impl Seating {
    /// A table of `seats`, with dice made by everybody; by the device itself at a table of one.
    #[must_use]
    pub fn of(seats: u8) -> Self {
        let dice = if seats == 1 {
            DicePolicy::Local
        } else {
            DicePolicy::default()
        };
        Self {
            seats,
            protocol: Protocol::default(),
            witnesses: 0,
            schedule: Schedule::default(),
            profile: None,
            dice,
            timing: Timing::default(),
            bounds: Bounds::default(),
            stall: Stalls::default(),
            motions: MotionPolicy::default(),
            checkpoint: quorate_core::limits::CHECKPOINT_EVERY,
        }
    }

    /// The same with blocks agreed on in another way.
    #[must_use]
    pub const fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// The same built for the faults of `profile`: more seats may sleep at once, and the roster
    /// does not change. Show players its [warning](FaultProfile::warning), if there is one.
    #[must_use]
    pub const fn profile(self, profile: FaultProfile) -> Self {
        Self {
            profile: Some(profile),
            ..self
        }
    }

    /// The same with so many seats besides that decide and do not play.
    #[must_use]
    pub const fn witnesses(self, witnesses: u8) -> Self {
        Self { witnesses, ..self }
    }

    /// The same with another schedule of leaders.
    #[must_use]
    pub const fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// The same with dice made in another way.
    #[must_use]
    pub const fn dice(self, dice: DicePolicy) -> Self {
        Self { dice, ..self }
    }

    /// The same with shorter or longer rounds.
    #[must_use]
    pub const fn timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }

    /// The same with other bounds.
    #[must_use]
    pub const fn bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The same with another treatment of seats that do not play.
    #[must_use]
    pub const fn stall(self, stall: Stalls) -> Self {
        Self { stall, ..self }
    }

    /// The same with more or less time for questions to the table.
    #[must_use]
    pub const fn motions(self, motions: MotionPolicy) -> Self {
        Self { motions, ..self }
    }

    /// Makes every so many heights a checkpoint: the more often, the less a device fetches that was
    /// away, and the more often the state is written down.
    #[must_use]
    pub const fn checkpoint(self, checkpoint: u32) -> Self {
        Self { checkpoint, ..self }
    }

    /// Whether a table of this game can be of this seating.
    pub(crate) fn fits<G: Game>(&self, game: &G) -> Result<(), SeatingError> {
        let allowed = game.players();
        if !allowed.contains(&self.seats) {
            let name = G::NAME.to_owned();
            return Err(SeatingError::Seats {
                game: name,
                seats: self.seats,
                allowed,
            });
        }
        self.figures(
            quorate_core::codec::encode(game).unwrap_or_default(),
            G::NAME,
        )?;
        let players = quorate_core::Seats::first(usize::from(self.seats));
        match quorate_core::state::Play::start(std::sync::Arc::new(game.clone()), players) {
            Ok(_) => Ok(()),
            Err(why) => Err(SeatingError::Options(why)),
        }
    }

    /// Whether some genesis of these figures is valid, whoever sits down.
    fn figures(&self, options: Vec<u8>, game: &str) -> Result<(), GenesisError> {
        let terms = Terms {
            game: game.to_owned(),
            version: 0,
            options,
            fingerprint: Digest::ZERO,
            seats: self.seats,
            witnesses: self.witnesses,
            protocol: self.protocol,
            schedule: self.schedule,
            profile: self.profile,
            dice: self.dice,
            timing: self.timing,
            bounds: self.bounds,
            stall: self.stall,
            motions: self.motions,
            checkpoint: self.checkpoint,
        };
        let chair = |number: u8| {
            let name = Name::new("somebody").ok()?;
            let run_by = name.clone();
            let kind = if number < self.seats {
                SeatKind::Player
            } else {
                SeatKind::Witness { run_by }
            };
            Some(Chair {
                name,
                key: PublicKey::from_bytes([number; 32]),
                nonce: [0; 32],
                kind,
            })
        };
        let all = self.seats.saturating_add(self.witnesses);
        terms
            .genesis((0..all).filter_map(chair).collect(), Wall(0))
            .validate()
    }
}

/// A table that cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeatingError {
    /// More or fewer seats than the game can be played by.
    #[error(
        "{game:?} is played by {} to {}, not by {seats}", .allowed.start(), .allowed.end()
    )]
    Seats {
        /// The game.
        game: String,
        /// The seats asked for.
        seats: u8,
        /// What the game allows.
        allowed: RangeInclusive<u8>,
    },
    /// A figure that no table can start with.
    #[error(transparent)]
    Figures(#[from] GenesisError),
    /// The rules refuse their own options.
    #[error("the game refuses its options: {0}")]
    Options(Rejection),
}
