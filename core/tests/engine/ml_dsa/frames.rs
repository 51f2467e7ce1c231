//! Whatever a table says with large signatures fits the frame it travels in.

use std::sync::Arc;

use quorate_core::certificate::{
    CommitsCertificate, DecisionCertificate, PrepareCertificate, QuorumVotes, RoundCertificate,
};
use quorate_core::codec;
use quorate_core::crypto::{Scheme, Signature};
use quorate_core::evidence::{Evidence, Statement};
use quorate_core::genesis::{Genesis, Protocol};
use quorate_core::message::{
    Block, Claim, Content, Deadline, Entry, EntryBody, Justification, Message, Peer, Proposal,
    RoundChange, Status, Testimony, Vote, VoteKind, VoteSet,
};
use quorate_core::{Digest, Epoch, Height, PerSeat, Round, Seat, Seats, Wall, limits};

use super::{drafted, signed_twice, table};
use crate::chips::{Action, Side};
use crate::table::{SECOND, seat};

#[test]
fn the_messages_of_a_table_fit_their_frames() {
    let mut table = table(Protocol::Pbft, 8);
    table.overheard();
    table.act(0, Action::Bet(Side::Over, 1));
    table.restart(1); // it is shown what it signed last
    let leader = table.engines[0].consensus().leader().index();
    let other = (leader + 1) % 8;
    table.down.push(leader); // a round change, with what was prepared
    table.act(other, Action::Bet(Side::Over, 1));
    table.pass(20 * SECOND);
    let proof = Message::Evidence(Box::new(signed_twice(table.genesis(), 8, 7)));
    table.deliver(other, Peer(5), &proof);
    table.pass(5 * SECOND);
    let genesis = table.genesis().clone();
    let mut seen = [0; 13];
    for (_, message) in table.overheard() {
        let bytes = codec::encode(&message).unwrap();
        assert!(bytes.len() <= Message::bytes_max(&bytes, &genesis, 8));
        let kind = &mut seen[usize::from(bytes[0])];
        *kind = bytes.len().max(*kind);
    }
    let [
        _,
        vote,
        change,
        _,
        _,
        proposal,
        entry,
        ..,
        evidence,
        _,
        held,
    ] = seen;
    assert!(vote.min(held).min(entry) > 4_627, "{seen:?}");
    assert!(change.min(evidence) > 4_627, "{seen:?}");
    assert!(proposal > 6 * 4_627, "it brings its parent's certificate");
}

#[test]
fn a_full_block_with_four_certificates_is_less_than_four_megabytes() {
    let (mut genesis, _) = drafted(16);
    genesis.bounds.share_bytes = limits::SHARE_BYTES_MAX as u32;
    let most = Message::bytes_max(&[5], &genesis, 16);
    assert!(most < 4 * 1024 * 1024, "{most}");
}

const EPOCH: Epoch = Epoch(9);
const LAST: Height = Height(u64::MAX);
const ROUND: Round = Round(u32::MAX);
const BLOCK: Digest = Digest::from_bytes([0xff; 32]);

/// What one of so many seats says alone, as large as it can be.
fn alone(by: &Signature, seats: usize) -> (Vote, RoundChange) {
    let vote = Vote {
        kind: VoteKind::Commit,
        epoch: EPOCH,
        height: LAST,
        round: ROUND,
        digest: Some(BLOCK),
        seat: seat(seats - 1),
        signature: by.clone(),
    };
    let change = RoundChange {
        epoch: EPOCH,
        height: LAST,
        round: ROUND,
        claim: Some(Claim {
            round: ROUND,
            digest: BLOCK,
        }),
        seat: seat(seats - 1),
        signature: by.clone(),
    };
    (vote, change)
}

/// What a quorum of so many seats says together, as large as it can be.
fn together(by: &Signature, seats: usize) -> (QuorumVotes, RoundCertificate, CommitsCertificate) {
    let quorum = (0..=2 * seats / 3).map(|index| seat(seats - 1 - index));
    let (_, change) = alone(by, seats);
    let votes = QuorumVotes {
        epoch: EPOCH,
        height: LAST,
        round: ROUND,
        digest: BLOCK,
        signatures: quorum.clone().map(|seat| (seat, by.clone())).collect(),
    };
    let changes = quorum
        .clone()
        .map(|seat| (seat, (change.claim, by.clone())));
    let changes = RoundCertificate {
        epoch: EPOCH,
        height: LAST,
        round: ROUND,
        changes: changes.collect(),
    };
    let commits = quorum.map(|seat| (seat, (Some(BLOCK), by.clone())));
    let commits = CommitsCertificate {
        epoch: EPOCH,
        height: LAST,
        round: ROUND,
        commits: commits.collect(),
    };
    (votes, changes, commits)
}

/// What a seat shows in the first round at the latest, where a third of all tell everybody
/// something else for as many rounds ahead as are listened to.
fn status(seats: usize) -> Status {
    let all = Seats::first(seats);
    let digest = |liar: Option<Seat>| liar.map(|liar| Digest::from_bytes([liar.index() as u8; 32]));
    let choices = || all.iter().take(seats / 3).map(Some).chain([None]);
    let rounds = 0..=limits::ROUNDS_AHEAD;
    let kinds = rounds.flat_map(|round| {
        [VoteKind::Prepare, VoteKind::Commit].map(|kind| (Round(ROUND.0 - round), kind))
    });
    let votes = kinds.flat_map(|(round, kind)| {
        choices().map(move |liar| VoteSet {
            round,
            kind,
            digest: digest(liar),
            seats: liar.map_or(all, Seats::from),
        })
    });
    Status {
        height: LAST,
        round: ROUND,
        prepared: Some(ROUND),
        proposal: true,
        votes: votes.collect(),
        changes: all,
        tip_state: BLOCK,
        nonces: PerSeat::new(all, |_| [u64::MAX; 2]),
        clock: Wall(u64::MAX),
        heard: all,
        level: all,
    }
}

fn testimony(by: &Signature, seats: usize) -> Testimony {
    Testimony {
        height: LAST,
        block: BLOCK,
        state: BLOCK,
        absent: Seats::first(seats),
        at: Wall(u64::MAX),
        seat: seat(seats - 1),
        signature: by.clone(),
    }
}

fn entry(genesis: &Genesis, by: &Signature, content: Content) -> Arc<Entry> {
    let body = EntryBody {
        table: genesis.table(),
        seat: seat(0),
        nonce: u64::MAX,
        follows: u64::MAX,
        valid_until: LAST,
        content,
    };
    Arc::new(Entry {
        body,
        signature: by.clone(),
    })
}

/// A block that is full of the smallest entries, which have the most beside what is counted.
fn full(genesis: &Genesis, by: &Signature, seats: usize) -> Arc<Block> {
    let small = entry(genesis, by, Content::Here);
    let weight = Entry::bytes(&small.body).len() + by.as_bytes().len();
    Arc::new(Block {
        table: genesis.table(),
        epoch: EPOCH,
        height: LAST,
        parent: BLOCK,
        parent_round: ROUND,
        time: Wall(u64::MAX),
        entries: vec![small; seats * (genesis.share_bytes() / weight)],
        deadlines: vec![Deadline::Open { turn: u64::MAX }; seats],
        post_state: BLOCK,
    })
}

/// The largest that so many seats can say, everything at its bound.
fn largest(genesis: &Genesis, seats: usize) -> Vec<Message> {
    let by = Signature::from_slice(&vec![7; genesis.signatures.signature_bytes()]).unwrap();
    let ((vote, change), block) = (alone(&by, seats), full(genesis, &by, seats));
    let (votes, changes, commits) = together(&by, seats);
    let prepared = PrepareCertificate(votes.clone());
    let decided = DecisionCertificate(votes);
    let said = Statement::RoundChange(change.clone());
    let actions = Content::Actions {
        turn: u64::MAX,
        actions: vec![vec![7; genesis.entry_bytes_max() - 200]], // the rest is not the action
    };
    let proposal = Proposal {
        vote: vote.clone(),
        block: Some(Arc::clone(&block)),
        justification: Some(Justification {
            changes: Some(changes),
            prepared: Some(prepared.clone()),
            signature: by.clone(),
        }),
        parent: Some(decided.clone()),
    };
    vec![
        Message::Status(status(seats)),
        Message::Testimony(testimony(&by, seats)),
        Message::WantBody(BLOCK),
        Message::Vote(vote),
        Message::Evidence(Box::new(Evidence {
            first: said.clone(),
            second: said.clone(),
        })),
        Message::Held(said),
        Message::RoundChange(change, Some(prepared.clone())),
        Message::Prepared(prepared),
        Message::Decided(decided),
        Message::RoundOver(commits),
        Message::Entry(entry(genesis, &by, actions)),
        Message::Body(block),
        Message::Proposal(proposal),
    ]
}

#[test]
fn the_largest_that_the_largest_tables_say_fits_its_frame() {
    let (mut genesis, _) = drafted(4);
    genesis.bounds.share_bytes = limits::SHARE_BYTES_MAX as u32;
    for scheme in [Scheme::Ed25519, Scheme::MlDsa87] {
        genesis.signatures = scheme;
        let seats = usize::from(scheme.seats_max());
        for message in largest(&genesis, seats) {
            let bytes = codec::encode(&message).unwrap();
            let max = Message::bytes_max(&bytes, &genesis, seats);
            let length = bytes.len();
            assert!(
                length <= max,
                "{scheme}, kind {}: {length} > {max}",
                bytes[0]
            );
        }
    }
}
