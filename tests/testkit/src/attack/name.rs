//! What the ways to cheat are called on command lines.

use std::fmt;
use std::str::FromStr;

use super::Kind;

/// A word that is no way to cheat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCheat(String);

impl Kind {
    /// What it is called on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::EquivocatingLeader => "double-proposal",
            Self::DoubleVoter => "double-vote",
            Self::SelectiveSender => "selective-sender",
            Self::ForgedCertificate => "forged-certificate",
            Self::ForgetfulRoundChange => "forgetful-round-change",
            Self::CensoringLeader => "censoring-leader",
            Self::WithheldReveal => "withheld-reveal",
            Self::InvalidBlock => "invalid-block",
            Self::ConflictingEntries => "conflicting-entries",
            Self::NonceSkipper => "nonce-skipper",
            Self::IsolatedClimber => "isolated-climber",
            Self::TamperingRelay => "tampering-relay",
            Self::AlwaysNil => "always-nil",
            Self::SlowLeader => "slow-leader",
            Self::IllegalMover => "illegal-mover",
            Self::Framer => "framer",
            Self::Twins => "twins",
            Self::RolledBack => "rolled-back",
            Self::VoteDropper => "vote-dropper",
            Self::Amnesiac => "amnesiac",
            Self::Impersonator => "impersonator",
            Self::SignatureFlood => "signature-flood",
            Self::Replayer => "replayer",
            Self::FalseReveal => "false-reveal",
            Self::LastRevealer => "last-revealer",
            Self::LyingServer => "lying-server",
            Self::FalseAccuser => "false-accuser",
            Self::Flatterer => "flatterer",
            Self::BallotStuffer => "ballot-stuffer",
            Self::NeverOpens => "never-opens",
            Self::WrongOpening => "wrong-opening",
            Self::FalseSnapshot => "false-snapshot",
            Self::OverfullMover => "overfull-mover",
        }
    }

    /// Every name, for people.
    #[must_use]
    pub fn names() -> String {
        let names: Vec<_> = Self::every().map(Self::name).collect();
        names.join(", ")
    }

    /// Every way, also those that strike at some tables only.
    pub fn every() -> impl Iterator<Item = Self> {
        let anywhere = Self::ALL.into_iter();
        let somewhere = Self::IN_THE_DARK.into_iter().chain(Self::OF_SNAPSHOTS);
        anywhere.chain(somewhere).chain(Self::OF_STATES)
    }

    /// Whether it leaves a proof behind, so that the table names who did it.
    #[must_use]
    pub const fn is_provable(self) -> bool {
        matches!(
            self,
            Self::EquivocatingLeader
                | Self::DoubleVoter
                | Self::Twins
                | Self::RolledBack
                | Self::Amnesiac
                | Self::Flatterer
        )
    }

    /// Whether who does it all the time cannot but be proven to: both halves of each lie reach
    /// honest seats.
    pub(crate) const fn is_bound_to_be_named(self) -> bool {
        matches!(self, Self::DoubleVoter)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownCheat;

    fn from_str(word: &str) -> Result<Self, UnknownCheat> {
        let named = Self::every().find(|kind| kind.name() == word);
        named.ok_or_else(|| UnknownCheat(word.to_owned()))
    }
}

impl fmt::Display for UnknownCheat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no way to cheat; there are {}",
            self.0,
            Kind::names()
        )
    }
}

impl std::error::Error for UnknownCheat {}
