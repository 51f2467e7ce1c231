//! The rules that fire by themselves once their conditions hold.

use std::sync::Arc;
use std::time::Duration;

use super::{Pbft, Work};
use crate::certificate::{
    Checker, DecisionCertificate, PrepareCertificate, QuorumVotes, RoundCertificate,
};
use crate::consensus::{Effect, Entitlement, HoldReason, Refusal, Rules};
use crate::digest::Digest;
use crate::message::{Block, Peer, VoteKind};
use crate::mutant::{self, Mutant};
use crate::seat::{PerSeat, Seats};
use crate::tally::Scrutiny;
use crate::time::{Mono, Round};

/// How long to wait for a body before asking again.
const ASK_AGAIN: Duration = Duration::from_millis(300);

/// What `advance` needs beside the protocol's own state.
pub struct Context<'a> {
    /// The time.
    pub now: Mono,
    /// What there is to decide.
    pub work: Work,
    /// The table.
    pub rules: &'a mut dyn Rules,
    /// Checks signatures.
    pub checker: &'a mut Checker,
    /// Connections that brought false signatures, to be charged.
    pub liars: Vec<Peer>,
}

impl Pbft {
    /// Does everything that can be done now; tells what is to be signed, sent and fetched.
    pub fn advance(&mut self, cx: &mut Context<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.count_quorums(cx);
        if self.decided.is_some() {
            self.deliver(cx.now, &mut effects);
            (self.timer, self.hold) = (None, None);
            return effects;
        }
        if let Some(highest) = self.prepared().map(|certificate| certificate.0.round) {
            self.enter(highest);
        }
        if self.place.me.is_some() {
            self.mind_timer(cx.now, cx.work);
            self.leave_round(cx, &mut effects);
            self.commit(cx, &mut effects);
            self.prepare(cx, &mut effects);
            self.propose(cx, &mut effects);
            self.mind_timer(cx.now, cx.work);
        }
        effects
    }

    /// Rules 2 and 3: quorums of Prepares and Commits.
    fn count_quorums(&mut self, cx: &mut Context<'_>) {
        let quorum = self.quorum();
        for kind in [VoteKind::Commit, VoteKind::Prepare] {
            // One vote may be missing: the seat's own, on its way to the disk.
            let tallies = self.tallies.iter();
            let enough = tallies.filter(|(_, tally)| tally.of(kind).len() + 1 >= quorum);
            let rounds: Vec<_> = enough.map(|(round, _)| *round).collect();
            for round in rounds {
                if kind == VoteKind::Prepare && self.certificates.contains_key(&round) {
                    continue;
                }
                if let Some(votes) = self.quorum_in(round, kind, cx) {
                    match kind {
                        VoteKind::Prepare => {
                            self.certificates.insert(round, PrepareCertificate(votes));
                        }
                        VoteKind::Commit if self.decided.is_none() => {
                            self.decided = Some(DecisionCertificate(votes));
                        }
                        VoteKind::Commit => {}
                    }
                }
            }
        }
    }

    fn quorum_in(
        &mut self,
        round: Round,
        kind: VoteKind,
        cx: &mut Context<'_>,
    ) -> Option<QuorumVotes> {
        let quorum = self.quorum();
        let (epoch, height) = (self.place.epoch, self.place.height);
        let own = self.own_vote(round, kind);
        let tally = self.tallies.get_mut(&round)?.of_mut(kind);
        let me = self.place.me;
        for digest in tally.choices().into_iter().flatten() {
            let counted = me.is_some_and(|me| tally.checked(Some(digest)).contains(me));
            let coming = usize::from(own == Some(digest) && !counted);
            let roster = &self.place.roster;
            let mut scrutiny = Scrutiny {
                table: self.place.table,
                roster,
                checker: cx.checker,
            };
            tally.settle(Some(digest), (quorum, coming), &mut scrutiny, &mut cx.liars);
            if let Some(signatures) = tally.quorum_of(digest, quorum) {
                return Some(QuorumVotes {
                    epoch,
                    height,
                    round,
                    digest,
                    signatures,
                });
            }
        }
        None
    }

    /// The block this seat has voted for in a slot.
    fn own_vote(&self, round: Round, kind: VoteKind) -> Option<Digest> {
        match kind {
            VoteKind::Prepare => self.signed.prepares.get(&round).copied().flatten(),
            VoteKind::Commit => self.signed.commits.get(&round).copied(),
        }
    }

    /// Hands a decided block over, or fetches it.
    fn deliver(&mut self, now: Mono, effects: &mut Vec<Effect>) {
        let Some(certificate) = self.decided.clone().filter(|_| !self.delivered) else {
            return;
        };
        match self.bodies.get(&certificate.0.digest).cloned() {
            Some(block) => {
                self.delivered = true;
                effects.push(Effect::Decide { certificate, block });
            }
            None => self.want(
                certificate.0.digest,
                certificate.0.signatures.seats(),
                now,
                effects,
            ),
        }
    }

    fn want(&mut self, digest: Digest, from: Seats, now: Mono, effects: &mut Vec<Effect>) {
        let lately = |asked: &Mono| now < asked.after(ASK_AGAIN);
        if !self.asked.get(&digest).is_some_and(lately) {
            self.asked.insert(digest, now);
            let from = self.place.me.map_or(from, |me| from - me.into());
            effects.push(Effect::Fetch { digest, from });
        }
    }

    /// Rule 4: the three reasons to change round.
    fn leave_round(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let faults = self.place.roster.faults();
        let mut above = self.others_above(self.round);
        above.sort_unstable_by(|a, b| b.cmp(a));
        if let Some(round) = above.get(faults) {
            return self.change_to(*round, effects);
        }
        let timed_out = self.round_ends().is_some_and(|end| cx.now >= end);
        if timed_out || self.round == Round(0) && self.nil_blocks(cx) {
            self.change_to(self.round.next(), effects);
        }
    }

    /// The rounds above `round` that others have reached, each as often as there are seats there.
    fn others_above(&self, round: Round) -> Vec<Round> {
        let others = self.reached.iter();
        let others = others.filter(|(seat, _)| self.place.me != Some(*seat));
        let reached = others.map(|(_, reached)| *reached);
        reached.filter(|reached| *reached > round).collect()
    }

    /// Whether so many seats prepared nil in this round that no certificate can come of it.
    fn nil_blocks(&mut self, cx: &mut Context<'_>) -> bool {
        if self.certificates.contains_key(&self.round) {
            return false;
        }
        let enough = self.place.roster.len() - self.quorum() + 1;
        let own_nil = self.signed.prepares.get(&self.round) == Some(&None);
        let me = self.place.me;
        let Some(tally) = self.tallies.get_mut(&self.round) else {
            return false;
        };
        let tally = tally.of_mut(VoteKind::Prepare);
        if tally.len() + 1 < enough {
            return false;
        }
        let counted = me.is_some_and(|me| tally.checked(None).contains(me));
        let coming = usize::from(own_nil && !counted);
        let roster = &self.place.roster;
        let mut scrutiny = Scrutiny {
            table: self.place.table,
            roster,
            checker: cx.checker,
        };
        tally
            .settle(None, (enough, coming), &mut scrutiny, &mut cx.liars)
            .len()
            >= enough
    }

    fn change_to(&mut self, round: Round, effects: &mut Vec<Effect>) {
        if round.0 > crate::limits::ROUND_MAX {
            return;
        }
        self.enter(round);
        self.signed.change = round;
        // Changes to rounds below can entitle nobody any more; votes of past rounds still decide.
        self.changes = self.changes.split_off(&round);
        let forgets = mutant::is(Mutant::ForgottenPrepare);
        effects.push(Effect::ChangeRound {
            round,
            claim: self.prepared().filter(|_| !forgets).cloned(),
        });
    }

    /// Rule 2: commit on the strength of a certificate of the current round.
    fn commit(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.round;
        let done = self.signed.commits.contains_key(&round);
        let Some(certificate) = self.certificates.get(&round).cloned().filter(|_| !done) else {
            return;
        };
        let digest = certificate.0.digest;
        let Some(block) = self.bodies.get(&digest).cloned() else {
            return self.want(digest, certificate.0.signatures.seats(), cx.now, effects);
        };
        if self.signed.floor() <= round && self.is_valid(digest, &block, cx).is_ok() {
            self.hold = None;
            self.signed.commits.insert(round, digest);
            effects.push(Effect::Commit { certificate, block });
        }
    }

    /// Rule 1: prepare the leader's proposal, or nil.
    fn prepare(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.round;
        if self.signed.prepares.contains_key(&round)
            || self.signed.commits.contains_key(&round)
            || self.signed.floor() > round
        {
            return;
        }
        let Some(proposal) = self.proposals.get(&round) else {
            return;
        };
        let Some(digest) = proposal.digest() else {
            return;
        };
        let again = proposal
            .justification
            .as_ref()
            .is_some_and(|j| j.prepared.is_some());
        let Some(block) = self.bodies.get(&digest).cloned() else {
            let leader = self.place.leaders.leader(round);
            let holders = self
                .tallies
                .get(&round)
                .map(|t| t.prepares.checked(Some(digest)));
            let from = holders.unwrap_or_default() | leader.into();
            return self.want(digest, from, cx.now, effects);
        };
        if let Err(why) = self.is_valid(digest, &block, cx) {
            self.signed.prepares.insert(round, None);
            let refusal = Some(Refusal { digest, why });
            effects.push(Effect::Prepare {
                round,
                digest: None,
                block: None,
                refusal,
            });
            return;
        }
        let subjective = !again || mutant::is(Mutant::SubjectiveReproposal);
        if subjective && !self.is_content(digest, &block, cx) {
            return;
        }
        self.hold = None;
        self.signed.prepares.insert(round, Some(digest));
        effects.push(Effect::Prepare {
            round,
            digest: Some(digest),
            block: Some(block),
            refusal: None,
        });
    }

    fn is_valid(
        &mut self,
        digest: Digest,
        block: &Arc<Block>,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        if !self.valid.contains(&digest) {
            cx.rules.valid(digest, block, cx.checker)?;
            self.valid.insert(digest);
        }
        Ok(())
    }

    fn is_content(&mut self, digest: Digest, block: &Arc<Block>, cx: &mut Context<'_>) -> bool {
        let prepared = |this: &Self| {
            let tally = this.tallies.get(&this.round);
            tally.map_or(Seats::NONE, |tally| tally.prepares.checked(Some(digest)))
        };
        let mut answer = cx.rules.content(block, prepared(self));
        if matches!(&answer, Err(hold) if hold.why != HoldReason::Parent) {
            // Others who prepared it may outweigh what this seat sees, so now their votes count.
            let roster = &self.place.roster;
            let mut scrutiny = Scrutiny {
                table: self.place.table,
                roster,
                checker: cx.checker,
            };
            if let Some(tally) = self.tallies.get_mut(&self.round) {
                tally.prepares.settle_all(&mut scrutiny, &mut cx.liars);
            }
            answer = cx.rules.content(block, prepared(self));
        }
        self.hold = answer.err();
        self.hold.is_none()
    }

    /// Rules 1 and 5: propose where this seat leads.
    fn propose(&mut self, cx: &mut Context<'_>, effects: &mut Vec<Effect>) {
        let round = self.round;
        let leads = self.place.me == Some(self.place.leaders.leader(round));
        let signed = self.signed.prepares.contains_key(&round)
            || self.signed.commits.contains_key(&round)
            || self.signed.floor() > round;
        if !leads || signed || self.signed.proposed.contains(&round) {
            return;
        }
        if round == Round(0) {
            if cx.work.propose {
                self.signed.proposed.insert(round);
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
        let claim = changes.highest();
        let prepared = claim.and_then(|claim| self.certificates.get(&claim.round).cloned());
        let again = match &prepared {
            None => None,
            Some(certificate) => match self.bodies.get(&certificate.0.digest).cloned() {
                Some(block) => Some(block),
                None => {
                    let (digest, from) = (certificate.0.digest, certificate.0.signatures.seats());
                    return self.want(digest, from, cx.now, effects);
                }
            },
        };
        self.signed.proposed.insert(round);
        let entitlement = Some(Entitlement { changes, prepared });
        effects.push(Effect::Propose {
            round,
            again,
            entitlement,
        });
    }

    /// Round changes of a quorum to exactly `round`.
    fn round_certificate(&self, round: Round) -> Option<RoundCertificate> {
        let changes = self.changes.get(&round)?;
        let quorum = self.quorum();
        let signed = |(seat, change): (&crate::Seat, &crate::message::RoundChange)| {
            (*seat, (change.claim, change.signature))
        };
        let changes: PerSeat<_> = changes.iter().take(quorum).map(signed).collect();
        let (epoch, height) = (self.place.epoch, self.place.height);
        (changes.len() == quorum).then_some(RoundCertificate {
            epoch,
            height,
            round,
            changes,
        })
    }
}
