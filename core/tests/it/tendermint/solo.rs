//! One seat of four by itself: a test plays the other three, the table and the disk.

use std::sync::Arc;

use quorate_core::certificate::{Checker, CommitsCertificate, PrepareCertificate, QuorumVotes};
use quorate_core::consensus::{
    Agreement, Context, Effect, Hold, Place, ReceiveError, Rules, Tendermint, Work,
};
use quorate_core::crypto::{AnyScheme, SecretKey, Signer};
use quorate_core::genesis::{Schedule, TableId, Timing};
use quorate_core::message::{
    Block, Justification, Message, Peer, Proposal, Status, Unsigned, Vote, VoteKind,
};
use quorate_core::roster::{Holder, Name, Roster, SeatKind};
use quorate_core::schedule::Leaders;
use quorate_core::{Digest, Epoch, Height, Mono, PerSeat, Round, Seat, Seats, Wall};

/// Round r of this height belongs to seat (r + 1) mod 4, so round 3 to seat 0.
/// A second for round 0.
const TIMING: Timing = Timing {
    round_ms: 1_000,
    round_ms_min: 250,
    round_ms_max: 30_000,
};

const HEIGHT: Height = Height(1);

pub(crate) const NIL: Option<Digest> = None;

/// What the seat has signed, for short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Proposed(u32, Option<Digest>, Option<u32>),
    Prepared(u32, Option<Digest>),
    Committed(u32, Option<Digest>),
    /// Wrote down that a round is over.
    Kept(u32),
    Decided(Digest),
    Fetched(Digest),
}

/// A table that finds every block good.
struct Content;

impl Rules for Content {
    fn valid(&mut self, _: Digest, _: &Arc<Block>, _: &mut Checker) -> Result<(), String> {
        Ok(())
    }

    fn content(&mut self, _: Digest, _: &Arc<Block>, _: Seats) -> Result<(), Hold> {
        Ok(())
    }
}

/// Seat 0 of four.
pub(crate) struct Solo {
    pub(crate) it: Tendermint,
    keys: Vec<SecretKey>,
    checker: Checker,
    pub(crate) now: Mono,
}

pub(crate) fn seat(index: usize) -> Seat {
    Seats::first(4).nth(index).unwrap()
}

/// One of several blocks.
pub(crate) fn block(name: u64) -> Arc<Block> {
    Arc::new(Block {
        table: TableId(Digest::ZERO),
        epoch: Epoch(0),
        height: HEIGHT,
        parent: Digest::ZERO,
        parent_round: Round(0),
        time: Wall(name),
        entries: vec![],
        deadlines: vec![],
        post_state: Digest::ZERO,
    })
}

impl Solo {
    pub(crate) fn new() -> Self {
        let keys: Vec<_> = (1..=4).map(|i| SecretKey::from_bytes(&[i; 32])).collect();
        let holder = |(index, key): (usize, &SecretKey)| Holder {
            name: Name::new(&format!("Player {index}")).unwrap(),
            key: key.public(),
            ml_dsa: None,
            kind: SeatKind::Player,
        };
        let table = TableId(Digest::ZERO);
        let roster = Arc::new(Roster::new(keys.iter().enumerate().map(holder)));
        let place = Place {
            table,
            epoch: Epoch(0),
            height: HEIGHT,
            leaders: Leaders::of(Schedule::RoundRobin, table, &roster, HEIGHT, Seats::NONE),
            roster,
            me: Some(seat(0)),
            timing: TIMING,
            first_round: TIMING.round(0),
        };
        Self {
            it: Tendermint::new(place),
            keys,
            checker: Checker::new(Arc::new(AnyScheme)),
            now: Mono(1),
        }
    }

    fn vote(&self, by: usize, kind: VoteKind, round: u32, digest: Option<Digest>) -> Vote {
        let unsigned = Unsigned {
            kind,
            table: TableId(Digest::ZERO),
            epoch: Epoch(0),
            height: HEIGHT,
            round: Round(round),
            digest,
        };
        Vote::sign(unsigned, seat(by), &self.keys[by])
    }

    fn hear(&mut self, vote: Vote) -> bool {
        self.it.vote(vote, Peer(9), &mut self.checker).unwrap()
    }

    /// This seat's Prepare, as its journal would hold it.
    pub(crate) fn prepare_of(&self, round: u32, digest: Option<Digest>) -> Vote {
        self.vote(0, VoteKind::Prepare, round, digest)
    }

    /// This seat's Commit, as its journal would hold it.
    pub(crate) fn commit_of(&self, round: u32, digest: Option<Digest>) -> Vote {
        self.vote(0, VoteKind::Commit, round, digest)
    }

    /// These seats prepare.
    pub(crate) fn prepare(&mut self, by: &[usize], round: u32, digest: Option<Digest>) {
        for by in by {
            self.hear(self.vote(*by, VoteKind::Prepare, round, digest));
        }
    }

    /// These seats commit.
    pub(crate) fn commit(&mut self, by: &[usize], round: u32, digest: Option<Digest>) {
        for by in by {
            self.hear(self.vote(*by, VoteKind::Commit, round, digest));
        }
    }

    /// A quorum's Prepares of a block.
    pub(crate) fn certificate(&self, round: u32, digest: Digest) -> PrepareCertificate {
        let sign = |by| {
            let vote = self.vote(by, VoteKind::Prepare, round, Some(digest));
            (seat(by), vote.signature)
        };
        PrepareCertificate(QuorumVotes {
            epoch: Epoch(0),
            height: HEIGHT,
            round: Round(round),
            digest,
            signatures: (1..4).map(sign).collect(),
        })
    }

    /// The Commits of the three others.
    pub(crate) fn over(&self, round: u32, choices: [Option<Digest>; 3]) -> CommitsCertificate {
        let sign = |(by, digest): (usize, Option<Digest>)| {
            let vote = self.vote(by, VoteKind::Commit, round, digest);
            (seat(by), (digest, vote.signature))
        };
        let commits: PerSeat<_> = (1..4).zip(choices).map(sign).collect();
        CommitsCertificate {
            epoch: Epoch(0),
            height: HEIGHT,
            round: Round(round),
            commits,
        }
    }

    /// The proposal that the leader of `round` makes of `block`, with the certificate it holds.
    pub(crate) fn proposal(
        &self,
        round: u32,
        block: &Arc<Block>,
        prepared: Option<PrepareCertificate>,
    ) -> Proposal {
        let leader = (round as usize + 1) % 4;
        let vote = self.vote(leader, VoteKind::Prepare, round, Some(block.digest()));
        let bytes = Justification::bytes(
            &vote.unsigned(TableId(Digest::ZERO)),
            None,
            prepared.as_ref(),
        );
        let justification = (round > 0).then(|| Justification {
            changes: None,
            prepared,
            signature: self.keys[leader].sign(&bytes),
        });
        Proposal {
            vote,
            block: Some(block.clone()),
            justification,
            parent: None,
        }
    }

    pub(crate) fn take(&mut self, proposal: Proposal) -> Result<bool, ReceiveError> {
        self.it.proposal(proposal, Peer(9), &mut self.checker)
    }

    /// The leader of `round` proposes.
    pub(crate) fn propose(
        &mut self,
        round: u32,
        block: &Arc<Block>,
        prepared: Option<PrepareCertificate>,
    ) {
        let proposal = self.proposal(round, block, prepared);
        self.take(proposal).unwrap();
    }

    /// Somebody shows a certificate.
    pub(crate) fn show(&mut self, certificate: PrepareCertificate) {
        let dossier = self.it.dossier_mut();
        dossier.certificate(certificate, &mut self.checker).unwrap();
    }

    /// Somebody shows that a round is over.
    pub(crate) fn end(&mut self, over: CommitsCertificate) -> Result<bool, ReceiveError> {
        self.it.round_over(over, &mut self.checker)
    }

    /// What the seat would send a peer that is in `round` and holds nothing.
    pub(crate) fn sends_to(&self, round: u32) -> Vec<Message> {
        self.it.repair(&Status {
            height: HEIGHT,
            round: Round(round),
            prepared: None,
            proposal: false,
            votes: vec![],
            changes: Seats::NONE,
            tip_state: Digest::ZERO,
            nonces: PerSeat::default(),
            clock: Wall(0),
            heard: Seats::NONE,
            level: Seats::NONE,
        })
    }

    /// Lets as many seconds pass, doing whatever falls due; what the seat signs is on disk at once.
    pub(crate) fn pass(&mut self, seconds: u64) -> Vec<Act> {
        let end = Mono(self.now.0 + seconds * 1_000_000);
        let mut acts = self.go();
        while let Some(next) = self.it.next_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            acts.extend(self.go());
        }
        self.now = end;
        acts
    }

    /// Lets time pass until the seat is in `round`.
    pub(crate) fn enter(&mut self, round: u32) -> Vec<Act> {
        let mut acts = self.go();
        while self.it.round() < Round(round) {
            let next = self.it.next_timeout().expect("something falls due");
            self.now = self.now.max(next);
            acts.extend(self.go());
        }
        acts
    }

    /// Does whatever is due now.
    pub(crate) fn go(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        loop {
            let mut cx = Context {
                now: self.now,
                work: Work {
                    pending: true,
                    propose: true,
                },
                rules: &mut Content,
                checker: &mut self.checker,
                liars: Vec::new(),
            };
            let effects = self.it.advance(&mut cx);
            if effects.is_empty() {
                return acts;
            }
            for effect in effects {
                acts.push(self.carry_out(effect));
            }
        }
    }

    fn own(&mut self, kind: VoteKind, round: Round, digest: Option<Digest>) {
        let vote = self.vote(0, kind, round.0, digest);
        self.it.dossier_mut().count_own(vote);
    }

    fn carry_out(&mut self, effect: Effect) -> Act {
        match effect {
            Effect::Propose {
                round,
                again,
                entitlement,
            } => {
                let block = again.clone().unwrap_or_else(|| block(1_000));
                let prepared = entitlement.and_then(|entitlement| entitlement.prepared);
                let valid = prepared.as_ref().map(|held| held.0.round.0);
                let vote = self.vote(0, VoteKind::Prepare, round.0, Some(block.digest()));
                let proposal = Proposal {
                    vote: vote.clone(),
                    block: None,
                    justification: None,
                    parent: None,
                };
                self.it.dossier_mut().proposed(proposal, block);
                self.it.dossier_mut().count_own(vote);
                Act::Proposed(round.0, again.map(|block| block.digest()), valid)
            }
            Effect::Prepare { round, digest, .. } => {
                self.own(VoteKind::Prepare, round, digest);
                Act::Prepared(round.0, digest)
            }
            Effect::Commit { certificate, .. } => {
                let (round, digest) = (certificate.0.round, Some(certificate.0.digest));
                self.own(VoteKind::Commit, round, digest);
                Act::Committed(round.0, digest)
            }
            Effect::CommitNil { round } => {
                self.own(VoteKind::Commit, round, None);
                Act::Committed(round.0, None)
            }
            Effect::KeepRound(over) => Act::Kept(over.round.0),
            Effect::Decide { certificate, .. } => Act::Decided(certificate.0.digest),
            Effect::Fetch { digest, .. } => Act::Fetched(digest),
            other => panic!("{other:?} is no effect of Tendermint"),
        }
    }
}
