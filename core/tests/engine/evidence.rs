//! Who contradicts himself is named, by everybody, for ever; who does not never is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::asking::entry;
use super::chips::{Action, Chips, Side};
use super::roster;
use super::table::{SECOND, Table, seat};
use quorate_core::certificate::{PrepareCertificate, QuorumVotes};
use quorate_core::codec::{from_hex, to_hex};
use quorate_core::crypto::{AnyScheme, SecretKey, Signature, Signer};
use quorate_core::engine::{Event, Fault, Operation};
use quorate_core::evidence::{
    Evidence, EvidenceError, Exported, ExportedError, Offence, Statement, offence,
};
use quorate_core::game::{Cause, SeatChange, Why};
use quorate_core::genesis::{Protocol, TableId};
use quorate_core::journal::Record;
use quorate_core::message::{
    Claim, Content, Message, Motion, Peer, RoundChange, StatementKind, Unsigned, Vote, VoteKind,
};
use quorate_core::{Digest, Epoch, Height, Round, Seats};

under_both! {
    a_double_voter_is_named_by_everybody_and_loses_his_place_in_the_game,
    one_proof_is_enough_for_the_chain_and_the_other_accusers_fall_silent,
    a_contradiction_that_arrives_after_the_decision_still_is_one,
    who_denies_a_commit_in_a_later_round_change_is_named,
    the_epoch_is_no_part_of_a_slot,
    forged_votes_name_nobody_and_hide_nothing,
    a_false_signature_under_ones_own_vote_hides_nothing,
    a_late_certificate_of_forgeries_costs_one_check,
    who_left_and_came_back_answers_for_the_seat_it_had,
    a_forged_proof_is_charged_to_who_brings_it,
    an_entry_with_a_false_proof_is_refused_and_proves_nothing_against_its_author,
    an_honest_seat_that_restarts_in_the_middle_of_a_height_is_never_named,
    a_proof_survives_a_restart,
}

const MAL: usize = 3;

fn table(protocol: Protocol) -> Table<Chips> {
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

fn digest(byte: u8) -> Option<Digest> {
    Some(Digest::from_bytes([byte; 32]))
}

/// Two Commits of a seat for two blocks of this height, whatever the key they are signed with.
pub(super) fn contradiction(
    table: TableId,
    height: Height,
    (by, signer): (usize, &dyn Signer),
) -> Evidence {
    let vote = |byte| {
        let unsigned = Unsigned {
            kind: VoteKind::Commit,
            table,
            epoch: Epoch(0),
            height,
            round: Round(0),
            digest: digest(byte),
        };
        Statement::Vote(Vote::sign(unsigned, seat(by), signer))
    };
    let (first, second) = (vote(1), vote(2));
    Evidence { first, second }
}

/// A vote in Mal's name, at the height being decided, with whatever key.
fn vote_by(
    table: &Table<Chips>,
    (kind, round): (VoteKind, u32),
    digest: Option<Digest>,
    key: &SecretKey,
) -> Vote {
    let unsigned = Unsigned {
        kind,
        table: table.engines[0].table().table(),
        epoch: Epoch(0),
        height: table.height().next(),
        round: Round(round),
        digest,
    };
    Vote::sign(unsigned, seat(MAL), key)
}

fn vote(table: &Table<Chips>, place: (VoteKind, u32), digest: Option<Digest>) -> Vote {
    vote_by(table, place, digest, &table.keys[MAL])
}

fn change(table: &Table<Chips>, round: u32, claim: Option<Claim>) -> RoundChange {
    let unsigned = RoundChange {
        epoch: Epoch(0),
        height: table.height().next(),
        round: Round(round),
        claim,
        seat: seat(MAL),
        signature: Signature::from_bytes(&[0; 64]),
    };
    unsigned.signed(table.engines[0].table().table(), &table.keys[MAL])
}

fn tell(table: &mut Table<Chips>, to: usize, message: &Message) {
    table.deliver(to, Peer(MAL as u64), message);
    table.settle();
}

/// What an engine said of guilty seats.
fn named(table: &Table<Chips>, index: usize) -> Vec<(usize, Offence)> {
    let events = table.events[index].iter();
    let named = events.filter_map(|event| match event {
        Event::Guilty { evidence, offence } => Some((evidence.seat().index(), *offence)),
        _ => None,
    });
    named.collect()
}

fn twice(kind: StatementKind, height: u64) -> Offence {
    let (height, round) = (Height(height), Round(0));
    Offence::SignedTwice {
        kind,
        height,
        round,
    }
}

/// Mal votes for one thing before seat 0 and for another before seat 1.
fn mal_votes_twice(table: &mut Table<Chips>) {
    table.down.push(MAL);
    for (to, byte) in [(0, 7), (1, 8)] {
        let vote = vote(table, (VoteKind::Commit, 0), digest(byte));
        tell(table, to, &Message::Vote(vote));
    }
    for to in 0..MAL {
        // Nobody has seen both yet; the first who does tells the others.
        assert_eq!(named(table, to), []);
    }
    let other = vote(table, (VoteKind::Commit, 0), digest(8));
    tell(table, 0, &Message::Vote(other));
}

fn a_double_voter_is_named_by_everybody_and_loses_his_place_in_the_game(protocol: Protocol) {
    let mut table = table(protocol);
    mal_votes_twice(&mut table);
    table.pass(SECOND);
    for index in 0..MAL {
        let named = named(&table, index);
        assert_eq!(named, [(MAL, twice(StatementKind::Commit, 2))], "once");
        let state = table.engines[index].table();
        assert_eq!(state.proofs().guilty(Epoch(0)), Seats::from(seat(MAL)));
        assert!(!state.play().unwrap().players().contains(seat(MAL)));
    }
    let gone = |event: &Event<Chips>| {
        let Event::Decided(decided) = event else {
            return false;
        };
        let gone = Cause::Seat(seat(MAL), SeatChange::Gone(Why::Guilty));
        decided.happened.iter().any(|step| step.cause == gone)
    };
    assert!(table.events[2].iter().any(gone), "the game was told");
}

fn one_proof_is_enough_for_the_chain_and_the_other_accusers_fall_silent(protocol: Protocol) {
    let mut table = table(protocol);
    mal_votes_twice(&mut table);
    table.pass(SECOND * 5);
    let height = table.height();
    let proofs = table.engines[0].table().proofs().iter().count();
    assert_eq!((proofs, height), (1, Height(2)));
    table.pass(SECOND * 9);
    assert_eq!(table.height(), height, "nothing is left to decide");
    table.act(0, Action::Bet(Side::Over, 1));
    table.act(0, Action::Roll);
    table.pass(SECOND * 9);
    assert_eq!(table.engines[0].table().play().unwrap().state().round, 1);
    let again = Statement::Vote(vote(&table, (VoteKind::Prepare, 0), digest(1)));
    let other = Statement::Vote(vote(&table, (VoteKind::Prepare, 0), digest(2)));
    let evidence = Evidence {
        first: again,
        second: other,
    };
    tell(&mut table, 0, &Message::Evidence(Box::new(evidence)));
    assert_eq!(named(&table, 0).len(), 1, "one proof a seat and epoch");
}

fn a_contradiction_that_arrives_after_the_decision_still_is_one(protocol: Protocol) {
    let mut table = table(protocol);
    let late = vote(&table, (VoteKind::Commit, 0), digest(9));
    table.act(0, Action::Bet(Side::Over, 1));
    assert_eq!(table.height(), Height(2));
    tell(&mut table, 1, &Message::Vote(late));
    assert_eq!(
        named(&table, 0),
        [(MAL, twice(StatementKind::Commit, 2))],
        "seat 1 held Mal's true Commit and told seat 0"
    );
}

fn who_denies_a_commit_in_a_later_round_change_is_named(protocol: Protocol) {
    let pbft = protocol == Protocol::Pbft; // in Tendermint a lock may change
    for (claim, guilty) in [
        (None, true),
        (Some(0), true),
        (Some(1), false),
        (Some(2), false),
    ] {
        let mut table = table(protocol);
        let committed = vote(&table, (VoteKind::Commit, 1), digest(1));
        let claim = claim.map(|round| Claim {
            round: Round(round),
            digest: Digest::ZERO,
        });
        let denial = change(&table, 3, claim);
        let one = Statement::Vote(committed);
        let other = Statement::RoundChange(denial);
        let evidence = Evidence {
            first: other.clone(),
            second: one.clone(),
        };
        tell(&mut table, 0, &Message::Evidence(Box::new(evidence)));
        let guilty = guilty && pbft;
        assert_eq!(!named(&table, 1).is_empty(), guilty, "{claim:?}");
        assert_eq!(offence(protocol, &one, &other).is_some(), guilty);
    }
}

#[test]
fn a_denied_commit_is_found_among_what_arrives() {
    let mut table = table(Protocol::Pbft);
    let committed = vote(&table, (VoteKind::Commit, 0), digest(1));
    let denial = Message::RoundChange(change(&table, 1, None), None);
    tell(&mut table, 0, &denial);
    tell(&mut table, 0, &Message::Vote(committed));
    let (height, committed, denied_in) = (Height(2), Round(0), Round(1));
    let denied = Offence::DeniedCommit {
        height,
        committed,
        denied_in,
    };
    assert_eq!(named(&table, 2), [(MAL, denied)]);
}

fn the_epoch_is_no_part_of_a_slot(protocol: Protocol) {
    let table = table(protocol);
    let one = vote(&table, (VoteKind::Prepare, 0), digest(1));
    let epoch = Epoch(9);
    let (height, round, table_id) = (one.height, one.round, table.engines[0].table().table());
    let other = Vote::sign(
        Unsigned {
            kind: VoteKind::Prepare,
            table: table_id,
            epoch,
            height,
            round,
            digest: one.digest,
        },
        seat(MAL),
        &table.keys[MAL],
    );
    let (one, other) = (Statement::Vote(one), Statement::Vote(other));
    assert!(offence(protocol, &one, &other).is_some());
}

fn forged_votes_name_nobody_and_hide_nothing(protocol: Protocol) {
    let mut table = table(protocol);
    table.down.push(MAL);
    let forger = table.keys[0].clone();
    for byte in 20..24 {
        let forged = vote_by(&table, (VoteKind::Commit, 0), digest(byte), &forger);
        table.deliver(1, Peer(0), &Message::Vote(forged));
    }
    let true_one = vote(&table, (VoteKind::Commit, 0), digest(7));
    tell(&mut table, 1, &Message::Vote(true_one));
    let forged = vote_by(&table, (VoteKind::Commit, 0), digest(30), &forger);
    table.deliver(1, Peer(0), &Message::Vote(forged));
    table.settle();
    assert_eq!(named(&table, 1), []);
    let contradiction = vote(&table, (VoteKind::Commit, 0), digest(8));
    tell(&mut table, 1, &Message::Vote(contradiction));
    assert_eq!(named(&table, 1).len(), 1);
}

fn a_false_signature_under_ones_own_vote_hides_nothing(protocol: Protocol) {
    let mut table = table(protocol);
    table.down.push(MAL);
    // Mal says it with a false signature first, so that the true one would be no news.
    let stranger = SecretKey::from_bytes(&[77; 32]);
    let early = vote_by(&table, (VoteKind::Commit, 0), digest(7), &stranger);
    tell(&mut table, 1, &Message::Vote(early));
    for byte in [7, 8] {
        let vote = vote(&table, (VoteKind::Commit, 0), digest(byte));
        tell(&mut table, 1, &Message::Vote(vote));
    }
    assert_eq!(named(&table, 1), [(MAL, twice(StatementKind::Commit, 2))]);
}

fn a_late_certificate_of_forgeries_costs_one_check(protocol: Protocol) {
    let mut table = table(protocol);
    let forged = vote(&table, (VoteKind::Prepare, 1), digest(7)).signature;
    table.act(0, Action::Bet(Side::Over, 1));
    assert_eq!(table.height(), Height(2));
    let signers = [0, 1, 2].map(|index| (seat(index), forged.clone()));
    let certificate = PrepareCertificate(QuorumVotes {
        epoch: Epoch(0),
        height: Height(2),
        round: Round(1),
        digest: digest(7).unwrap(),
        signatures: signers.into_iter().collect(),
    });
    let checked = |table: &Table<Chips>| table.work.checked.load(Ordering::Relaxed);
    let before = checked(&table);
    tell(&mut table, 1, &Message::Prepared(certificate));
    assert_eq!(checked(&table) - before, 1);
}

fn who_left_and_came_back_answers_for_the_seat_it_had(protocol: Protocol) {
    let mut table = roster::table(protocol, 4);
    let id = table.genesis().table();
    let proof = contradiction(id, Height(1), (MAL, &table.keys[MAL]));
    table.operate(MAL, Operation::Leave);
    table.pass(2 * SECOND);
    let back = roster::newcomer(&table.keys[MAL].clone(), "Player 3");
    roster::pass(&mut table, &[0, 1, 2], Motion::Admit(back));
    table.pass(2 * SECOND);
    assert_eq!(table.engines[MAL].seat(), Some(seat(4)), "at another seat");
    let evidence = Message::Evidence(Box::new(proof));
    table.deliver(0, Peer(1), &evidence);
    table.settle();
    table.pass(5 * SECOND);
    let state = table.engines[0].table();
    assert_eq!(state.proofs().guilty(Epoch(0)), Seats::from(seat(MAL)));
    assert_eq!(state.roster().seats(), Seats::first(3));
    assert!(!state.play().unwrap().players().contains(seat(4)));
}

fn a_forged_proof_is_charged_to_who_brings_it(protocol: Protocol) {
    let mut table = table(protocol);
    let forger = table.keys[0].clone();
    let truly = Statement::Vote(vote(&table, (VoteKind::Commit, 0), digest(1)));
    let forged = vote_by(&table, (VoteKind::Commit, 0), digest(2), &forger);
    let forged = Statement::Vote(forged);
    for (other, why) in [
        (forged, EvidenceError::Signature(seat(MAL))),
        (truly.clone(), EvidenceError::NoContradiction),
    ] {
        let evidence = Evidence {
            first: truly.clone(),
            second: other,
        };
        table.deliver(1, Peer(0), &Message::Evidence(Box::new(evidence)));
        let charged = |event: &Event<Chips>| match event {
            Event::Fault { peer, fault } => (*peer, fault) == (Peer(0), &Fault::Evidence(why)),
            _ => false,
        };
        assert!(table.events[1].iter().any(charged), "{why}");
    }
    assert_eq!(named(&table, 1), []);
}

fn an_entry_with_a_false_proof_is_refused_and_proves_nothing_against_its_author(
    protocol: Protocol,
) {
    let mut table = table(protocol);
    let author = 0;
    let said = Statement::Vote(vote(&table, (VoteKind::Commit, 0), digest(1)));
    let evidence = Evidence {
        first: said.clone(),
        second: said,
    };
    let content = Content::Evidence(Box::new(evidence));
    let entry = Arc::new(entry(&table, (author, seat(author)), content));
    table.deliver(1, Peer(author as u64), &Message::Entry(entry));
    table.pass(SECOND * 5);
    assert_eq!(table.height(), Height(1));
    let charged = |event: &Event<Chips>| matches!(event, Event::Fault { .. });
    assert!(table.events[1].iter().any(charged));
    assert_eq!(named(&table, 1), []);
}

fn an_honest_seat_that_restarts_in_the_middle_of_a_height_is_never_named(protocol: Protocol) {
    let mut table = table(protocol);
    let leader = table.engines[0].consensus().leader().index();
    let quiet: Vec<_> = (0..4).filter(|index| *index != leader).collect();
    for victim in 0..4 {
        // Two seats are away, so that nothing is decided and everybody's votes stay on the table.
        table.down = quiet
            .iter()
            .copied()
            .filter(|i| *i != victim)
            .take(2)
            .collect();
        table.act(leader, Action::Bet(Side::Over, 1));
        table.pass(SECOND * 3);
        table.restart(victim);
        table.pass(SECOND * 9);
        table.down.clear();
        table.pass(SECOND * 20);
    }
    assert!(table.height() > Height(1));
    for index in 0..4 {
        assert_eq!(named(&table, index), [], "seat {index} names nobody");
    }
}

fn a_proof_survives_a_restart(protocol: Protocol) {
    let mut table = table(protocol);
    table.stuck_disks = vec![0, 1, 2]; // no entry leaves, so the chain does not hold the proof
    mal_votes_twice(&mut table);
    let held = table.engines[0].proofs().count();
    let written = |record: &Record| matches!(record, Record::Evidence(_));
    assert!(held == 1 && table.records[0].iter().any(written));
    table.stuck_disks.clear();
    for index in 0..MAL {
        table.restart(index);
    }
    assert_eq!(table.engines[0].proofs().count(), 1);
    table.pass(SECOND * 5);
    for index in 0..MAL {
        let guilty = table.engines[index].table().proofs().guilty(Epoch(0));
        assert_eq!(guilty, Seats::from(seat(MAL)), "put on the chain after all");
    }
    for index in 0..MAL {
        table.restart(index);
        assert_eq!(table.engines[index].proofs().count(), 1, "from the chain");
    }
}

fn exported() -> Exported {
    let mut table = table(Protocol::Pbft);
    // The table may have dismissed him before the proof is exported.
    let roster = table.engines[0].table().roster().clone();
    mal_votes_twice(&mut table);
    let evidence = table.engines[0].proofs().next().unwrap().clone();
    Exported::new(
        &evidence,
        table.genesis(),
        roster.holder(seat(MAL)).unwrap(),
    )
}

#[test]
fn a_stranger_checks_an_exported_proof_and_says_it_in_one_sentence() {
    let guilt = exported().verify(Arc::new(AnyScheme)).unwrap();
    let sentence = guilt.to_string();
    assert!(guilt.founding);
    assert!(
        sentence.starts_with("Player 3 (seat 3, key ")
            && sentence.contains(") signed two different Commits at height 2, round 0 of table "),
        "{sentence}"
    );
}

#[test]
fn a_stranger_refuses_an_exported_proof_that_was_touched() {
    let check = |change: &dyn Fn(&mut Exported)| {
        let mut proof = exported();
        change(&mut proof);
        proof.verify(Arc::new(AnyScheme)).unwrap_err()
    };
    let flip = |text: &mut String| {
        let mut bytes = from_hex(text).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        *text = to_hex(&bytes);
    };
    let signature = EvidenceError::Signature(seat(MAL));
    let other_key = exported().key.replace('0', "1");
    assert_eq!(
        check(&|proof| flip(&mut proof.signed[0].signature)),
        signature.into()
    );
    assert_eq!(
        check(&|proof| flip(&mut proof.signed[1].bytes)),
        signature.into()
    );
    assert_eq!(
        check(&|proof| proof.key.clone_from(&other_key)),
        signature.into()
    );
    let same = EvidenceError::NoContradiction;
    assert_eq!(
        check(&|proof| proof.signed[1] = proof.signed[0].clone()),
        same.into()
    );
    assert_eq!(
        check(&|proof| flip(&mut proof.table)),
        ExportedError::OtherGenesis
    );
    assert_eq!(
        check(&|proof| flip(&mut proof.genesis)),
        ExportedError::OtherGenesis
    );
    assert_eq!(
        check(&|proof| proof.quorate_proof = 2),
        ExportedError::Form(2)
    );
    assert_eq!(
        check(&|proof| proof.seat = 64),
        ExportedError::Field("seat")
    );
    assert_eq!(
        check(&|proof| proof.signed.clear()),
        ExportedError::Field("signed")
    );
}
