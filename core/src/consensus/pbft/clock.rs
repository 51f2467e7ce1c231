//! The round timer (rule 6).

use super::Pbft;
use crate::consensus::Work;
use crate::time::{Mono, Round};

impl Pbft {
    /// Starts or stops the timer of the current round, as things stand.
    pub(super) fn mind_timer(&mut self, now: Mono, work: Work) {
        let should = self.timer_should_run(work);
        self.dossier.mind_timer(now, should);
    }

    fn timer_should_run(&self, work: Work) -> bool {
        let dossier = &self.dossier;
        let round = dossier.round;
        if round == Round(0) {
            return dossier.has_begun(work);
        }
        dossier.at_or_above(round).len() >= dossier.quorum()
            || dossier.proposals.contains_key(&round)
            || dossier.certificates.contains_key(&round)
    }

    /// When the current round is over, if its timer runs.
    pub(super) fn round_ends(&self) -> Option<Mono> {
        let dossier = &self.dossier;
        Some(dossier.timer?.after(dossier.place.patience(dossier.round)))
    }

    pub(super) fn next_change(&self) -> Option<Mono> {
        let hold = self.dossier.hold.as_ref().and_then(|hold| hold.until);
        [self.round_ends(), hold].into_iter().flatten().min()
    }
}
