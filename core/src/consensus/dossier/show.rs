//! What this seat shows of a height, and what it can send to a peer that lacks something.

use super::Dossier;
use crate::certificate::Checker;
use crate::limits::VOTE_SETS_MAX;
use crate::message::{Message, Peer, Status, Vote, VoteKind, VoteSet};
use crate::mutant::{self, Mutant};
use crate::tally::{RoundTally, Scrutiny, Tally};
use crate::time::Round;

impl Dossier {
    /// Checks the votes that still wait, so that they can be shown and relayed.
    pub fn settle_all(&mut self, checker: &mut Checker, liars: &mut Vec<Peer>) {
        let mut scrutiny = Scrutiny {
            table: self.place.table,
            roster: &self.place.roster,
            checker,
        };
        for (round, tally) in &mut self.tallies {
            if !self.certificates.contains_key(round) {
                tally.prepares.settle_all(&mut scrutiny, liars);
            }
            if self.decided.is_none() {
                tally.commits.settle_all(&mut scrutiny, liars);
            }
        }
    }

    /// The votes of other seats whose signatures were checked since this was last asked.
    pub(crate) fn take_counted(&mut self) -> Vec<Vote> {
        let tallies = self.tallies.values_mut();
        let both = tallies.flat_map(|tally| [&mut tally.prepares, &mut tally.commits]);
        both.flat_map(|tally| tally.take_news().cloned()).collect()
    }

    /// The checked votes held, as sets, at most [`VOTE_SETS_MAX`]: those of this round and of later
    /// ones, then commits of past rounds, the newest first. First votes of past rounds are left
    /// out: only a commit of a past round can still matter.
    #[must_use]
    pub fn vote_sets(&self) -> Vec<VoteSet> {
        let mut sets = Vec::new();
        for (round, kind, tally) in self.relevant() {
            for digest in tally.choices() {
                let seats = tally.checked(digest);
                if !seats.is_empty() {
                    sets.push(VoteSet {
                        round,
                        kind,
                        digest,
                        seats,
                    });
                }
            }
        }
        sets
    }

    /// The votes that are shown, and sent to whoever lacks them.
    ///
    /// A seat that commits to another made-up block in each round adds a choice to every one, so
    /// that they are cut: the oldest rounds go. Nothing needs those. Their commits only spare the
    /// table another round if they decide after all. Whoever is in a round that is over is brought
    /// on by the certificate of that (Tendermint, L47), by f + 1 seats above it (L55) or by round
    /// changes (PBFT); a lock is lifted, and a claim made, by a prepare certificate; what was
    /// decided by a decision certificate: all of them travel by themselves. A contradiction shows
    /// to whoever was sent its votes when they were cast.
    fn relevant(&self) -> impl Iterator<Item = (Round, VoteKind, &Tally)> {
        let now = self.tallies.range(self.round..).flat_map(|(round, tally)| {
            [
                (*round, VoteKind::Prepare, &tally.prepares),
                (*round, VoteKind::Commit, &tally.commits),
            ]
        });
        let past = self.tallies.range(..self.round).rev();
        let past = past.map(|(round, tally)| (*round, VoteKind::Commit, &tally.commits));
        let mut room = VOTE_SETS_MAX;
        now.chain(past).take_while(move |(_, _, tally)| {
            let left = room.checked_sub(tally.choices().len());
            room = left.unwrap_or(0);
            left.is_some()
        })
    }

    /// Whether the current round's proposal is held.
    #[must_use]
    pub fn holds_proposal(&self) -> bool {
        self.proposals.contains_key(&self.round)
    }

    /// What a peer at this height that shows `status` lacks and this seat holds: the decision, or
    /// the highest certificate, this round's proposal, and votes.
    pub(in crate::consensus) fn lacking(&self, status: &Status) -> Vec<Message> {
        let mut messages = Vec::new();
        if let Some(certificate) = &self.decided {
            messages.push(Message::Decided(certificate.clone()));
            return messages;
        }
        let prepared = self.prepared();
        if let Some(certificate) = prepared.filter(|held| Some(held.0.round) > status.prepared) {
            messages.push(Message::Prepared(certificate.clone()));
        }
        let has_proposal = status.proposal && status.round >= self.round;
        let proposal = self.proposals.get(&self.round);
        let proposal = proposal.filter(|held| !has_proposal && self.may_leave(&held.vote));
        messages.extend(proposal.cloned().map(Message::Proposal));
        let lacking = self
            .relevant()
            .flat_map(|(_, _, tally)| tally.iter_checked());
        let lacking = lacking.filter(|vote| !shows(status, vote) && vote_helps(status, vote));
        messages.extend(lacking.cloned().map(Message::Vote));
        messages
    }

    /// A proposal of this seat is held from the moment it is signed; it may leave once its vote
    /// counts, for then it is on disk.
    fn may_leave(&self, vote: &Vote) -> bool {
        let tally = self.tallies.get(&vote.round);
        let counts = |tally: &RoundTally| tally.prepares.checked(vote.digest).contains(vote.seat);
        self.place.me != Some(vote.seat)
            || tally.is_some_and(counts)
            || mutant::is(Mutant::ProposalBeforeDisk)
    }
}

fn shows(status: &Status, vote: &Vote) -> bool {
    status.votes.iter().any(|set| {
        (set.round, set.kind, set.digest) == (vote.round, vote.kind, vote.digest)
            && set.seats.contains(vote.seat)
    })
}

/// First votes of rounds that the peer has left are of no use to it.
fn vote_helps(status: &Status, vote: &Vote) -> bool {
    vote.kind == VoteKind::Commit || vote.round >= status.round
}
