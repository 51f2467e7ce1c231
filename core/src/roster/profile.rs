//! How many seats decide, and how many may fail.

use serde::{Deserialize, Serialize};

/// Which faults a table is built for, where more seats shall be able to sleep than the usual
/// quorum allows.
///
/// With `byzantine` seats that may do anything and `crashed` that fall silent, a quorum is
/// ceil((n + byzantine + 1) / 2) of n seats, and n must be at least 3 byzantine + 2 crashed + 1.
/// Two quorums then share an honest seat, and those that are left still are one. The roster of such
/// a table does not change.
///
/// ```
/// use quorate_core::roster::FaultProfile;
/// // Six friends, one of whom may cheat and one of whose phones may sleep: four decide, not five.
/// let profile = FaultProfile { byzantine: 1, crashed: 1 };
/// assert!(profile.fits(6) && !profile.fits(5));
/// assert_eq!(profile.quorum(6), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultProfile {
    /// Seats that may do anything without harm.
    pub byzantine: u8,
    /// Seats besides that may fall silent.
    pub crashed: u8,
}

impl FaultProfile {
    /// The least number of seats that bears so many faults.
    #[must_use]
    pub const fn seats_least(self) -> usize {
        3 * self.byzantine as usize + 2 * self.crashed as usize + 1
    }

    /// Whether a table of `n` bears so many faults.
    #[must_use]
    pub const fn fits(self, n: usize) -> bool {
        n >= self.seats_least()
    }

    /// Seats needed to decide at a table of `n`.
    #[must_use]
    pub const fn quorum(self, n: usize) -> usize {
        (n + self.byzantine as usize + 1).div_ceil(2)
    }

    /// What whoever sits down at such a table must be told in plain words, if there is anything.
    #[must_use]
    pub const fn warning(self) -> Option<&'static str> {
        if self.byzantine == 0 {
            Some(
                "this table trusts every player: one who cheats can make two halves of it believe \
                 in different games",
            )
        } else {
            None
        }
    }
}

/// Seats needed to decide at a table of `n` without a profile: floor(2n/3) + 1.
///
/// ```
/// use quorate_core::roster::quorum;
/// assert_eq!([1, 2, 3, 4, 5, 7, 10].map(quorum), [1, 2, 3, 3, 4, 5, 7]);
/// ```
#[must_use]
pub const fn quorum(n: usize) -> usize {
    2 * n / 3 + 1
}

/// Seats that may be Byzantine at a table of `n` without a profile: floor((n - 1) / 3).
///
/// ```
/// use quorate_core::roster::faults;
/// assert_eq!([1, 3, 4, 6, 7, 10].map(faults), [0, 0, 1, 1, 2, 3]);
/// ```
#[must_use]
pub const fn faults(n: usize) -> usize {
    n.saturating_sub(1) / 3
}
