//! What a table will be played by, and whether this build can.

use std::sync::Arc;

use quorate_core::check::fingerprint;
use quorate_core::codec;
use quorate_core::game::Game;
use quorate_core::genesis::{
    Bounds, DicePolicy, FaultProfile, Genesis, GenesisError, MotionPolicy, Protocol, Schedule,
    Scheme, Seating as Chair, Stalls, Timing,
};
use quorate_core::roster::{Name, SeatKind};
use quorate_core::state::Play;
use quorate_core::{Digest, Seats, Wall};
use serde::{Deserialize, Serialize};

use super::Seating;
use crate::limits::GENESIS_LIFETIME;
use crate::table::{Breach, Refusal};

/// What everybody at a table agrees to, but for who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) game: String,
    pub(crate) version: u32,
    pub(crate) options: Vec<u8>,
    pub(crate) fingerprint: Digest,
    /// Seats that play.
    pub(crate) seats: u8,
    /// Seats that decide and do not play.
    pub(crate) witnesses: u8,
    pub(crate) protocol: Protocol,
    pub(crate) signatures: Scheme,
    pub(crate) schedule: Schedule,
    pub(crate) profile: Option<FaultProfile>,
    pub(crate) dice: DicePolicy,
    pub(crate) timing: Timing,
    pub(crate) bounds: Bounds,
    pub(crate) stall: Stalls,
    pub(crate) motions: MotionPolicy,
    pub(crate) checkpoint: u32,
}

impl Terms {
    /// The terms of `game` at a table of `seating`. Plays the game a few times, for its
    /// fingerprint.
    pub(crate) fn of<G: Game>(game: &G, seating: &Seating) -> Result<Self, codec::EncodeError> {
        let (options, fingerprint) = (codec::encode(game)?, fingerprint(game)?);
        let rules = (G::NAME, G::VERSION, options, fingerprint);
        Ok(Self::with(rules, seating))
    }

    /// Terms of no game at all, for tests.
    #[cfg(test)]
    pub(crate) fn of_no_game(seats: u8) -> Self {
        Self::with(("none", 1, vec![], Digest::ZERO), &Seating::of(seats))
    }

    fn with(rules: (&str, u32, Vec<u8>, Digest), seating: &Seating) -> Self {
        let (game, version, options, fingerprint) = rules;
        Self {
            game: game.to_owned(),
            version,
            options,
            fingerprint,
            seats: seating.seats,
            witnesses: seating.witnesses,
            protocol: seating.protocol,
            signatures: seating.signatures,
            schedule: seating.schedule,
            profile: seating.profile,
            dice: seating.dice,
            timing: seating.timing,
            bounds: seating.bounds,
            stall: seating.stall,
            motions: seating.motions,
            checkpoint: seating.checkpoint,
        }
    }

    /// The genesis of these terms with `chairs`, proposed at `now`.
    pub(crate) fn genesis(&self, chairs: Vec<Chair>, now: Wall) -> Genesis {
        let lifetime = u64::try_from(GENESIS_LIFETIME.as_millis()).unwrap_or(u64::MAX);
        Genesis {
            game: self.game.clone(),
            version: self.version,
            options: self.options.clone(),
            fingerprint: self.fingerprint,
            seats: chairs,
            protocol: self.protocol,
            signatures: self.signatures,
            schedule: self.schedule,
            profile: self.profile,
            dice: self.dice,
            timing: self.timing,
            bounds: self.bounds,
            stall: self.stall,
            motions: self.motions,
            predecessor: None,
            fork_depth: quorate_core::limits::FORK_DEPTH,
            checkpoint: self.checkpoint,
            expires: Wall(now.0.saturating_add(lifetime)),
        }
    }

    /// How many seats there will be.
    pub(crate) fn chairs(&self) -> usize {
        usize::from(self.seats) + usize::from(self.witnesses)
    }

    /// How many seats there will be of the same sort as `kind`.
    pub(crate) const fn chairs_of(&self, kind: &SeatKind) -> u8 {
        if kind.plays() {
            self.seats
        } else {
            self.witnesses
        }
    }

    /// The terms that `genesis` was made of.
    pub(crate) fn in_genesis(genesis: &Genesis) -> Self {
        let players = genesis.seats.iter().filter(|chair| chair.kind.plays());
        let players = players.count();
        let witnesses = genesis.seats.len() - players;
        Self {
            game: genesis.game.clone(),
            version: genesis.version,
            options: genesis.options.clone(),
            fingerprint: genesis.fingerprint,
            seats: u8::try_from(players).unwrap_or(u8::MAX),
            witnesses: u8::try_from(witnesses).unwrap_or(u8::MAX),
            protocol: genesis.protocol,
            signatures: genesis.signatures,
            schedule: genesis.schedule,
            profile: genesis.profile,
            dice: genesis.dice,
            timing: genesis.timing,
            bounds: genesis.bounds,
            stall: genesis.stall,
            motions: genesis.motions,
            checkpoint: genesis.checkpoint,
        }
    }

    /// Whether `genesis` keeps to these terms at `now`.
    pub(crate) fn kept_by(&self, genesis: &Genesis, now: Wall) -> Result<(), Breach> {
        genesis
            .validate()
            .map_err(|error: GenesisError| Breach::from(error))?;
        let again = self.genesis(genesis.seats.clone(), now);
        let term = |what: &str| Err(Breach::Term(what.to_owned()));
        let named = Self::in_genesis(genesis);
        if (named.seats, named.witnesses) != (self.seats, self.witnesses) {
            return term("the number of seats");
        }
        // Clocks of two devices differ; half a lifetime forgives any difference that matters.
        let slack = again.expires.0.saturating_sub(now.0) / 2;
        if genesis.expires.0.abs_diff(again.expires.0) > slack {
            return Err(Breach::Expiry);
        }
        let again = Genesis {
            expires: genesis.expires,
            ..again
        };
        if again == *genesis {
            Ok(())
        } else {
            term("a term")
        }
    }
}

/// The game of `terms`, if this build knows its rules exactly as `who` does.
pub(crate) fn known<G: Game>(terms: &Terms, who: &Name) -> Result<G, Refusal> {
    let game = terms.game.clone();
    if terms.game != G::NAME {
        let (who, theirs, ours) = (who.clone(), game, G::NAME.to_owned());
        return Err(Refusal::OtherGame { who, theirs, ours });
    }
    if terms.version != G::VERSION {
        let (who, theirs, ours) = (who.clone(), terms.version, G::VERSION);
        return Err(Refusal::OtherVersion {
            who,
            game,
            theirs,
            ours,
        });
    }
    let refused = |why: String| Refusal::Options {
        game: game.clone(),
        why,
    };
    let rules: G = codec::decode(&terms.options).map_err(|error| refused(error.to_string()))?;
    let ours = fingerprint(&rules).map_err(|error| refused(error.to_string()))?;
    if ours != terms.fingerprint {
        let (who, theirs) = (who.clone(), terms.fingerprint);
        return Err(Refusal::MixedBuild {
            who,
            game,
            theirs,
            ours,
        });
    }
    Ok(rules)
}

/// The game of `terms`, if this build plays it exactly as `who` does, and it can begin.
pub(crate) fn opened<G: Game>(terms: &Terms, who: &Name) -> Result<G, Refusal> {
    let rules: G = known(terms, who)?;
    let players = Seats::first(usize::from(terms.seats));
    match Play::start(Arc::new(rules.clone()), players) {
        Ok(_) => Ok(rules),
        Err(why) => Err(Refusal::Options {
            game: terms.game.clone(),
            why: why.to_string(),
        }),
    }
}

/// [`opened`], for whoever needs no game but the verdict.
pub(crate) fn check<G: Game>(terms: &Terms, who: &Name) -> Result<(), Refusal> {
    opened::<G>(terms, who).map(|_| ())
}
