//! A height decided twice: everybody halts, and who did it is told from who may have.

use std::sync::Arc;

use super::chips::{Action, Chips, Side};
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::codec::to_hex;
use quorate_core::crypto::{AnyScheme, SecretKey, Signer};
use quorate_core::engine::{Event, Halted, Input};
use quorate_core::fork::{Exported, ExportedError, Fork, ForkError, Gravity};
use quorate_core::genesis::Protocol;
use quorate_core::limits::{FORKS_KEPT, RECENT_BLOCKS};
use quorate_core::message::{Block, Message, Peer, Unsigned, VoteKind};
use quorate_core::roster::{Holder, Roster};
use quorate_core::table::Plan;
use quorate_core::{Digest, Epoch, Height, Round, Seats, Wall};

under_both! {
    a_fork_within_one_round_halts_everybody_and_names_who_signed_both,
    a_fork_across_rounds_names_nobody_and_lists_the_suspects,
    a_false_certificate_halts_nobody,
    devices_that_were_told_different_things_find_out_from_each_other,
    a_fork_halts_still_after_a_restart,
    a_block_on_another_branch_halts_who_gets_it_and_lets_the_proof_follow,
    a_decision_of_long_ago_is_compared_with_the_one_on_disk,
    who_was_away_when_the_others_halted_is_shown_the_fork_when_it_shows_how_far_it_is,
    who_halted_before_the_proof_came_shows_its_half_of_it,
    who_follows_is_told_of_a_fork_and_tells_those_whom_it_follows,
    of_forks_without_end_a_few_are_kept_and_the_lowest_among_them,
}

pub(crate) fn table(protocol: Protocol) -> Table<Chips> {
    let rounds = 100;
    Table::under(
        protocol,
        Chips {
            rounds,
            ..Chips::default()
        },
        4,
    )
}

/// A certificate for a block that `signers` sign at `height`, whatever they signed before.
pub(crate) fn certificate(
    table: &Table<Chips>,
    height: Height,
    (round, digest): (u32, Digest),
    signers: &[usize],
) -> DecisionCertificate {
    let round = Round(round);
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: table.engines[0].table().table(),
        epoch: Epoch(0),
        height,
        round,
        digest: Some(digest),
    };
    let sign = |index: &usize| {
        let signature = Signer::sign(&table.keys[*index], &unsigned.bytes());
        (seat(*index), signature)
    };
    DecisionCertificate(QuorumVotes {
        epoch: Epoch(0),
        height,
        round,
        digest,
        signatures: signers.iter().map(sign).collect(),
    })
}

fn other() -> Digest {
    Digest::from_bytes([9; 32])
}

fn seats(indexes: &[usize]) -> Seats {
    indexes.iter().map(|index| seat(*index)).collect()
}

/// The one fork that an engine told of.
fn forked(table: &Table<Chips>, index: usize) -> Option<Arc<Fork>> {
    let mut forks = table.events[index].iter().filter_map(|event| match event {
        Event::Forked { fork, halts: true } => Some(Arc::clone(fork)),
        _ => None,
    });
    let fork = forks.next();
    assert!(forks.next().is_none(), "told once");
    fork
}

fn accused(table: &Table<Chips>, index: usize) -> Seats {
    let events = table.events[index].iter();
    let named = events.filter_map(|event| match event {
        Event::Guilty { evidence, .. } => Some(evidence.seat()),
        _ => None,
    });
    named.collect()
}

/// Seats 1, 2 and 3 decide height 2 once more, and show it to seat 0.
fn fork_in_round(table: &mut Table<Chips>, round: u32) {
    table.act(0, Action::Bet(Side::Over, 1));
    assert_eq!(table.height(), Height(2));
    let theirs = certificate(table, Height(2), (round, other()), &[1, 2, 3]);
    table.deliver(0, Peer(1), &Message::Decided(theirs));
    table.settle();
}

fn a_fork_within_one_round_halts_everybody_and_names_who_signed_both(protocol: Protocol) {
    let mut table = table(protocol);
    fork_in_round(&mut table, 0);
    for index in 0..4 {
        assert_eq!(
            table.engines[index].halted(),
            Some(&Halted::Fork(Height(2)))
        );
        let fork = forked(&table, index).unwrap();
        let blame = fork.blame();
        let both = fork.ours.0.signatures.seats() & seats(&[1, 2, 3]);
        assert_eq!((blame.guilty.seats(), blame.suspects), (both, Seats::NONE));
        assert!(both.len() >= 2, "more than the table bears");
        // A vote that did not make it into a certificate proves as much.
        let accused = accused(&table, index);
        assert!((both - seat(index).into()).is_subset(accused));
        assert!(accused.is_subset(seats(&[1, 2, 3])));
    }
}

fn a_fork_across_rounds_names_nobody_and_lists_the_suspects(protocol: Protocol) {
    let mut table = table(protocol);
    fork_in_round(&mut table, 5);
    for index in 0..4 {
        let fork = forked(&table, index).unwrap();
        let both = fork.ours.0.signatures.seats() & seats(&[1, 2, 3]);
        assert_eq!(fork.blame().suspects, both);
        assert_eq!(accused(&table, index), Seats::NONE);
    }
}

fn a_false_certificate_halts_nobody(protocol: Protocol) {
    let mut table = table(protocol);
    table.act(0, Action::Bet(Side::Over, 1));
    let mut few = certificate(&table, Height(2), (0, other()), &[1, 2]);
    table.deliver(0, Peer(1), &Message::Decided(few.clone()));
    // One of three signatures is another seat's.
    let stolen = few.0.signatures[seat(1)].clone();
    few.0.signatures.insert(seat(3), stolen);
    table.deliver(0, Peer(1), &Message::Decided(few));
    table.act(0, Action::Bet(Side::Under, 1));
    for index in 0..4 {
        assert!(forked(&table, index).is_none());
        assert!(table.engines[index].halted().is_none());
    }
}

/// A block for the next height that is valid and that no honest seat was shown.
pub(crate) fn another_block(table: &Table<Chips>, by: usize) -> Arc<Block> {
    let plan = Plan {
        entries: vec![],
        due: vec![],
        time: Wall(7_777),
        parent_round: table.engines[by].decided_in().unwrap(),
    };
    table.engines[by].table().build(&plan).unwrap().block
}

/// Seat 0 is told one thing at height 2, seats 1 to 3 decide another.
pub(crate) fn told_apart(table: &mut Table<Chips>) {
    let block = another_block(table, 0);
    let certificate = certificate(table, Height(2), (0, block.digest()), &[1, 2, 3]);
    let peer = Peer(1);
    let input = Input::Decision {
        peer,
        block,
        certificate,
    };
    table.handle(0, input);
    table.down.push(0);
    table.act(1, Action::Bet(Side::Over, 1));
    table.pass(SECOND * 9);
    table.down.clear();
    assert_eq!(table.engines[0].table().height(), Height(2));
    assert!(table.height() >= Height(2));
    assert_ne!(
        table.engines[0].table().digest(),
        table.engines[1].table().digest()
    );
}

fn devices_that_were_told_different_things_find_out_from_each_other(protocol: Protocol) {
    let mut table = table(protocol);
    told_apart(&mut table);
    table.pass(SECOND * 5);
    for index in 0..4 {
        let fork = forked(&table, index).unwrap();
        assert_eq!(fork.height(), Height(2));
        assert!(table.engines[index].halted().is_some());
        assert!(!fork.blame().guilty.is_empty() || !fork.blame().suspects.is_empty());
    }
}

fn a_fork_halts_still_after_a_restart(protocol: Protocol) {
    let mut table = table(protocol);
    fork_in_round(&mut table, 0);
    for index in 0..4 {
        table.restart(index);
        assert_eq!(
            table.engines[index].halted(),
            Some(&Halted::Fork(Height(2)))
        );
        assert_eq!(table.engines[index].forks().len(), 1);
        assert!(table.engines[index].proofs().count() >= 1);
    }
}

fn a_block_on_another_branch_halts_who_gets_it_and_lets_the_proof_follow(protocol: Protocol) {
    let mut table = table(protocol);
    let ours = another_block(&table, 0);
    table.act(1, Action::Bet(Side::Over, 1));
    // The next block of another branch: its parent is not what was decided here.
    let mut next = (*another_block(&table, 0)).clone();
    next.parent = ours.digest();
    let certified = certificate(&table, Height(3), (0, next.digest()), &[1, 2, 3]);
    let input = Input::Decision {
        peer: Peer(1),
        block: Arc::new(next),
        certificate: certified,
    };
    table.handle(0, input);
    assert_eq!(table.engines[0].halted(), Some(&Halted::Fork(Height(2))));
    assert!(forked(&table, 0).is_none(), "no proof yet");
    let theirs = certificate(&table, Height(2), (0, ours.digest()), &[1, 2, 3]);
    table.deliver(0, Peer(1), &Message::Decided(theirs));
    table.settle();
    for index in 0..4 {
        assert!(forked(&table, index).is_some());
    }
}

/// More heights than a device remembers.
fn long(protocol: Protocol) -> Table<Chips> {
    let mut table = table(protocol);
    while table.height().0 < RECENT_BLOCKS as u64 + 3 {
        table.act(0, Action::Bet(Side::Over, 1));
        table.act(0, Action::Roll);
        table.pass(2 * SECOND);
    }
    table
}

fn a_decision_of_long_ago_is_compared_with_the_one_on_disk(protocol: Protocol) {
    let mut table = long(protocol);
    let forked_at = |table: &Table<Chips>, index: usize| table.engines[index].forked_at();
    let theirs = |table: &Table<Chips>, signers: &[usize]| {
        Message::Decided(certificate(table, Height(2), (0, other()), signers))
    };
    let few = theirs(&table, &[1, 2]);
    table.deliver(0, Peer(1), &few);
    let whole = theirs(&table, &[1, 2, 3]);
    table.deliver(0, Peer(77), &whole);
    assert_eq!(forked_at(&table, 0), None, "false, and a stranger's");
    table.deliver(0, Peer(1), &whole);
    table.settle();
    for index in 0..4 {
        assert_eq!(forked_at(&table, index), Some(Height(2)));
        assert!(forked(&table, index).is_some());
    }
}

fn who_was_away_when_the_others_halted_is_shown_the_fork_when_it_shows_how_far_it_is(
    protocol: Protocol,
) {
    let mut table = table(protocol);
    table.act(0, Action::Bet(Side::Over, 1));
    table.down.push(3);
    fork_in_round(&mut table, 0);
    table.down.clear();
    assert!(table.engines[3].halted().is_none());
    table.connect(3);
    assert!(forked(&table, 3).is_some());
}

fn who_halted_before_the_proof_came_shows_its_half_of_it(protocol: Protocol) {
    let mut table = table(protocol);
    told_apart(&mut table);
    let ours = certificate(&table, Height(2), (0, other()), &[1, 2, 3]);
    // Seats 1 to 3 were away while seat 0 told of its half.
    let mut next = (*another_block(&table, 1)).clone();
    next.height = Height(3);
    next.parent = ours.0.digest;
    let certificate = certificate(&table, Height(3), (0, next.digest()), &[1, 2, 3]);
    let input = Input::Decision {
        peer: Peer(1),
        block: Arc::new(next),
        certificate,
    };
    table.down.extend([1, 2, 3]);
    table.handle(0, input);
    table.settle();
    table.down.clear();
    assert_eq!(table.engines[0].halted(), Some(&Halted::Fork(Height(2))));
    assert_eq!(table.engines[0].forked_at(), None, "no proof yet");
    let status = Message::Status(table.engines[1].status());
    table.deliver(0, Peer(1), &status);
    table.settle();
    for index in 0..4 {
        assert!(forked(&table, index).is_some());
    }
}

fn who_follows_is_told_of_a_fork_and_tells_those_whom_it_follows(protocol: Protocol) {
    let follower = 4;
    for told in [0, follower] {
        let mut table = table(protocol);
        assert_eq!(table.arrive(SecretKey::from_bytes(&[99; 32])), follower);
        table.act(0, Action::Bet(Side::Over, 1));
        table.fetch(follower, 0);
        table.agreed();
        let theirs = certificate(&table, Height(2), (0, other()), &[1, 2, 3]);
        table.deliver(told, Peer(1), &Message::Decided(theirs));
        table.settle();
        for index in 0..=follower {
            assert!(forked(&table, index).is_some(), "device {index}");
        }
    }
}

fn of_forks_without_end_a_few_are_kept_and_the_lowest_among_them(protocol: Protocol) {
    let mut table = long(protocol);
    let tip = table.height().0;
    let byte = |height| u8::try_from(100 + height).unwrap();
    let show = |table: &mut Table<Chips>, height, byte| {
        let digest = Digest::from_bytes([byte; 32]);
        let theirs = certificate(table, Height(height), (0, digest), &[1, 2, 3]);
        table.deliver(0, Peer(1), &Message::Decided(theirs));
    };
    for byte in 1..=100 {
        show(&mut table, tip, byte);
    }
    assert_eq!(
        table.engines[0].forks().len(),
        1,
        "nothing new in the others"
    );
    for height in (2..tip).rev() {
        show(&mut table, height, byte(height));
    }
    for restarted in [false, true] {
        let engine = &table.engines[0];
        assert_eq!(engine.forked_at(), Some(Height(2)));
        assert!(engine.forks().len() <= FORKS_KEPT);
        assert_eq!(engine.proofs().count(), 3);
        if !restarted {
            table.restart(0);
        }
    }
}

#[test]
fn old_seats_that_left_cannot_stop_a_table_with_what_they_sign_of_the_past() {
    let table = table(Protocol::Pbft);
    let then = table.engines[0].table().roster();
    let stayed = then.iter().filter(|(of, _)| *of != seat(3));
    let now = Roster::of(stayed.map(|(of, holder)| (of, holder.clone())));
    let fork = |signers: &[usize]| Fork {
        ours: certificate(&table, Height(50), (0, Digest::ZERO), &[0, 1, 2]),
        theirs: certificate(&table, Height(50), (0, other()), signers),
    };
    let (gone, all_here) = (fork(&[1, 2, 3]), fork(&[0, 1, 2]));
    assert_eq!(gone.gravity(Height(100), then, &now), Gravity::Past);
    assert_eq!(gone.gravity(Height(50), then, &now), Gravity::Halts);
    assert_eq!(all_here.gravity(Height(100), then, &now), Gravity::Halts);
}

#[test]
fn whoever_makes_a_roster_up_proves_nothing_against_those_it_names() {
    let table = table(Protocol::Pbft);
    let mal = &table.keys[3];
    let seats = table.engines[0].table().roster().iter();
    let all_mal = seats.map(|(seat, holder)| {
        let (holder, key) = (holder.clone(), mal.public());
        (seat, Holder { key, ..holder })
    });
    let roster = Roster::of(all_mal);
    let decided = |digest| {
        let mut certificate = certificate(&table, Height(2), (0, digest), &[0, 1, 2]);
        let votes = certificate.0.statements(VoteKind::Commit);
        let bytes = votes.map(|vote| vote.bytes(table.genesis().table()));
        let signed = bytes.map(|bytes| mal.sign(&bytes)).enumerate();
        certificate.0.signatures = signed.map(|(at, by)| (seat(at), by)).collect();
        certificate
    };
    let (ours, theirs) = (decided(Digest::ZERO), decided(other()));
    let exported = Exported::new(&Fork { ours, theirs }, table.genesis(), &roster);
    let split = exported.verify(Arc::new(AnyScheme)).unwrap();
    assert!(!split.founding);
    let said = split.to_string();
    assert!(said.starts_with("if those sat there who are said to, which the genesis"));
    assert!(
        said.contains(", said to be Player 1; the holder of key "),
        "{said}"
    );
    assert_eq!(exported.says, said);
}

#[test]
fn a_stranger_checks_an_exported_fork() {
    let mut table = table(Protocol::Pbft);
    fork_in_round(&mut table, 0);
    let fork = &table.engines[0].forks()[0];
    let roster = table.engines[0].table().roster();
    let exported = Exported::new(fork, table.genesis(), roster);
    let split = exported.verify(Arc::new(AnyScheme)).unwrap();
    assert!(split.founding && split.to_string().ends_with("signed both"));
    assert_eq!(exported.says, split.to_string());
    let check = |change: &dyn Fn(&mut Exported)| {
        let mut touched = exported.clone();
        change(&mut touched);
        touched.verify(Arc::new(AnyScheme)).unwrap_err()
    };
    let same = |proof: &mut Exported| proof.certificates[1] = proof.certificates[0].clone();
    assert_eq!(check(&same), ForkError::NoConflict.into());
    let table_of_another = |proof: &mut Exported| proof.table = to_hex(&[1; 32]);
    assert_eq!(check(&table_of_another), ExportedError::OtherGenesis);
    let unread = |proof: &mut Exported| proof.roster.truncate(3);
    assert_eq!(check(&unread), ExportedError::Field("roster"));
}
