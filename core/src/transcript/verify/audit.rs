//! Running the rules again, height by height.

use std::sync::Arc;

use super::chain::{Chain, Entries};
use super::dice;
use super::flaw::{Cause, Flaw};
use super::verdict::Verdict;
use crate::certificate::{Checker, DecisionCertificate};
use crate::codec;
use crate::crypto::Verifier;
use crate::digest::Digest;
use crate::game::{Cause as Step, Game, Happened, SeatChange};
use crate::genesis::{DicePolicy, SignedGenesis};
use crate::message::Block;
use crate::seat::Seats;
use crate::state::Saved;
use crate::table::{Applied, CarryError, TableState};
use crate::time::{Height, Wall};

/// Follows a table decision by decision, and believes none of them before it has checked
/// everything: what [`replay`](super::replay) does with a file, for whoever watches a table as it
/// goes.
pub struct Audit<G: Game> {
    chain: Chain,
    table: TableState<G>,
    checker: Checker,
}

/// A height that holds.
#[derive(Debug)]
pub struct Passed<G: Game> {
    /// The height.
    pub height: Height,
    /// Its block's time.
    pub time: Wall,
    /// What happened in the game.
    pub happened: Vec<Happened<G>>,
    /// The digest of the state after it.
    pub state: Digest,
    /// Dice and hidden rolls that were made again.
    pub rolls: u64,
}

impl<G: Game> Audit<G> {
    /// Begins with the genesis of a table; `carried` is the game that a successor goes on with.
    ///
    /// # Errors
    /// [`Flaw`] if not everybody signed it, or it is of another game.
    pub fn new(
        signed: SignedGenesis,
        carried: Option<Saved>,
        verifier: Arc<dyn Verifier>,
    ) -> Result<Self, Flaw> {
        let chain = Chain::begin(signed, verifier, Entries::Leave)?;
        if let Some(carried) = &carried {
            chain.carried(carried).map_err(Flaw::at_start)?;
        }
        Self::over(chain, carried)
    }

    pub(super) fn over(mut chain: Chain, carried: Option<Saved>) -> Result<Self, Flaw> {
        let genesis = chain.genesis().clone();
        if (&*genesis.game, genesis.version) != (G::NAME, G::VERSION) {
            return Err(Flaw::at_start(Cause::OtherGame {
                game: genesis.game,
                version: genesis.version,
            }));
        }
        let options = codec::decode::<G>(&genesis.options);
        let game = options.map_err(|error| Flaw::at_start(Cause::Options(error)))?;
        let (succeeds, genesis) = (genesis.predecessor.is_some(), Arc::new(genesis));
        let table = match carried {
            Some(carried) => TableState::succeeding(genesis, Arc::new(game), carried),
            None if succeeds => Err(CarryError::Nothing),
            None => Ok(TableState::new(genesis, Arc::new(game))),
        };
        let table = table.map_err(|error| Flaw::at_start(error.into()))?;
        let checker = Checker::new(Arc::clone(chain.verifier()));
        chain.verdict_mut().replayed = true;
        Ok(Self {
            chain,
            table,
            checker,
        })
    }

    pub(super) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The table as the decisions so far leave it.
    #[must_use]
    pub const fn table(&self) -> &TableState<G> {
        &self.table
    }

    /// What holds so far.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.chain.verdict()
    }

    /// Checks the next decision.
    ///
    /// # Errors
    /// [`Flaw`] if it does not hold. There is no going on after one.
    pub fn decision(
        &mut self,
        block: &Block,
        certificate: &DecisionCertificate,
    ) -> Result<Passed<G>, Flaw> {
        let passed = self.checked(block, certificate);
        passed.map_err(|cause| self.chain.flaw(cause))
    }

    fn checked(&mut self, block: &Block, by: &DecisionCertificate) -> Result<Passed<G>, Cause> {
        self.chain.decision(block, by)?;
        let applied = self.table.apply(block, &mut self.checker)?;
        let rolls = self.rolls(&applied)?
            + super::hidden::shown(&self.table, block)?
            + super::hidden::dealt((&self.table, &applied.state), &self.chain.dice)?;
        let Applied {
            state, happened, ..
        } = applied;
        if state.epoch() != self.table.epoch() {
            self.chain.change(state.epoch(), state.roster())?;
        }
        self.table = state;
        self.note(&happened, rolls);
        Ok(Passed {
            height: block.height,
            time: block.time,
            happened,
            state: block.post_state,
            rolls,
        })
    }

    /// Makes the public rolls of a block again, each from the secrets that were revealed for it;
    /// tells how many there were.
    fn rolls(&self, applied: &Applied<G>) -> Result<u64, Cause> {
        let (table, practice) = (self.chain.table(), self.is_practice());
        let (mut rolls, mut thrown) = (0, 0);
        for step in &applied.happened {
            if let Step::Rolled(roll) = &step.cause {
                let here = if practice {
                    let height = applied.state.height();
                    dice::practised(table, height, thrown, &roll.draw())
                } else {
                    let rolled = self.chain.dice.rolled(table, &roll.draw());
                    rolled.ok_or(Cause::NoSecrets)?
                };
                if here != roll.values() {
                    let said = roll.values().to_vec();
                    return Err(Cause::Dice { said, here });
                }
                rolls += 1;
            }
            // Hidden rolls are dealt with a throw of their own.
            thrown += u32::from(matches!(step.cause, Step::Rolled(_) | Step::Dealt));
        }
        Ok(rolls)
    }

    fn is_practice(&self) -> bool {
        self.chain.genesis().dice == DicePolicy::Local
    }

    /// What a transcript shows of a state that the rules came to as well.
    pub(super) fn covered(&self, covered: &[u8]) -> Result<(), Flaw> {
        // The chain has moved on to the epoch that these bytes name.
        let here = self.table.encoded();
        let same = here.is_ok_and(|here| here == covered);
        let changed = self.table.membership().past().last();
        let fits = changed.is_some_and(|span| span.last == self.table.height());
        match (same, fits) {
            (true, true) => Ok(()),
            (true, false) => Err(self.chain.flaw(Cause::Misplaced)),
            _ => Err(self.chain.flaw(Cause::OtherState)),
        }
    }

    fn note(&mut self, happened: &[Happened<G>], rolls: u64) {
        let end = self.table.play().and_then(|play| play.end().cloned());
        let verdict = self.chain.verdict_mut();
        verdict.rolls += rolls;
        verdict.end = end;
        for step in happened {
            let (late, withheld) = match &step.cause {
                Step::Clock(late) => (*late, Seats::NONE),
                Step::Seat(seat, SeatChange::Withheld) => (Seats::NONE, (*seat).into()),
                _ => continue,
            };
            for seat in late | withheld {
                if let Some(holder) = self.chain.holder(seat) {
                    holder.late += u32::from(late.contains(seat));
                    holder.withheld += u32::from(withheld.contains(seat));
                }
            }
        }
    }
}

impl<G: Game> std::fmt::Debug for Audit<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit")
            .field("table", &self.chain.table())
            .field("height", &self.table.height())
            .finish_non_exhaustive()
    }
}
