//! Tables that sign with ML-DSA-87.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::checkpoints::play;
use super::chips::{Action, Chips, Side};
use super::table::{Table, genesis, seat};
use quorate_core::certificate::{
    Checker, CommitsCertificate, DecisionCertificate, PrepareCertificate, QuorumVotes,
    RoundCertificate,
};
use quorate_core::codec::{self, Blob};
use quorate_core::crypto::{self, AnyScheme, MlDsaKey, Scheme, SecretKey, Signature, Signer};
use quorate_core::engine::{Engine, Event, Operation, Setup, StartError};
use quorate_core::evidence::{Evidence, EvidenceError, Exported, ExportedError, Statement};
use quorate_core::genesis::{Genesis, GenesisError, Protocol, SignedGenesis};
use quorate_core::journal::{Journal, Record};
use quorate_core::message::{
    Block, Choice, Claim, Content, Deadline, Entry, EntryBody, Justification, Message, Motion,
    Peer, Proposal, RoundChange, Unsigned, Vote, VoteKind,
};
use quorate_core::roster::{Holder, Name, Newcomer, SeatKind};
use quorate_core::snapshot::Snapshot;
use quorate_core::table::{MembershipRefusal, SnapshotError};
use quorate_core::{Digest, Epoch, Height, Mono, Now, PerSeat, Round, Seats, Wall, limits};

under_both! {
    every_signature_is_a_large_one_and_the_work_is_the_same,
    a_seat_goes_on_after_a_restart,
    a_newcomer_with_such_a_key_is_admitted_and_decides,
    who_was_away_for_long_goes_on_from_a_snapshot_and_decides,
}

const SECOND: u64 = 1_000_000;

fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

fn table(protocol: Protocol, seats: u8) -> Table<Chips> {
    with_checkpoints(protocol, seats, limits::CHECKPOINT_EVERY)
}

fn with_checkpoints(protocol: Protocol, seats: u8, every: u32) -> Table<Chips> {
    let rounds = 100;
    let chips = Chips {
        rounds,
        ..Chips::default()
    };
    let mut table = Table::with(protocol, chips, seats, |genesis| {
        (genesis.signatures, genesis.checkpoint) = (Scheme::MlDsa87, every);
    });
    table.serves = true;
    table
}

fn every_signature_is_a_large_one_and_the_work_is_the_same(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let work = |table: &Table<Chips>| {
        let read = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
        (read(&table.work.made), read(&table.work.checked))
    };
    let (height, before) = (table.height(), work(&table));
    for index in 0..2 {
        table.act(index, Action::Bet(Side::Over, 1));
    }
    let (decisions, after) = (table.height().0 - height.0, work(&table));
    let decisions = usize::try_from(decisions).unwrap();
    assert_eq!(decisions, 2);
    assert_eq!(after.0 - before.0, (8 + 1) * decisions);
    assert_eq!(after.1 - before.1, (16 + 3) * decisions);
    table.agreed();
    let decided = table.records[0].iter().filter_map(|record| match record {
        Record::Decision { block, certificate } => Some((block, certificate)),
        _ => None,
    });
    for (block, certificate) in decided {
        let votes = certificate.0.signatures.iter().map(|(_, vote)| vote);
        let entries = block.entries.iter().map(|entry| &entry.signature);
        let mut all = votes.chain(entries);
        assert!(all.all(|signature| signature.scheme() == Scheme::MlDsa87));
    }
}

fn a_seat_goes_on_after_a_restart(protocol: Protocol) {
    let mut table = table(protocol, 4);
    table.act(1, Action::Bet(Side::Over, 1));
    table.restart(1);
    table.act(1, Action::CashOut);
    table.pass(SECOND);
    assert_eq!(table.height(), Height(3));
    table.agreed();
}

fn newcomer(key: &SecretKey, scheme: Scheme) -> Newcomer {
    Newcomer {
        key: key.public(),
        ml_dsa: key.signer(scheme).keys().ml_dsa,
        name: Name::new("Eve").unwrap(),
        kind: SeatKind::Player,
        nonce: [9; 32],
        buy_in: String::new(),
    }
}

/// The device of Eve comes to the table, and is admitted to seat 4.
fn admit(table: &mut Table<Chips>, eve: Newcomer) {
    let device = table.arrive(key(50));
    table.pass(2 * SECOND);
    table.operate(0, Operation::Propose(Motion::Admit(eve)));
    table.pass(5 * SECOND); // it may take a round or two where a leader sleeps
    let id = table.engines[0].table().motions().all()[0].id;
    for voter in [1, 2] {
        table.operate(voter, Operation::Ballot(id, Choice::Yes));
    }
    table.pass(8 * SECOND);
    assert_eq!(table.engines[0].table().epoch(), Epoch(1));
    assert_eq!(table.engines[device].seat(), Some(seat(4)));
}

fn a_newcomer_with_such_a_key_is_admitted_and_decides(protocol: Protocol) {
    let mut table = table(protocol, 4);
    let state = table.engines[0].table();
    let small = state.may_admit(&newcomer(&key(50), Scheme::Ed25519));
    assert_eq!(small, Err(MembershipRefusal::WrongKey));
    let eve = newcomer(&key(50), Scheme::MlDsa87);
    let stolen = Newcomer {
        ml_dsa: table.genesis().seats[1].ml_dsa.clone(),
        ..eve.clone()
    };
    let same = state.may_admit(&stolen);
    assert_eq!(same, Err(MembershipRefusal::SameKey(seat(1))));
    admit(&mut table, eve);
    table.down = vec![3]; // four of five are a quorum: without her nothing is decided
    let before = table.height();
    table.act(0, Action::Bet(Side::Over, 1));
    table.pass(20 * SECOND);
    assert!(table.height() > before);
}

#[test]
fn a_key_that_is_awaited_at_one_seat_is_admitted_to_no_other() {
    let mut table = table(Protocol::Pbft, 4);
    let eve = newcomer(&key(50), Scheme::MlDsa87);
    table.operate(0, Operation::Propose(Motion::Admit(eve)));
    table.pass(SECOND);
    let id = table.engines[0].table().motions().all()[0].id;
    for voter in [1, 2] {
        table.operate(voter, Operation::Ballot(id, Choice::Yes));
    }
    table.pass(SECOND); // she does not come
    let state = table.engines[0].table();
    assert_eq!(state.membership().pending().seats(), Seats::from(seat(4)));
    let mal = Newcomer {
        name: Name::new("Mal").unwrap(),
        ml_dsa: Some(vouching(&key(60), &key(50))),
        ..newcomer(&key(60), Scheme::MlDsa87)
    };
    let same = state.may_admit(&mal);
    assert_eq!(same, Err(MembershipRefusal::SameKey(seat(4))));
}

#[test]
fn who_founded_a_table_keeps_its_large_key_there() {
    let mut table = table(Protocol::Pbft, 4);
    table.operate(1, Operation::Leave);
    table.pass(3 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(state.roster().len(), 3);
    let back = newcomer(&key(2), Scheme::MlDsa87);
    assert_eq!(state.may_admit(&back), Ok(seat(4)));
    let forged = Newcomer {
        ml_dsa: Some(vouching(&key(2), &key(60))),
        ..back
    };
    let other = state.may_admit(&forged);
    assert_eq!(other, Err(MembershipRefusal::OtherKey));
    // Nor does anybody believe a proof that says it came back with another.
    let genesis = table.genesis();
    let proof = Exported::new(&contradiction(genesis, 60, 4), genesis, &forged.holder());
    let refused = proof.verify(Arc::new(AnyScheme));
    assert_eq!(refused, Err(ExportedError::Field("ml_dsa")));
}

#[test]
fn a_signer_of_another_scheme_starts_no_engine() {
    let table = table(Protocol::Pbft, 4);
    let signed = table.signed().clone();
    let chips: Chips = codec::decode(&signed.genesis.options).unwrap();
    let setup = Setup {
        game: Arc::new(chips),
        fingerprint: signed.genesis.fingerprint,
        genesis: signed,
        signer: Some(key(1).signer(Scheme::Ed25519)),
        verifier: Arc::new(AnyScheme),
        entropy: [1; 32],
        anchor: None,
    };
    let now = Now {
        mono: Mono(0),
        wall: Wall(1_000),
    };
    let started = Engine::new(setup, Journal::default(), now).map(drop);
    let other = StartError::OtherScheme {
        theirs: Scheme::MlDsa87,
        ours: Scheme::Ed25519,
    };
    assert_eq!(started, Err(other));
}

fn who_was_away_for_long_goes_on_from_a_snapshot_and_decides(protocol: Protocol) {
    let mut table = with_checkpoints(protocol, 4, 4);
    table.down.push(3);
    play(&mut table, 9);
    table.restart(3);
    table.pass(10 * SECOND);
    let adopted = |event: &Event<Chips>| matches!(event, Event::Adopted { .. });
    assert!(table.events[3].iter().any(adopted));
    table.agreed();
    table.down.push(2); // three of four are a quorum: without it nothing is decided
    let height = table.height().0 + 2;
    play(&mut table, height);
    assert!(table.engines[3].table().height() >= Height(height));
}

/// The large key of `other` with a voucher of `identity`: what whoever has forged that can make.
fn vouching(identity: &SecretKey, other: &SecretKey) -> MlDsaKey {
    let large = other.signer(Scheme::MlDsa87).keys().ml_dsa.unwrap();
    let said = crypto::signing_bytes("ml-dsa-87 key", &large.as_bytes().as_slice()).unwrap();
    let voucher = identity.sign(&said);
    let parts = [large.as_bytes().as_slice(), voucher.as_bytes()].concat();
    let key: MlDsaKey = codec::decode(&parts).unwrap();
    assert!(key.is_vouched_by(&identity.public()));
    key
}

fn replaced(mut bytes: Vec<u8>, old: &MlDsaKey, new: &MlDsaKey) -> Vec<u8> {
    let [old, new] = [old, new].map(|key| codec::encode(key).unwrap());
    let found = |bytes: &[u8]| bytes.windows(old.len()).position(|part| part == old);
    assert!(found(&bytes).is_some());
    while let Some(at) = found(&bytes) {
        bytes[at..at + new.len()].copy_from_slice(&new);
    }
    bytes
}

/// A snapshot in which every seat has its identity, and a large key of whoever forged that.
fn forged_snapshot(table: &Table<Chips>, honest: &Snapshot) -> Snapshot {
    let roster = table.engines[0].table().roster();
    let keys = |(seat, holder): (quorate_core::Seat, &Holder)| {
        let identity = table.keys.iter().find(|key| key.public() == holder.key);
        let forger = key(100 + seat.index() as u8);
        let new = vouching(identity.unwrap(), &forger);
        let signer = forger.signer(Scheme::MlDsa87);
        (seat, (holder.ml_dsa.clone().unwrap(), signer, new))
    };
    let keys: PerSeat<_> = roster.iter().map(keys).collect();
    let state = keys
        .iter()
        .fold(honest.state.to_vec(), |state, (_, (old, _, new))| {
            replaced(state, old, new)
        });
    let mut forged = honest.clone();
    forged.state = Blob::from(state);
    let mut block = (*honest.block).clone();
    block.post_state = forged.digest();
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: block.table,
        epoch: block.epoch,
        height: block.height,
        round: honest.certificate.0.round,
        digest: Some(block.digest()),
    };
    forged.certificate.0.digest = block.digest();
    for (seat, signature) in forged.certificate.0.signatures.iter_mut() {
        let (_, signer, _) = &keys[seat];
        *signature = Vote::sign(unsigned, seat, &**signer).signature;
    }
    forged.block = block.into();
    forged
}

#[test]
fn who_forges_identities_finds_nobody_who_believes_its_snapshot() {
    let mut table = with_checkpoints(Protocol::Pbft, 4, 6);
    table.down.push(3); // it stays where the table began
    admit(&mut table, newcomer(&key(50), Scheme::MlDsa87));
    while table
        .newest(0)
        .is_none_or(|held| held.block.epoch < Epoch(1))
    {
        let height = table.height().0 + 1;
        play(&mut table, height);
    }
    let honest = *table.newest(0).unwrap();
    let away = table.engines[3].table();
    assert_eq!(away.epoch(), Epoch(0));
    let adopt = |snapshot| {
        let mut checker = Checker::new(Arc::new(AnyScheme));
        away.adopt(snapshot, None, None, &mut checker)
            .map(|state| state.height())
    };
    assert_eq!(adopt(&honest), Ok(honest.height()));
    let strangers = SnapshotError::Strangers {
        known: 0,
        needed: 2,
    };
    assert_eq!(adopt(&forged_snapshot(&table, &honest)), Err(strangers));
}

fn drafted(seats: u8) -> (Genesis, Vec<SecretKey>) {
    let keys: Vec<_> = (1..=seats).map(key).collect();
    let mut genesis = genesis(&Chips::default(), &keys);
    genesis.signatures = Scheme::MlDsa87;
    for (chair, key) in genesis.seats.iter_mut().zip(&keys) {
        chair.ml_dsa = key.signer(Scheme::MlDsa87).keys().ml_dsa;
    }
    (genesis, keys)
}

#[test]
fn a_genesis_holds_the_keys_its_signatures_ask_for_and_at_most_sixteen_seats() {
    assert_eq!(drafted(16).0.validate(), Ok(()));
    let crowded = drafted(17).0.validate().unwrap_err();
    let sentence = "17 seats; a table that signs with ml-dsa-87 has at most 16";
    assert_eq!(crowded.to_string(), sentence);
    let mut small = drafted(4).0;
    small.signatures = Scheme::Ed25519;
    assert_eq!(small.validate(), Err(GenesisError::WrongKey(seat(0))));
    let mut lacking = drafted(4).0;
    lacking.seats[2].ml_dsa = None;
    assert_eq!(lacking.validate(), Err(GenesisError::WrongKey(seat(2))));
    let mut twice = drafted(4).0;
    twice.seats[2].ml_dsa = twice.seats[1].ml_dsa.clone();
    let same = GenesisError::SameKey(seat(1), seat(2));
    assert_eq!(twice.validate(), Err(same));
}

#[test]
fn who_claims_anothers_identity_with_a_key_of_its_own_cannot_sign_the_genesis() {
    let (mut genesis, keys) = drafted(4);
    let mal = key(99).signer(Scheme::MlDsa87);
    genesis.seats[1].ml_dsa = mal.keys().ml_dsa; // the identity stays Bob's
    assert_eq!(genesis.validate(), Ok(()));
    let sign = |index: usize| match index {
        1 => SignedGenesis::sign(&genesis, &*mal),
        _ => SignedGenesis::sign(&genesis, &*keys[index].signer(Scheme::MlDsa87)),
    };
    let signatures: PerSeat<_> = (0..4).map(|index| (seat(index), sign(index))).collect();
    let signed = SignedGenesis {
        genesis: genesis.clone(),
        signatures,
    };
    assert_eq!(signed.missing(&AnyScheme), Seats::from(seat(1)));
}

/// Two Commits of the seat of this index in one slot, signed with the key of `number`.
fn contradiction(genesis: &Genesis, number: u8, index: usize) -> Evidence {
    let signer = key(number).signer(Scheme::MlDsa87);
    let vote = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table: genesis.table(),
            epoch: Epoch(0),
            height: Height(2),
            round: Round(0),
            digest: Some(Digest::from_bytes([byte; 32])),
        };
        Statement::Vote(Vote::sign(unsigned, seat(index), &*signer))
    };
    Evidence {
        first: vote(1),
        second: vote(2),
    }
}

#[test]
fn a_stranger_checks_an_exported_proof_against_a_founder_and_against_a_newcomer() {
    let (genesis, _) = drafted(4);
    let holder = genesis.roster().holder(seat(3)).unwrap().clone();
    let verify = |proof: &Exported| proof.verify(Arc::new(AnyScheme));
    let proof = Exported::new(&contradiction(&genesis, 4, 3), &genesis, &holder);
    assert!(verify(&proof).unwrap().founding);
    let eve = newcomer(&key(50), Scheme::MlDsa87).holder();
    let mut proof = Exported::new(&contradiction(&genesis, 50, 3), &genesis, &eve);
    let guilt = verify(&proof).unwrap();
    assert_eq!((guilt.founding, guilt.holder.key), (false, eve.key));
    proof.ml_dsa = None;
    assert_eq!(verify(&proof), Err(ExportedError::Field("ml_dsa")));
}

#[test]
fn nobody_is_framed_with_a_key_that_is_not_the_accused_ones() {
    let (genesis, _) = drafted(4);
    let framed = Holder {
        key: key(60).public(), // who never vouched for Eve's key
        ..newcomer(&key(50), Scheme::MlDsa87).holder()
    };
    let proof = Exported::new(&contradiction(&genesis, 50, 3), &genesis, &framed);
    let refused = proof.verify(Arc::new(AnyScheme));
    assert_eq!(refused, Err(EvidenceError::Signature(seat(3)).into()));
}

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
    let proof = Message::Evidence(Box::new(contradiction(table.genesis(), 8, 7)));
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
