//! Rule 2: the first vote.

use super::{Step, Tendermint};
use crate::consensus::dossier::Opinion;
use crate::consensus::{Context, Effect};
use crate::digest::Digest;
use crate::message::Claim;
use crate::mutant::{self, Mutant};

impl Tendermint {
    /// Prepares the leader's proposal or nil (L22, L28, L57).
    pub(super) fn prepare(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.dossier.round;
        // A leader votes by its proposal.
        let proposes = self.dossier.signed.proposed.contains(&round);
        if self.step() != Step::Propose || proposes && !self.is_over_time(cx) {
            return;
        }
        let (digest, block, refusal) = match self.opinion(cx, effects) {
            Some(Opinion::Good(digest, block)) if self.allows(digest) => {
                (Some(digest), Some(block), None)
            }
            Some(Opinion::Good(..)) => (None, None, None),
            Some(Opinion::Invalid(refusal)) => (None, None, Some(refusal)),
            None | Some(Opinion::Undecided) if self.is_over_time(cx) => (None, None, None),
            None | Some(Opinion::Undecided) => return,
        };
        self.dossier.hold = None;
        self.dossier.signed.prepares.insert(round, digest);
        effects.push(Effect::Prepare {
            round,
            digest,
            block,
            refusal,
        });
    }

    /// Clocks and pool are asked only about a block that no certificate vouches for.
    fn opinion(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) -> Option<Opinion> {
        let proposal = self.dossier.proposals.get(&self.dossier.round)?;
        let certified = self.dossier.is_certified(proposal.digest()?);
        let fresh = !certified || mutant::is(Mutant::SubjectiveReproposal);
        self.dossier.judge(fresh, cx, effects)
    }

    /// Whether this seat's lock lets it prepare this round's proposal (L23, L29).
    fn allows(&self, digest: Digest) -> bool {
        let Some(locked) = self.locked() else {
            return true;
        };
        let unlocks =
            |valid: Claim| valid.round >= locked.round || mutant::is(Mutant::UnlockByAnyRound);
        locked.digest == digest || self.valid_round().is_some_and(unlocks)
    }

    /// The certificate that this round's proposal travels with.
    fn valid_round(&self) -> Option<Claim> {
        let proposal = self.dossier.proposals.get(&self.dossier.round)?;
        let prepared = proposal.justification.as_ref()?.prepared.as_ref()?;
        Some(prepared.claim())
    }

    /// Whether this seat has waited long enough for a proposal (L57).
    pub(super) fn is_over_time(&self, cx: &Context<'_>) -> bool {
        self.proposal_due().is_some_and(|due| cx.now >= due)
    }
}
