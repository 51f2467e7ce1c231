//! Rules 6 and 7: how a round ends, and how others are told.

use super::Tendermint;
use crate::certificate::{Checker, CommitsCertificate};
use crate::consensus::{Context, Effect, ReceiveError};
use crate::limits::ROUND_MAX;
use crate::message::{Message, Status, VoteKind};
use crate::mutant::{self, Mutant};

impl Tendermint {
    /// Joins the highest round that f + 1 others have reached (L55). That needs no certificate.
    pub(super) fn skip(&mut self) {
        let faults = self.dossier.place.roster.faults();
        let least = faults.saturating_sub(usize::from(mutant::is(Mutant::SkipWithF)));
        if let Some(round) = self.dossier.overtaken(least) {
            self.dossier.enter(round);
        }
    }

    /// Makes a certificate of a quorum of Commits of this round (L47).
    pub(super) fn close(&mut self, cx: &mut Context<'_>) {
        let (round, quorum) = (self.dossier.round, self.dossier.quorum());
        let place = &self.dossier.place;
        let (epoch, height) = (place.epoch, place.height);
        if self.over.as_ref().is_none_or(|over| over.round < round) {
            let slot = (round, VoteKind::Commit);
            let tally = self.dossier.quorum_of_any(slot, quorum, cx);
            if let Some(commits) = tally.map(|tally| tally.first_of_any(quorum)) {
                self.file(CommitsCertificate {
                    epoch,
                    height,
                    round,
                    commits,
                });
            }
        }
        if self.over.as_ref().is_some_and(|over| over.round == round) {
            self.waits.committed(round, cx.now);
        }
    }

    /// Begins the next round a while after this one is over (L65).
    pub(super) fn next_round(&mut self, cx: &Context<'_>) {
        let due = self.decision_due().is_some_and(|due| cx.now >= due);
        if due && self.dossier.round.0 < ROUND_MAX {
            self.dossier.enter(self.dossier.round.next());
            self.mind_timer(cx);
        }
    }

    /// Has the certificate of a round below journalled before anything is signed in this one.
    pub(super) fn keep(&mut self, effects: &mut Vec<Effect>) {
        let round = self.dossier.round;
        let over = self.over.as_ref().filter(|over| over.round < round);
        if let Some(over) = over.filter(|_| !self.kept) {
            effects.push(Effect::KeepRound(over.clone()));
            self.kept = true;
        }
    }

    /// Takes a certificate whoever brought it. Where all commit to one block it is a decision.
    pub(super) fn take_over(
        &mut self,
        over: CommitsCertificate,
        checker: &mut Checker,
    ) -> Result<bool, ReceiveError> {
        let place = &self.dossier.place;
        if (over.epoch, over.height) != (place.epoch, place.height) {
            return Err(ReceiveError::Height(over.height));
        }
        if over.round.0 > ROUND_MAX {
            return Err(ReceiveError::Round(over.round));
        }
        let decision = over.decision();
        let known = self
            .over
            .as_ref()
            .is_some_and(|held| held.round >= over.round);
        if known && decision.is_none() {
            return Ok(false);
        }
        over.check(place.table, &place.roster, checker)?;
        if let Some(decision) = decision {
            self.dossier.decision(decision, checker)?;
        }
        if !known {
            self.file(over);
        }
        Ok(true)
    }

    /// Files a certificate that holds and is the highest.
    pub(super) fn file(&mut self, over: CommitsCertificate) {
        for (seat, _) in over.commits.iter() {
            self.dossier.note_reached(seat, over.round);
        }
        self.over = Some(over);
        self.kept = false;
    }

    /// The certificate, for a peer that is not past its round. This seat must be: while it is in
    /// that round itself, the votes are on their way.
    pub(super) fn over_lacking(&self, status: &Status) -> Option<Message> {
        let over = self.over.as_ref()?;
        let helps = status.round <= over.round && over.round < self.dossier.round;
        let open = self.dossier.decided.is_none();
        (helps && open && self.kept).then(|| Message::RoundOver(over.clone()))
    }
}
