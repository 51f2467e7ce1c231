//! What a run met, so that a campaign shows whether its seeds are hard enough.

use std::fmt;

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $text:literal, least $least:literal;)*) => {
        /// Something worth meeting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mark {
            $($(#[$doc])* $name,)*
        }

        impl Mark {
            /// Every mark.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it says in a report.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// In how many of a thousand seeds it must be met, or the seeds are too mild.
            #[must_use]
            pub const fn least_per_mille(self) -> u64 {
                match self {
                    $(Self::$name => $least,)*
                }
            }
        }
    };
}

marks! {
    /// A leader of a round above 0 had to propose a prepared block again, and it was decided.
    ReproposalDecided = "re-proposal decided", least 10;
    /// A seat started from a journal with signatures for the undecided height.
    ReplayMidRound = "replay in mid-round", least 10;
    /// A seat was told to the game as withholding.
    Withheld = "withheld", least 10;
    /// A seat held its Prepare and committed on the strength of a certificate.
    HoldOverridden = "hold overridden by a certificate", least 10;
    /// A device fetched decided blocks.
    CatchUp = "catch-up", least 10;
    /// An honest seat was in round 3 or above.
    RoundThree = "round 3 or above", least 10;
    /// A block was decided in round 3 or above.
    DecidedInRoundThree = "decided in round 3 or above", least 10;
    /// A seat was declared late.
    Late = "declared late", least 10;
    /// An honest seat held its Prepare.
    Held = "prepare held", least 10;
    /// An honest seat prepared nil.
    Nil = "nil prepared", least 10;
    /// A roll had a result.
    Rolled = "roll decided", least 500;
    /// A device crashed with records not yet on disk.
    RecordsLost = "records lost in a crash", least 10;
    /// A seat noticed two votes of one seat in one slot.
    Equivocation = "equivocation seen", least 10;
    /// A block's parent was decided in different rounds by different seats.
    ParentRounds = "one height decided in two rounds", least 5;
    /// More seats failed together than the table can spare, and play went on when they returned.
    OutageOver = "outage beyond the bound survived", least 10;
    /// Play ended: too few seats were left to make dice.
    Ended = "play abandoned", least 0;
    /// The power failed everywhere as somebody committed.
    Blackout = "blackout around a commit", least 10;
    /// A device noticed that its wall clock is wrong.
    ClockWrong = "wrong clock noticed", least 10;
    /// The moves of a sealed turn were opened, and some were there.
    Opened = "sealed turn opened", least 100;
    /// A seat did not open what it had sealed, or did not show a hidden roll.
    Hid = "sealed move or hidden roll withheld", least 10;
    /// Hidden rolls were shown.
    Shown = "hidden roll shown", least 100;
    /// Another roster decides.
    RosterChanged = "roster changed", least 200;
    /// A newcomer sat down at a table that played.
    Seated = "newcomer seated", least 10;
    /// A motion passed.
    MotionPassed = "motion passed", least 10;
    /// A seat that let its clock run out again and again is back.
    Back = "seat away and back", least 10;
    /// Those present signed what they hold while there was no quorum.
    Claimed = "claim signed", least 10;
    /// A proof was decided.
    EvidenceDecided = "evidence decided", least 10;
    /// A seat lost its place for what it signed.
    Convicted = "seat convicted", least 10;
    /// Traitors beyond the bound made two honest seats decide different blocks.
    Forked = "forked by traitors beyond the bound", least 2;
    /// Somebody held the proof of a fork.
    ForkProven = "fork proven", least 2;
    /// Those who were left of a forked table played on at a successor.
    HeirsPlayed = "heirs of a forked table played on", least 0;
    /// They took the game over, and the rules gave it up with so few.
    HeirsAbandoned = "heirs of a forked table abandoned the game", least 0;
    /// Too few were left of a forked table to agree to a successor.
    HeirsTooFew = "forked with too few heirs for a successor", least 0;
    /// Secrets were open wherever a successor could have gone on from.
    HeirsBound = "forked with secrets that no successor can open", least 0;
    /// Traitors beyond the bound had two blocks decided in one round: both votes are theirs.
    ForkedInRound = "fork within one round", least 1;
    /// Traitors beyond the bound had another block decided in a later round.
    ForkedAcross = "fork across rounds", least 1;
    /// An honest seat committed to both blocks of a fork, as it had to, and was not named.
    Relocked = "honest seat signed both sides of a fork, and is not named", least 1;
    /// At a healed table every honest seat went on while the cheats did.
    Borne = "heights decided with cheats at work", least 200;
    /// An honest seat handed on what a cheat had signed.
    Relayed = "a cheat's entry passed on", least 50;
    /// A device that was away for long went on from a snapshot.
    SnapshotCatchUp = "snapshot catch-up", least 10;
    /// A device dropped decisions that a snapshot covers.
    CleanedUp = "log cleaned up", least 100;
    /// A seat that had restored a backup was shown what it had forgotten, and stopped.
    BackupRefused = "restored backup refused", least 2;
    /// A watcher decided.
    Watched = "watcher follows", least 10;
}

/// The marks that one run met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u64);

impl Marks {
    /// Notes a mark.
    pub const fn set(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u64;
    }

    /// Whether a mark was met.
    #[must_use]
    pub const fn has(self, mark: Mark) -> bool {
        self.0 & 1 << mark as u64 != 0
    }
}

/// Faults that struck, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Frames that did not arrive.
    pub frames_lost: u64,
    /// Partitions.
    pub partitions: u64,
    /// Crashes.
    pub crashes: u64,
    /// Records that a crash lost.
    pub records_lost: u64,
    /// Frozen apps.
    pub pauses: u64,
    /// Frames of cheats that were not what an honest engine wanted sent, and backups they
    /// restored.
    pub cheats: u64,
}

impl std::ops::AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.frames_lost += other.frames_lost;
        self.partitions += other.partitions;
        self.crashes += other.crashes;
        self.records_lost += other.records_lost;
        self.pauses += other.pauses;
        self.cheats += other.cheats;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            frames_lost,
            partitions,
            crashes,
            records_lost,
            pauses,
            cheats,
        } = self;
        write!(
            f,
            "{frames_lost} frames lost, {partitions} partitions, {crashes} crashes, "
        )?;
        write!(
            f,
            "{records_lost} records lost, {pauses} pauses, {cheats} false frames"
        )
    }
}
