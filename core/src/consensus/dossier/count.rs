//! Quorums: what the votes of a round add up to.

use super::Dossier;
use crate::certificate::{DecisionCertificate, PrepareCertificate, QuorumVotes};
use crate::consensus::Context;
use crate::digest::Digest;
use crate::message::VoteKind;
use crate::seat::Seats;
use crate::tally::{Scrutiny, Tally};
use crate::time::Round;

impl Dossier {
    /// Makes certificates of quorums of Prepares, and a decision of a quorum of Commits, whatever
    /// round they are of.
    pub(in crate::consensus) fn count_quorums(&mut self, cx: &mut Context<'_>) {
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
        let choices = self.tallies.get(&round)?.of(kind).choices();
        for digest in choices.into_iter().flatten() {
            self.voters_for((round, kind), Some(digest), quorum, cx);
            let tally = self.tallies.get(&round)?.of(kind);
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

    /// Seats whose checked vote of a slot is for `digest`; checks as many as could make `enough`
    /// with one's own, which may be on its way to the disk.
    pub(in crate::consensus) fn voters_for(
        &mut self,
        (round, kind): (Round, VoteKind),
        digest: Option<Digest>,
        enough: usize,
        cx: &mut Context<'_>,
    ) -> Seats {
        let own = self.own_vote(round, kind) == Some(digest);
        let me = self.place.me;
        let Some(tally) = self.tallies.get_mut(&round) else {
            return Seats::NONE;
        };
        let tally = tally.of_mut(kind);
        if tally.len() + 1 < enough {
            return Seats::NONE;
        }
        let counted = me.is_some_and(|me| tally.checked(digest).contains(me));
        let coming = usize::from(own && !counted);
        let mut scrutiny = Scrutiny {
            table: self.place.table,
            roster: &self.place.roster,
            checker: cx.checker,
        };
        tally.settle(digest, (enough, coming), &mut scrutiny, &mut cx.liars)
    }

    /// The checked votes of a slot, whatever they are for, if they are of `enough` seats. Nothing
    /// is checked before so many are held, and one's own among them if it was signed.
    pub(in crate::consensus) fn quorum_of_any(
        &mut self,
        (round, kind): (Round, VoteKind),
        enough: usize,
        cx: &mut Context<'_>,
    ) -> Option<&Tally> {
        let signed = self.own_vote(round, kind).is_some();
        let me = self.place.me.filter(|_| signed);
        let tally = self.tallies.get_mut(&round)?.of_mut(kind);
        let own_is_coming = me.is_some_and(|me| !tally.voters().contains(me));
        if tally.len() < enough || own_is_coming {
            return None;
        }
        let mut scrutiny = Scrutiny {
            table: self.place.table,
            roster: &self.place.roster,
            checker: cx.checker,
        };
        tally.settle_all(&mut scrutiny, &mut cx.liars);
        (tally.voters().len() >= enough).then_some(tally)
    }

    /// What this seat has voted for in a slot, if it has voted.
    fn own_vote(&self, round: Round, kind: VoteKind) -> Option<Option<Digest>> {
        match kind {
            VoteKind::Prepare => self.signed.prepares.get(&round).copied(),
            VoteKind::Commit => self.signed.commits.get(&round).copied(),
        }
    }
}
