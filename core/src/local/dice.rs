//! Where the dice of a local table come from.

use std::collections::VecDeque;

use blake3::OutputReader;

use crate::dice::draw::draw;
use crate::digest::domain_hasher;
use crate::game::{Draw, Roll};

/// A source of rolls.
#[derive(Clone, Debug)]
pub(super) enum Dice {
    /// All rolls follow from a seed.
    Seeded(Box<OutputReader>),
    /// The values to come, in order.
    Scripted(VecDeque<u32>),
}

impl Dice {
    pub(super) fn seeded(seed: &[u8; 32]) -> Self {
        Self::Seeded(Box::new(stream("local/dice", seed)))
    }

    /// The next roll; `None` if the script has run out, or what comes next does not fit the draw.
    pub(super) fn roll(&mut self, wanted: Draw) -> Option<Roll> {
        match self {
            Self::Seeded(xof) => Roll::new(wanted, draw(xof, &wanted)),
            Self::Scripted(script) => {
                let values = script.iter().copied().take(wanted.count()).collect();
                let roll = Roll::new(wanted, values)?;
                script.drain(..wanted.count());
                Some(roll)
            }
        }
    }
}

impl Dice {
    /// Why a script has no roll for `wanted`; none if it has one, or this is no script.
    pub(super) fn unfit(&self, wanted: Draw) -> Option<String> {
        let Self::Scripted(script) = self else {
            return None;
        };
        let next: Vec<u32> = script.iter().copied().take(wanted.count()).collect();
        if next.len() < wanted.count() {
            return Some(format!(
                "the script has run out: {next:?} is left for {wanted:?}"
            ));
        }
        let fits = Roll::new(wanted, next.clone()).is_some();
        (!fits).then(|| format!("the script goes on with {next:?}, which {wanted:?} cannot show"))
    }
}

/// An endless stream of bytes that follows from `seed`, one for each `domain`.
pub(crate) fn stream(domain: &str, seed: &[u8; 32]) -> OutputReader {
    let mut hasher = domain_hasher(domain);
    hasher.update(seed);
    hasher.finalize_xof()
}
