//! The oracle tells right from wrong without any engine: each invariant it judges has a history,
//! made by hand, that breaks it. What the world around it judges (accusations, progress, halts,
//! panics) shows in `tests/it`.

mod books;
mod history;
mod late;
mod secrets;

use std::sync::Arc;

use quorate_core::certificate::{DecisionCertificate, PrepareCertificate, QuorumVotes};
use quorate_core::crypto::Signature;
use quorate_core::dice::{Commitment, Opening};
use quorate_core::genesis::{Protocol, TableId};
use quorate_core::journal::Record;
use quorate_core::message::{
    Block, Claim, Content, Entry, EntryBody, Message, RoundChange, Unsigned, Vote, VoteKind,
};
use quorate_core::{Digest, Epoch, Height, Round, Seat, Seats, Wall, codec};

use super::{Bench, Invariant, Judgement, Oracle, quorum};
use crate::keys::{Keys, Scheme};
use crate::rng::Rng;

/// A table of four whose seat 3 cheats. A fifth key has no seat yet.
struct Court {
    oracle: Oracle,
    keys: Keys,
    table: TableId,
}

fn seat(index: usize) -> Seat {
    Seats::first(5).nth(index).expect("one of five")
}

fn block(name: &str) -> Digest {
    Digest::of_bytes("test", name.as_bytes())
}

fn opening(nonce: u8) -> Opening {
    let mut bytes = [0; 1 + 32 + 4 * 32];
    bytes[1..33].fill(nonce);
    codec::decode(&bytes).expect("a leaf, a nonce and a path")
}

impl Court {
    fn new() -> Self {
        let keys = Keys::new(Scheme::Fast, 5, &mut Rng::new(1));
        let table = TableId(block("table"));
        let bench = Bench {
            table,
            keys: keys.seats()[..4].to_vec(),
            verifier: keys.silent_verifier(),
            honest: Seats::first(3),
            players: Seats::first(4),
            protocol: Protocol::Pbft,
            profile: None,
            dice: quorate_core::genesis::DicePolicy::default(),
            devices: (0..3).map(|seat| (keys.public(seat), seat)).collect(),
        };
        let oracle = Oracle::new(bench, 4);
        Self {
            oracle,
            keys,
            table,
        }
    }

    /// Where seat 0 has committed to block a in round 0.
    fn committed() -> Self {
        let mut court = Self::new();
        court.commits(0, 0, block("a")).expect("a Commit");
        court
    }

    /// A block on top of `parent` that leads to a named state.
    fn link(&self, height: u64, parent: Digest, state: &str) -> Arc<Block> {
        Arc::new(Block {
            table: self.table,
            epoch: Epoch(0),
            height: Height(height),
            parent,
            parent_round: Round(0),
            time: Wall(height),
            entries: Vec::new(),
            deadlines: Vec::new(),
            post_state: block(state),
        })
    }

    /// The first block, which leads to this state.
    fn first(&self, state: &str) -> Arc<Block> {
        self.link(1, block("genesis"), state)
    }

    /// A court, and the first block that it is shown.
    fn opened() -> (Self, Arc<Block>) {
        let court = Self::new();
        let first = court.first("a");
        (court, first)
    }

    /// An entry with this nonce, and the nonce of the one it follows.
    fn signed(&self, by: usize, (nonce, follows): (u64, u64), content: Content) -> Arc<Entry> {
        let body = EntryBody {
            table: self.table,
            seat: seat(by),
            nonce,
            follows,
            valid_until: Height(100),
            content,
        };
        Arc::new(Entry::sign(body, &*self.keys.signer(by)))
    }

    /// The first entry of a seat.
    fn entry(&self, by: usize, content: Content) -> Arc<Entry> {
        self.signed(by, (1, 0), content)
    }

    /// The first entry of a seat, and what it throws into the first roll. The oracle looks at when
    /// a secret leaves, not at what it opens.
    fn reveals(&self, by: usize, nonce: u8) -> Arc<Entry> {
        let next: Commitment = codec::decode(&[7; 32]).expect("of sevens");
        let content = Content::Reveal {
            roll: Height(1),
            opening: opening(nonce),
            next,
        };
        self.entry(by, content)
    }

    fn vote(&self, by: usize, kind: VoteKind, round: u32, digest: Option<Digest>) -> Vote {
        let unsigned = Unsigned {
            kind,
            table: self.table,
            epoch: Epoch(0),
            height: Height(1),
            round: Round(round),
            digest,
        };
        Vote::sign(unsigned, seat(by), &*self.keys.signer(by))
    }

    fn certificate(&self, round: u32, digest: Digest, by: &[usize]) -> PrepareCertificate {
        let sign = |by: &usize| {
            let vote = self.vote(*by, VoteKind::Prepare, round, Some(digest));
            (seat(*by), vote.signature)
        };
        PrepareCertificate(QuorumVotes {
            epoch: Epoch(0),
            height: Height(1),
            round: Round(round),
            digest,
            signatures: by.iter().map(sign).collect(),
        })
    }

    fn prepares(&mut self, by: usize, round: u32, digest: Option<Digest>) -> Judgement {
        let vote = self.vote(by, VoteKind::Prepare, round, digest);
        self.oracle
            .synced(by, &Record::Prepare { vote, block: None })
    }

    fn commits(&mut self, by: usize, round: u32, digest: Digest) -> Judgement {
        let record = Record::Commit {
            vote: self.vote(by, VoteKind::Commit, round, Some(digest)),
            certificate: Some(self.certificate(round, digest, &[0, 1, 3])),
            block: None,
        };
        self.oracle.synced(by, &record)
    }

    fn changes(&mut self, by: usize, round: u32, claim: Option<Claim>) -> Judgement {
        let change = RoundChange {
            epoch: Epoch(0),
            height: Height(1),
            round: Round(round),
            claim,
            seat: seat(by),
            signature: Signature::from_bytes(&[0; 64]),
        };
        let change = change.signed(self.table, &*self.keys.signer(by));
        let record = Record::RoundChange {
            change,
            claim: None,
        };
        self.oracle.synced(by, &record)
    }
}

fn acts(turn: u64) -> Content {
    let actions = vec![vec![1]];
    Content::Actions { turn, actions }
}

#[track_caller]
fn breaks(judgement: Judgement, invariant: Invariant) {
    match judgement {
        Err(violation) => assert_eq!(violation.invariant, invariant, "{violation}"),
        Ok(()) => panic!("{invariant:?} was not seen to be broken"),
    }
}

#[test]
fn two_quorums_share_more_seats_than_can_cheat() {
    for n in 1..=64 {
        let cheats = (n - 1) / 3;
        assert!(
            2 * quorum(n) - n > cheats && quorum(n) <= n - cheats,
            "{n} seats"
        );
    }
    assert_eq!(
        [1, 2, 3, 4, 5, 6, 7, 10].map(quorum),
        [1, 2, 3, 3, 4, 5, 5, 7]
    );
}

#[test]
fn a_vote_may_be_signed_again_but_not_for_something_else() {
    let mut court = Court::new();
    court.prepares(0, 0, Some(block("a"))).expect("the first");
    court.prepares(0, 0, Some(block("a"))).expect("the same");
    breaks(court.prepares(0, 0, Some(block("b"))), Invariant::Slot);
}

#[test]
fn rounds_only_rise() {
    let mut court = Court::new();
    court.prepares(0, 2, None).expect("round 2");
    breaks(court.prepares(0, 1, None), Invariant::Slot);
}

#[test]
fn a_round_change_may_not_claim_less_than_was_committed() {
    breaks(Court::committed().changes(0, 1, None), Invariant::Framed);
    let mut court = Court::committed();
    let claim = court.certificate(0, block("a"), &[0, 1, 3]).claim();
    court.changes(0, 1, Some(claim)).expect("claims it");
}

#[test]
fn two_blocks_that_could_be_certified_are_a_fork_though_nobody_shows_one() {
    // With the cheat's, two honest Commits are a quorum.
    let mut court = Court::committed();
    court.commits(1, 0, block("a")).expect("two");
    court.commits(2, 1, block("b")).expect("one of another");
    court
        .changes(
            0,
            1,
            Some(court.certificate(0, block("a"), &[0, 1, 3]).claim()),
        )
        .expect("moves");
    breaks(court.commits(0, 1, block("b")), Invariant::Agreement);
}

#[test]
fn two_blocks_that_could_be_prepared_in_one_round_are_a_fork_to_come() {
    let mut court = Court::new();
    // As if two seats cheated: with two signatures missing each block needs one honest seat.
    court.oracle.bench.honest = Seats::first(2);
    court.prepares(0, 0, Some(block("a"))).expect("one");
    breaks(court.prepares(1, 0, Some(block("b"))), Invariant::Agreement);
}

/// A table under Tendermint where seat 0 committed to block a in round 0, which is over.
fn locked() -> Court {
    let mut court = Court::new();
    court.oracle.locks = Some(super::Locks::default());
    court.commits(0, 0, block("a")).expect("locked");
    commits_nil(&mut court, 1, 0);
    court
}

fn commits_nil(court: &mut Court, by: usize, round: u32) {
    let record = Record::Commit {
        vote: court.vote(by, VoteKind::Commit, round, None),
        certificate: None,
        block: None,
    };
    court.oracle.synced(by, &record).expect("a nil Commit");
}

#[test]
fn a_lock_holds_until_a_later_quorum_could_have_prepared_something_else() {
    let other = Some(block("b"));
    breaks(locked().prepares(0, 1, other), Invariant::Lock);
    locked().prepares(0, 1, Some(block("a"))).expect("the same");
    locked().prepares(0, 1, None).expect("nil");
    let prepared = || {
        let mut court = locked();
        court.prepares(1, 1, other).expect("not locked");
        court.prepares(2, 1, other).expect("not locked");
        court
    };
    breaks(prepared().prepares(0, 1, other), Invariant::Lock);
    let mut court = prepared();
    commits_nil(&mut court, 1, 1);
    commits_nil(&mut court, 2, 1);
    let unlocked = court.prepares(0, 2, other);
    unlocked.expect("with the cheat's there was a quorum");
}

#[test]
fn nobody_signs_in_a_round_where_cheats_alone_are() {
    let mut court = locked();
    court.prepares(2, 1, None).expect("round 0 is over");
    breaks(court.prepares(2, 2, None), Invariant::Alone);
    court.prepares(1, 1, None).expect("in company");
    commits_nil(&mut court, 1, 1);
    breaks(court.prepares(0, 2, None), Invariant::Alone);
}

#[test]
fn nothing_leaves_before_it_is_on_its_signers_disk() {
    let mut court = Court::new();
    let vote = court.vote(0, VoteKind::Prepare, 0, None);
    let message = Message::Vote(vote);
    breaks(court.oracle.sent(0, &message), Invariant::Disk);
    court.prepares(0, 0, None).expect("on disk");
    court.oracle.sent(1, &message).expect("relayed");
    let foreign = Message::Vote(court.vote(3, VoteKind::Prepare, 0, None));
    court
        .oracle
        .sent(0, &foreign)
        .expect("a cheat's disk is its own business");
}

#[test]
fn nothing_counts_before_it_is_on_the_own_disk() {
    let mut court = Court::new();
    let record = Record::Commit {
        vote: court.vote(0, VoteKind::Commit, 0, Some(block("a"))),
        certificate: Some(court.certificate(0, block("a"), &[0, 1, 3])),
        block: None,
    };
    breaks(court.oracle.requested(0, &record), Invariant::Disk);
    court.prepares(0, 0, Some(block("a"))).expect("on disk");
    court.oracle.requested(0, &record).expect("counts now");
}

#[test]
fn a_certificate_has_exactly_a_quorum_of_true_signatures() {
    let mut court = Court::new();
    for by in 0..3 {
        court.prepares(by, 0, Some(block("a"))).expect("on disk");
    }
    let show = |court: &mut Court, held: PrepareCertificate| {
        court.oracle.sent(0, &Message::Prepared(held))
    };
    let few = court.certificate(0, block("a"), &[0, 1]);
    breaks(show(&mut court, few), Invariant::Certificate);
    let many = court.certificate(0, block("a"), &[0, 1, 2, 3]);
    breaks(show(&mut court, many), Invariant::Certificate);
    let good = court.certificate(0, block("a"), &[0, 1, 2]);
    show(&mut court, good.clone()).expect("a good one");
    let mut other = good;
    other.0.round = Round(1);
    breaks(show(&mut court, other.clone()), Invariant::Certificate);
    let decided = Message::Decided(DecisionCertificate(other.0));
    breaks(court.oracle.sent(0, &decided), Invariant::Certificate);
}

#[test]
fn one_nonce_has_one_entry() {
    let mut court = Court::new();
    let [one, other] = [1, 2].map(|turn| Record::Entry(court.entry(0, acts(turn))));
    court.oracle.synced(0, &one).expect("the first");
    breaks(court.oracle.synced(0, &other), Invariant::Slot);
}
