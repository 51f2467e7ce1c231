//! Findings of the audit of issue 4. Each test fails while the finding stands.

use std::sync::Arc;

use super::chips::{Action, Chips, Side};
use super::succession::agreed;
use super::table::{Table, seat};
use quorate_core::certificate::{DecisionCertificate, QuorumVotes};
use quorate_core::claim::Claim;
use quorate_core::crypto::{AnyScheme, SecretKey, Signature, Signer, Verifier};
use quorate_core::engine::Event;
use quorate_core::fork::Succession;
use quorate_core::genesis::Protocol;
use quorate_core::message::{Message, Peer, Testimony, Unsigned, Vote, VoteKind};
use quorate_core::roster::{Holder, Name, Roster, SeatKind};
use quorate_core::{Digest, Epoch, Height, Round, Seats, Wall};

under_both! {
    a_forged_vote_about_a_decided_height_is_charged_to_who_brought_it,
    a_forged_decision_of_a_decided_height_is_charged_to_who_brought_it,
    a_forged_vote_is_not_told_as_somebodys,
}

fn faults(table: &Table<Chips>, at: usize) -> usize {
    let fault = |event: &&Event<Chips>| matches!(event, Event::Fault { .. });
    table.events[at].iter().filter(fault).count()
}

/// Bad bytes are charged to the connection that brought them, also where they are about the past.
fn a_forged_vote_about_a_decided_height_is_charged_to_who_brought_it(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(1, Action::Bet(Side::Over, 10));
    let checked = || {
        table
            .work
            .checked
            .load(std::sync::atomic::Ordering::Relaxed)
    };
    let before = checked();
    let vote = |number: u8| {
        let unsigned = Unsigned {
            kind: VoteKind::Prepare,
            table: table.engines[0].table().table(),
            epoch: Epoch(0),
            height: Height(1),
            round: Round(1),
            digest: Some(Digest::from_bytes([number; 32])),
        };
        // Seat 0 signs in the name of seat 1.
        Message::Vote(Vote::sign(unsigned, seat(1), &table.keys[0]))
    };
    let votes: Vec<_> = (0..100).map(vote).collect();
    for vote in votes {
        table.deliver(2, Peer(0), &vote);
    }
    let work = table
        .work
        .checked
        .load(std::sync::atomic::Ordering::Relaxed)
        - before;
    assert!(
        faults(&table, 2) > 0,
        "{work} signatures checked for nothing"
    );
}

fn a_forged_decision_of_a_decided_height_is_charged_to_who_brought_it(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    table.act(1, Action::Bet(Side::Over, 10));
    for number in 0..100 {
        let forged = DecisionCertificate(QuorumVotes {
            epoch: Epoch(0),
            height: Height(1),
            round: Round(0),
            digest: Digest::from_bytes([number; 32]),
            signatures: (0..3)
                .map(|by| (seat(by), Signature::from_bytes(&[number; 64])))
                .collect(),
        });
        table.deliver(2, Peer(0), &Message::Decided(forged));
    }
    assert!(
        faults(&table, 2) > 0,
        "a hundred forgeries, nobody is charged"
    );
}

/// `Event::Voted` feeds what people see of a count; a vote of round 0 is told before it is checked.
fn a_forged_vote_is_not_told_as_somebodys(protocol: Protocol) {
    let mut table = Table::under(protocol, Chips::default(), 4);
    let unsigned = Unsigned {
        kind: VoteKind::Prepare,
        table: table.engines[0].table().table(),
        epoch: Epoch(0),
        height: Height(2),
        round: Round(0),
        digest: Some(Digest::from_bytes([9; 32])),
    };
    // Seat 0 signs in the name of seat 1.
    let forged = Vote::sign(unsigned, seat(1), &table.keys[0]);
    table.deliver(2, Peer(0), &Message::Vote(forged.clone()));
    let told = |event: &Event<Chips>| matches!(event, Event::Voted(vote) if *vote == forged);
    assert!(!table.events[2].iter().any(told));
}

/// Whoever knows a table's genesis, which its link or any transcript gives, makes up a roster of
/// keys of their own under the players' names, and a "certified" last decision.
#[test]
fn a_claim_of_a_made_up_roster_does_not_say_that_its_decision_is_certified() {
    let table = Table::under(Protocol::Pbft, Chips::default(), 4);
    let forger: Vec<_> = (100..104)
        .map(|i| SecretKey::from_bytes(&[i; 32]))
        .collect();
    let holder = |(index, key): (usize, &SecretKey)| Holder {
        name: Name::new(&format!("Player {index}")).unwrap(),
        key: key.public(),
        ml_dsa: None,
        kind: SeatKind::Player,
    };
    let roster = Roster::new(forger.iter().enumerate().map(holder));
    let (id, digest) = (table.genesis().table(), Digest::from_bytes([7; 32]));
    let unsigned = Unsigned {
        kind: VoteKind::Commit,
        table: id,
        epoch: Epoch(3),
        height: Height(99),
        round: Round(0),
        digest: Some(digest),
    };
    let votes = (0..3).map(|by| {
        (
            seat(by),
            Vote::sign(unsigned, seat(by), &forger[by]).signature,
        )
    });
    let certificate = DecisionCertificate(QuorumVotes {
        epoch: Epoch(3),
        height: Height(99),
        round: Round(0),
        digest,
        signatures: votes.collect(),
    });
    let testimony = |by: usize| {
        let testimony = Testimony {
            height: Height(99),
            block: digest,
            state: Digest::ZERO,
            absent: Seats::from(seat(3)),
            at: Wall(1),
            seat: seat(by),
            signature: Signature::from_bytes(&[0; 64]),
        };
        testimony.signed(id, &forger[by])
    };
    let claim = Claim::new(
        table.genesis(),
        &roster,
        &certificate,
        &[testimony(0), testimony(1)],
    );
    if let Ok(standing) = claim.verify(Arc::new(AnyScheme)) {
        let said = standing.to_string();
        assert!(!standing.founding);
        assert!(!said.contains("which is certified"), "{said}");
    }
}

/// A successor goes on by the same terms; who plays is one of them.
#[test]
fn a_successor_makes_no_player_a_witness_and_renames_nobody() {
    let table = super::succession::forked(Protocol::Pbft);
    let good = agreed(&table, Seats::NONE);
    for change in [0, 1] {
        let mut genesis = good.signed.genesis.clone();
        let chair = &mut genesis.seats[1];
        if change == 0 {
            let run_by = Name::new("Player 0").unwrap();
            chair.kind = SeatKind::Witness { run_by };
        } else {
            chair.name = Name::new("Somebody else").unwrap();
        }
        let mut changed = Succession::new(genesis, good.proofs.clone());
        for index in [0, 2, 3] {
            let state = super::succession::branch(&table, index);
            changed.agree(state.roster(), &table.keys[index]);
        }
        let state = super::succession::branch(&table, 0);
        let verifier = Arc::new(AnyScheme) as Arc<dyn Verifier>;
        let checked = changed.check(&state.origin(Height(4)).unwrap(), &verifier);
        assert!(checked.is_err(), "change {change} is accepted");
    }
}
