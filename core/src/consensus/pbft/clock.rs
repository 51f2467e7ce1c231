//! The round timer (rule 6).

use super::{Pbft, Work};
use crate::limits::ROUND_MAX;
use crate::time::{Mono, Round};

impl Pbft {
    /// Starts or stops the timer of the current round, as things stand.
    pub(super) fn mind_timer(&mut self, now: Mono, work: Work) {
        let last = self.round.0 >= ROUND_MAX;
        let over = self.place.me.is_none() || self.decided.is_some() || last;
        if over || !self.timer_should_run(work) {
            self.timer = None;
        } else {
            self.timer.get_or_insert(now);
        }
    }

    fn timer_should_run(&self, work: Work) -> bool {
        if self.round == Round(0) {
            // Only checked votes count, or a forgery could wake an idle table.
            return work.pending || !self.proposals.is_empty() || self.somebody_voted();
        }
        self.at_or_above(self.round).len() >= self.quorum()
            || self.proposals.contains_key(&self.round)
            || self.certificates.contains_key(&self.round)
    }

    /// Whether nothing is under way at this height.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let begun = self.round > Round(0) || !self.proposals.is_empty() || self.somebody_voted();
        !begun && self.certificates.is_empty() && self.decided.is_none()
    }

    fn somebody_voted(&self) -> bool {
        self.tallies
            .values()
            .any(|tally| !tally.prepares.voters().is_empty() || !tally.commits.voters().is_empty())
    }

    /// When the current round is over, if its timer runs.
    #[must_use]
    pub fn round_ends(&self) -> Option<Mono> {
        Some(self.timer?.after(self.place.patience(self.round)))
    }

    /// When something changes by itself: the round ends, or a hold does.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        let hold = self.hold.as_ref().and_then(|hold| hold.until);
        [self.round_ends(), hold].into_iter().flatten().min()
    }
}
