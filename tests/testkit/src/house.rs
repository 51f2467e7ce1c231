//! What kind of table a seed draws: who only watches over it, which faults it is built for, what
//! becomes of sleepers, and how its roster changes.

use std::time::Duration;

use quorate_core::genesis::{FaultProfile, MotionPolicy, StallPolicy, Stalls};

use crate::draw::Draw;
use crate::rng::Rng;

/// The customs of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// So many of the last seats are witnesses.
    pub witnesses: usize,
    /// The faults it is built for, if not the usual ones.
    pub profile: Option<FaultProfile>,
    /// What becomes of seats that let their clock run out.
    pub stalls: Stalls,
    /// How long questions stay open.
    pub motions: MotionPolicy,
    /// Whether and how often somebody wants something of the table.
    pub wishes: Option<Wishes>,
}

/// What people want of the table besides to play: another roster, a rematch, a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Mean time between two of them; nothing to [`churn`](Self::churn).
    pub every: Duration,
    /// Devices without a seat that would like one.
    pub guests: usize,
    /// Honest seats that may leave or be dismissed in the whole run, so that those that are left
    /// bear the cheats.
    pub dismissals: usize,
    /// Only people who come, go and come back, one after every third height; no pause, no rematch.
    pub churn: bool,
}

/// More than a fifth of the seeds: some of them have no room for it.
const WISHES: u32 = 300_000;
const WITNESSES: u32 = 120_000;
const PROFILE: u32 = 80_000;

impl House {
    /// Draws the customs of a table whose faults are drawn.
    pub(crate) fn draw(rng: &mut Rng, draw: &Draw) -> Self {
        let profile = profile(rng, draw).filter(|_| rng.chance(PROFILE));
        let witnesses = witnesses(rng, draw);
        let plain = profile.is_none();
        let wishes = Wishes::draw(rng, draw);
        let wanted = rng.chance(WISHES) && plain && draw.outage.is_none();
        Self {
            witnesses: witnesses.filter(|_| plain).unwrap_or(0),
            profile,
            stalls: stalls(rng, draw),
            motions: MotionPolicy {
                ballots_ms: *rng.pick(&[1_000, 3_000, 10_000]),
                returns_after: *rng.pick(&[1, 5, 50]),
                ..MotionPolicy::default()
            },
            wishes: wanted.then_some(wishes),
        }
    }
}

impl Wishes {
    pub(crate) fn draw(rng: &mut Rng, draw: &Draw) -> Self {
        Self {
            every: rng.between(Duration::from_millis(300), Duration::from_secs(3)),
            guests: 1 + rng.index(3),
            dismissals: match draw.attackers.len() {
                0 => draw.seats.saturating_sub(2),
                cheats => draw.seats.saturating_sub(3 * cheats + 1),
            },
            churn: false,
        }
    }
}

fn profile(rng: &mut Rng, draw: &Draw) -> Option<FaultProfile> {
    let byzantine = draw.attackers.len();
    let left = draw.seats.checked_sub(3 * byzantine + 1)?;
    Some(FaultProfile {
        byzantine: u8::try_from(byzantine).ok()?,
        crashed: u8::try_from(rng.index(left / 2 + 1)).ok()?,
    })
}

/// Enough players are left to make dice.
fn witnesses(rng: &mut Rng, draw: &Draw) -> Option<usize> {
    let most = draw.seats / 3;
    let some = rng.chance(WITNESSES) && draw.seats >= 3;
    let count = 1 + rng.index(most);
    some.then_some(count)
}

fn stalls(rng: &mut Rng, draw: &Draw) -> Stalls {
    // A cheat that is away for good would be waited for.
    let policies = [
        StallPolicy::DefaultMove,
        StallPolicy::DefaultMove,
        StallPolicy::Forfeit,
        StallPolicy::Pause,
    ];
    let count = if draw.attackers.is_empty() { 4 } else { 3 };
    Stalls {
        policy: *rng.pick(&policies[..count]),
        away_after: *rng.pick(&[1, 2, 3]),
        claim_after_ms: *rng.pick(&[1_000, 3_000, 10_000]),
    }
}
