//! Who is out of the game in a transcript, and why.

use std::fmt;
use std::io::Read;

use quorate_core::evidence::{Offence, offence};
use quorate_core::message::Content;
use quorate_core::transcript::{Part, Passed, Reader, Sitting, Verdict};

use crate::{Cause, Game, Height, Protocol, Seat, SeatChange, Why};

/// Somebody who is out of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gone {
    /// The height that decided it.
    pub height: Height,
    /// Whose seat it was until then.
    pub seat: Seat,
    /// Why.
    pub why: Why,
    /// What was proven, where that is why.
    pub offence: Option<Offence>,
}

impl Gone {
    /// Whether it tells what became of this holder of the seat.
    pub(super) fn is_of(&self, sitting: &Sitting) -> bool {
        let until = sitting.until.unwrap_or(Height(u64::MAX));
        self.seat == sitting.seat && (sitting.from..=until).contains(&self.height)
    }
}

/// Who is out of the game since `passed`.
pub(super) fn of<G: Game>(passed: &Passed<G>) -> impl Iterator<Item = Gone> {
    passed.happened.iter().filter_map(|step| match step.cause {
        Cause::Seat(seat, SeatChange::Gone(why)) => Some(Gone {
            height: passed.height,
            seat,
            why,
            offence: None,
        }),
        _ => None,
    })
}

/// Adds what was proven against the guilty, from the blocks of a transcript that holds. Of a
/// witness, who is in no game, the rules did not hear.
pub(super) fn convict(gone: &mut Vec<Gone>, verdict: &Verdict, transcript: impl Read) {
    let expelled = |(height, seat)| {
        let mut seats = verdict.seats.iter();
        seats.any(|sitting| (sitting.until, sitting.seat) == (Some(height), seat))
    };
    if verdict.seats.iter().all(|sitting| sitting.until.is_none()) {
        return;
    }
    for (height, seat, offence) in offences(verdict.protocol, transcript) {
        let mut known = gone.iter_mut();
        let known = known.find(|gone| (gone.height, gone.seat) == (height, seat));
        match known {
            Some(gone) if gone.why == Why::Guilty => gone.offence = Some(offence),
            None if expelled((height, seat)) => gone.push(Gone {
                height,
                seat,
                why: Why::Guilty,
                offence: Some(offence),
            }),
            _ => {}
        }
    }
}

/// The offences that decided blocks prove: the height of each block, whose, and what.
fn offences(protocol: Protocol, transcript: impl Read) -> Vec<(Height, Seat, Offence)> {
    let mut parts = Reader::new(transcript).ok();
    let parts = std::iter::from_fn(|| parts.as_mut()?.next_part().ok().flatten());
    let blocks = parts.filter_map(|part| match part {
        Part::Decision { block, .. } => Some(block),
        _ => None,
    });
    blocks
        .flat_map(|block| {
            let proven = block.entries.iter().filter_map(|entry| {
                let Content::Evidence(evidence) = &entry.body.content else {
                    return None;
                };
                let offence = offence(protocol, &evidence.first, &evidence.second)?;
                Some((block.height, evidence.seat(), offence))
            });
            proven.collect::<Vec<_>>()
        })
        .collect()
}

/// What is to be said behind the name.
impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.why, self.offence) {
            (_, Some(offence)) => write!(f, "out: {offence}"),
            (Why::Left, None) => f.write_str("out: it left"),
            (Why::Removed, None) => write!(f, "out: removed at height {}", self.height),
            (Why::Guilty, None) => f.write_str("out: proven guilty"),
            (why, None) => write!(f, "out: {why:?}"),
        }
    }
}
