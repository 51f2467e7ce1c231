//! Clocks of a round: for the proposal, after a quorum of Prepares, after a quorum of Commits.

use std::time::Duration;

use super::{Step, Tendermint};
use crate::certificate::CommitsCertificate;
use crate::consensus::Context;
use crate::time::{Mono, Round};

/// Since when a round has had quorums of votes, for whatever they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    prepares: Option<(Round, Mono)>,
    commits: Option<(Round, Mono)>,
}

impl Waits {
    /// A quorum prepared in `round`: the first moment stays (L34, "for the first time").
    pub(super) fn prepared(&mut self, round: Round, now: Mono) {
        note(&mut self.prepares, round, now);
    }

    /// A quorum committed in `round` (L47, "for the first time").
    pub(super) fn committed(&mut self, round: Round, now: Mono) {
        note(&mut self.commits, round, now);
    }
}

fn note(slot: &mut Option<(Round, Mono)>, round: Round, now: Mono) {
    if slot.is_none_or(|(noted, _)| noted < round) {
        *slot = Some((round, now));
    }
}

fn since(slot: Option<(Round, Mono)>, round: Round) -> Option<Mono> {
    slot.filter(|(noted, _)| *noted == round).map(|(_, at)| at)
}

impl Tendermint {
    /// The clock of round 0 runs while there is something to decide; that of a later one from its
    /// start: no seat gets there without a quorum's Commits, its own or another honest seat's.
    pub(super) fn mind_timer(&mut self, cx: &Context<'_>) {
        let later = self.dossier.round > Round(0);
        let should = later || self.dossier.has_begun(cx.work);
        self.dossier.mind_timer(cx.now, should);
    }

    fn patience(&self) -> Duration {
        self.dossier.place.patience(self.dossier.round)
    }

    /// When this seat prepares nil for want of a proposal (L21).
    pub(super) fn proposal_due(&self) -> Option<Mono> {
        Some(self.dossier.timer?.after(self.patience()))
    }

    /// When it commits to nil for want of a certificate (L35).
    pub(super) fn certificate_due(&self) -> Option<Mono> {
        let since = since(self.waits.prepares, self.dossier.round)?;
        Some(since.after(self.patience() / 2))
    }

    /// When the next round begins for want of a decision (L48). A round lasts its patience whatever
    /// happens in it, but for round 0 where a quorum's Commits are nil.
    pub(super) fn decision_due(&self) -> Option<Mono> {
        let round = self.dossier.round;
        let since = since(self.waits.commits, round)?;
        let over = self.over.as_ref().filter(|over| over.round == round);
        let nil = over.is_some_and(CommitsCertificate::is_nil);
        if nil && round == Round(0) {
            return Some(since);
        }
        let end = self.dossier.timer?.after(self.patience());
        let moment = if nil {
            Duration::ZERO
        } else {
            self.patience() / 2
        };
        Some(end.max(since.after(moment)))
    }

    pub(super) fn next_change(&self) -> Option<Mono> {
        // Without its clock a round holds no timer: it is the last, or everything is decided.
        self.dossier.timer?;
        let step = match self.step() {
            Step::Propose => self.proposal_due(),
            Step::Prepare => self.certificate_due(),
            Step::Commit => None,
        };
        let hold = self.dossier.hold.as_ref().and_then(|hold| hold.until);
        let due = [step, self.decision_due(), hold];
        due.into_iter().flatten().min()
    }
}
