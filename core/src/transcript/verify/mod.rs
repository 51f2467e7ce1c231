//! The verifier: an opinion of its own about everything that a transcript says.

mod audit;
mod chain;
mod dice;
mod flaw;
mod hidden;
mod quorum;
mod verdict;

use std::io::Read;
use std::sync::Arc;

pub use audit::{Audit, Passed};
pub use flaw::{Cause, Flaw};
pub use verdict::{Sitting, Verdict};

use super::part::Part;
use super::read::Reader;
use crate::crypto::Verifier;
use crate::game::Game;
use crate::genesis::SignedGenesis;
use chain::{Chain, Entries};

/// Checks a transcript without the rules of its game: genesis, signatures, certificates, the chain
/// of blocks, rosters, secrets.
///
/// # Errors
/// [`Flaw`] names the first height that does not hold, and why.
pub fn verify(input: impl Read, verifier: impl Verifier + 'static) -> Result<Verdict, Flaw> {
    let (mut parts, genesis) = begin(input)?;
    let mut chain = Chain::begin(genesis, Arc::new(verifier), Entries::Check)?;
    loop {
        match next(&mut parts, &chain)? {
            Part::Carried(carried) => chain.carried(&carried),
            Part::Decision { block, certificate } => chain.decision(&block, &certificate),
            Part::State(covered) => chain.state(&covered),
            Part::End(tip) => {
                chain.end(tip)?;
                behind_end(&mut parts, &chain)?;
                return Ok(chain.verdict());
            }
            Part::Genesis(_) => Err(Cause::Misplaced),
        }
        .map_err(|cause| chain.flaw(cause))?;
    }
}

/// Checks a transcript with the rules of its game, which every block is run through again; `passed`
/// is told of each height that holds.
///
/// The options of the game are those that the genesis names.
///
/// # Errors
/// [`Flaw`] names the first height that does not hold, and why.
pub fn replay<G: Game>(
    input: impl Read,
    verifier: impl Verifier + 'static,
    mut passed: impl FnMut(&Passed<G>),
) -> Result<Verdict, Flaw> {
    let (mut parts, genesis) = begin(input)?;
    let chain = Chain::begin(genesis, Arc::new(verifier), Entries::Leave)?;
    let mut part = next(&mut parts, &chain)?;
    let mut carried = None;
    if let Part::Carried(game) = part {
        let checked = chain.carried(&game);
        checked.map_err(|cause| chain.flaw(cause))?;
        carried = Some(*game);
        part = next(&mut parts, &chain)?;
    }
    let mut audit = Audit::<G>::over(chain, carried)?;
    loop {
        match part {
            Part::Decision { block, certificate } => {
                passed(&audit.decision(&block, &certificate)?);
            }
            Part::State(covered) => audit.covered(&covered)?,
            Part::End(tip) => {
                audit.chain().end(tip)?;
                behind_end(&mut parts, audit.chain())?;
                return Ok(audit.verdict());
            }
            Part::Genesis(_) | Part::Carried(_) => {
                return Err(audit.chain().flaw(Cause::Misplaced));
            }
        }
        part = next(&mut parts, audit.chain())?;
    }
}

fn begin<R: Read>(input: R) -> Result<(Reader<R>, SignedGenesis), Flaw> {
    let mut parts = Reader::new(input).map_err(|error| Flaw::at_start(error.into()))?;
    let first = parts
        .next_part()
        .map_err(|error| Flaw::at_start(error.into()))?;
    match first {
        Some(Part::Genesis(genesis)) => Ok((parts, *genesis)),
        _ => Err(Flaw::at_start(Cause::Misplaced)),
    }
}

fn next<R: Read>(parts: &mut Reader<R>, chain: &Chain) -> Result<Part, Flaw> {
    let part = parts.next_part().map_err(|error| chain.unread(error))?;
    part.ok_or_else(|| chain.flaw(Cause::Misplaced))
}

fn behind_end<R: Read>(parts: &mut Reader<R>, chain: &Chain) -> Result<(), Flaw> {
    let more = parts.next_part().map_err(|error| chain.unread(error))?;
    more.map_or(Ok(()), |_| Err(chain.flaw(Cause::Misplaced)))
}
