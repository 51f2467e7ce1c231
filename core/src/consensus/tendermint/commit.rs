//! Rules 3 and 4: the second vote.

use super::{Step, Tendermint};
use crate::consensus::{Context, Effect};
use crate::message::VoteKind;
use crate::mutant::{self, Mutant};

impl Tendermint {
    /// Commits to the block of this round's certificate, or to nil (L34, L36, L44, L61).
    pub(super) fn commit(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        if self.step() == Step::Commit || self.commit_block(cx, effects) {
            return;
        }
        if self.step() == Step::Prepare && self.nothing_to_commit(cx) {
            let round = self.dossier.round;
            self.dossier.signed.commits.insert(round, None);
            effects.push(Effect::CommitNil { round });
        }
    }

    /// L36, L38 to L41: the block of a certificate of this round. The seat is locked on it by
    /// having signed; tells whether it has.
    fn commit_block(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) -> bool {
        let dossier = &mut self.dossier;
        let mut round = dossier.round;
        if mutant::is(Mutant::LateCommit) {
            round = dossier.prepared().map_or(round, |held| held.0.round);
        }
        let done = dossier.signed.commits.contains_key(&round);
        let certificate = dossier.certificates.get(&round).cloned();
        let Some(certificate) = certificate.filter(|_| !done) else {
            return false;
        };
        let digest = certificate.0.digest;
        let Some(block) = dossier.body(digest).cloned() else {
            let holders = certificate.0.signatures.seats();
            dossier.want(digest, holders, cx.now, effects);
            return false;
        };
        if dossier.is_valid(digest, &block, cx).is_err() {
            return false;
        }
        dossier.hold = None;
        dossier.signed.commits.insert(round, Some(digest));
        effects.push(Effect::Commit { certificate, block });
        true
    }

    /// Whether a quorum prepared nil (L44), or long enough ago prepared anything (L34, L61).
    fn nothing_to_commit(&mut self, cx: &mut Context<'_>) -> bool {
        let (round, quorum) = (self.dossier.round, self.dossier.quorum());
        let slot = (round, VoteKind::Prepare);
        let nil = self.dossier.voters_for(slot, None, quorum, cx);
        if nil.len() >= quorum {
            return true;
        }
        if self.dossier.quorum_of_any(slot, quorum, cx).is_some() {
            self.waits.prepared(round, cx.now);
        }
        self.certificate_due().is_some_and(|due| cx.now >= due)
    }
}
