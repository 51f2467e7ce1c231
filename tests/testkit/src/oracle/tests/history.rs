//! Decisions: order, agreement, states, value, secrets.

use std::sync::Arc;
use std::time::Duration;

use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::codec;
use quorate_core::crypto::Signature;
use quorate_core::journal::Record;
use quorate_core::ledger::Ledger;
use quorate_core::message::{Block, Content, Evidence, Message, Statement, VoteKind};
use quorate_core::{Epoch, Height, Round, Seats};

use super::{Court, block, breaks, seat};
use crate::games::Odds;
use crate::oracle::{Invariant, Judgement, bytes};
use crate::script::{Gamblers, all_there};
use crate::{Draw, World};

impl Court {
    fn decides(&mut self, device: usize, link: &Arc<Block>) -> Judgement {
        let decided = self.oracle.chain.decided(device, link, link.post_state);
        decided.map(|_| ())
    }

    fn decision(&self, link: &Arc<Block>, by: &[usize]) -> Record {
        let digest = bytes::block_digest(link);
        let sign = |by: &usize| {
            let vote = self.vote(*by, VoteKind::Commit, 0, Some(digest));
            (seat(*by), vote.signature)
        };
        let certificate = DecisionCertificate(QuorumVotes {
            epoch: Epoch(0),
            height: link.height,
            round: Round(0),
            digest,
            signatures: by.iter().map(sign).collect(),
        });
        let block = link.clone();
        Record::Decision { block, certificate }
    }
}

#[test]
fn two_decisions_at_one_height_are_a_fork() {
    let (mut court, one) = Court::opened();
    let other = court.first("b");
    court.decides(0, &one).expect("the first");
    court.decides(1, &one).expect("the same");
    breaks(court.decides(2, &other), Invariant::Agreement);
}

#[test]
fn a_device_that_leaves_out_a_height_or_decides_one_twice_is_seen() {
    let (mut court, first) = Court::opened();
    let second = court.link(2, bytes::block_digest(&first), "b");
    breaks(court.decides(0, &second), Invariant::Prefix);
    court.decides(1, &first).expect("the first");
    breaks(court.decides(1, &first), Invariant::Prefix);
}

#[test]
fn a_block_that_stands_on_another_parent_is_no_next_block() {
    let (mut court, first) = Court::opened();
    court.decides(0, &first).expect("the first");
    let stray = court.link(2, block("elsewhere"), "b");
    breaks(court.decides(0, &stray), Invariant::Prefix);
}

#[test]
fn a_device_that_restarts_below_its_own_decisions_has_forgotten_some() {
    let mut court = Court::new();
    let chain = &mut court.oracle.chain;
    chain
        .started(0, Height(4), Height(3))
        .expect("its Commits decide one more");
    breaks(chain.started(0, Height(2), Height(3)), Invariant::Prefix);
}

#[test]
fn unequal_digests_are_seen_whoever_is_wrong() {
    let (mut court, first) = Court::opened();
    let chain = &mut court.oracle.chain;
    breaks(
        chain.decided(0, &first, block("b")).map(|_| ()),
        Invariant::State,
    );
}

#[test]
fn a_decision_reaches_the_disk_in_order_and_under_its_own_certificate() {
    let (mut court, first) = Court::opened();
    let second = court.link(2, bytes::block_digest(&first), "b");
    let early = court.decision(&second, &[0, 1, 3]);
    breaks(court.oracle.synced(0, &early), Invariant::Prefix);

    let mut court = Court::new();
    let Record::Decision { certificate, .. } = court.decision(&first, &[0, 1, 3]) else {
        unreachable!("it is a decision");
    };
    let block = court.first("b");
    let swapped = Record::Decision { block, certificate };
    breaks(court.oracle.synced(0, &swapped), Invariant::Certificate);
}

#[test]
fn what_was_decided_is_signed_for_no_more() {
    let (mut court, first) = Court::opened();
    let decision = court.decision(&first, &[0, 1, 3]);
    court.oracle.synced(0, &decision).expect("decided");
    breaks(court.prepares(0, 3, None), Invariant::Slot);
}

#[test]
fn nothing_is_signed_for_a_height_before_the_decision_below_it_is_on_disk() {
    let mut court = Court::new();
    let mut vote = court.vote(0, VoteKind::Prepare, 0, None);
    vote.height = Height(2);
    let unsigned = quorate_core::message::Unsigned {
        kind: vote.kind,
        table: court.table,
        epoch: vote.epoch,
        height: vote.height,
        round: vote.round,
        digest: None,
    };
    let vote = quorate_core::message::Vote::sign(unsigned, seat(0), &*court.keys.signer(0));
    let record = Record::Prepare { vote, block: None };
    breaks(court.oracle.synced(0, &record), Invariant::Disk);
}

#[test]
fn a_seat_that_stands_in_a_certificate_twice_is_refused_by_form_already() {
    let court = Court::new();
    let signature = court.vote(0, VoteKind::Prepare, 0, None).signature;
    let twice = vec![(seat(0), signature.clone()), (seat(0), signature)];
    let bytes = codec::encode(&twice).expect("encodes");
    codec::decode::<Vec<(quorate_core::Seat, Signature)>>(&bytes).expect("as a plain list");
    codec::decode::<quorate_core::PerSeat<Signature>>(&bytes).expect_err("never as signatures");
}

/// The first block convicts a seat by two Prepares of one round, for blocks of these names.
fn convicts(court: &mut Court, by: usize, blocks: [&str; 2]) -> Judgement {
    let prepare =
        |name: &str| Statement::Vote(court.vote(by, VoteKind::Prepare, 0, Some(block(name))));
    let [first, second] = blocks.map(prepare);
    let content = Content::Evidence(Box::new(Evidence { first, second }));
    let entry = court.entry(0, content);
    let mut block = court.first("a");
    Arc::make_mut(&mut block).entries.push(entry);
    court.oracle.decided(&block, &[], (None, None, 0))
}

#[test]
fn a_convicted_seat_votes_no_more_and_the_quorum_follows() {
    let mut court = Court::new();
    convicts(&mut court, 3, ["a", "b"]).expect("guilty");
    let rosters = &court.oracle.rosters;
    assert_eq!(rosters.at(Height(1)), Seats::first(4));
    assert_eq!(rosters.at(Height(2)), Seats::first(3));
    assert_eq!([1, 2].map(|height| rosters.quorum(Height(height))), [3, 3]);
}

#[test]
fn nobody_is_convicted_of_nothing_and_no_honest_seat_at_all() {
    let nothing = convicts(&mut Court::new(), 3, ["a", "a"]);
    breaks(nothing, Invariant::Accused);
    let honest = convicts(&mut Court::new(), 1, ["a", "b"]);
    breaks(honest, Invariant::Accused);
}

#[test]
fn a_secret_stays_until_its_roll_is_decidable() {
    let mut court = Court::new();
    let entry = court.reveals(0, 0);
    let seed = Record::Secrets {
        counter: 1,
        seed: [1; 32],
    };
    court.oracle.synced(0, &seed).expect("a seed");
    let record = Record::Entry(entry.clone());
    court.oracle.synced(0, &record).expect("an entry");
    let message = Message::Entry(entry);
    breaks(court.oracle.sent(0, &message), Invariant::Secret);
    court.commits(0, 0, block("a")).expect("one");
    court
        .commits(1, 0, block("a"))
        .expect("two, and the cheat's");
    court.oracle.sent(0, &message).expect("decidable now");
}

#[test]
fn a_commitment_without_a_seed_on_disk_is_seen() {
    let mut court = Court::new();
    let record = Record::Entry(court.reveals(0, 0));
    breaks(court.oracle.synced(0, &record), Invariant::Disk);
}

#[test]
fn a_lost_chip_and_one_too_many_are_seen() {
    let draw = Draw::calm(1);
    let mut world = World::new(draw, Odds::default(), Arc::new(Gamblers));
    world.run_until(Duration::from_secs(10), |world| world.top() > 3);
    let play = world.engine(0).and_then(|engine| engine.table().play());
    let mut table = play.expect("it plays").state().clone();
    let issued = Odds::default().value(4);
    all_there(&table, issued).expect("all there");
    all_there(&table, issued + 1).expect_err("one is gone");
    all_there(&table, issued - 1).expect_err("one is too many");
    table.chips = Ledger::new();
    all_there(&table, issued).expect_err("all are gone");
}
