//! The rules that fire by themselves once their conditions hold.

use super::Pbft;
use crate::certificate::RoundCertificate;
use crate::consensus::dossier::Opinion;
use crate::consensus::{Context, Effect, Entitlement};
use crate::message::{Proposal, RoundChange, VoteKind};
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seat};
use crate::time::Round;

impl Pbft {
    pub(super) fn do_all(&mut self, cx: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dossier = &mut self.dossier;
        dossier.count_quorums(cx);
        if dossier.decided.is_some() {
            dossier.deliver(cx.now, &mut effects);
            (dossier.timer, dossier.hold) = (None, None);
            return effects;
        }
        if let Some(highest) = dossier.prepared().map(|certificate| certificate.0.round) {
            dossier.enter(highest);
        }
        if dossier.place.me.is_some() {
            self.mind_timer(cx.now, cx.work);
            self.leave_round(cx, &mut effects);
            self.commit(cx, &mut effects);
            self.prepare(cx, &mut effects);
            self.propose(cx, &mut effects);
            self.mind_timer(cx.now, cx.work);
        }
        effects
    }

    /// Rule 4: the three reasons to change round.
    fn leave_round(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let faults = self.dossier.place.roster.faults();
        if let Some(round) = self.dossier.overtaken(faults) {
            return self.change_to(round, effects);
        }
        let timed_out = self.round_ends().is_some_and(|end| cx.now >= end);
        if timed_out || self.dossier.round == Round(0) && self.nil_blocks(cx) {
            self.change_to(self.dossier.round.next(), effects);
        }
    }

    /// Whether so many seats prepared nil in this round that no certificate can come of it.
    fn nil_blocks(&mut self, cx: &mut Context<'_>) -> bool {
        let dossier = &mut self.dossier;
        let slot = (dossier.round, VoteKind::Prepare);
        let enough = dossier.place.roster.len() - dossier.quorum() + 1;
        !dossier.certificates.contains_key(&dossier.round)
            && dossier.voters_for(slot, None, enough, cx).len() >= enough
    }

    fn change_to(&mut self, round: Round, effects: &mut Vec<Effect>) {
        if round.0 > crate::limits::ROUND_MAX {
            return;
        }
        self.dossier.enter(round);
        self.changed = round;
        // Changes to rounds below can entitle nobody any more; votes of past rounds still decide.
        self.changes = self.changes.split_off(&round);
        let forgets = mutant::is(Mutant::ForgottenPrepare);
        effects.push(Effect::ChangeRound {
            round,
            claim: self.dossier.prepared().filter(|_| !forgets).cloned(),
        });
    }

    /// Rule 2: commit on the strength of a certificate of the current round.
    fn commit(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let floor = self.floor();
        let dossier = &mut self.dossier;
        let mut round = dossier.round;
        if mutant::is(Mutant::CommitBelowChange) {
            round = dossier.prepared().map_or(round, |held| held.0.round);
        }
        let done = dossier.signed.commits.contains_key(&round);
        let certificate = dossier.certificates.get(&round).cloned();
        let Some(certificate) = certificate.filter(|_| !done) else {
            return;
        };
        let digest = certificate.0.digest;
        let Some(block) = dossier.body(digest).cloned() else {
            return dossier.want(digest, certificate.0.signatures.seats(), cx.now, effects);
        };
        if floor <= round && dossier.is_valid(digest, &block, cx).is_ok() {
            dossier.hold = None;
            dossier.signed.commits.insert(round, Some(digest));
            effects.push(Effect::Commit { certificate, block });
        }
    }

    /// Rule 1: prepare the leader's proposal, or nil.
    fn prepare(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.dossier.round;
        if self.dossier.signed.voted(round) || self.floor() > round {
            return;
        }
        let again = |proposal: &Proposal| {
            let justification = proposal.justification.as_ref();
            justification.is_some_and(|held| held.prepared.is_some())
        };
        let again = self.dossier.proposals.get(&round).is_some_and(again);
        let fresh = !again || mutant::is(Mutant::SubjectiveReproposal);
        let (digest, block, refusal) = match self.dossier.judge(fresh, cx, effects) {
            None | Some(Opinion::Undecided) => return,
            Some(Opinion::Invalid(refusal)) => (None, None, Some(refusal)),
            Some(Opinion::Good(digest, block)) => (Some(digest), Some(block), None),
        };
        self.dossier.signed.prepares.insert(round, digest);
        effects.push(Effect::Prepare {
            round,
            digest,
            block,
            refusal,
        });
    }

    /// Rules 1 and 5: propose where this seat leads.
    fn propose(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.dossier.round;
        let leads = self.dossier.place.me == Some(self.dossier.leader());
        let signed = self.dossier.signed.voted(round) || self.floor() > round;
        if !leads || signed || self.dossier.signed.proposed.contains(&round) {
            return;
        }
        if round == Round(0) {
            if cx.work.propose {
                self.dossier.signed.proposed.insert(round);
                effects.push(Effect::Propose {
                    round,
                    again: None,
                    entitlement: None,
                });
            }
            return;
        }
        let Some(changes) = self.round_certificate(round) else {
            return;
        };
        let dossier = &mut self.dossier;
        let claim = changes.highest();
        let prepared = claim.and_then(|claim| dossier.claimed(claim).cloned());
        if claim.is_some() && prepared.is_none() {
            // It holds one for another block of that round: more seats cheat than the table bears,
            // and nothing it could show would entitle it.
            return;
        }
        let again = match &prepared {
            None => None,
            Some(certificate) => match dossier.body(certificate.0.digest).cloned() {
                Some(block) => Some(block),
                None => {
                    let (digest, from) = (certificate.0.digest, certificate.0.signatures.seats());
                    return dossier.want(digest, from, cx.now, effects);
                }
            },
        };
        dossier.signed.proposed.insert(round);
        let entitlement = Some(Entitlement {
            changes: Some(changes),
            prepared,
        });
        effects.push(Effect::Propose {
            round,
            again,
            entitlement,
        });
    }

    /// Round changes of a quorum to exactly `round`.
    fn round_certificate(&self, round: Round) -> Option<RoundCertificate> {
        let changes = self.changes.get(&round)?;
        let (quorum, place) = (self.dossier.quorum(), &self.dossier.place);
        let signed = |(seat, change): (&Seat, &RoundChange)| {
            (*seat, (change.claim, change.signature.clone()))
        };
        let changes: PerSeat<_> = changes.iter().take(quorum).map(signed).collect();
        let (epoch, height) = (place.epoch, place.height);
        (changes.len() == quorum).then_some(RoundCertificate {
            epoch,
            height,
            round,
            changes,
        })
    }
}
