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
            Self::Conspirator => "conspirator",
        }
    }

    /// What it does, in a line for people.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Silent => "says nothing, or leaves out one kind of message",
            Self::EquivocatingLeader => "proposes one block to some seats, another to the rest",
            Self::DoubleVoter => "votes for one block before some seats, another before the rest",
            Self::SelectiveSender => {
                "lets only a few seats hear it, so that one is left with a lock"
            }
            Self::ForgedCertificate => "makes certificates from too few or false signatures",
            Self::ForgetfulRoundChange => "hides what it had prepared when rounds change",
            Self::CensoringLeader => "leaves the moves of one seat out of its blocks",
            Self::WithheldReveal => "keeps back its secret once a roll is open",
            Self::InvalidBlock => "proposes blocks that the rules forbid",
            Self::ConflictingEntries => "signs two different moves under one number",
            Self::NonceSkipper => "leaves gaps in the numbers of its moves",
            Self::IsolatedClimber => "climbs to ever higher rounds and heights alone",
            Self::TamperingRelay => "changes bytes of what it passes on",
            Self::AlwaysNil => "votes against everything",
            Self::SlowLeader => "proposes when the round is about to end",
            Self::IllegalMover => "signs moves that the rules do not allow",
            Self::Framer => "forges what would get honest seats blamed",
            Self::Twins => "plays one seat on two devices at once",
            Self::RolledBack => "restores a backup, and signs anew what it has forgotten",
            Self::VoteDropper => "loses its own votes",
            Self::Amnesiac => "forgets what it is locked on",
            Self::Impersonator => "speaks in the names of others",
            Self::SignatureFlood => "sends many votes with false signatures",
            Self::Replayer => "sends again what was signed long ago or for another table",
            Self::FalseReveal => "reveals another secret than it had committed to",
            Self::LastRevealer => "waits for all other secrets, then reveals its own or does not",
            Self::LyingServer => "serves false blocks to who was away",
            Self::FalseAccuser => "accuses honest seats",
            Self::Flatterer => "votes with everybody for what that one votes for",
            Self::BallotStuffer => "answers each question of the table twice",
            Self::NeverOpens => {
                "opens no sealed move, shows no hidden roll; for games with secrets"
            }
            Self::WrongOpening => "opens what it did not seal; for games with secrets",
            Self::FalseSnapshot => "offers false snapshots to who was away for long",
            Self::OverfullMover => "makes moves that the state has no room for",
            Self::Conspirator => "with others, has two blocks decided in two rounds",
        }
    }

    /// Every name, for people.
    #[must_use]
    pub fn names() -> String {
        let names: Vec<_> = Self::every().map(Self::name).collect();
        names.join(", ")
    }

    /// Every way that may be asked for by name, also those that strike at some tables only. One
    /// that knows the simulator's own game means nothing in another.
    pub fn every() -> impl Iterator<Item = Self> {
        let anywhere = Self::ALL.into_iter();
        let somewhere = Self::IN_THE_DARK.into_iter().chain(Self::OF_SNAPSHOTS);
        anywhere.chain(somewhere)
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
